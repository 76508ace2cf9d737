//! Replaces whole files that are no part of a log: temporary file in the same folder, sync, rename, folder sync.
//!
//! Owns: how a sidecar, a forked log or an exported file appears. Changes of a log or its store go through core and
//! [`crate::os::storage`].
//! Invariant: a crash at any point leaves the old file or the new one, complete. A replaced file keeps its mode; a new
//! file is private to the user.

use crate::os::files::PathError;
use crate::os::paths;
use jcode_session_core::parts::OWN_TEMPORARY;
use std::fs::File;
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
    if let Ok(there) = std::fs::symlink_metadata(target)
        && there.is_file()
    {
        let kept = temporary.as_file().set_permissions(there.permissions());
        kept.map_err(PathError::new("set the mode of", temporary.path()))?;
    }
    temporary.persist(target).map_err(|error| PathError::new("replace", target)(error.error))?;
    sync_folder(paths::folder(target))
}

/// Syncs a written temporary file and renames it to `target`, which must not exist.
///
/// # Errors
/// Fails if `target` exists or the system refuses. The temporary file is then removed.
pub fn publish_new(temporary: NamedTempFile, target: &Path) -> Result<(), PathError> {
    sync(&temporary)?;
    temporary.persist_noclobber(target).map_err(|error| PathError::new("create", target)(error.error))?;
    sync_folder(paths::folder(target))
}

fn sync(temporary: &NamedTempFile) -> Result<(), PathError> {
    temporary.as_file().sync_data().map_err(PathError::new("sync", temporary.path()))
}

/// Syncs a folder, so that the names in it are durable.
///
/// # Errors
/// Fails if the system refuses.
pub fn sync_folder(folder: &Path) -> Result<(), PathError> {
    // Windows has no such call; a rename there is as durable as the file system makes it.
    if cfg!(unix) {
        let open = File::open(folder).and_then(|folder| folder.sync_all());
        return open.map_err(PathError::new("sync", folder));
    }
    Ok(())
}
