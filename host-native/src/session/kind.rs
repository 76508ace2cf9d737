//! What a file is, by its path.
//!
//! Owns: what the file system says before a byte is read. Invariant: whoever would write asks here before it locks:
//! nothing lies beside another program's file, not even for a moment. Does not: judge what is in a file; core does.

use crate::os::files::PathError;
use crate::os::log_file::LogFile;
use crate::os::stat;
use jcode_session_core::dialect::{Detected, What, detect};
use std::io;
use std::path::Path;

/// What the file at this path is; `None` if there is none.
///
/// # Errors
/// If it cannot be read.
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

/// What is there and is no regular file, which is not opened: a pipe, a device, a folder.
#[must_use]
pub fn no_file(path: &Path) -> Option<Detected> {
    let metadata = stat::stat(path).ok().filter(|metadata| !metadata.is_file())?;
    Some(Detected::other(What::NoFile, metadata.len()))
}
