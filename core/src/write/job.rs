//! One write, one sync, or both: what a writer hands out to be done without its lock.
//!
//! Owns: writing all of a group or none of it, and what follows when that fails.
//! Invariant: after [`WriteJob::run`] the log ends with whole lines, unless the outcome says that it could not be cut
//! back. Nothing that another program added is cut. Does not: decide when; that is [`super::LogWriter`].

use super::error::{Cause, WriteError};
use crate::storage::{StorageError, StorageErrorKind, StorageFile, append_all};
use alloc::vec::Vec;

/// Work on the log that is ready to be done.
#[derive(Debug)]
pub struct WriteJob<F> {
    pub(super) file: F,
    /// Lines to write; empty for a sync alone.
    pub(super) lines: Vec<u8>,
    /// Length of the log when the write_job began.
    pub(super) base: u64,
    /// Sync afterwards.
    pub(super) sync: bool,
    /// What an earlier sync covered.
    pub(super) synced_len: u64,
    /// Nothing above `synced_len` was acknowledged: after a failed sync it is taken out again.
    pub(super) unacknowledged: bool,
}

/// A write_job that has been run.
#[derive(Debug)]
pub struct Finished {
    pub(super) lines: Vec<u8>,
    /// A sync belonged to it.
    pub(super) with_sync: bool,
    pub(super) written: Result<(), WriteError>,
    /// `None` if there was no sync to be done, or the write failed before it.
    pub(super) synced: Option<Result<(), WriteError>>,
}

impl<F: StorageFile> WriteJob<F> {
    /// Does it.
    #[must_use]
    pub fn run(mut self) -> Finished {
        let written = if self.lines.is_empty() { Ok(()) } else { self.write() };
        let synced = (self.sync && written.is_ok()).then(|| self.sync());
        Finished { lines: self.lines, with_sync: self.sync, written, synced }
    }

    fn write(&mut self) -> Result<(), WriteError> {
        let Err(error) = append_all(&mut self.file, &self.lines) else { return Ok(()) };
        let offset = self.base;
        self.cut_back(self.lines.len() as u64)?;
        match error.kind {
            StorageErrorKind::Full => Err(WriteError::Full { offset, error }),
            _ => Err(WriteError::Latched(Cause::Write { offset, error })),
        }
    }

    /// Cuts what was added to the log since the write_job began, at most `most` bytes.
    fn cut_back(&mut self, most: u64) -> Result<(), WriteError> {
        let failed = |error| WriteError::Latched(Cause::CutBack { offset: self.base, error });
        let found = self.file.stamp().map_err(failed)?.len;
        if found == self.base {
            return Ok(());
        }
        if found < self.base || found > self.base + most {
            return Err(WriteError::Latched(Cause::Foreign { expected: self.base, found }));
        }
        self.file.set_len(self.base).map_err(failed)
    }

    fn sync(&mut self) -> Result<(), WriteError> {
        let expected = self.base + self.lines.len() as u64;
        let failed = |error| WriteError::Latched(Cause::Sync { synced_len: self.synced_len, error });
        let result = self.length_at_least(expected).and_then(|()| self.file.sync_data().map_err(failed));
        if result.is_err() && self.unacknowledged {
            // Refused entries must not turn up later. If this fails too they are whole lines, and recovery keeps
            // them; the writer is latched either way.
            let _ = self.cut_back(self.lines.len() as u64);
        }
        result
    }

    /// Nobody else wrote or cut, as far as a length can tell.
    fn length_at_least(&self, expected: u64) -> Result<(), WriteError> {
        let failed = |error: StorageError| WriteError::Latched(Cause::Sync { synced_len: self.synced_len, error });
        let found = self.file.stamp().map_err(failed)?.len;
        // With lines of its own a write_job is the only one that writes; a sync alone may see writes that began later.
        let as_left = if self.lines.is_empty() { found >= expected } else { found == expected };
        if as_left { Ok(()) } else { Err(WriteError::Latched(Cause::Foreign { expected, found })) }
    }
}
