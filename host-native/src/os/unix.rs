//! What the rest of `os` asks of a Unix.
//!
//! Owns: flags, modes, stamps, locks and facts of the machine as Linux, macOS and FreeBSD have them. `windows` has the
//! same functions under the same names; `os` knows the one that is there as `system`.
//! Invariant: only what a platform has of its own stands here; what is built on it stands beside.

use jcode_session_core::source::identity::FileStamp;
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, DirEntry, File, FileType, Metadata, OpenOptions, TryLockError};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, FileExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Opens without waiting: a pipe of that name must not hold up a run over many files.
pub(super) fn open_to_read(path: &Path) -> io::Result<File> {
    File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path)
}

/// Opens what stands at the path itself: refuses links, and does not wait for the other end of a pipe.
pub(super) fn open_itself(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)
}

/// Like [`open_itself`], and a file that is made is private to its user.
pub(super) fn open_private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    open_itself(options.mode(0o600), path)
}

/// Folders that are made are private to their user.
pub(super) fn private_folders(builder: &mut DirBuilder) {
    builder.mode(0o700);
}

/// Makes a file private to its user. One with other hard links stays as it is: they share its mode.
pub(super) fn make_private(path: &Path) -> io::Result<()> {
    let metadata = std::fs::symlink_metadata(path)?;
    let mode = metadata.permissions().mode();
    if metadata.nlink() == 1 && mode & 0o077 != 0 {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode & 0o700))?;
    }
    Ok(())
}

/// Whether other users can read or write a file.
pub(super) fn is_open_to_others(file: &Metadata) -> bool {
    file.mode() & 0o077 != 0
}

pub(super) fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    file.read_exact_at(buffer, offset)
}

/// Sets the length of an open file, which has this path.
pub(super) fn set_len(file: &File, _: &Path, len: u64) -> io::Result<()> {
    file.set_len(len)
}

pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Syncs all of the file system that a file is on. Before Linux 5.8 it tells of no failed write.
pub(super) fn sync_file_system(file: &File) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return Ok(rustix::fs::syncfs(file)?);
    #[cfg(not(target_os = "linux"))]
    return Err(io::Error::new(io::ErrorKind::Unsupported, format!("{file:?}")));
}

/// Whether a call that failed so may succeed in a moment: never.
pub(super) const fn may_pass(_: &io::Error) -> bool {
    false
}

/// Whether the error comes from a link that leads to itself.
pub(super) fn is_loop(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ELOOP)
}

/// What a file of a kind of its own is, with its article.
pub(super) fn special(kind: FileType) -> Option<&'static str> {
    let named = [(kind.is_fifo(), "a pipe"), (kind.is_socket(), "a socket")];
    named.into_iter().find_map(|(is_it, name)| is_it.then_some(name))
}

/// Metadata and stamp of a path, following links.
pub(super) fn look_through(path: &Path) -> io::Result<(Metadata, FileStamp)> {
    std::fs::metadata(path).map(with_stamp)
}

/// Metadata and stamp of a path, which may be a link.
pub(super) fn look_at(path: &Path) -> io::Result<(Metadata, FileStamp)> {
    std::fs::symlink_metadata(path).map(with_stamp)
}

/// Metadata and stamp of what a folder lists, which may be a link.
pub(super) fn look_at_entry(entry: &DirEntry) -> io::Result<(Metadata, FileStamp)> {
    entry.metadata().map(with_stamp)
}

fn with_stamp(metadata: Metadata) -> (Metadata, FileStamp) {
    let stamp = FileStamp {
        dev: metadata.dev(),
        ino: metadata.ino(),
        len: metadata.len(),
        mtime_ns: metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec()),
        ctime_ns: metadata.ctime().saturating_mul(1_000_000_000).saturating_add(metadata.ctime_nsec()),
    };
    (metadata, stamp)
}

/// The stamp of an open file. Every append calls this, so it uses rustix: the standard library's call costs three times
/// as much, because the kernel clears a page for an empty path.
pub(super) fn stamp_of_open(file: &File) -> io::Result<FileStamp> {
    Ok(from_stat(&rustix::fs::fstat(file)?))
}

/// The stamp of whatever stands at a path, which may be a link.
pub(super) fn stamp_at(path: &Path) -> io::Result<FileStamp> {
    Ok(from_stat(&rustix::fs::lstat(path)?))
}

