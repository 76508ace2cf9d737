//! Queries and changes by path, without opening the file: metadata, mtime, removal.
//!
//! Owns: these calls.
//! Invariant: [`stat`], [`real_path`] and [`read_folder`] follow links; all others apply to the path itself.

use crate::os::files::PathError;
use crate::os::patience::patiently;
use crate::os::system;
use std::fs::{Metadata, ReadDir};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

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

/// The absolute path without links, as a user would type it. The path must exist.
///
/// # Errors
/// Fails if it does not exist or cannot be resolved.
pub fn real_path(path: &Path) -> io::Result<PathBuf> {
    system::real_path(path)
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
    match patiently(|| std::fs::remove_file(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(PathError::new("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Number of bytes that the user may still write to the file system of a writable folder.
///
/// # Errors
/// Fails if the folder is not writable, or the system cannot tell the number.
pub(crate) fn free_space(folder: &Path) -> Result<u64, PathError> {
    system::may_write_in(folder).map_err(PathError::new("write in", folder))?;
    system::free_space(folder).map_err(PathError::new("look at", folder))
}

/// Whether other users can read or write a file. On Windows its folder decides that, and this is never true.
#[must_use]
pub(crate) fn is_open_to_others(file: &Metadata) -> bool {
    system::is_open_to_others(file)
}

/// The mtime in a file's metadata, in Unix nanoseconds.
pub(crate) fn mtime_ns(file: &Metadata) -> i64 {
    let since = file.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    since.and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or_default()
}

/// Sets the mtime of a file, in Unix milliseconds.
pub(crate) fn set_mtime(path: &Path, ms: i64) -> io::Result<()> {
    system::set_mtime(path, ms)
}
