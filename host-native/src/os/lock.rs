//! One writer per session.
//!
//! Owns: the lock file `<stem>.lock`, which names its holder, and the lock on the log's own inode, which covers other
//! names of the same file. Both end with the process, so a dead holder never blocks.
//! Invariant: the holder of a [`SessionLock`] is the only writer of that file, under any name. Locks are advisory: they
//! do not stop readers, or programs that take no lock.

use crate::os::files::{open_plain, stamp_at, stamp_of_open};
use crate::os::host;
use crate::os::opening::{no_follow, open_or_make};
use crate::os::paths;
use crate::os::standing::{self, InTheWay, Wanted};
use crate::os::system;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The holder of a session's lock, as its lock file names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holder {
    /// Process id.
    pub pid: Option<u32>,
    /// Host name of its machine.
    pub host: Option<String>,
    /// When it took the lock, in Unix milliseconds.
    pub since_ms: Option<i64>,
    /// Id of the boot during which it took the lock.
    pub boot: Option<String>,
    /// It holds the lock for one batch at a time, not for its life.
    pub takes_turns: bool,
}

impl Holder {
    /// This process, as a lock file names it.
    pub(super) fn text(takes_turns: bool, since_ms: Option<i64>) -> Vec<u8> {
        let mut text = Vec::new();
        let mut field = |key: &str, value: &str| {
            text.extend_from_slice(if text.is_empty() { b"{" } else { b"," });
            jcode_session_core::json::text::write_string(&mut text, key);
            text.push(b':');
            jcode_session_core::json::text::write_string(&mut text, value);
        };
        field("pid", &std::process::id().to_string());
        if let Some(host) = host::host_name().filter(|host| host.len() <= 64) {
            field("host", &host);
        }
        if let Some(since) = since_ms.and_then(jcode_session_core::log::time::format) {
            field("since", &since);
        }
        if let Some(boot) = host::boot_id() {
            field("boot", boot);
        }
        if takes_turns {
            field("lock", "batch");
        }
        text.extend_from_slice(b"}\n");
        text
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.pid {
            Some(pid) => write!(f, "process {pid}")?,
            None => f.write_str("another process")?,
        }
        if let Some(host) = &self.host {
            write!(f, " on {host}")?;
        }
        match self.since_ms.and_then(jcode_session_core::log::time::format) {
            Some(since) => write!(f, ", since {since}"),
            None => Ok(()),
        }
    }
}

/// Why a session was not locked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another process has the session open for writing.
    #[error("{} is being written by {holder}; end that session, or fork this one", path.display())]
    Held {
        /// The log.
        path: PathBuf,
        /// The holder of the lock.
        holder: Holder,
    },
    /// The log is a link.
    #[error("{} is a symbolic link; writes do not follow links, name the file that it leads to", .0.display())]
    Link(PathBuf),
    /// Something else stands where the lock file should.
    #[error("cannot lock the session: {0}")]
    InTheWay(#[from] InTheWay),
    /// A file operation failed.
    #[error("cannot lock {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
}

/// The lock of one session.
#[derive(Debug)]
pub struct SessionLock {
    log: PathBuf,
    path: PathBuf,
    file: File,
    inode: Option<File>,
    /// The former holder, if it left the lock file behind without releasing the lock.
    pub stale: Option<Holder>,
}

/// Number of tries for the inode lock, which an index build may hold briefly while it renames.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_micros(250);
/// How long the turns of others are waited for.
const PATIENCE: Duration = Duration::from_secs(10);