#[allow(clippy::unnecessary_cast, clippy::cast_sign_loss, reason = "the types differ by platform")]
fn from_stat(stat: &rustix::fs::Stat) -> FileStamp {
    let ns = |seconds: i64, rest: u64| {
        seconds.saturating_mul(1_000_000_000).saturating_add(i64::try_from(rest).unwrap_or_default())
    };
    FileStamp {
        dev: stat.st_dev as u64,
        ino: stat.st_ino as u64,
        len: stat.st_size as u64,
        mtime_ns: ns(stat.st_mtime as i64, stat.st_mtime_nsec as u64),
        ctime_ns: ns(stat.st_ctime as i64, stat.st_ctime_nsec as u64),
    }
}

/// Sets the mtime of a file, in Unix milliseconds. Works by path, because closing a file releases the locks that this
/// process holds on it.
pub(super) fn set_mtime(path: &Path, ms: i64) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT, utimensat};
    let last_modification = Timespec { tv_sec: ms.div_euclid(1000), tv_nsec: ms.rem_euclid(1000) * 1_000_000 };
    let last_access = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    let times = Timestamps { last_access, last_modification };
    Ok(utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// Fails if the user may not make files in a folder.
pub(super) fn may_write_in(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::access(folder, rustix::fs::Access::WRITE_OK)?)
}

/// Number of bytes that the user may still write to the file system of a folder.
pub(super) fn free_space(folder: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(folder)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Locks a file for this handle, unless another one has locked it. The lock is advisory.
pub(super) fn try_lock(file: &File) -> Result<(), TryLockError> {
    file.try_lock()
}

pub(super) fn unlock(file: &File) -> io::Result<()> {
    file.unlock()
}

/// The process that holds the lock of a file, where the system tells: Linux.
pub(super) fn locked_by(file: &File) -> Option<u32> {
    let inode = format!(":{}", stamp_of_open(file).ok()?.ino);
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    let line = locks.lines().find(|line| line.split_whitespace().any(|word| word.ends_with(&inode)))?;
    line.split_whitespace().nth(4)?.parse().ok()
}

/// Whether a process with this number is alive.
pub(super) fn is_alive(pid: i32) -> bool {
    // A number below zero is no process, and the library asserts that it gets none.
    let Some(pid) = Some(pid).filter(|pid| *pid > 0).and_then(rustix::process::Pid::from_raw) else { return false };
    // A refusal means that the process is alive and belongs to another user.
    !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH))
}

pub(super) fn host_name() -> Option<String> {
    Some(rustix::system::uname().nodename().to_str().ok()?.to_string())
}

cfg_if::cfg_if! {
    if #[cfg(target_vendor = "apple")] {
        pub(super) fn boot_id() -> Option<String> {
            use sysctl::Sysctl;
            sysctl::Ctl::new("kern.bootsessionuuid").ok()?.value_string().ok()
        }
    } else {
        /// Linux tells it; FreeBSD does not.
        pub(super) fn boot_id() -> Option<String> {
            std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()
        }
    }
}

/// The absolute path without links.
pub(super) fn real_path(path: &Path) -> io::Result<PathBuf> {
    std::fs::canonicalize(path)
}

/// The text of a path as the system writes it: as it is given.
pub(super) const fn plain(path: String) -> String {
    path
}

/// What means itself to a shell, beside letters and digits.
pub(super) const BARE: &[u8] = b"/._-+:@%";

pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The path of the bytes that [`OsStr::as_encoded_bytes`] gave.
pub(super) fn path_of(bytes: &[u8]) -> Cow<'_, Path> {
    Cow::Borrowed(Path::new(OsStr::from_bytes(bytes)))
}

/// The path in which each `\xNN` of a text is the byte that it stands for, if there is one.
pub(super) fn unescaped(text: &OsStr) -> Option<PathBuf> {
    let mut rest = text.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((&first, behind)) = rest.split_first() {
        match escaped(rest) {
            Some(byte) => {
                bytes.push(byte);
                rest = rest.get(4..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = behind;
            }
        }
    }
    (bytes != text.as_bytes()).then(|| PathBuf::from(OsString::from_vec(bytes)))
}

/// The byte that `\xNN` encodes at the start of the text.
fn escaped(text: &[u8]) -> Option<u8> {
    let digits = text.strip_prefix(b"\\x")?.get(..2)?;
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok().filter(|byte| !byte.is_ascii())
}
