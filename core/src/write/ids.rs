//! The ids in a log, as far as a writer must know them.
//!
//! Owns: the ids that this writer appended, those that other programs appended meanwhile, and the look-up of older
//! ones.
//! Invariant: ids made by hosts are unique, so an append without id and parent needs no look-up, and costs the same in
//! a log of any length.

use crate::log::{Damage, LogScan, LogSink, Record, is_number};
use crate::source::{ByteSource, Prefix, SourceError};
use crate::storage::StorageFile;
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::{BuildHasher, Hasher};
use core::ops::{ControlFlow, Range};
use hashbrown::HashTable;

/// Look-ups among the entries that the log held when it was opened.
pub trait OlderIds {
    /// True if one of these entries has this id.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    fn has(&mut self, id: &str) -> Result<bool, SourceError>;
    /// True if one of these entries has this id as a number.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    fn is_number(&mut self, id: &str) -> Result<bool, SourceError>;
}

/// The look-up for a log that had no entries.
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

/// A look-up that reads all ids from the log at the first call.
#[derive(Debug)]
pub struct ScannedIds<F> {
    log: F,
    ids: Option<LogIds>,
}

/// The ids of a log's entries.
#[derive(Debug, Default)]
pub(super) struct LogIds {
    pub(super) all: IdSet,
    /// The ids that are numbers in the log.
    numbers: BTreeSet<String>,
}

impl<F: ByteSource> ScannedIds<F> {
    /// The ids of a log's current entries.
    pub const fn new(log: F) -> Self {
        Self { log, ids: None }
    }

    fn ids(&mut self) -> Result<&LogIds, SourceError> {
        match &mut self.ids {
            Some(ids) => Ok(ids),
            none => {
                let mut ids = LogIds::default();
                ids.read(&self.log, 0..self.log.len())?;
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

impl LogIds {
    /// Adds the ids of all entries in a range of a log; the range begins at a line.
    pub(super) fn read(&mut self, log: &impl ByteSource, range: Range<u64>) -> Result<(), SourceError> {
        let scan = LogScan::resume(range.start, 0, range.start > 0).every_line();
        crate::log::scan_source(log, range, scan, self, &mut |_| ControlFlow::Continue(())).map(drop)
    }
}

/// The ids that other programs added to an open log; read at the first look-up.
#[derive(Debug, Default)]
pub(super) struct ForeignIds {
    unread: Vec<Range<u64>>,
    ids: LogIds,
}

impl ForeignIds {
    /// Adds a range of the log in which other programs wrote.
    pub(super) fn add(&mut self, range: Range<u64>) {
        if !range.is_empty() {
            self.unread.push(range);
        }
    }

    fn ids<F: StorageFile>(&mut self, file: &F) -> Result<&LogIds, SourceError> {
        while let Some(range) = self.unread.last().cloned() {
            self.ids.read(&Prefix { source: file, len: range.end }, range)?;
            self.unread.pop();
        }
        Ok(&self.ids)
    }
}

/// All ids of a log that is open for writing.
pub(super) struct KnownIds {
    pub(super) own: IdSet,
    pub(super) foreign: ForeignIds,
    older: Box<dyn OlderIds + Send>,
}

impl KnownIds {
    pub(super) fn new(older: Box<dyn OlderIds + Send>) -> Self {
        Self { own: IdSet::default(), foreign: ForeignIds::default(), older }
    }

    pub(super) fn has(&mut self, log: &impl StorageFile, id: &str) -> Result<bool, SourceError> {
        Ok(self.own.has(id) || self.foreign.ids(log)?.all.has(id) || self.older.has(id)?)
    }

    /// True if an entry of another writer has this id as a number.
    pub(super) fn is_number(&mut self, log: &impl StorageFile, id: &str) -> Result<bool, SourceError> {
        Ok(!self.own.has(id) && (self.foreign.ids(log)?.numbers.contains(id) || self.older.is_number(id)?))
    }
}

impl LogSink for LogIds {
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

/// A set of ids in insertion order; the newest can be removed.
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

    /// The ids in insertion order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |&end| self.text.get(core::mem::replace(&mut start, end)..end).unwrap_or_default())
    }

    /// Removes all but the first `count` ids.
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
