//! A write job: one write, one sync, both, or a look at the log. A writer hands it out, to be run without its lock.
//!
//! Owns: writing a group wholly or not at all, the handling of failures, and the check behind each write and each sync
//! that the log is unchanged, or grew only by other programs' lines.
//! Invariant: after [`WriteJob::run`] the log ends with whole lines of this writer, unless the outcome says that they
//! could not be cut back. Each acknowledged line begins on a line of its own. Lines of other programs are never cut.
//! Does not: decide when jobs run; see [`super::LogWriter`].

use super::error::{Cause, WriteError};
use super::log_end::{Displacement, LogEnd, Unlike, look};
use super::quarantine::unreadable;
use crate::source::{ByteSource, Prefix, SourceError};
use crate::storage::{StorageError, StorageErrorKind, StorageFile};
use alloc::vec::Vec;
use core::ops::Range;

/// A job that is ready to run.
#[derive(Debug)]
pub struct WriteJob<F> {
    pub(super) file: F,
    /// Lines to write; empty for a sync alone or a look.
    pub(super) lines: Vec<u8>,
    pub(super) kind: Kind,
    /// The end of the log when the job was made.
    pub(super) left: LogEnd,
    /// Length covered by an earlier sync.
    pub(super) synced_len: u64,
}

/// Kind of job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Writes its lines, or looks at the log if it has none. Only one such job runs at a time.
    Write,
    /// Like `Write`, then syncs; its entries are acknowledged only after the sync.
    WriteAndSync,
    /// Syncs; a write may run at the same time.
    Sync,
}

/// The result of a job.
#[derive(Debug)]
pub struct Finished {
    pub(super) lines: Vec<u8>,
    pub(super) kind: Kind,
    /// Result of the write; `None` for a sync alone.
    pub(super) written: Option<Result<Landed, JobError>>,
    /// Length of the log at the sync; `None` if the job has no sync or its write failed.
    pub(super) synced: Option<Result<u64, JobError>>,
}

/// Place of written lines.
#[derive(Debug, Clone)]
pub(super) struct Landed {
    /// Start of the lines; `None` if another program wrote at the same time, so that the log must be read.
    pub(super) base: Option<u64>,
    /// The end of the log now.
    pub(super) left: LogEnd,
    /// Where other programs' bytes begin, if they wrote.
    pub(super) foreign: Option<u64>,
}

/// Why a job failed.
#[derive(Debug, Clone)]
pub(super) enum JobError {
    Write(WriteError),
    /// The log's path no longer leads to the written log.
    Displaced(Displacement),
}

impl From<WriteError> for JobError {
    fn from(error: WriteError) -> Self {
        Self::Write(error)
    }
}

impl<F> WriteJob<F> {
    /// True for a write or a look, of which only one runs at a time; false for a sync alone.
    #[must_use]
    pub fn is_write(&self) -> bool {
        self.kind != Kind::Sync
    }
}

impl<F: StorageFile> WriteJob<F> {
    /// Runs the job.
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

    /// Writes the lines at the end of the log.
    fn write(&mut self) -> Result<Landed, JobError> {
        if self.lines.is_empty() {
            return self.look();
        }
        // Nearly always nobody else wrote. The look behind the write detects others, so a write costs one look.
        self.put(self.left.len(), b"")
    }

    /// Writes nothing, and finds out what other programs wrote.
    fn look(&self) -> Result<Landed, JobError> {
        let offset = self.left.len();
        let failed = |unlike| unwritten(unlike, offset);
        let found = self.left.look(&self.file).map_err(failed)?;
        let seen = self.left.last_line(&self.file, found).map_err(failed)?;
        let left = self.left_at(seen).map_err(failed)?;
        Ok(Landed { base: None, left, foreign: (found > offset).then_some(offset) })
    }

    /// Writes the lines behind another program's line that lacks its LF.
    fn write_behind_others(&mut self) -> Result<Landed, JobError> {
        let failed = |unlike| unwritten(unlike, self.left.len());
        let start = self.left.look_inside(&self.file).map_err(failed)?;
        let seen = self.left.last_line(&self.file, start).map_err(failed)?;
        // The other program's open line gets an LF, or the first line written here would become part of it.
        let lead: &[u8] = if seen < start { b"\n" } else { b"" };
        self.put(start, lead)
    }

