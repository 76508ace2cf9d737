//! The one-threaded use of a writer, and what can be asked of it.
//!
//! Owns: append, flush, close and the time-based sync as sequences of jobs; when those are due.
//! Invariant: after an append returns well its entry is as safe as the mode promises; after a flush returns well the
//! log was looked at, and all that was appended is on the disk.
//! Does not: lock or wait.

use super::durability::{AckPoint, Durability, SyncBounds};
use super::entry::{Parent, Refusal, Stamps};
use super::error::{AppendError, Cause, WriteError};
use super::observer::LogObserver;
use super::writer::LogWriter;
use crate::storage::Storage;
use alloc::string::String;
use alloc::vec::Vec;

/// Lines that are buffered before they are written, where an append is acknowledged once it is buffered.
const BUFFER: usize = 256 * 1024;

/// A flush or close that did not work out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Unwritten {
    /// Why.
    pub error: WriteError,
    /// Whole lines, each with its LF, that were acknowledged and are not in the log.
    pub lines: Vec<u8>,
}

impl<S: Storage + Clone, O: LogObserver> LogWriter<S, O> {
    /// Appends one entry and sees to it that it is acknowledged as the mode has it.
    ///
    /// # Errors
    /// [`AppendError`]; the entry is not in the log then, nor in the buffer.
    pub fn append(&mut self, json: &[u8], parent: Parent<'_>, stamps: &mut dyn Stamps) -> Result<String, AppendError> {
        let admitted = self.acknowledged(1, stamps, |log, stamps| log.admit(json, parent, stamps));
        Ok(admitted?.id)
    }

    /// Appends entries that belong together, as [`LogWriter::admit_batch`] has it; their ids.
    ///
    /// # Errors
    /// [`AppendError`]; none of them is in the log then, nor in the buffer.
    pub fn append_batch(
        &mut self,
        entries: &[&[u8]],
        parent: Parent<'_>,
        stamps: &mut dyn Stamps,
    ) -> Result<Vec<String>, AppendError> {
        self.acknowledged(entries.len(), stamps, |log, stamps| log.admit_batch(entries, parent, stamps))
    }

    fn acknowledged<T>(
        &mut self,
        count: usize,
        stamps: &mut dyn Stamps,
        admit: impl FnOnce(&mut Self, &mut dyn Stamps) -> Result<T, AppendError>,
    ) -> Result<T, AppendError> {
        if self.buffer_full() {
            // Before the entry is taken: one that cannot be written stays with the caller.
            self.write_out(stamps.now_ms())?;
        }
        if self.must_sync_before(count) {
            self.sync_out(stamps.now_ms())?;
        }
        let admitted = admit(self, stamps);
        let now = stamps.now_ms();
        if let Err(AppendError::Refused(Refusal::Search(_))) = &admitted {
            // A log in which no id can be looked up may have been cut or rewritten: a look tells, and that is then why.
            self.flush(now)?;
        }
        let admitted = admitted?;
        if self.durability.acknowledges_at() != AckPoint::Buffered {
            self.write_out(now)?;
        }
        if self.sync_due(now) {
            // The entry is acknowledged by its write; a sync that fails is told by every call from now on.
            let _ = self.sync_out(now);
        }
        Ok(admitted)
    }

    /// Writes the group buffer.
    fn write_out(&mut self, now_ms: i64) -> Result<(), WriteError> {
        self.check()?;
        match self.begin_write() {
            Some(job) => self.finish(job.run(), now_ms),
            None => Ok(()),
        }
    }

    fn sync_out(&mut self, now_ms: i64) -> Result<(), WriteError> {
        match self.begin_sync() {
            Some(job) => self.finish(job.run(), now_ms),
            None => self.check(),
        }
    }

    /// Writes and syncs all that was appended, and looks at the log where there is nothing to write.
    ///
    /// # Errors
    /// [`WriteError`]; buffered entries stay buffered.
    pub fn flush(&mut self, now_ms: i64) -> Result<(), WriteError> {
        let mut looked = false;
        while let Some(job) = self.begin_flush(looked) {
            self.finish(job.run(), now_ms)?;
            looked = true;
            if self.is_all_synced() {
                break;
            }
        }
        self.check()
    }

