//! The kind of the file at a path.
//!
//! Owns: what the file system tells before a byte is read. Core judges the content.
//! Invariant: every command that writes asks here before it locks, so that nothing is ever written beside another
//! program's file.

use crate::os::files::PathError;
use crate::os::log_file::LogFile;
use crate::os::stat;
use jcode_session_core::dialect::{Detected, What, detect};
use std::io;
use std::path::Path;

/// The kind of the file at this path; `None` if there is no file.
///
/// # Errors
/// Fails if the file cannot be read.
pub fn judge(path: &Path) -> Result<Option<Detected>, PathError> {
    if let Some(detected) = no_file(path) {
        return Ok(Some(detected));
    }
    match LogFile::open(path) {
        Ok(log) => {
            let read = |error| PathError::new("read", path)(io::Error::other(error));
            detect(&log).map(Some).map_err(read)
        }
        Err(error) if error.source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The kind of a path that exists and is no regular file: a pipe, a device, a folder. It is not opened.
#[must_use]
pub fn no_file(path: &Path) -> Option<Detected> {
    let metadata = stat::stat(path).ok().filter(|metadata| !metadata.is_file())?;
    Some(Detected::other(What::NoFile, metadata.len()))
}
