//! Which ids a log holds, as far as a writer must know.
//!
//! Owns: the ids that this writer appended, and the question for older ones.
//! Invariant: ids that hosts make are unique, so that an append that names neither id nor parent asks nothing and
//! costs the same in a log of any length.
//! Does not: resolve parents; that is [`crate::index`].

use crate::log::{LogScan, LogSink, Record};
use crate::source::SourceError;
use crate::storage::{FileSource, StorageFile};
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;
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
}

/// For a log that had no entries.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoOlderIds;

impl OlderIds for NoOlderIds {
    fn has(&mut self, _: &str) -> Result<bool, SourceError> {
        Ok(false)
    }
}

/// Reads them from the log, once, when the first question comes.
#[derive(Debug)]
pub struct ScannedIds<F> {
    log: FileSource<F>,
    ids: Option<IdSet>,
}

impl<F: StorageFile> ScannedIds<F> {
    /// The ids of the first `len` bytes of a log.
    pub const fn new(file: F, len: u64) -> Self {
        Self { log: FileSource { file, len }, ids: None }
    }
}

impl<F: StorageFile> OlderIds for ScannedIds<F> {
    fn has(&mut self, id: &str) -> Result<bool, SourceError> {
        if self.ids.is_none() {
            let mut sink = Collect(IdSet::default());
            let end = self.log.len;
            let tick = &mut |_| ControlFlow::Continue(());
            crate::log::scan_source(&self.log, 0..end, LogScan::new(), &mut sink, tick)?;
            self.ids = Some(sink.0);
        }
        Ok(self.ids.as_ref().is_some_and(|ids| ids.has(id)))
    }
}

struct Collect(IdSet);

impl LogSink for Collect {
    type Break = Infallible;

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<Infallible> {
        if let Some(id) = entry.fields.usable_id() {
            self.0.push(&id);
        }
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
