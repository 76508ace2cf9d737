//! Folders that only their user can enter.
//!
//! Owns: making them. Invariant: a link where one of ours should stand is refused.
//! Does not: sync, or know what they are for.

use crate::os::standing::{Wanted, check};
use std::fs::DirBuilder;
use std::io;
use std::path::Path;

/// Makes one folder, unless it is there; true if it was made.
///
/// # Errors
/// If it cannot be made, or something else stands there.
pub(crate) fn make(path: &Path) -> io::Result<bool> {
    match private().create(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => is_folder(path).map(|()| false),
        Err(error) => Err(error),
    }
}

/// Makes a folder and those above it, which may be links.
///
/// # Errors
/// If one cannot be made.
pub fn make_all(path: &Path) -> io::Result<()> {
    private().recursive(true).create(path)
}

/// Refuses what is no folder, and links to one.
///
/// # Errors
/// In that case.
pub(crate) fn is_folder(path: &Path) -> io::Result<()> {
    std::fs::symlink_metadata(path)?;
    check(path, Wanted::Folder).map_err(|found| io::Error::new(io::ErrorKind::PermissionDenied, found))
}

fn private() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}
