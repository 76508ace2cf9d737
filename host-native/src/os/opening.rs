//! Opens files: never through a link, and private to the user if they are made.
//!
//! Owns: which files are opened so. On Windows a file that is made is as private as its folder.
//! Invariant: opening never waits, even if a pipe stands under the name.

use crate::os::files::PathError;
use crate::os::patience::patiently;
use crate::os::system;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a file for reading. Refuses a link.
pub(crate) fn open_itself(path: &Path) -> Result<File, PathError> {
    no_follow(OpenOptions::new().read(true), path).map_err(PathError::new("open", path))
}

/// Opens a file for reading and writing; makes it if it does not exist.
pub(crate) fn open_or_make(path: &Path) -> io::Result<File> {
    private(OpenOptions::new().read(true).write(true).create(true).truncate(false), path)
}

/// Opens what stands at a path itself: refuses a link, and does not wait for the other end of a pipe.
pub(crate) fn no_follow(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    patiently(|| system::open_itself(options, path))
}

/// Like [`no_follow`], and a file that is made is private to its user.
pub(crate) fn private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    patiently(|| system::open_private(options, path))
}
