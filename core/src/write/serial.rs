//! The single-threaded use of a writer, and its queries.
//!
//! Owns: append, flush, close and the timed sync as sequences of jobs, and when these are due.
//! Invariant: after a successful append its entry is as durable as the mode promises. After a successful flush the log
//! was checked for other programs' changes, and everything appended is on the disk.

use super::durability::{AckPoint, Durability, SyncBounds};
use super::entry::{Parent, Refusal, Stamps};
use super::error::{AppendError, Cause, WriteError};
use super::observer::LogObserver;
use super::writer::LogWriter;
use crate::storage::Storage;
use alloc::string::String;
use alloc::vec::Vec;

/// Size at which the buffer is written in modes that acknowledge when buffered, in bytes.
const BUFFER: usize = 256 * 1024;

/// A failed flush or close.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Unwritten {
    /// The cause.
    pub error: WriteError,
    /// Acknowledged lines that are not in the log, each with its LF.
    pub lines: Vec<u8>,
}

impl<S: Storage + Clone, O: LogObserver> LogWriter<S, O> {
    /// Appends one entry and acknowledges it as the mode requires; returns its id.
    ///
    /// # Errors
    /// [`AppendError`]; the entry is then neither in the log nor in the buffer.
    pub fn append(&mut self, json: &[u8], parent: Parent<'_>, stamps: &mut dyn Stamps) -> Result<String, AppendError> {
        let admitted = self.acknowledged(1, stamps, |log, stamps| log.admit(json, parent, stamps));
        Ok(admitted?.id)
    }

    /// Appends a batch (see [`LogWriter::admit_batch`]) and returns the ids.
    ///
    /// # Errors
    /// [`AppendError`]; none of the entries is then in the log or in the buffer.
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
            // Before the entry is admitted: one that cannot be written stays with the caller.
            self.write_out(stamps.now_ms())?;
        }
        if self.must_sync_before(count) {
            self.sync_out(stamps.now_ms())?;
        }
        let admitted = admit(self, stamps);
        let now = stamps.now_ms();
        if let Err(AppendError::Refused(Refusal::Search(_))) = &admitted {
            // A look-up may fail because the log was cut or rewritten; then that is the error.
            self.flush(now)?;
        }
        let admitted = admitted?;
        if self.durability.acknowledges_at() != AckPoint::Buffered {
            self.write_out(now)?;
        }
        if self.sync_due(now) {
            // The write acknowledges the entry; a failed sync latches the writer, and every later call reports it.
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

    /// Writes and syncs everything appended; looks at the log if there is nothing to write.
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

    /// Syncs if due. Call it at the time of [`LogWriter::sync_due_at`].
    ///
    /// # Errors
    /// Fails if the sync fails.
    pub fn tick(&mut self, now_ms: i64) -> Result<(), WriteError> {
        if self.sync_due(now_ms) { self.sync_out(now_ms) } else { Ok(()) }
    }

    /// Flushes and closes the writer.
    ///
    /// # Errors
    /// [`Unwritten`], with the acknowledged lines that are not in the log.
    pub fn close(mut self, now_ms: i64) -> Result<O, Unwritten> {
        match self.flush(now_ms) {
            Ok(()) => Ok(self.observer),
            Err(error) => Err(Unwritten { error, lines: self.unwritten().to_vec() }),
        }
    }

    /// True if the buffer must be written before the next entry.
    fn buffer_full(&self) -> bool {
        self.unwritten().len() >= BUFFER
    }

    /// Number of entries in the group buffer.
    #[must_use]
    pub fn gathered(&self) -> usize {
        self.gathering.group().entries.len()
    }

    /// True if a write is running.
    #[must_use]
    pub const fn is_writing(&self) -> bool {
        self.in_flight.is_some()
    }

    /// True if there is a group to write, no write is running and the writer is not latched.
    #[must_use]
    pub fn can_begin_write(&self) -> bool {
        !self.unwritten().is_empty() && !self.is_writing() && !self.sync.is_latched()
    }

    /// True if nothing appended waits for a write or a sync.
    #[must_use]
    pub fn is_all_synced(&self) -> bool {
        self.unwritten().is_empty() && !self.is_writing() && self.sync.is_all_synced()
    }

    /// True if a sync is due at `now_ms`.
    fn sync_due(&self, now_ms: i64) -> bool {
        self.must_sync() || self.sync_due_at().is_some_and(|due| due <= now_ms)
    }

    /// True if no more entries may be taken before a sync.
    #[must_use]
    pub fn must_sync(&self) -> bool {
        self.durability.sync_bounds().is_some_and(|bounds| self.sync.must_sync(bounds))
    }

    /// True if `count` more entries in one write would exceed the limit for unsynced entries.
    #[must_use]
    pub fn must_sync_before(&self, count: usize) -> bool {
        let (waits, count) = (self.unsynced(), count as u64);
        let too_many = |bounds: SyncBounds| waits > 0 && waits.saturating_add(count) > u64::from(bounds.entries);
        self.durability.sync_bounds().is_some_and(too_many)
    }

    /// Number of entries in the log that no sync covers.
    #[must_use]
    pub const fn unsynced(&self) -> u64 {
        self.sync.unsynced()
    }

    /// Latest time of the next sync, Unix milliseconds; `None` if none is due.
    #[must_use]
    pub fn sync_due_at(&self) -> Option<i64> {
        self.durability.sync_bounds().and_then(|bounds| self.sync.due_at(bounds))
    }

    /// Why the writer is latched, if it is.
    #[must_use]
    pub const fn latched(&self) -> Option<&Cause> {
        self.sync.latched()
    }

    /// Offset of the first bytes that another program wrote to the open log, if one did.
    #[must_use]
    pub const fn foreign_from(&self) -> Option<u64> {
        self.foreign_from
    }

    /// Durability mode.
    #[must_use]
    pub const fn durability(&self) -> Durability {
        self.durability
    }

    /// Id of the writer's last entry, or, before its first, of the opened log's.
    #[must_use]
    pub fn leaf(&self) -> Option<&str> {
        self.gathering.leaf()
    }

    /// Bytes of the log that are on the disk.
    #[must_use]
    pub const fn synced_len(&self) -> u64 {
        self.sync.synced().len()
    }

    /// Acknowledged lines that are not in the log yet, each with its LF.
    #[must_use]
    pub fn unwritten(&self) -> &[u8] {
        &self.gathering.group().lines
    }

    /// The observer.
    pub const fn observer(&mut self) -> &mut O {
        &mut self.observer
    }
}
