//! One write, one sync, or both, or just a look at the log: what a writer hands out to be done without its lock.
//!
//! Owns: writing all of a group or none of it, what follows when that fails, and that before and behind each write
//! and behind each sync the log is what it was left as, or grew by what other programs added.
//! Invariant: after [`WriteJob::run`] the log ends with whole lines of ours, unless the outcome says that it could not
//! be cut back; a line of ours begins on its own line. Nothing that another program added is cut.
//! Does not: decide when; that is [`super::LogWriter`].

use super::error::{Cause, WriteError};
use super::log_end::{Displacement, LogEnd, Unlike, look};
use super::quarantine::unreadable;
use crate::source::{ByteSource, Prefix};
use crate::storage::{StorageErrorKind, StorageFile, append_all};
use alloc::vec::Vec;

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
        let offset = self.left.len();
        let failed = |unlike| unwritten(unlike, offset);
        // Where the path leads is asked once, behind the lines: they are taken back if it is elsewhere.
        let looked = if self.lines.is_empty() { self.left.look(&self.file) } else { self.left.look_inside(&self.file) };
        let start = looked.map_err(failed)?;
        let seen = self.left.last_line(&self.file, start).map_err(failed)?;
        let foreign = (start > offset).then_some(offset);
        if self.lines.is_empty() {
            let left = self.left_at(seen).map_err(failed)?;
            return Ok(Landed { base: None, left, foreign });
        }
        // What another program has not ended yet gets an end, or our first line would be lost in it.
        let lead: &[u8] = if seen < start { b"\n" } else { b"" };
        let base = start + lead.len() as u64;
        if let Err(error) = append_all(&mut self.file, lead).and_then(|()| append_all(&mut self.file, &self.lines)) {
            self.cut_back(start, lead)?;
            look(&self.file, start).map_err(failed)?;
            return Err(JobError::Write(match error.kind {
                StorageErrorKind::Full => WriteError::Full { offset, error },
                _ => WriteError::Latched(Cause::Write { offset, error }),
            }));
        }
        let own = self.lines.len() as u64;
        match look(&self.file, base + own) {
            Ok(found) if found == base + own => {
                Ok(Landed { base: Some(base), left: self.left.followed_by(&self.lines, found), foreign })
            }
            Ok(found) => self.find(base, found),
            Err(unlike) => {
                self.take_back();
                Err(failed(unlike))
            }
        }
    }

    /// Looks for the lines where another program wrote just then too.
    fn find(&mut self, base: u64, found: u64) -> Result<Landed, JobError> {
        let offset = self.left.len();
        let failed = |unlike| unwritten(unlike, offset);
        if let Err(unlike) = self.left.not_rewritten(&self.file) {
            self.take_back();
            return Err(failed(unlike));
        }
        let last_line = self.left.last_line(&self.file, found).map_err(failed)?;
        let own = self.lines.len() as u64;
        let log = Prefix { source: &self.file, len: found };
        let since = log.read_vec(base, usize::try_from(found - base).unwrap_or_default());
        let since = since.map_err(|error| failed(error.into()))?;
        let Some(at) = memchr::memmem::find(&since, &self.lines) else {
            // The kernel took them in parts, and something came between: there are no such lines.
            return Err(WriteError::Latched(Cause::Foreign { expected: base + own, found }).into());
        };
        let own_line = at.checked_sub(1).is_none_or(|before| since.get(before) == Some(&b'\n'));
        if !own_line && self.take_back() {
            // What came between is not ended; this time it gets its end.
            return self.write();
        }
        let left = self.left_at(last_line.max(base + at as u64 + own)).map_err(failed)?;
        Ok(Landed { base: (at == 0).then_some(base), left, foreign: Some(offset) })
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

    /// Cuts what this job added to the log since `start`: `lead` and the lines, or the first part of that.
    fn cut_back(&mut self, start: u64, lead: &[u8]) -> Result<(), WriteError> {
        let failed = |error| WriteError::Latched(Cause::CutBack { offset: start, error });
        let found = self.file.stamp().map_err(failed)?.len;
        let foreign = WriteError::Latched(Cause::Foreign { expected: start, found });
        let added = found.checked_sub(start).and_then(|added| usize::try_from(added).ok()).ok_or(foreign.clone())?;
        if added > lead.len() + self.lines.len() {
            return Err(foreign);
        }
        let mut bytes = alloc::vec![0; added];
        self.file.read_at(start, &mut bytes).map_err(|error| failed(unreadable(&error)))?;
        if !lead.iter().chain(&self.lines).zip(&bytes).all(|(own, there)| own == there) {
            return Err(foreign);
        }
        if added == 0 { Ok(()) } else { self.file.set_len(start).map_err(failed) }
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
