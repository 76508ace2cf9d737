//! The one-threaded use of a writer, and what can be asked of it.
//!
//! Owns: append, flush, close and the time-based sync as sequences of flights; when those are due.
//! Invariant: after an append returns well its entry is as safe as the mode promises.
//! Does not: lock or wait.

use super::durability::Durability;
use super::entry::{Parent, Stamps};
use super::error::{AppendError, Cause, WriteError};
use super::writer::{LogObserver, LogWriter};
use crate::storage::StorageFile;
use alloc::string::String;
use alloc::vec::Vec;

/// Lines that `throughput` buffers before it writes them.
const BUFFER: usize = 256 * 1024;

/// A flush or close that did not work out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Unwritten {
    /// Why.
    pub error: WriteError,
    /// Whole lines, each with its LF, that were acknowledged as buffered and are not in the log.
    pub lines: Vec<u8>,
}

impl<F: StorageFile, O: LogObserver> LogWriter<F, O> {
    /// Appends one entry and sees to it that it is acknowledged as the mode has it.
    ///
    /// # Errors
    /// [`AppendError`]; the entry is not in the log then, nor in the buffer.
    pub fn append(&mut self, json: &[u8], parent: Parent<'_>, stamps: &mut dyn Stamps) -> Result<String, AppendError> {
        if self.buffer_full() {
            // Before the entry is taken: one that cannot be written stays with the caller.
            self.write_out(stamps.now_ms())?;
        }
        let admitted = self.admit(json, parent, stamps)?;
        let now = stamps.now_ms();
        if self.durability != Durability::Throughput {
            self.write_out(now)?;
        }
        if self.sync_due(now) {
            // The entry is acknowledged by its write; a sync that fails is told by every call from now on.
            let _ = self.sync();
        }
        Ok(admitted.id)
    }

    /// Writes the group buffer.
    fn write_out(&mut self, now_ms: i64) -> Result<(), WriteError> {
        self.check()?;
        match self.begin_write(false) {
            Some(write_job) => self.finish_write(write_job.run(), now_ms),
            None => Ok(()),
        }
    }

    fn sync(&mut self) -> Result<(), WriteError> {
        match self.begin_sync() {
            Some(write_job) => self.finish_sync(write_job.run()),
            None => self.check(),
        }
    }

    /// Writes and syncs all that was appended.
    ///
    /// # Errors
    /// [`WriteError`]; buffered entries stay buffered.
    pub fn flush(&mut self, now_ms: i64) -> Result<(), WriteError> {
        self.check()?;
        self.write_out(now_ms)?;
        self.sync()
    }

    /// To be called when the time that [`LogWriter::sync_due_at`] named has come.
    ///
    /// # Errors
    /// If the sync failed.
    pub fn tick(&mut self, now_ms: i64) -> Result<(), WriteError> {
        if self.sync_due(now_ms) { self.sync() } else { Ok(()) }
    }

    /// Flushes and ends.
    ///
    /// # Errors
    /// [`Unwritten`], with the lines that are not in the log though they were acknowledged as buffered.
    pub fn close(mut self, now_ms: i64) -> Result<O, Unwritten> {
        match self.flush(now_ms) {
            Ok(()) => Ok(self.observer),
            Err(error) => Err(Unwritten { error, lines: core::mem::take(&mut self.lines) }),
        }
    }

    /// True if `throughput` should write its buffer before it takes more.
    fn buffer_full(&self) -> bool {
        self.lines.len() >= BUFFER
    }

    /// Entries in the group buffer.
    #[must_use]
    pub fn gathered(&self) -> usize {
        self.entries_added.len()
    }

    /// True if a group could be written now: there is one, and no write or sync is in its way.
    #[must_use]
    pub fn can_begin_write(&self) -> bool {
        !self.lines.is_empty() && self.in_flight.is_none() && self.syncing.is_none() && self.latched.is_none()
    }

    /// True if nothing that was appended waits for a write or a sync.
    #[must_use]
    pub fn is_all_synced(&self) -> bool {
        self.lines.is_empty() && self.in_flight.is_none() && self.synced == self.written
    }

    /// True if `balanced` must sync by now.
    fn sync_due(&self, now_ms: i64) -> bool {
        self.must_sync() || self.sync_due_at().is_some_and(|due| due <= now_ms)
    }

    /// True if `balanced` may take no entry more before a sync has finished.
    #[must_use]
    pub fn must_sync(&self) -> bool {
        matches!(self.durability, Durability::Balanced { entries, .. } if self.unsynced() >= u64::from(entries.max(1)))
    }

    /// Entries in the log that no sync covers.
    #[must_use]
    pub const fn unsynced(&self) -> u64 {
        self.written.entries.saturating_sub(self.synced.entries)
    }

    /// When `balanced` must sync at the latest, Unix milliseconds.
    #[must_use]
    pub fn sync_due_at(&self) -> Option<i64> {
        match self.durability {
            Durability::Balanced { millis, .. } => self.oldest_ms.map(|ms| ms.saturating_add(i64::from(millis))),
            Durability::Strict | Durability::Throughput => None,
        }
    }

    /// Why the writer takes nothing more, if so.
    #[must_use]
    pub const fn latched(&self) -> Option<&Cause> {
        self.latched.as_ref()
    }

    /// When appends are acknowledged.
    #[must_use]
    pub const fn durability(&self) -> Durability {
        self.durability
    }

    /// Id of the last entry.
    #[must_use]
    pub fn leaf(&self) -> Option<&str> {
        self.leaf.as_deref()
    }

    /// Bytes of the log that are on the disk.
    #[must_use]
    pub const fn synced_len(&self) -> u64 {
        self.synced.len
    }

    /// Lines that are buffered and not in the log, each with its LF.
    #[must_use]
    pub fn unwritten(&self) -> &[u8] {
        &self.lines
    }

    /// The observer.
    pub const fn observer(&mut self) -> &mut O {
        &mut self.observer
    }
}
