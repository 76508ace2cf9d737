//! Replacing whole files: temporary file in the same folder, sync, rename, folder sync.
//!
//! Owns: the one way in which this software puts a whole file in another's place.
//! Invariant: a crash at any point leaves the old file or the new one, complete. The replaced file's mode is kept,
//! a new file is private to the user.
//! Does not: take locks; the caller says what it expects to replace, and a file changed meanwhile is left alone.

use crate::os::files::{PathError, stamp_of};
use crate::os::paths;
use jcode_session_core::parts::OWN_TEMPORARY;
use jcode_session_core::source::identity::FileStamp;
use std::fs::File;
use std::io;
use std::path::Path;
use tempfile::NamedTempFile;

/// Why a file was not replaced; nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplaceError {
    /// The file system refused.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Another program changed the file meanwhile.
    #[error("{} was changed by another program meanwhile; nothing was replaced, run the command again", .0.display())]
    Changed(std::path::PathBuf),
}

/// What the caller expects to stand where the new file goes.
#[derive(Debug, Clone, Copy)]
pub enum Expect {
    /// Whatever is there may go.
    Anything,
    /// No file.
    Nothing,
    /// The file with this device, inode and length.
    Same(FileStamp),
}

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

/// Puts a written temporary file in the place of `target`: syncs it, checks `expect`, renames, syncs the folder.
///
/// # Errors
/// [`ReplaceError::Changed`] if what stands there is not what was expected; the temporary file is then removed.
pub fn publish(temporary: NamedTempFile, target: &Path, expect: Expect) -> Result<FileStamp, ReplaceError> {
    let file = temporary.as_file();
    file.sync_data().map_err(PathError::new("sync", temporary.path()))?;
    let there = match std::fs::symlink_metadata(target) {
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(PathError::new("read", target)(error).into()),
    };
    let same = |now: FileStamp, then: FileStamp| (now.dev, now.ino, now.len) == (then.dev, then.ino, then.len);
    let good = match (expect, &there) {
        (Expect::Anything, _) | (Expect::Nothing, None) => true,
        (Expect::Same(then), Some(now)) => now.is_file() && same(stamp_of(now), then),
        _ => false,
    };
    if !good {
        return Err(ReplaceError::Changed(target.to_path_buf()));
    }
    if let Some(metadata) = there.filter(|metadata| metadata.is_file()) {
        file.set_permissions(metadata.permissions()).map_err(PathError::new("set the mode of", temporary.path()))?;
    }
    let file = temporary.persist(target).map_err(|error| PathError::new("replace", target)(error.error))?;
    sync_folder(paths::folder(target))?;
    let metadata = file.metadata().map_err(PathError::new("read", target))?;
    Ok(stamp_of(&metadata))
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
