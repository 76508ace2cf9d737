//! Growth: what a migrated log must gain after jcode went on writing v1.
//!
//! If you change the comparison or what is appended, then change section 8 of `docs/format.md` too.
//!
//! Owns: the comparison of log and replayed session, and the parents of new entries.
//! Invariant: the log is only appended to. Afterwards its active path is the v1 session again, and another plan appends
//! nothing. Entries that did not come from v1 stay in place.

use crate::dialect::Edits;
use crate::dialect::jcode::compare::past::{self, Known};
use crate::dialect::jcode::compare::rest::Rest;
use crate::dialect::jcode::compare::tree::Tree;
use crate::dialect::jcode::read::array::Array;
use crate::dialect::jcode::read::entry::{Entry, Kind, Lists};
use crate::dialect::jcode::read::fields::{self, Stored, Token};
use crate::dialect::jcode::read::normal_form::{digest, same};
use crate::dialect::jcode::read::replay::{Replay, ReplayError};
use crate::dialect::jcode::read::schema::Type;
use crate::dialect::jcode::write::build::{Made, Plan, created_at};
use crate::dialect::jcode::write::entries::{drop_data, rewind_data};
use crate::dialect::jcode::write::merge::merge;
use crate::dialect::jcode::write::render::V1Log;
use crate::index::row::Seq;
use crate::json::text::write_string;
use crate::source::{ByteSource, SourceError};
use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// The planned change of a log.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one a session, moved once")]
pub enum Growth<S> {
    /// None: it is up to date.
    Nothing,
    /// These bytes must be appended.
    Append(V1Log<S>),
    /// None: both the log and the v1 files went on, so the log is left alone.
    Diverged,
}

/// Why growth could not be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GrowthError {
    /// The log does not come from jcode.
    #[error("the log beside the v1 files does not come from jcode; move it away to migrate them")]
    NotFromJcode,
    /// The files cannot be read.
    #[error(transparent)]
    Read(#[from] ReplayError),
}

impl From<SourceError> for GrowthError {
    fn from(error: SourceError) -> Self {
        Self::Read(error.into())
    }
}

/// Compares a log with the current state of the v1 session from which it came.
///
/// # Errors
/// Fails if the log does not come from jcode, a file cannot be read, or `tick` interrupts.
pub fn plan_growth<L: ByteSource, S: ByteSource>(
    log: &L,
    replay: Replay<S>,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Growth<S>, GrowthError> {
    let origin = past::origin(log)?.ok_or(GrowthError::NotFromJcode)?;
    let tree = Tree::read(log, tick)?;
    let head = tree.last_marked();
    let on_head = head.map(|head| tree.path(head)).unwrap_or_default();
    let marked = |kind: Kind| {
        let is = |seq: &&Seq| tree.known(**seq).is_some_and(|known| known.kind == Some(kind) && known.marked);
        on_head.iter().filter(is).copied().collect::<Vec<Seq>>()
    };
    let mut edits = Edits::default();
    for known in marked(Kind::Edit).into_iter().filter_map(|seq| tree.known(seq)) {
        edits.read(&known.payload.of(log)?);
    }
    let old: Vec<Seq> = marked(Kind::Message).into_iter().filter(|&seq| !edits.leaves_out(&tree.key(seq))).collect();
    let equal = equal_messages(log, &tree, &old, &edits, &replay)?;
    let same_messages = equal == old.len() && equal as u64 == replay.message_count();
    if !same_messages && tree.native_messages_follow() {
        return Ok(Growth::Diverged);
    }

    // The parent of the new entries, and the session's fields on the path to it.
    let active = tree.count().checked_sub(1);
    let goes_on = active.filter(|&active| head.is_none_or(|head| tree.path(active).contains(&head)));
    let parent = if equal == old.len() {
        goes_on.or(head)
    } else if let Some(last) = equal.checked_sub(1).and_then(|last| old.get(last)) {
        Some(*last)
    } else {
        // No message is equal: entries before the first one (large fields of the header) still hold.
        old.first().and_then(|first| tree.parent(*first))
    };
    let rest = Rest::of(log, origin.fields, said_by_v1(&tree))?;
    let Replay { sources, base, state: new_state, mut lists, .. } = replay;
    log.still_whole()?;
    sources.iter().try_for_each(ByteSource::still_whole)?;
    let gone = sides(log, &rest, &mut lists, &sources)?;
    new_messages(log, &tree, equal, &mut lists, &sources)?;
    let changed = fields::changes((&rest.fields, &[log]), (&new_state, &sources))?;

    let updated = updated_at(&sources, &base, &new_state)?;
    let mut made = Made::new(sources);
    let mut entries = Vec::new();
    if !gone.is_empty() {
        entries.push(entry_of(&mut made, Kind::Drop, &drop_data(&gone), &updated)?);
    }
    entries.append(&mut merge(lists));
    entries.extend(made.meta(&changed, &updated)?);
    if entries.is_empty() && equal < old.len() {
        // A rewind and nothing else: an entry is needed that makes its place the active leaf.
        let last = tree.count().checked_sub(1).map(|last| tree.key(last));
        entries.push(entry_of(&mut made, Kind::Rewind, &rewind_data(last.as_deref()), &updated)?);
    }
    if entries.is_empty() {
        return Ok(Growth::Nothing);
    }
    if tree.native_messages_follow() && goes_on.is_none() {
        // The user went on elsewhere in the tree; an append here would move the active leaf away.
        return Ok(Growth::Diverged);
    }
    let mut parent_json = Vec::new();
    match parent {
        Some(parent) => write_string(&mut parent_json, &tree.key(parent)),
        None => parent_json.extend_from_slice(b"null"),
    }
    let position = u64::from(tree.count());
    let first = made.time(&updated);
    let head = if tree.ends_open { b"\n".to_vec() } else { Vec::new() };
    let plan =
        Plan { session_id: origin.session_id, head, parent: parent_json, position, entries, first, used: tree.ids };
    Ok(Growth::Append(made.finish(plan)?))
}

/// Number of equal messages at the start of both.
fn equal_messages<L: ByteSource, S: ByteSource>(
    log: &L,
    tree: &Tree,
    old: &[Seq],
    edits: &Edits,
    replay: &Replay<S>,
) -> Result<usize, SourceError> {
    let new = replay.lists.of(Array::Messages).entries.iter().filter(|entry| entry.kind == Kind::Message);
    let mut equal = 0;
    for (seq, entry) in old.iter().zip(new) {
        let Some(known) = tree.known(*seq) else { break };
        let there = known.payload.of(log)?;
        let Some(there) = edits.message(&tree.key(*seq), &there) else { break };
        if !same(Array::Messages.element(), &there, &payload(entry, &replay.sources)?) {
            break;
        }
        equal += 1;
    }
    Ok(equal)
}

/// The payload of an entry as the log would hold it, except line breaks.
fn payload<'s, S: ByteSource>(entry: &Entry, sources: &'s [S]) -> Result<Cow<'s, [u8]>, SourceError> {
    let bytes = Token { source: entry.source, at: entry.at, len: u64::from(entry.len) }.bytes(sources)?;
    Ok(match simdutf8::basic::from_utf8(&bytes) {
        Ok(_) => bytes,
        Err(_) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned().into_bytes()),
    })
}

