//! Replaces whole files that are no part of a log: temporary file in the same folder, sync, rename, folder sync.
//!
//! Owns: how a sidecar, a forked log or an exported file appears. Changes of a log or its store go through core and
//! [`crate::os::storage`].
//! Invariant: a crash at any point leaves the old file or the new one, complete. A replaced file keeps its mode; a new
//! file is private to the user.

use crate::os::files::PathError;
use crate::os::patience::patiently;
use crate::os::{paths, system};
use jcode_session_core::parts::OWN_TEMPORARY;
use std::io;
use std::path::Path;
use tempfile::NamedTempFile;

/// Makes a temporary file, private to the user, in the folder of `target`.
///
/// # Errors
/// Fails if the folder cannot be written.
pub fn temporary_for(target: &Path) -> Result<NamedTempFile, PathError> {
    let folder = paths::folder(target);
    tempfile::Builder::new()
        .prefix(OWN_TEMPORARY)
        .suffix(".tmp")
        .tempfile_in(folder)
        // The library's message names the temporary file, which means nothing to a user.
        .map_err(|error| PathError::new("write in", folder)(error.kind().into()))
}

/// Syncs a written temporary file and renames it to `target`, replacing any file there.
///
/// # Errors
/// Fails if the system refuses. The temporary file is then removed.
pub fn publish(temporary: NamedTempFile, target: &Path) -> Result<(), PathError> {
    sync(&temporary)?;
    put_with_mode(temporary, target)?;
    sync_folder(paths::folder(target))
}

/// Renames a synced temporary file to `target`, replacing any file there, whose mode it takes. The name is not synced.
///
/// # Errors
/// Fails if the system refuses. The temporary file is then removed.
pub(crate) fn put_with_mode(temporary: NamedTempFile, target: &Path) -> Result<(), PathError> {
    if let Ok(there) = std::fs::symlink_metadata(target)
        && there.is_file()
    {
        let kept = temporary.as_file().set_permissions(there.permissions());
        kept.map_err(PathError::new("set the mode of", temporary.path()))?;
    }
    put(temporary, target).map_err(PathError::new("replace", target))
}

/// Syncs a written temporary file and renames it to `target`, which must not exist.
///
/// # Errors
/// Fails if `target` exists or the system refuses. The temporary file is then removed.
pub fn publish_new(temporary: NamedTempFile, target: &Path) -> Result<(), PathError> {
    sync(&temporary)?;
    let mut left = Some(temporary);
    let put = patiently(|| match left.take().map(|temporary| temporary.persist_noclobber(target)) {
        Some(Err(error)) => {
            left = Some(error.file);
            Err(error.error)
        }
        _ => Ok(()),
    });
    put.map_err(PathError::new("create", target))?;
    sync_folder(paths::folder(target))
}

/// Renames a written temporary file to `target`, replacing any file there. Nothing is synced.
///
/// # Errors
/// Any error of the file system. The temporary file is then removed.
pub(crate) fn put(temporary: NamedTempFile, target: &Path) -> io::Result<()> {
    // The library's own way does not replace a file on Windows that somebody has open.
    let (file, path) = temporary.keep().map_err(|error| error.error)?;
    drop(file);
    rename(&path, target).inspect_err(|_| {
        // Nothing can be done about a failure.
        let _ = std::fs::remove_file(&path);
    })
}

/// Renames a file, and replaces the one that has the new name.
///
/// # Errors
/// Any error of the file system.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    patiently(|| system::rename(from, to))
}

/// Syncs a written temporary file.
///
/// # Errors
/// Fails if the system refuses.
pub(crate) fn sync(temporary: &NamedTempFile) -> Result<(), PathError> {
    temporary.as_file().sync_data().map_err(PathError::new("sync", temporary.path()))
}

/// Syncs everything on the file system of a temporary file. `None` where that cannot be asked for, or failed.
pub(crate) fn sync_file_system(temporary: &NamedTempFile) -> Option<()> {
    system::sync_file_system(temporary.as_file()).ok()
}

/// Syncs a folder, so that the names in it are durable.
///
/// # Errors
/// Fails if the system refuses.
pub fn sync_folder(folder: &Path) -> Result<(), PathError> {
    system::sync_folder(folder).map_err(PathError::new("sync", folder))
}
