//! Merges a session's entries into one order.
//!
//! Owns: the merge of side records into the messages by time, the times of entries without one, and which messages keep
//! their own id.
//! Invariant: messages keep their order whatever their times are; at equal times the message comes first. No entry gets
//! an id that the log already has.

use crate::dialect::IdMaker;
use crate::dialect::jcode::read::array::Array;
use crate::dialect::jcode::read::entry::{Entry, Kind, List, Lists, NO_TIME, TimeAt};
use crate::json::text;
use crate::source::{ByteSource, SourceError};
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::BuildHasher;
use foldhash::fast::FixedState;
use hashbrown::HashSet;

/// Merges the arrays into one sequence.
pub(in crate::dialect::jcode) fn merge(mut lists: Lists) -> Vec<Entry> {
    let mut sides: Vec<(i64, Entry)> = Vec::new();
    for array in Array::ALL.into_iter().filter(|&array| array != Array::Messages) {
        let List { entries, mut times } = core::mem::take(lists.of_mut(array));
        running_latest(&mut times);
        sides.extend(times.into_iter().zip(entries));
    }
    sides.sort_by_key(|(time, _)| *time);
    let List { mut entries, mut times } = core::mem::take(lists.of_mut(Array::Messages));
    running_latest(&mut times);
    // Backwards and in place, because messages may fill most of the memory.
    let (mut from, mut to) = (entries.len(), entries.len() + sides.len());
    entries.resize(to, Entry::new(Kind::Drop, 0, 0, 0));
    while let Some((time, side)) = sides.last() {
        let message = from.checked_sub(1).filter(|&message| times.get(message).is_some_and(|at| at > time));
        to -= 1;
        match message {
            Some(message) => {
                entries.swap(message, to);
                from = message;
            }
            None => {
                if let Some(slot) = entries.get_mut(to) {
                    *slot = *side;
                }
                sides.pop();
            }
        }
    }
    entries
}

/// Replaces each time by the latest one so far, by which records without a time, or with an earlier one, are ordered.
fn running_latest(times: &mut [i64]) {
    let mut latest = NO_TIME;
    for time in times {
        latest = latest.max(*time);
        *time = latest;
    }
}

/// Gives each entry without a time its predecessor's; the first ones get `first`.
pub(in crate::dialect::jcode) fn inherit_times(entries: &mut [Entry], first: (TimeAt, u8)) {
    let mut last = first;
    for (index, entry) in (0u32..).zip(entries) {
        match entry.time {
            TimeAt::None => (entry.time, entry.time_len) = last,
            TimeAt::Own(_) => last = (TimeAt::Entry(index), entry.time_len),
            other => last = (other, entry.time_len),
        }
    }
}

/// The ids of a log with which new ones may collide.
#[derive(Debug, Default)]
pub(in crate::dialect::jcode) struct UsedIds {
    seen: HashSet<u64, FixedState>,
    /// Ids that look like generated ones.
    like_generated: BTreeSet<String>,
}

impl UsedIds {
    /// Marks an id as used; false if it was used before.
    pub(in crate::dialect::jcode) fn take(&mut self, id: &str) -> bool {
        if id.len() == 16 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            self.like_generated.insert(String::from(id));
        }
        self.seen.insert(FixedState::default().hash_one(id))
    }

    /// Removes the own id of every message whose id is unusable or already in the log.
    pub(in crate::dialect::jcode) fn settle<S: ByteSource>(
        mut self,
        session_id: &str,
        entries: &mut [Entry],
        sources: &[S],
    ) -> Result<IdMaker, SourceError> {
        let mut token = Vec::new();
        for entry in entries.iter_mut().filter(|entry| entry.id_len > 0) {
            let source = sources.get(usize::from(entry.source));
            token.resize(usize::try_from(entry.id_len).unwrap_or_default(), 0);
            if let Some(source) = source {
                source.read_at(entry.at + u64::from(entry.id_at), &mut token)?;
            }
            let own = text::string(&token).filter(|id| !id.is_empty());
            if !own.is_some_and(|id| self.take(&id)) {
                entry.id_len = 0;
            }
        }
        Ok(IdMaker::new(session_id, self.like_generated))
    }
}
