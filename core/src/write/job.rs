//! One write, one sync, or both, or just a look at the log: what a writer hands out to be done without its lock.
//!
//! Owns: writing all of a group or none of it, what follows when that fails, and that behind each write and each sync
//! the log is what it was left as, or grew by what other programs added.
//! Invariant: after [`WriteJob::run`] the log ends with whole lines of ours, unless the outcome says that it could not
//! be cut back; a line of ours that is acknowledged begins on its own line. Nothing that another program added is cut.
//! Does not: decide when; that is [`super::LogWriter`].

use super::error::{Cause, WriteError};
use super::log_end::{Displacement, LogEnd, Unlike, look};
use super::quarantine::unreadable;
use crate::source::{ByteSource, Prefix, SourceError};
use crate::storage::{StorageError, StorageErrorKind, StorageFile};
use alloc::vec::Vec;
use core::ops::Range;

/// Work on the log that is ready to be done.
#[derive(Debug)]
pub struct WriteJob<F> {
    pub(super) file: F,
    /// Lines to write; empty for a sync alone, or a look.
    pub(super) lines: Vec<u8>,
    pub(super) kind: Kind,
    /// The log as it was left when the job was made.
    pub(super) left: LogEnd,
    /// What an earlier sync covered.
    pub(super) synced_len: u64,
}

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Writes its lines, if it has any. No other one does at the same time.
    Write,
    /// The same, and syncs then: nothing of it is acknowledged before.
    WriteAndSync,
    /// Syncs, while others may write.
    Sync,
}

/// A job that has been run.
#[derive(Debug)]
pub struct Finished {
    pub(super) lines: Vec<u8>,
    pub(super) kind: Kind,
    /// `None` if it was no write.
    pub(super) written: Option<Result<Landed, JobError>>,
    /// How long the log was then. `None` if there was no sync to be done, or the write failed before it.
    pub(super) synced: Option<Result<u64, JobError>>,
}

/// Where lines landed.
#[derive(Debug, Clone)]
pub(super) struct Landed {
    /// Where the lines begin; `None` if another program wrote at the same time: then the log must be read to know.
    pub(super) base: Option<u64>,
    /// The log as it is left.
    pub(super) left: LogEnd,
    /// From where on other programs wrote, if they did.
    pub(super) foreign: Option<u64>,
}

/// Why a job failed.
#[derive(Debug, Clone)]
pub(super) enum JobError {
    Write(WriteError),
    /// The path of the log no longer leads to what was written.
    Displaced(Displacement),
}

impl From<WriteError> for JobError {
    fn from(error: WriteError) -> Self {
        Self::Write(error)
    }
}

impl<F> WriteJob<F> {
    /// True if it writes, or would if there were lines: no other such job is out. False for a sync alone.
    #[must_use]
    pub fn is_write(&self) -> bool {
        self.kind != Kind::Sync
    }
}

impl<F: StorageFile> WriteJob<F> {
    /// Does it.
    #[must_use]
    pub fn run(mut self) -> Finished {
        let written = (self.kind != Kind::Sync).then(|| self.write());
        let synced = match (&written, self.kind) {
            (Some(Err(_)), _) | (_, Kind::Write) => None,
            (Some(Ok(landed)), _) => Some(self.sync_written(landed.left)),
            (None, _) => Some(self.sync(self.left)),
        };
        Finished { lines: self.lines, kind: self.kind, written, synced }
    }

    /// Writes the lines behind all that is there.
    fn write(&mut self) -> Result<Landed, JobError> {
        if self.lines.is_empty() {
            return self.look();
        }
        // Nearly always nobody else wrote. The look behind the write tells, so that a write costs one look.
        self.put(self.left.len(), b"")
    }

    /// Writes nothing, and takes note of what others wrote.
    fn look(&self) -> Result<Landed, JobError> {
        let offset = self.left.len();
        let failed = |unlike| unwritten(unlike, offset);
        let found = self.left.look(&self.file).map_err(failed)?;
        let seen = self.left.last_line(&self.file, found).map_err(failed)?;
        let left = self.left_at(seen).map_err(failed)?;
        Ok(Landed { base: None, left, foreign: (found > offset).then_some(offset) })
    }

