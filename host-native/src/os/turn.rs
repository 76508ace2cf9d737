//! The lock of a session that is held for one batch at a time.
//!
//! Owns: how writers of one session take turns by the lock file and the log's inode, the same two that a
//! [`super::lock::SessionLock`] holds for its life; section 5.1.1 of `docs/format.md` is the rule.
//! Invariant: who holds a [`Turn`] is the only writer of that file, under whatever name. Whoever dies with one lets go
//! of it; a process id in the lock file decides nothing.
//! Does not: wait for a writer that holds the session for its life; that one is named.

use super::lock::{
    Holder, LockError, WAITS, WAITS_AT, acquirable, holder_of, is_at, read, say_that_somebody_waits, try_lock, unlock,
};
use crate::os::host;
use crate::os::opening::{no_follow, open_or_make};
use crate::os::paths;
use crate::os::standing::{self, Wanted};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long others' turns are waited for in all.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a lock file that names a writer for life is doubted: the next holder may not have put its own name there yet.
const DOUBT: Duration = Duration::from_millis(20);
/// Pauses between two looks at a lock that is held.
const SHORT: Duration = Duration::from_micros(20);
const LONG: Duration = Duration::from_micros(250);
/// Who has waited so long looks twice as often, and after twice the time again: of many the first has the best chance.
const LONG_WAIT: Duration = Duration::from_millis(4);
/// Turns of one writer that follow each other while others wait take so long together: that somebody else begins costs as
/// much as many turns, above all where the machine has other work.
const RUN: Duration = Duration::from_millis(10);
/// Behind them it lets others go first, for so long at most.
const COURTESY: Duration = Duration::from_millis(1);

/// The files by which a session's writers take turns.
#[derive(Debug)]
pub struct TurnLock {
    log: PathBuf,
    path: PathBuf,
    file: File,
    inode: Option<File>,
    name: Vec<u8>,
    /// When the first of the turns began between which nobody else had one.
    run: Option<Instant>,
    /// Somebody waited when the last turn ended, and this writer has had its share.
    gives_way: bool,
}

/// A turn; it ends when this is dropped.
#[derive(Debug)]
pub struct Turn<'l> {
    lock: &'l mut TurnLock,
}

impl TurnLock {
    /// The lock of the session of this log, which need not be there yet. Nothing is locked so far.
    ///
    /// # Errors
    /// [`LockError`], if the lock file cannot be opened or made.
    pub fn open(log: &Path) -> Result<Self, LockError> {
        acquirable(log)?;
        let path = paths::lock(log);
        let file = lock_file(&path)?;
        let mut name = Holder::text(true, None);
        // As long as the mark stands behind it, which this takes away.
        name.resize(WAITS_AT + 1, b' ');
        Ok(Self { log: log.to_path_buf(), path, file, inode: None, name, run: None, gives_way: false })
    }

    /// The lock file names a writer of this boot that takes turns: it may have the session open.
    #[must_use]
    pub fn may_have_others(&mut self) -> bool {
        let holder = read(&mut self.file);
        holder.takes_turns && holder.boot.as_deref() == host::boot_id()
    }