/// All entries but the fields that were set in the log itself: what v1 says is compared with what v1 said.
fn said_by_v1(tree: &Tree) -> impl Iterator<Item = (Known, Option<String>)> {
    let said = (0..tree.count()).filter_map(|seq| Some((tree.known(seq)?, seq)));
    let said = said.filter(|(known, _)| known.kind != Some(Kind::Meta) || known.marked);
    said.map(|(known, seq)| (known, Some(tree.key(seq))))
}

/// Takes from `lists` the side records that the log holds already, in order; what the log holds and they do not, is
/// gone.
fn sides<L: ByteSource, S: ByteSource>(
    log: &L,
    rest: &Rest,
    lists: &mut Lists,
    sources: &[S],
) -> Result<Vec<String>, SourceError> {
    let mut gone = Vec::new();
    for array in Array::ALL.into_iter().filter(|&array| array != Array::Messages) {
        let list = lists.of_mut(array);
        let mut kept = 0;
        for side in rest.sides().filter(|side| side.array == array) {
            let next = list.entries.get(kept).map(|entry| payload(entry, sources)).transpose()?;
            let there = side.token.of(log)?;
            if next.is_some_and(|next| same(array.element(), &there, &next)) {
                kept += 1;
            } else {
                gone.extend(side.key.clone());
            }
        }
        list.entries.drain(..kept);
        list.times.drain(..kept);
    }
    Ok(gone)
}

/// Removes from `lists` the first `equal` messages, and unloaded entries that the log holds anywhere.
fn new_messages<L: ByteSource, S: ByteSource>(
    log: &L,
    tree: &Tree,
    equal: usize,
    lists: &mut Lists,
    sources: &[S],
) -> Result<(), SourceError> {
    let mut held = BTreeSet::new();
    for known in tree.all().filter(|known| known.kind == Some(Kind::Unloaded)) {
        held.insert(digest(&Type::Any, &known.payload.of(log)?));
    }
    let list = lists.of_mut(Array::Messages);
    let (entries, times) = (core::mem::take(&mut list.entries), core::mem::take(&mut list.times));
    let mut messages = 0;
    for (entry, time) in entries.into_iter().zip(times) {
        let new = if entry.kind == Kind::Message {
            messages += 1;
            messages > equal
        } else {
            !held.contains(&digest(&Type::Any, &payload(&entry, sources)?))
        };
        if new {
            list.push(entry, time);
        }
    }
    Ok(())
}

fn updated_at<S: ByteSource>(sources: &[S], base: &[Stored], state: &[Stored]) -> Result<Vec<u8>, SourceError> {
    let updated: Vec<Stored> = state.iter().filter(|field| field.name == "updated_at").cloned().collect();
    created_at(sources, &[], if updated.is_empty() { base } else { &updated })
}

/// An entry of jcode's with this `data`.
fn entry_of<S: ByteSource>(made: &mut Made<S>, kind: Kind, data: &[u8], time: &[u8]) -> Result<Entry, ReplayError> {
    let from = made.text.len();
    made.text.push_new(data);
    made.entry(kind, from, time)
}