    /// Writes the lines where another program left a line that is not ended.
    fn write_behind_others(&mut self) -> Result<Landed, JobError> {
        let failed = |unlike| unwritten(unlike, self.left.len());
        let start = self.left.look_inside(&self.file).map_err(failed)?;
        let seen = self.left.last_line(&self.file, start).map_err(failed)?;
        // What another program has not ended yet gets an end, or our first line would be lost in it.
        let lead: &[u8] = if seen < start { b"\n" } else { b"" };
        self.put(start, lead)
    }

    /// Writes `lead` and the lines to a log that ends at `start`, unless another program writes too.
    fn put(&mut self, start: u64, lead: &[u8]) -> Result<Landed, JobError> {
        let offset = self.left.len();
        if let Err((written, error)) = self.append(lead) {
            self.cut_back(start, lead, written)?;
            look(&self.file, offset).map_err(|unlike| unwritten(unlike, offset))?;
            return Err(JobError::Write(match error.kind {
                StorageErrorKind::Full => WriteError::Full { offset, error },
                _ => WriteError::Latched(Cause::Write { offset, error }),
            }));
        }
        let base = start + lead.len() as u64;
        let end = base + self.lines.len() as u64;
        match look(&self.file, end) {
            Ok(found) if found == end => {
                let left = self.left.followed_by(&self.lines, found);
                Ok(Landed { base: Some(base), left, foreign: (start > offset).then_some(offset) })
            }
            Ok(found) => self.find(base, found),
            Err(unlike) => {
                self.take_back();
                Err(unwritten(self.as_left(unlike), offset))
            }
        }
    }

    /// Appends `lead` and the lines; how many bytes of them were, if not all.
    fn append(&mut self, lead: &[u8]) -> Result<(), (usize, StorageError)> {
        let mut written = 0;
        for mut rest in [lead, &self.lines] {
            while !rest.is_empty() {
                let taken = self.file.append(rest).map_err(|error| (written, error))?;
                written += taken;
                rest = rest.get(taken..).unwrap_or_default();
            }
        }
        Ok(())
    }

    /// A cut, measured without the lines, which were taken back.
    fn as_left(&self, unlike: Unlike) -> Unlike {
        match (unlike, self.file.stamp()) {
            (Unlike::Displaced(Displacement::Cut { .. }), Ok(stamp)) => {
                Unlike::Displaced(Displacement::Cut { expected: self.left.len(), found: stamp.len })
            }
            (unlike, _) => unlike,
        }
    }

    /// Looks for the lines where another program wrote too, before them or behind.
    fn find(&mut self, base: u64, found: u64) -> Result<Landed, JobError> {
        let offset = self.left.len();
        let failed = |unlike| unwritten(unlike, offset);
        if let Err(unlike) = self.left.not_rewritten(&self.file) {
            self.take_back();
            return Err(failed(unlike));
        }
        let end = base + self.lines.len() as u64;
        let Some(at) = self.place_in(base..found).map_err(|error| failed(error.into()))? else {
            // The kernel took them in parts, and something came between: there are no such lines.
            return Err(WriteError::Latched(Cause::Foreign { expected: end, found }).into());
        };
        let own_end = at + self.lines.len() as u64;
        let log = Prefix { source: &self.file, len: found };
        let own_line = at == 0 || log.read_vec(at - 1, 1).map_err(|error| failed(error.into()))? == b"\n";
        if !own_line && self.take_back() {
            // What came between is not ended; this time it gets its end.
            return self.write_behind_others();
        }
        let last_line = self.left.last_line(&self.file, found).map_err(failed)?;
        let left = self.left_at(last_line.max(own_end)).map_err(failed)?;
        Ok(Landed { base: (own_end == found).then_some(at), left, foreign: Some(offset) })
    }