    /// To be called when the time that [`LogWriter::sync_due_at`] named has come.
    ///
    /// # Errors
    /// If the sync failed.
    pub fn tick(&mut self, now_ms: i64) -> Result<(), WriteError> {
        if self.sync_due(now_ms) { self.sync_out(now_ms) } else { Ok(()) }
    }

    /// Flushes and ends.
    ///
    /// # Errors
    /// [`Unwritten`], with the lines that are not in the log though they were acknowledged.
    pub fn close(mut self, now_ms: i64) -> Result<O, Unwritten> {
        match self.flush(now_ms) {
            Ok(()) => Ok(self.observer),
            Err(error) => Err(Unwritten { error, lines: self.unwritten().to_vec() }),
        }
    }

    /// True if the buffer should be written before it takes more.
    fn buffer_full(&self) -> bool {
        self.unwritten().len() >= BUFFER
    }

    /// Entries in the group buffer.
    #[must_use]
    pub fn gathered(&self) -> usize {
        self.gathering.group().entries.len()
    }

    /// True if a write is running.
    #[must_use]
    pub const fn is_writing(&self) -> bool {
        self.in_flight.is_some()
    }

    /// True if a group could be written now: there is one, and no other write is in its way.
    #[must_use]
    pub fn can_begin_write(&self) -> bool {
        !self.unwritten().is_empty() && !self.is_writing() && !self.sync.is_latched()
    }

    /// True if nothing that was appended waits for a write or a sync.
    #[must_use]
    pub fn is_all_synced(&self) -> bool {
        self.unwritten().is_empty() && !self.is_writing() && self.sync.is_all_synced()
    }

    /// True if the log must be synced by now.
    fn sync_due(&self, now_ms: i64) -> bool {
        self.must_sync() || self.sync_due_at().is_some_and(|due| due <= now_ms)
    }

    /// True if no entry more may be taken before a sync has finished.
    #[must_use]
    pub fn must_sync(&self) -> bool {
        self.durability.sync_bounds().is_some_and(|bounds| self.sync.must_sync(bounds))
    }

    /// True if so many entries more, written together, would be too many without a sync before.
    #[must_use]
    pub fn must_sync_before(&self, count: usize) -> bool {
        let (waits, count) = (self.unsynced(), count as u64);
        let too_many = |bounds: SyncBounds| waits > 0 && waits.saturating_add(count) > u64::from(bounds.entries);
        self.durability.sync_bounds().is_some_and(too_many)
    }

    /// Entries in the log that no sync covers.
    #[must_use]
    pub const fn unsynced(&self) -> u64 {
        self.sync.unsynced()
    }

    /// When the log must be synced at the latest, Unix milliseconds.
    #[must_use]
    pub fn sync_due_at(&self) -> Option<i64> {
        self.durability.sync_bounds().and_then(|bounds| self.sync.due_at(bounds))
    }

    /// Why the writer takes nothing more, if so.
    #[must_use]
    pub const fn latched(&self) -> Option<&Cause> {
        self.sync.latched()
    }

    /// Offset in the log from which on another program wrote to it while it was open, if one did.
    #[must_use]
    pub const fn foreign_from(&self) -> Option<u64> {
        self.foreign_from
    }

    /// When appends are acknowledged.
    #[must_use]
    pub const fn durability(&self) -> Durability {
        self.durability
    }

    /// Id of the last entry of this writer, or of the log as it was opened.
    #[must_use]
    pub fn leaf(&self) -> Option<&str> {
        self.gathering.leaf()
    }

    /// Bytes of the log that are on the disk.
    #[must_use]
    pub const fn synced_len(&self) -> u64 {
        self.sync.synced().len()
    }

    /// Lines that were acknowledged and are not in the log, each with its LF.
    #[must_use]
    pub fn unwritten(&self) -> &[u8] {
        &self.gathering.group().lines
    }

    /// The observer.
    pub const fn observer(&mut self) -> &mut O {
        &mut self.observer
    }
}
