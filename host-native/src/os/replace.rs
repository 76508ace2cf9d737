//! Whole files that are no part of a log: temporary file in the same folder, sync, rename, folder sync.
//!
//! Owns: how a sidecar, a forked log or an exported file appears. What replaces a log, or stands in its store, goes
//! through core and [`crate::os::storage`].
//! Invariant: a crash at any point leaves the old file or the new one, complete. The replaced file's mode is kept,
//! a new file is private to the user.

use crate::os::files::PathError;
use crate::os::paths;
use jcode_session_core::parts::OWN_TEMPORARY;
use std::fs::File;
use std::path::Path;
use tempfile::NamedTempFile;

/// Makes a temporary file, private to the user, in the folder of `target`.
///
/// # Errors
/// If the folder cannot be written.
pub fn temporary_for(target: &Path) -> Result<NamedTempFile, PathError> {
    let folder = paths::folder(target);
    tempfile::Builder::new()
        .prefix(OWN_TEMPORARY)
        .suffix(".tmp")
        .tempfile_in(folder)
        // The library's text names the temporary file, which says nothing to anybody.
        .map_err(|error| PathError::new("write in", folder)(error.kind().into()))
}

/// Puts a written temporary file in the place of `target`, whatever stands there.
///
/// # Errors
/// If the system refuses; the temporary file is then removed.
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

/// Puts a written temporary file at `target`, where nothing stands.
///
/// # Errors
/// If something does, or the system refuses; the temporary file is then removed.
pub fn publish_new(temporary: NamedTempFile, target: &Path) -> Result<(), PathError> {
    sync(&temporary)?;
    temporary.persist_noclobber(target).map_err(|error| PathError::new("create", target)(error.error))?;
    sync_folder(paths::folder(target))
}

fn sync(temporary: &NamedTempFile) -> Result<(), PathError> {
    temporary.as_file().sync_data().map_err(PathError::new("sync", temporary.path()))
}

/// Makes the names in a folder durable.
///
/// # Errors
/// If the system refuses.
pub fn sync_folder(folder: &Path) -> Result<(), PathError> {
    // Windows has no such call; there a rename is as durable as the file system makes it.
    if cfg!(unix) {
        let open = File::open(folder).and_then(|folder| folder.sync_all());
        return open.map_err(PathError::new("sync", folder));
    }
    Ok(())
}
