//! A session, open for reading.
//!
//! Owns: which of three sources answers a question: the fresh sidecar, the end of the log, or an index in memory.
//! Invariant: all three give the same answer. A sidecar's answer about an entry is compared with the entry's line
//! first; if they disagree, the log answers.
//! Does not: open files or judge sidecars; hosts pass both in.

mod follow;
mod locate;
mod meant;
mod memory;
mod outline;
mod page;
mod path;
mod resume;
mod token_usage;

use crate::dialect::jcode::V1Log;
use crate::dialect::{CurrentLog, Detected, PresentError, Refused, detect};
pub use crate::dialect::{Edited, Edits};
use crate::index::{Counts, IndexBuilder, Tree};
pub use crate::log::Usage;
use crate::log::tail::Span;
use crate::log::{Damage, Dialect, Header, LogScan, LogSink, Record, Tee, id_of, scan_source};
use crate::source::{ByteSource, SourceError};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::{Cell, OnceCell};
use core::ops::ControlFlow;
pub use follow::{Follow, News};
pub use locate::{LocateError, Locator, NoSidecar, Spot};
pub use memory::MemoryIndex;
pub use outline::{Node, Outline, Path};
pub use page::Listed;
pub use resume::{Compaction, Resume};
pub use token_usage::{Bucket, Timeline, TokenUsage, UsageReader};

/// Why reading a session failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The log cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The entries of the file cannot be shown.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// There is no entry with this key.
    #[error("no entry `{0}`; `tree` lists the leaves, `show --file-order` all entries")]
    NoEntry(String),
    /// Several keys begin with the given word.
    #[error("`{start}` can mean several entries; give more of the id: {}", keys.join(", "))]
    ManyEntries {
        /// The given word.
        start: String,
        /// The first few matching keys.
        keys: Vec<String>,
    },
}

impl From<PresentError> for ReadError {
    fn from(error: PresentError) -> Self {
        match error {
            PresentError::Refused(refused) => Self::Refused(refused),
            PresentError::Source(source) => Self::Source(source),
        }
    }
}

/// An entry: its place and its line in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Offset of the line.
    pub offset: u64,
    /// The line, without its LF.
    pub line: Vec<u8>,
}

impl Entry {
    /// The raw id token, if it can be used; another entry names this one as parent by the same token.
    #[must_use]
    pub fn id_token(&self) -> Option<Vec<u8>> {
        let token = |record: &Record<'_>| record.fields.id.filter(|token| id_of(token).is_some()).map(<[u8]>::to_vec);
        self.with_record(token).flatten()
    }
}

/// A session, open for reading: a log of any dialect, presented in the current one, and its sidecar if that is fresh.
#[derive(Debug)]
pub struct Session<S, L> {
    log: CurrentLog<S>,
    detected: Detected,
    sidecar: Option<L>,
    contradicted: Cell<bool>,
    memory: OnceCell<MemoryIndex>,
}

impl<S: ByteSource, L: Locator> Session<S, L> {
    /// A session over a log and, if given, a sidecar that is fresh for it.
    pub fn new(log: CurrentLog<S>, mut detected: Detected, sidecar: Option<L>) -> Self {
        if let CurrentLog::Upgraded(log) = &log {
            detected.header = detected.header.or_else(|| log.header.clone());
        }
        // A sidecar indexes the bytes of a current log, so it cannot belong to an upgraded one.
        let sidecar = sidecar.filter(|_| matches!(log, CurrentLog::AsIs(_)));
        Self { log, detected, sidecar, contradicted: Cell::new(false), memory: OnceCell::new() }
    }

    /// A session that is replayed from jcode's v1 files.
    ///
    /// # Errors
    /// Fails if the files cannot be read.
    pub fn replayed(log: V1Log<S>) -> Result<Self, SourceError> {
        let log = CurrentLog::Replayed(log);
        let header = detect(&log)?.header;
        Ok(Self::new(log, Detected::log(Dialect::JcodeV1, header), None))
    }

    /// The log in the current dialect.
    pub const fn log(&self) -> &CurrentLog<S> {
        &self.log
    }

    /// What the log's file is.
    pub const fn detected(&self) -> &Detected {
        &self.detected
    }

    /// The dialect of the log's file.
    pub const fn dialect(&self) -> Dialect {
        self.detected.dialect
    }

    /// The header, if the log has one.
    pub const fn header(&self) -> Option<&Header> {
        self.detected.header.as_ref()
    }

    /// Offset of the header.
    pub(crate) fn header_at(&self) -> u64 {
        self.header().map_or(0, |header| header.offset)
    }

    /// The id in the header.
    pub fn header_id(&self) -> Option<&str> {
        self.header()?.session_id.as_deref()
    }

    /// True if there is a fresh sidecar.
    pub const fn has_sidecar(&self) -> bool {
        self.sidecar.is_some()
    }

    /// The fresh sidecar.
    pub const fn sidecar(&self) -> Option<&L> {
        self.sidecar.as_ref()
    }

    /// True if the sidecar disagreed with the log, which answered instead.
    pub const fn was_contradicted(&self) -> bool {
        self.contradicted.get()
    }

    /// True if answers need no pass over the log.
    pub fn has_index(&self) -> bool {
        self.sidecar.is_some() || self.memory.get().is_some()
    }

