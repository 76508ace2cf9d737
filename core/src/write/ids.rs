//! Which ids a log holds, as far as a writer must know.
//!
//! Owns: the ids that this writer appended, and the question for older ones.
//! Invariant: ids that hosts make are unique, so that an append that names neither id nor parent asks nothing and
//! costs the same in a log of any length.
//! Does not: resolve parents; that is [`crate::index`].

use crate::log::{Damage, LogScan, LogSink, Record, is_number};
use crate::source::{ByteSource, SourceError};
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::{BuildHasher, Hasher};
use core::ops::ControlFlow;
use hashbrown::HashTable;

/// Answers for the entries that stood in the log when it was opened.
pub trait OlderIds {
    /// True if one of them has this id.
    ///
    /// # Errors
    /// If the log cannot be read.
    fn has(&mut self, id: &str) -> Result<bool, SourceError>;
    /// True if it is the id of one of them, and a number there.
    ///
    /// # Errors
    /// If the log cannot be read.
    fn is_number(&mut self, id: &str) -> Result<bool, SourceError>;
}

/// For a log that had no entries.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoOlderIds;

impl OlderIds for NoOlderIds {
    fn has(&mut self, _: &str) -> Result<bool, SourceError> {
        Ok(false)
    }

    fn is_number(&mut self, _: &str) -> Result<bool, SourceError> {
        Ok(false)
    }
}

/// Reads them from the log, once, when the first question comes.
#[derive(Debug)]
pub struct ScannedIds<F> {
    log: F,
    ids: Option<OldIds>,
}

#[derive(Debug, Default)]
struct OldIds {
    all: IdSet,
    /// Those of them that are numbers.
    numbers: BTreeSet<String>,
}

impl<F: ByteSource> ScannedIds<F> {
    /// The ids of a log, as it is now.
    pub const fn new(log: F) -> Self {
        Self { log, ids: None }
    }

    fn ids(&mut self) -> Result<&OldIds, SourceError> {
        match &mut self.ids {
            Some(ids) => Ok(ids),
            none => {
                let mut ids = OldIds::default();
                let tick = &mut |_| ControlFlow::Continue(());
                crate::log::scan_source(&self.log, 0..self.log.len(), LogScan::new().every_line(), &mut ids, tick)?;
                Ok(none.insert(ids))
            }
        }
    }
}

impl<F: ByteSource> OlderIds for ScannedIds<F> {
    fn has(&mut self, id: &str) -> Result<bool, SourceError> {
        Ok(self.ids()?.all.has(id))
    }

    fn is_number(&mut self, id: &str) -> Result<bool, SourceError> {
        Ok(self.ids()?.numbers.contains(id))
    }
}

impl LogSink for OldIds {
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        if let Some(id) = entry.fields.usable_id() {
            self.all.push(&id);
            if entry.fields.id.is_some_and(is_number) {
                self.numbers.insert(id.into_owned());
            }
        }
        ControlFlow::Continue(())
    }

    fn damage(&mut self, _: Damage) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// A set of ids in the order in which they came; the latest can be taken back.
#[derive(Debug, Default)]
pub(super) struct IdSet {
    text: String,
    /// End of each id in `text`.
    ends: Vec<usize>,
    table: HashTable<u32>,
    hasher: foldhash::fast::FixedState,
}

impl IdSet {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.table.find(hash(&self.hasher, id), |&at| id_at(&self.text, &self.ends, at) == id).is_some()
    }

    pub(super) fn push(&mut self, id: &str) {
        let at = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.text.push_str(id);
        self.ends.push(self.text.len());
        let Self { text, ends, table, hasher } = self;
        let hash_of = |&other: &u32| hash(hasher, id_at(text, ends, other));
        table.insert_unique(hash(hasher, id), at, hash_of);
    }

    /// Takes back all but the first `count`.
    pub(super) fn truncate(&mut self, count: usize) {
        while self.ends.len() > count {
            let at = u32::try_from(self.ends.len() - 1).unwrap_or(u32::MAX);
            let hash = hash(&self.hasher, id_at(&self.text, &self.ends, at));
            if let Ok(entry) = self.table.find_entry(hash, |&other| other == at) {
                entry.remove();
            }
            self.ends.pop();
            self.text.truncate(self.ends.last().copied().unwrap_or_default());
        }
    }
}

fn id_at<'a>(text: &'a str, ends: &[usize], at: u32) -> &'a str {
    let at = at as usize;
    let start = at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or_default();
    ends.get(at).and_then(|&end| text.get(start..end)).unwrap_or_default()
}

fn hash(hasher: &foldhash::fast::FixedState, id: &str) -> u64 {
    let mut state = hasher.build_hasher();
    state.write(id.as_bytes());
    state.finish()
}
