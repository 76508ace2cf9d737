//! What stands at a path, without opening it: its metadata, its time, its removal.
//!
//! Owns: questions and changes by path. Invariant: [`stat`], [`real_path`] and [`read_folder`] follow links, all others
//! mean what stands at the path itself.

use crate::os::files::PathError;
use std::fs::{Metadata, ReadDir};
use std::io;
use std::path::{Path, PathBuf};

/// The metadata of what a path leads to.
///
/// # Errors
/// If there is nothing, or the system cannot tell.
pub fn stat(path: &Path) -> io::Result<Metadata> {
    std::fs::metadata(path)
}

/// The metadata of what stands at a path, which may be a link.
///
/// # Errors
/// If there is nothing, or the system cannot tell.
pub fn lstat(path: &Path) -> io::Result<Metadata> {
    std::fs::symlink_metadata(path)
}

/// The metadata of a plain file, no link; `None` of anything else.
#[must_use]
pub fn plain_file(path: &Path) -> Option<Metadata> {
    lstat(path).ok().filter(Metadata::is_file)
}

/// The one absolute spelling of a path that exists, without links.
///
/// # Errors
/// If it does not.
pub fn real_path(path: &Path) -> io::Result<PathBuf> {
    std::fs::canonicalize(path)
}

/// The names in a folder.
///
/// # Errors
/// If it cannot be read.
pub fn read_folder(path: &Path) -> io::Result<ReadDir> {
    std::fs::read_dir(path)
}

/// Removes a file, unless it is gone.
///
/// # Errors
/// If it cannot be removed.
pub(crate) fn remove(path: &Path) -> Result<(), PathError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(PathError::new("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Bytes that its user may still write to the file system of a folder, where files can be made.
///
/// # Errors
/// If none can.
#[cfg(unix)]
pub(crate) fn free_space(folder: &Path) -> Result<u64, PathError> {
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK)
        .map_err(|error| PathError::new("write in", folder)(error.into()))?;
    let stat = rustix::fs::statvfs(folder).map_err(|error| PathError::new("look at", folder)(error.into()))?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Others than its user can read or write a file.
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

        /// Sets when a file was last written, in Unix milliseconds. By path: to close a file takes away the locks that
        /// this process holds on it.
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
