//! Makes folders that only their user can enter.
//!
//! Owns: how new folders are made; on Windows they are as private as the folder above.
//! Invariant: a link in the place of one of our folders is refused. Nothing is synced here.

use crate::os::standing::{Wanted, check};
use crate::os::system;
use std::fs::DirBuilder;
use std::io;
use std::path::Path;

/// Makes one folder unless it exists. Returns true if it was made.
///
/// # Errors
/// Fails if the folder cannot be made, or something else stands there.
pub(crate) fn make(path: &Path) -> io::Result<bool> {
    match private().create(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => is_folder(path).map(|()| false),
        Err(error) => Err(error),
    }
}

/// Makes a folder and its ancestors, which may be links.
///
/// # Errors
/// Fails if one of them cannot be made.
pub fn make_all(path: &Path) -> io::Result<()> {
    private().recursive(true).create(path)
}

/// Checks that a path is a folder, and not a link to one.
///
/// # Errors
/// Fails if it is not.
pub(crate) fn is_folder(path: &Path) -> io::Result<()> {
    std::fs::symlink_metadata(path)?;
    check(path, Wanted::Folder).map_err(|found| io::Error::new(io::ErrorKind::PermissionDenied, found))
}

fn private() -> DirBuilder {
    let mut builder = DirBuilder::new();
    system::private_folders(&mut builder);
    builder
}
