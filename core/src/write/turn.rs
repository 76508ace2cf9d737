//! A writer's turn in a log that others write too.
//!
//! Owns: what others appended since this writer's last turn: that it is whole, which entry ends it, which ids are taken.
//! Invariant: behind a turn's beginning the log ends with whole lines and whole batches; what a writer left half done
//! when it died is in `quarantine/`, whole. Costs a call to the host where nobody else has written.
//! Does not: lock. The host holds the session's lock from before this call until its own lines are written.

use super::error::{Cause, OpenError, WriteError};
use super::job::JobError;
use super::log_end::{Displacement, LogEnd, Unlike};
use super::observer::LogObserver;
use super::quarantine::unreadable;
use super::recover::{Recovery, recover};
use super::tail::{LastId, last_id};
use super::writer::LogWriter;
use crate::log::{MAX_BATCH_BYTES, torn_batch};
use crate::source::{ByteSource, Prefix, SliceSource};
use crate::storage::{Place, Storage, StorageFile};
use core::ops::Range;

/// What others did since the last turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaughtUp {
    /// The lines that they appended.
    pub range: Range<u64>,
    /// What was set aside of what one of them left half written.
    pub recovery: Recovery,
}

impl CaughtUp {
    /// With what others did later, before anything of this writer's own.
    #[must_use]
    pub fn and(self, later: Self) -> Self {
        let recovery = if self.recovery == Recovery::default() { later.recovery } else { self.recovery };
        Self { range: self.range.start..later.range.end, recovery }
    }
}

impl<S: Storage + Clone, O: LogObserver> LogWriter<S, O> {
    /// Takes in what others appended: the next entry hangs below the last of theirs, and their ids are taken. `None` if
    /// there is nothing new. To be called with nothing in the buffer and no write under way.
    ///
    /// # Errors
    /// [`WriteError`]; a log that was replaced, removed, cut or rewritten latches, as at an append.
    pub fn catch_up(&mut self, now_ms: i64) -> Result<Option<CaughtUp>, WriteError> {
        self.check()?;
        let left = self.sync.written().end;
        let found = left.look(&self.file).map_err(|unlike| self.turn_failed(unlike, now_ms))?;
        if found == left.len() {
            return Ok(None);
        }
        let recovery = if self.ends_torn(left.len(), found).map_err(|unlike| self.turn_failed(unlike, now_ms))? {
            self.mend(now_ms).map_err(|unlike| self.turn_failed(unlike, now_ms))?
        } else {
            Recovery::default()
        };
        let (end, last) = self.end_behind(left).map_err(|unlike| self.turn_failed(unlike, now_ms))?;
        self.gathering.caught_up(left.len()..end.len(), last);
        self.sync.wrote(end, 0, now_ms);
        Ok(Some(CaughtUp { range: left.len()..end.len(), recovery }))
    }

    /// Whether what others wrote, from `left` to `found`, ends in half a line or half a batch.
    fn ends_torn(&self, left: u64, found: u64) -> Result<bool, Unlike> {
        // A batch is never longer.
        let from = left.max(found.saturating_sub(MAX_BATCH_BYTES + 1));
        let log = Prefix { source: self.file.clone(), len: found };
        let news = log.read_vec(from, usize::try_from(found - from).unwrap_or_default())?;
        Ok(news.last() != Some(&b'\n') || torn_batch(&SliceSource(&news))?.is_some())
    }

    /// Sets aside what a writer left half written when it died. Nobody's power went, so that all else is whole.
    fn mend(&mut self, now_ms: i64) -> Result<Recovery, Unlike> {
        // This handle does not know of what others wrote.
        let mut file = self.storage.open(&Place::Log)?;
        if !file.stamp()?.is_same_file(&self.file.stamp()?) {
            return Err(Unlike::Displaced(Displacement::Replaced));
        }
        let (_, recovery) = recover(&self.storage, &mut file, None, now_ms).map_err(of_recovery)?;
        self.file = file;
        Ok(recovery)
    }

    /// The log's end now, and the last id behind the end that it had.
    fn end_behind(&self, left: LogEnd) -> Result<(LogEnd, Option<LastId>), Unlike> {
        let len = self.file.stamp()?.len;
        let log = Prefix { source: self.file.clone(), len };
        Ok((LogEnd::at(&log, len)?, last_id(&log, left.len())?))
    }

    fn turn_failed(&mut self, unlike: Unlike, now_ms: i64) -> WriteError {
        let offset = self.sync.written().len();
        let error = match unlike {
            Unlike::Displaced(how) => JobError::Displaced(how),
            Unlike::Storage(error) => WriteError::Latched(Cause::Write { offset, error }).into(),
        };
        self.latch(error, now_ms)
    }
}

fn of_recovery(error: OpenError) -> Unlike {
    match error {
        OpenError::Storage(error) => Unlike::Storage(error),
        OpenError::Source(error) => Unlike::Storage(unreadable(&error)),
        // It was of the current format when it was opened.
        OpenError::Changed | OpenError::Refused(_) => Unlike::Displaced(Displacement::Rewritten),
    }
}