    /// Where in a range of the log the lines begin: at its end, as nearly always, or before what came behind them.
    fn place_in(&self, range: Range<u64>) -> Result<Option<u64>, SourceError> {
        let own = self.lines.len() as u64;
        let log = Prefix { source: &self.file, len: range.end };
        let last = range.end.saturating_sub(own).max(range.start);
        if log.read_vec(last, self.lines.len())? == self.lines {
            return Ok(Some(last));
        }
        let since = log.read_vec(range.start, usize::try_from(range.end - range.start).unwrap_or_default())?;
        Ok(memchr::memmem::find(&since, &self.lines).map(|at| range.start + at as u64))
    }

    fn left_at(&self, len: u64) -> Result<LogEnd, Unlike> {
        if len == self.left.len() { Ok(self.left) } else { Ok(LogEnd::at(&self.file, len)?) }
    }

    /// Cuts the lines off, wherever they landed, if nothing follows them. Nothing of them is acknowledged; if this
    /// fails they are whole lines.
    fn take_back(&mut self) -> bool {
        let own = self.lines.len();
        let Some(start) = self.file.stamp().ok().and_then(|stamp| stamp.len.checked_sub(own as u64)) else {
            return false;
        };
        let mut bytes = alloc::vec![0; own];
        self.file.read_at(start, &mut bytes).is_ok() && bytes == self.lines && self.file.set_len(start).is_ok()
    }

    /// Cuts what this job added to a log that ended at `start`: the first part of `lead` and the lines, of which the
    /// system counted so many bytes as `written`.
    fn cut_back(&mut self, start: u64, lead: &[u8], written: usize) -> Result<(), WriteError> {
        let failed = |error| WriteError::Latched(Cause::CutBack { offset: start, error });
        let found = self.file.stamp().map_err(failed)?.len;
        // Where nobody else wrote, all behind the start is ours, also what was written and not counted.
        let counted = found.checked_sub(written as u64);
        for from in [Some(start), counted].into_iter().flatten() {
            if self.is_own(from..found, lead).map_err(|error| failed(unreadable(&error)))? {
                return if from == found { Ok(()) } else { self.file.set_len(from).map_err(failed) };
            }
        }
        Err(WriteError::Latched(Cause::Foreign { expected: start, found }))
    }

    /// A range of the log holds the first part of `lead` and the lines.
    fn is_own(&self, range: Range<u64>, lead: &[u8]) -> Result<bool, SourceError> {
        let Some(len) = range.end.checked_sub(range.start).and_then(|len| usize::try_from(len).ok()) else {
            return Ok(false);
        };
        if len > lead.len() + self.lines.len() {
            return Ok(false);
        }
        let mut bytes = alloc::vec![0; len];
        self.file.read_at(range.start, &mut bytes)?;
        Ok(lead.iter().chain(&self.lines).zip(&bytes).all(|(own, there)| own == there))
    }

    /// Syncs what was just written.
    fn sync_written(&mut self, left: LogEnd) -> Result<u64, JobError> {
        let synced = self.sync(left);
        if synced.is_err() && !self.lines.is_empty() {
            // Refused entries must not turn up later. If they stay recovery keeps them; the writer is latched either
            // way.
            self.take_back();
        }
        synced
    }

    /// Syncs; how long the log is then, at least as it was `left`.
    fn sync(&mut self, left: LogEnd) -> Result<u64, JobError> {
        let failed = |error| JobError::Write(WriteError::Latched(Cause::Sync { synced_len: self.synced_len, error }));
        self.file.sync_data().map_err(failed)?;
        match left.look(&self.file) {
            Ok(found) => Ok(found),
            Err(Unlike::Displaced(how)) => Err(JobError::Displaced(how)),
            Err(Unlike::Storage(error)) => Err(failed(error)),
        }
    }
}

/// Nothing was written behind `offset`.
fn unwritten(unlike: Unlike, offset: u64) -> JobError {
    match unlike {
        Unlike::Displaced(how) => JobError::Displaced(how),
        Unlike::Storage(error) => WriteError::Latched(Cause::Write { offset, error }).into(),
    }
}