    /// Takes a turn, once nobody else has one.
    ///
    /// # Errors
    /// [`LockError::Held`] if a writer holds the session for its life, or others' turns do not end.
    pub fn take(&mut self) -> Result<Turn<'_>, LockError> {
        let began = Instant::now();
        if std::mem::take(&mut self.gives_way) {
            self.let_others_go_first(began);
        }
        self.take_within(began, PATIENCE)
    }

    /// Takes a turn if nobody has one.
    ///
    /// # Errors
    /// [`LockError::Held`] if somebody has.
    pub fn try_take(&mut self) -> Result<Turn<'_>, LockError> {
        self.take_within(Instant::now(), Duration::ZERO)
    }

    fn take_within(&mut self, began: Instant, patience: Duration) -> Result<Turn<'_>, LockError> {
        loop {
            self.lock_file(began, patience)?;
            // A writer for life removes the file before letting go: a lock on a removed file is none.
            if is_at(&self.file, &self.path) {
                break;
            }
            self.file = lock_file(&self.path)?;
        }
        // While nobody else has had a turn, who says that they wait is not unsaid.
        if self.run.is_none() || !self.is_named() {
            let failed = |source| LockError::Io { path: self.path.clone(), source };
            self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.write_all(&self.name)).map_err(failed)?;
            self.run = Some(Instant::now());
        }
        match self.lock_inode(began, patience) {
            Ok(()) => Ok(Turn { lock: self }),
            Err(error) => {
                let _ = unlock(&self.file);
                Err(error)
            }
        }
    }

    fn lock_file(&mut self, began: Instant, patience: Duration) -> Result<(), LockError> {
        let mut pause = SHORT;
        loop {
            match try_lock(&self.file) {
                Ok(()) => return Ok(()),
                Err(TryLockError::Error(source)) => return Err(LockError::Io { path: self.path.clone(), source }),
                Err(TryLockError::WouldBlock) => {}
            }
            let holder = read(&mut self.file);
            let waited = began.elapsed();
            let is_for_life = !holder.takes_turns && holder.pid.is_some();
            if waited >= patience || is_for_life && waited >= DOUBT {
                return Err(LockError::Held { path: self.log.clone(), holder });
            }
            say_that_somebody_waits(&mut self.file);
            std::thread::sleep(pause);
            pause = pause_after(waited);
        }
    }

    /// Locks the log's own file, by which other names of it are seen, and changes of its sidecar.
    fn lock_inode(&mut self, began: Instant, patience: Duration) -> Result<(), LockError> {
        if !self.inode.as_ref().is_some_and(|inode| is_at(inode, &self.log)) {
            self.inode = match no_follow(OpenOptions::new().read(true), &self.log) {
                Ok(inode) => Some(inode),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(source) => return Err(LockError::Io { path: self.log.clone(), source }),
            };
        }
        let Some(inode) = &self.inode else { return Ok(()) };
        loop {
            match try_lock(inode) {
                Ok(()) => return Ok(()),
                Err(TryLockError::Error(source)) => return Err(LockError::Io { path: self.log.clone(), source }),
                Err(TryLockError::WouldBlock) if began.elapsed() < patience => std::thread::sleep(LONG),
                Err(TryLockError::WouldBlock) => {
                    return Err(LockError::Held { path: self.log.clone(), holder: holder_of(inode) });
                }
            }
        }
    }

    /// Waits until somebody else has had the lock, but not long.
    fn let_others_go_first(&mut self, began: Instant) {
        self.run = None;
        while began.elapsed() < COURTESY && self.is_named() {
            std::thread::sleep(SHORT);
        }
    }

    /// The lock file names this writer: nobody else has had a turn since.
    fn is_named(&mut self) -> bool {
        let mut there = [0; WAITS_AT];
        let read = self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.read_exact(&mut there));
        read.is_ok() && self.name.starts_with(&there)
    }
}

impl Turn<'_> {
    /// Locks the file of a log that was made in this turn.
    ///
    /// # Errors
    /// [`LockError`], if it cannot be locked.
    pub fn lock_new(&mut self) -> Result<(), LockError> {
        self.lock.inode = None;
        self.lock.lock_inode(Instant::now(), PATIENCE)
    }

    /// Removes the lock file: the writer ends. Whoever waits at it makes a new one.
    pub fn remove_file(&mut self) {
        if is_at(&self.lock.file, &self.lock.path) {
            let _ = std::fs::remove_file(&self.lock.path);
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let TurnLock { file, inode, run, gives_way, .. } = &mut *self.lock;
        if run.is_none_or(|began| began.elapsed() >= RUN) {
            let mut mark = [0];
            let read = file.seek(SeekFrom::Start(WAITS_AT as u64)).and_then(|_| file.read_exact(&mut mark));
            *gives_way = read.is_ok() && mark == [WAITS];
        }
        // Nothing can be done about a failure; closing the files would do it too.
        if let Some(inode) = inode {
            let _ = unlock(inode);
        }
        let _ = unlock(file);
    }
}

/// How long until who has waited so long looks again.
fn pause_after(waited: Duration) -> Duration {
    match waited.as_micros() / LONG_WAIT.as_micros() {
        0 => LONG,
        1 => LONG / 2,
        _ => LONG / 4,
    }
}

fn lock_file(path: &Path) -> Result<File, LockError> {
    standing::check(path, Wanted::File)?;
    open_or_make(path).map_err(|source| LockError::Io { path: path.to_path_buf(), source })
}
