//! The syncs of a recorded run that a command relies on: if one of them fails, it must not end well.
//!
//! Owns: which files must be on the disk. A sidecar and the head of a ledger are disposable, a folder of sessions has the
//! names of all, and behind what it acknowledged a writer takes a checkpoint only if it can.

use super::inject::kind;
use jcode_session_core::parts::Part;
use jcode_session_native::os::paths::part;
use jcode_session_tests::system_calls::Call;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// The names of these syncs with their numbers, from 1, among the calls of that name that a thread made.
pub(super) fn relied_on(calls: &[(u32, Call)], is_writer: bool) -> HashSet<(&'static str, usize)> {
    let (mut open, mut made) = (HashMap::new(), HashMap::new());
    let (mut found, mut acknowledged, mut is_written) = (HashSet::new(), HashSet::new(), false);
    for (at, (thread, call)) in calls.iter().enumerate() {
        match call {
            Call::Open { number, path, .. } => drop(open.insert(*number, path)),
            Call::Write(file, ..) if open.get(file).is_some_and(|path| is_log(path)) => is_written = true,
            Call::Sync(file) | Call::SyncData(file) => {
                let number = made.entry((thread, kind(call))).or_insert(0);
                *number += 1;
                if is_kept(calls, at, open.get(file).expect("it was opened")) {
                    found.insert((kind(call), *number));
                }
                if std::mem::take(&mut is_written) {
                    acknowledged.clone_from(&found);
                }
            }
            _ => {}
        }
    }
    if is_writer { acknowledged } else { found }
}

/// Whether the file at this path, from a call on, is or becomes one that must be on the disk.
fn is_kept(calls: &[(u32, Call)], from: usize, path: &Path) -> bool {
    let (before, behind) = calls.split_at(from);
    let becomes = behind.iter().find_map(|(_, call)| match call {
        Call::Rename(from, to) | Call::Link(from, to) if from == path => Some(to.as_path()),
        _ => None,
    });
    let renamed = before.iter().rev().find_map(|(_, call)| match call {
        Call::Rename(_, to) => Some(to),
        _ => None,
    });
    let path = becomes.unwrap_or(path);
    let names_head = renamed.is_some_and(|to| is_head(to) && to.parent() == Some(path));
    is_log(path) || in_store(path) && !is_head(path) && !names_head
}

fn is_head(path: &Path) -> bool {
    path.file_name() == Some("ledger.head".as_ref())
}

fn is_log(path: &Path) -> bool {
    part(path) == Part::Log && !in_store(path)
}

fn in_store(path: &Path) -> bool {
    path.ancestors().any(|part| part.extension() == Some("store".as_ref()))
}
