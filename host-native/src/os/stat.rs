//! Queries and changes by path, without opening the file: metadata, mtime, removal.
//!
//! Owns: these calls.
//! Invariant: [`stat`], [`real_path`] and [`read_folder`] follow links; all others apply to the path itself.

use crate::os::files::PathError;
use std::fs::{Metadata, ReadDir};
use std::io;
use std::path::{Path, PathBuf};

/// The metadata of a path, following links.
///
/// # Errors
/// Fails if the path does not exist, or its metadata cannot be read.
pub fn stat(path: &Path) -> io::Result<Metadata> {
    std::fs::metadata(path)
}

/// The metadata of a path, which may itself be a link.
///
/// # Errors
/// Fails if the path does not exist, or its metadata cannot be read.
pub fn lstat(path: &Path) -> io::Result<Metadata> {
    std::fs::symlink_metadata(path)
}

/// The metadata of a regular file; `None` for a link or anything else.
#[must_use]
pub fn plain_file(path: &Path) -> Option<Metadata> {
    lstat(path).ok().filter(Metadata::is_file)
}

/// The absolute path without links. The path must exist.
///
/// # Errors
/// Fails if it does not exist or cannot be resolved.
pub fn real_path(path: &Path) -> io::Result<PathBuf> {
    std::fs::canonicalize(path)
}

/// The names in a folder.
///
/// # Errors
/// Fails if the folder cannot be read.
pub fn read_folder(path: &Path) -> io::Result<ReadDir> {
    std::fs::read_dir(path)
}

/// Removes a file. A missing file is no error.
///
/// # Errors
/// Fails if the file cannot be removed.
pub(crate) fn remove(path: &Path) -> Result<(), PathError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(PathError::new("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Number of bytes that the user may still write to the file system of a writable folder.
///
/// # Errors
/// Fails if the folder is not writable, or the system cannot tell the number.
#[cfg(unix)]
pub(crate) fn free_space(folder: &Path) -> Result<u64, PathError> {
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK)
        .map_err(|error| PathError::new("write in", folder)(error.into()))?;
    let stat = rustix::fs::statvfs(folder).map_err(|error| PathError::new("look at", folder)(error.into()))?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Whether other users can read or write a file.
#[must_use]
pub(crate) fn is_open_to_others(file: &Metadata) -> bool {
    cfg_if::cfg_if! {
        if #[cfg(unix)] {
            std::os::unix::fs::MetadataExt::mode(file) & 0o077 != 0
        } else {
            let _ = file;
            false
        }
    }
}

cfg_if::cfg_if! {
    if #[cfg(unix)] {
        use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT, utimensat};

        /// Sets the mtime of a file, in Unix milliseconds. Works by path, because closing a file releases the locks
        /// that this process holds on it.
        pub(crate) fn set_mtime(path: &Path, ms: i64) -> io::Result<()> {
            let last_modification = Timespec { tv_sec: ms.div_euclid(1000), tv_nsec: ms.rem_euclid(1000) * 1_000_000 };
            let last_access = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
            let times = Timestamps { last_access, last_modification };
            Ok(utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?)
        }
    } else {
        use std::time::{Duration, UNIX_EPOCH};

        pub(crate) fn set_mtime(path: &Path, ms: i64) -> io::Result<()> {
            let since = Duration::from_millis(u64::try_from(ms).unwrap_or_default());
            std::fs::File::options().write(true).open(path)?.set_modified(UNIX_EPOCH + since)
        }
    }
}