    /// Writes `lead` and the lines to a log that ends at `start`, and checks that no other program wrote meanwhile.
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

    /// Appends `lead` and the lines; an error has the number of bytes written before it.
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

    /// Corrects the lengths of a cut, once the lines were taken back.
    fn as_left(&self, unlike: Unlike) -> Unlike {
        match (unlike, self.file.stamp()) {
            (Unlike::Displaced(Displacement::Cut { .. }), Ok(stamp)) => {
                Unlike::Displaced(Displacement::Cut { expected: self.left.len(), found: stamp.len })
            }
            (unlike, _) => unlike,
        }
    }

    /// Finds the lines where another program wrote before or behind them.
    fn find(&mut self, base: u64, found: u64) -> Result<Landed, JobError> {
        let offset = self.left.len();
        let failed = |unlike| unwritten(unlike, offset);
        if let Err(unlike) = self.left.not_rewritten(&self.file) {
            self.take_back();
            return Err(failed(unlike));
        }
        let end = base + self.lines.len() as u64;
        let Some(at) = self.place_in(base..found).map_err(|error| failed(error.into()))? else {
            // The kernel wrote them in parts with other bytes between, so the lines are not whole.
            return Err(WriteError::Latched(Cause::Foreign { expected: end, found }).into());
        };
        let own_end = at + self.lines.len() as u64;
        let log = Prefix { source: &self.file, len: found };
        let own_line = at == 0 || log.read_vec(at - 1, 1).map_err(|error| failed(error.into()))? == b"\n";
        if !own_line && self.take_back() {
            // The line before ours has no LF; this time it gets one.
            return self.write_behind_others();
        }
        let last_line = self.left.last_line(&self.file, found).map_err(failed)?;
        let left = self.left_at(last_line.max(own_end)).map_err(failed)?;
        Ok(Landed { base: (own_end == found).then_some(at), left, foreign: Some(offset) })
    }

    /// Finds the lines in a range of the log: nearly always at its end, else before another program's bytes.
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

    /// Cuts the lines off, wherever they landed, if nothing follows them; false if they stay. They are not
    /// acknowledged, and if they stay they are whole lines.
    fn take_back(&mut self) -> bool {
        let Ok(end) = self.file.stamp().map(|stamp| stamp.len) else { return false };
        let Some(start) = end.checked_sub(self.lines.len() as u64) else { return false };
        self.is_own(start..end, b"").is_ok_and(|own| own) && self.file.set_len(start).is_ok()
    }

    /// Cuts a partial write back: the first part of `lead` and the lines, at the end of a log that ended at `start`.
    /// The kernel reported `written` bytes.
    fn cut_back(&mut self, start: u64, lead: &[u8], written: usize) -> Result<(), WriteError> {
        let failed = |error| WriteError::Latched(Cause::CutBack { offset: start, error });
        let found = self.file.stamp().map_err(failed)?.len;
        // Without other writers everything behind `start` is ours, even bytes that the kernel did not report.
        let counted = found.checked_sub(written as u64);
        for from in [Some(start), counted].into_iter().flatten() {
            if self.is_own(from..found, lead).map_err(|error| failed(unreadable(&error)))? {
                return if from == found { Ok(()) } else { self.file.set_len(from).map_err(failed) };
            }
        }
        Err(WriteError::Latched(Cause::Foreign { expected: start, found }))
    }

    /// True if a range of the log holds the first part of `lead` and the lines.
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

    /// Syncs a write.
    fn sync_written(&mut self, left: LogEnd) -> Result<u64, JobError> {
        let synced = self.sync(left);
        if synced.is_err() && !self.lines.is_empty() {
            // Refused entries must not appear later. If the cut fails, recovery keeps them; the writer is latched
            // either way.
            self.take_back();
        }
        synced
    }

    /// Syncs, and returns the length of the log, which is at least that of `left`.
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

/// The error of a write at `offset` that wrote nothing.
fn unwritten(unlike: Unlike, offset: u64) -> JobError {
    match unlike {
        Unlike::Displaced(how) => JobError::Displaced(how),
        Unlike::Storage(error) => WriteError::Latched(Cause::Write { offset, error }).into(),
    }
}