impl SessionLock {
    /// Locks the session of this log, which need not exist yet.
    ///
    /// # Errors
    /// [`LockError::Held`] if another process writes the log, under this name or another.
    pub fn acquire(log: &Path) -> Result<Self, LockError> {
        acquirable(log)?;
        let began = Instant::now();
        let path = paths::lock(log);
        standing::check(&path, Wanted::File)?;
        let failed = |source| LockError::Io { path: path.clone(), source };
        loop {
            let mut file = open_or_make(&path).map_err(failed)?;
            match try_lock(&file) {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let holder = read(&mut file);
                    if holder.takes_turns && began.elapsed() < PATIENCE {
                        say_that_somebody_waits(&mut file);
                        std::thread::sleep(PAUSE);
                        continue;
                    }
                    return Err(LockError::Held { path: log.to_path_buf(), holder });
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
            // A holder removes the lock file before it releases the lock. So a lock on a removed file is void.
            if !is_at(&file, &path) {
                continue;
            }
            let left = read(&mut file);
            // Those that take turns leave it there between two of them.
            let stale = (left.pid.is_some() && !left.takes_turns).then_some(left);
            let mut lock = Self { log: log.to_path_buf(), path: path.clone(), file, inode: None, stale };
            // Write the holder before locking the inode, for processes that run into this lock meanwhile.
            lock.write_holder().map_err(failed)?;
            match no_follow(OpenOptions::new().read(true), log) {
                Ok(inode) => lock.lock_inode(inode)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(LockError::Io { path: log.to_path_buf(), source }),
            }
            return Ok(lock);
        }
    }

    /// Locks the log's inode. Called again once a new log was made.
    ///
    /// # Errors
    /// [`LockError::Held`] if another process writes the file under another name.
    pub fn lock_inode(&mut self, file: File) -> Result<(), LockError> {
        for attempt in 1.. {
            match try_lock(&file) {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if attempt < TRIES => std::thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    return Err(LockError::Held { path: self.log.clone(), holder: holder_of(&file) });
                }
                Err(TryLockError::Error(source)) => return Err(LockError::Io { path: self.log.clone(), source }),
            }
        }
        self.inode = Some(file);
        Ok(())
    }

    fn write_holder(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&Holder::text(false, Some(host::now_ms())))
    }
}

impl Drop for SessionLock {
    fn drop(&mut self) {
        // Removed while still locked: a process that opened the file meanwhile finds it gone, and makes a new one.
        if is_at(&self.file, &self.path) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Where a lock file says that somebody waits for the lock, and how.
pub(super) const WAITS_AT: usize = 255;
pub(super) const WAITS: u8 = b'w';

/// Says in a lock file that somebody waits for the lock; whoever takes a turn next unsays it.
pub(super) fn say_that_somebody_waits(file: &mut File) {
    let _ = file.seek(SeekFrom::Start(WAITS_AT as u64)).and_then(|_| file.write_all(&[WAITS]));
}

/// Refuses a link.
pub(super) fn acquirable(log: &Path) -> Result<(), LockError> {
    let is_link = std::fs::symlink_metadata(log).is_ok_and(|metadata| metadata.is_symlink());
    if is_link { Err(refused_link(log)) } else { Ok(()) }
}

/// A link is not written; if what it leads to is being written, that is the better answer.
fn refused_link(log: &Path) -> LockError {
    let real = std::fs::canonicalize(log);
    let file = real.as_ref().map_or(None, |real| Some(open_plain(real).ok()?.0));
    if let (Ok(real), Some(file)) = (real, file)
        && matches!(try_lock(&file), Err(TryLockError::WouldBlock))
    {
        let named = open_plain(&paths::lock(&real)).map(|(mut lock, _)| read(&mut lock));
        let holder = named.ok().filter(|holder| holder.pid.is_some()).unwrap_or_else(|| holder_of(&file));
        return LockError::Held { path: log.to_path_buf(), holder };
    }
    LockError::Link(log.to_path_buf())
}

/// The open file is the one that has this path.
pub(super) fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(there)) = (stamp_of_open(file), stamp_at(path)) else { return false };
    open.is_same_file(&there)
}

pub(super) fn read(file: &mut File) -> Holder {
    let mut text = Vec::new();
    let _ = file.seek(SeekFrom::Start(0));
    // A file longer than any holder writes is not ours.
    let _ = file.take(4096).read_to_end(&mut text);
    let mut holder = Holder::default();
    let walked = jcode_session_core::json::walk::Walker::new().walk_object(&text, 0, |key, value| {
        let Some(value) = jcode_session_core::json::text::string(value).map(|value| value.into_owned()) else { return };
        match key {
            b"pid" => holder.pid = value.parse().ok(),
            b"host" => holder.host = Some(value),
            b"since" => holder.since_ms = jcode_session_core::log::time::parse_text(&value),
            b"boot" => holder.boot = Some(value),
            b"lock" => holder.takes_turns = value == "batch",
            _ => {}
        }
    });
    if walked.is_ok() { holder } else { Holder::default() }
}

/// Who holds the lock of a file, as far as the system tells.
pub(super) fn holder_of(file: &File) -> Holder {
    Holder { pid: system::locked_by(file), host: host::host_name(), ..Holder::default() }
}

/// Locks a file for this handle, if no other handle has it locked. Whoever takes no lock is not hindered, on Windows
/// neither.
pub(crate) fn try_lock(file: &File) -> Result<(), TryLockError> {
    system::try_lock(file)
}

/// Unlocks what [`try_lock`] locked; closing the file would do it too.
pub(crate) fn unlock(file: &File) -> io::Result<()> {
    system::unlock(file)
}
