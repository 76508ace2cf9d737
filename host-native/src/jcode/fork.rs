//! Forks of a session of jcode.
//!
//! Owns: what a child says of itself, and that it has its parent's side records.
//! Invariant: the child appears whole or not at all, and its fields are those that were asked for, whatever the entries
//! that it holds say of its parent.
//! Does not: copy; [`crate::ops::fork`] does.

use super::error::{JcodeError, SaveError};
use super::read;
use crate::ops::fork::{ForkError, fork_as, json};
use crate::os::host;
use crate::os::log_file::LogFile;
use jcode_session_core::dialect::jcode::{Beside, Birth, Complete, Fields, SideList, State, Stored};
use jcode_session_core::log::time;
use std::path::Path;

/// Forks the session at `log` into `target`: its first `keep` messages, all if `None`, its side records, and the fields of
/// the child. The child's state.
///
/// # Errors
/// See [`JcodeError`]; then there is no new session.
pub fn fork(log: &Path, keep: Option<usize>, target: &Path, child: &Fields) -> Result<State, JcodeError> {
    let parent = read::load(log)?;
    let of = parent.messages.len();
    let kept = keep.unwrap_or(of);
    let last = kept.checked_sub(1).and_then(|last| parent.messages.get(last));
    let last = last.ok_or(SaveError::NoMessage { at: kept, of })?;
    let at = keep.map(|_| last.entry_id.as_str());
    if at == Some("") {
        return Err(SaveError::NoId { at: kept - 1 }.into());
    }
    let session_id = child.text("id").unwrap_or_else(|| crate::os::paths::stem(target));
    let mut named = Fields::from_iter([
        ("id".to_string(), json(&session_id)),
        ("created_at".to_string(), json(&time::format(host::now_ms()).unwrap_or_default())),
    ]);
    named.apply(child);
    let path = log.to_string_lossy();
    let header = |_: &crate::session::Session| {
        let birth = Birth::of(&named, &session_id, Some(&path), host::now_ms());
        birth.map(|birth| birth.header).ok_or(ForkError::Header)
    };
    fork_as(log, at, target, header, |copy| own_entries(copy, &parent, kept, &named))?;
    read::load(target)
}

/// The entries that make the copy of a parent's path the child.
fn own_entries(copy: &Path, parent: &State, kept: usize, child: &Fields) -> Result<Vec<Vec<u8>>, ForkError> {
    let beside = Beside::Nothing;
    let copied = State::without_messages(&LogFile::open(copy)?).map_err(ForkError::Copied)?;
    let mut entries = Vec::new();
    let lists = [
        (SideList::EnvSnapshots, &parent.env_snapshots, &copied.env_snapshots),
        (SideList::MemoryInjections, &parent.memory_injections, &copied.memory_injections),
        (SideList::ReplayEvents, &parent.replay_events, &copied.replay_events),
    ];
    for (list, of_parent, there) in lists {
        // Records of the parent may hang beside the path. Those that are there stay while they are its first ones.
        let same = there.iter().zip(of_parent).take_while(|(a, b)| a == b).count();
        let gone: Vec<&str> = there.iter().skip(same).map(|side| side.entry_id.as_str()).collect();
        if !gone.is_empty() {
            entries.push(beside.drop_sides(&gone));
        }
        for Stored { json, .. } in of_parent.iter().skip(same) {
            entries.extend(beside.side(list, json));
        }
    }
    for (target, content) in parent.edits.iter() {
        entries.extend(beside.edit(target, content));
    }
    let mut complete = child.clone();
    complete.keep_nulls_of(&copied.fields.changes_to(child));
    entries.push(beside.complete_meta(&complete, &Complete { messages: kept as u64, boundary: None }));
    Ok(entries)
}
