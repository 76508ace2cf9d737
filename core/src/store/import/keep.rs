//! Kept sources: the bytes of an imported source, in `checkpoints/`.
//!
//! Owns: the names of the files: `import-<first 16 hex digits of the digest of the whole source>.source`.
//! Invariant: a file is durable before a log refers to it. An existing file is reused only if it holds the same bytes.

use super::note::Note;
use crate::source::{ByteSource, Pieces};
use crate::storage::{
    Folder, Name, Place, Storage, StorageError, StorageErrorKind, StorageFile, append_all, create_anew, open_if_there,
    or_removed, publish,
};
use crate::store::StoreError;
use alloc::format;

/// The temporary file for the copy.
const COPY: Place = Place::Temporary(3);

/// Prefix of the names.
pub const KEPT_SOURCE: &str = "import-";

/// The name of the file in `checkpoints/` for a source with this digest.
pub(super) fn name(digest: &str) -> Option<Name> {
    Name::new(&format!("{KEPT_SOURCE}{}.source", digest.get(..16)?))
}

/// Keeps the bytes of the source that belong to the note.
///
/// # Errors
/// Fails if the bytes cannot be read or written.
pub(super) fn keep<S: Storage>(storage: &S, note: &Note, source: &dyn ByteSource) -> Result<(), StoreError> {
    let denied = || StorageError {
        kind: StorageErrorKind::Denied,
        action: "create",
        what: "a kept source".into(),
        message: "it has no name".into(),
    };
    let place = Place::Checkpoint(name(&note.digest).ok_or_else(denied)?);
    let seen = match open_if_there(storage, &place)? {
        Some(mut file) if holds(&file, note, source)? => {
            file.sync_data()?;
            return Ok(());
        }
        // From an interrupted import: nothing refers to it.
        Some(file) => Some(file.stamp()?),
        None => None,
    };
    let copied = || -> Result<(), StoreError> {
        let mut file = create_anew(storage, &COPY)?;
        let mut pieces = Pieces::new(source, note.from..note.length);
        while let Some((_, bytes)) = pieces.read()? {
            append_all(&mut file, bytes)?;
        }
        source.still_whole()?;
        publish(storage, file, &COPY, &place, seen)?;
        Ok(())
    };
    or_removed(storage, &COPY, copied())?;
    storage.sync_folder(Folder::Checkpoints)?;
    storage.sync_folder(Folder::Store)?;
    Ok(())
}

fn holds<F: StorageFile>(file: &F, note: &Note, source: &dyn ByteSource) -> Result<bool, StoreError> {
    if file.len() != note.length - note.from {
        return Ok(false);
    }
    let mut pieces = Pieces::new(source, note.from..note.length);
    let mut held = alloc::vec::Vec::new();
    while let Some((at, bytes)) = pieces.read()? {
        held.resize(bytes.len(), 0);
        file.read_at(at - note.from, &mut held)?;
        if held != bytes {
            return Ok(false);
        }
    }
    Ok(true)
}