    /// Builds the index in memory, unless it exists; `also` receives every record of the pass.
    ///
    /// # Errors
    /// Fails if the log cannot be read, or if `tick`, which gets the number of bytes done, interrupts.
    pub fn index(
        &self,
        also: &mut dyn LogSink,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<&MemoryIndex, SourceError> {
        if let Some(memory) = self.memory.get() {
            return Ok(memory);
        }
        let mut builder = IndexBuilder::new(memory::Spans::default());
        let mut both = Tee(&mut builder, also);
        scan_source(&self.log, 0..self.log.len(), LogScan::new(), &mut both, tick)?;
        Ok(self.memory.get_or_init(|| MemoryIndex::new(builder.finish())))
    }

    /// The index in memory, if it was built.
    pub fn memory(&self) -> Option<&MemoryIndex> {
        self.memory.get()
    }

    fn built(&self) -> Result<&MemoryIndex, SourceError> {
        self.index(&mut (), &mut |_| ControlFlow::Continue(()))
    }

    /// The tree.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn tree(&self) -> Result<Tree, ReadError> {
        let mut found = None;
        self.ask(|locator| {
            found = Some(locator.tree()?);
            Ok(())
        })?;
        Ok(found.unwrap_or_default())
    }

    /// The entry with this key.
    ///
    /// # Errors
    /// Fails if the log cannot be read, or there is no such entry.
    pub fn entry(&self, key: &str) -> Result<Entry, ReadError> {
        let mut found = None;
        self.ask(|locator| {
            let spot = self.spot(locator, Some(key))?.ok_or(LocateError::Mismatch)?;
            let entry = self.claimed(&spot)?;
            locator.check(&spot, &entry, None)?;
            found = Some(entry);
            Ok(())
        })?;
        found.ok_or_else(|| ReadError::NoEntry(key.to_string()))
    }

    /// Counts of the log.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn counts(&self) -> Result<&Counts, SourceError> {
        match &self.sidecar {
            Some(sidecar) => Ok(sidecar.counts()),
            None => Ok(self.built()?.counts()),
        }
    }

    /// Passes the last `count` entries of the log to `each`, in file order; all entries if `count` is `None`.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn file_order(&self, count: Option<usize>, each: &mut dyn FnMut(Entry)) -> Result<(), SourceError> {
        let skip = match count {
            Some(count) => self.counts()?.entries.saturating_sub(count as u64),
            None => 0,
        };
        let mut sink = FileOrder { skip, each };
        scan_source(&self.log, 0..self.log.len(), LogScan::new(), &mut sink, &mut |_| ControlFlow::Continue(()))?;
        Ok(())
    }

    /// The entry with this key, or the active leaf.
    fn spot(&self, locator: &dyn Locator, key: Option<&str>) -> Result<Option<Spot>, LocateError> {
        match key {
            None => locator.last(),
            Some(key) => match locator.find(key)? {
                Some(spot) => Ok(Some(spot)),
                // The index in memory has all entries; a sidecar may lack one.
                None if locator.is_final() => Err(LocateError::Failed(ReadError::NoEntry(key.to_string()))),
                None => Err(LocateError::Mismatch),
            },
        }
    }

    /// Asks the sidecar and, if that has no valid answer, the index in memory.
    fn ask(&self, mut question: impl FnMut(&dyn Locator) -> Result<(), LocateError>) -> Result<(), ReadError> {
        if let Some(sidecar) = &self.sidecar {
            match question(sidecar) {
                Ok(()) => return Ok(()),
                Err(LocateError::Failed(error)) => return Err(error),
                Err(LocateError::Mismatch) => {}
            }
        }
        match question(self.built()?) {
            Ok(()) => {
                // A newer state by a writer is not a contradiction.
                let lies = self.sidecar.as_ref().is_some_and(Locator::is_as_opened);
                self.contradicted.set(self.contradicted.get() || lies);
                Ok(())
            }
            Err(LocateError::Failed(error)) => Err(error),
            // The index was built from the same bytes, so they have changed since.
            Err(LocateError::Mismatch) => Err(self.changed().into()),
        }
    }

    fn changed(&self) -> SourceError {
        let len = self.log.len();
        SourceError::Shrank { wanted: len, actual: len }
    }

    /// The line at a locator's spot; a spot outside the log is a mismatch.
    fn claimed(&self, spot: &Spot) -> Result<Entry, LocateError> {
        if spot.span.offset.saturating_add(spot.span.len) > self.log.len() {
            return Err(LocateError::Mismatch);
        }
        Ok(self.line(spot.span)?)
    }

    fn line(&self, span: Span) -> Result<Entry, SourceError> {
        let len = usize::try_from(span.len).unwrap_or(usize::MAX);
        Ok(Entry { offset: span.offset, line: self.log.read_vec(span.offset, len)? })
    }
}

/// Passes entries on in file order.
struct FileOrder<'e> {
    skip: u64,
    each: &'e mut dyn FnMut(Entry),
}

impl LogSink for FileOrder<'_> {
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        if self.skip > 0 {
            self.skip -= 1;
        } else {
            (self.each)(Entry { offset: entry.offset, line: entry.bytes.to_vec() });
        }
        ControlFlow::Continue(())
    }
    fn damage(&mut self, _: Damage) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
