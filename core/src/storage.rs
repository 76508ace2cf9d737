//! Storage of one session: its files, named by role instead of by path.
//!
//! Owns: the [`Storage`] and [`StorageFile`] contracts, in which file sync and folder sync are separate steps, and
//! [`publish`], the only way to replace a whole file.
//! Invariant: a [`Place`] cannot name anything outside the session's own files.
//! Invariant: a power cut keeps only what was synced: bytes by [`StorageFile::sync_data`], names by
//! [`Storage::sync_folder`].

use crate::finding::Finding;
use crate::source::identity::FileStamp;
use crate::source::{ByteSource, SourceError};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A file of a session.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// `<stem>.jsonl`.
    Log,
    /// A temporary file in the log's folder, by number; present only during an operation, or after a crash.
    Temporary(u32),
    /// `<stem>.store/ledger.jsonl`.
    Ledger,
    /// `<stem>.store/ledger.head`: the number of rows in the ledger, and the link of the last.
    LedgerHead,
    /// `<stem>.store/checkpoints/<name>`.
    Checkpoint(Name),
    /// `<stem>.store/segments/<name>`.
    Segment(Name),
    /// `<stem>.store/quarantine/<name>`.
    Quarantine(Name),
}

/// Upper bound (exclusive) of the numbers of temporary files.
pub const TEMPORARIES: u32 = 6;

/// A folder of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Folder {
    /// The folder that holds the log.
    Sessions,
    /// `<stem>.store`.
    Store,
    /// `<stem>.store/checkpoints`.
    Checkpoints,
    /// `<stem>.store/segments`.
    Segments,
    /// `<stem>.store/quarantine`.
    Quarantine,
}

impl Place {
    /// The folder whose sync makes this file's name durable.
    #[must_use]
    pub const fn folder(&self) -> Folder {
        match self {
            Self::Log | Self::Temporary(_) => Folder::Sessions,
            Self::Ledger | Self::LedgerHead => Folder::Store,
            Self::Checkpoint(_) => Folder::Checkpoints,
            Self::Segment(_) => Folder::Segments,
            Self::Quarantine(_) => Folder::Quarantine,
        }
    }
}

/// An allow-listed file name: letters, digits, `.`, `_` and `-`, no leading dot, at most 200 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// Checks an untrusted name.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let good = !name.is_empty() && name.len() <= 200 && !name.starts_with('.') && name.bytes().all(allowed);
        good.then(|| Self(name.to_string()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The kind of a storage failure; callers treat a full disk differently from a broken one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StorageErrorKind {
    /// There is no such file.
    NotFound,
    /// The file is there already.
    Exists,
    /// No space, or a quota or file size limit is reached.
    Full,
    /// Permission denied.
    Denied,
    /// The file or file system does not support the operation.
    Unsupported,
    /// The device failed.
    Io,
}

/// A failed storage call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{action} {what}: {message}")]
pub struct StorageError {
    /// Kind of failure.
    pub kind: StorageErrorKind,
    /// The failed action: "write", "sync", ...
    pub action: &'static str,
    /// The path, as the host names it.
    pub what: String,
    /// The host's message.
    pub message: String,
}

/// What the path of an open file leads to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// The same file, with its length in bytes.
    Same(u64),
    /// Another file.
    Other,
    /// No file.
    Nothing,
}

/// An open file. As a [`ByteSource`] it holds the bytes present when it was opened, with every append and cut through
/// this handle. [`StorageFile::stamp`] shows changes by other handles and programs; bytes they append are readable too.
///
/// A clone is a further handle to the same open file, not to the file that has its path now. One clone may sync while
/// another appends, and a sync reports write failures of all clones.
pub trait StorageFile: ByteSource + Clone {
    /// Maps the file's current bytes for a pass over all of them, where the host can.
    fn map(&mut self) {}
    /// Writes at the end and returns the number of bytes written: at least 1, perhaps fewer than given.
    ///
    /// # Errors
    /// Fails if no byte could be written.
    fn append(&mut self, bytes: &[u8]) -> Result<usize, StorageError>;
    /// Writes over existing bytes, so that the host writes them to the disk again: after a failed sync it may take them
    /// for written.
    ///
    /// # Errors
    /// Fails if not all bytes could be written.
    fn overwrite(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StorageError>;
    /// Cuts the file, or extends it with zeros. A log that is cut within its segments becomes another file, durably,
    /// and this handle then refers to that file.
    ///
    /// # Errors
    /// Fails if the length could not be changed.
    fn set_len(&mut self, len: u64) -> Result<(), StorageError>;
    /// Makes content and length durable, including all earlier writes by any clone. After an error the state of
    /// everything written since the last success is unknown, and a second call proves nothing.
    ///
    /// # Errors
    /// Fails if the sync failed.
    fn sync_data(&mut self) -> Result<(), StorageError>;
    /// The file's current stamp, with its current length.
    ///
    /// # Errors
    /// Fails if the host cannot read it.
    fn stamp(&self) -> Result<FileStamp, StorageError>;
    /// What the path by which the file was opened leads to now. Costs about as much as [`StorageFile::stamp`].
    ///
    /// # Errors
    /// Fails if the host cannot look the path up.
    fn named(&self) -> Result<Named, StorageError>;
    /// The part of the log that stands in segments, if any.
    fn sealed(&self) -> Option<SealedExtent> {
        None
    }
    /// Findings about how the bytes are stored (segments), not about the bytes themselves.
    ///
    /// # Errors
    /// Fails if the check itself cannot read.
    fn troubles(&self) -> Result<Vec<Finding>, SourceError> {
        Ok(Vec::new())
    }
}

/// The files of one session.
pub trait Storage {
    /// An open file.
    type File: StorageFile;

    /// Opens an existing file for reading and appending.
    ///
    /// # Errors
    /// [`StorageErrorKind::NotFound`] if there is no file; any other storage error.
    fn open(&self, place: &Place) -> Result<Self::File, StorageError>;
    /// The host's path of a place, for messages.
    fn shown(&self, place: &Place) -> String;
    /// Makes a new, empty file, private to the user, with the folders it needs.
    ///
    /// # Errors
    /// [`StorageErrorKind::Exists`] if the file exists; any other storage error.
    fn create(&self, place: &Place) -> Result<Self::File, StorageError>;
    /// The stamp of the file at a place; `None` if there is no file. Follows no link.
    ///
    /// # Errors
    /// Fails if the host cannot read the stamp.
    fn stamp(&self, place: &Place) -> Result<Option<FileStamp>, StorageError>;
    /// Moves a file to a place and replaces the file there, whose mode it keeps.
    ///
    /// # Errors
    /// Any storage error; both places are then unchanged.
    fn rename(&self, from: &Place, to: &Place) -> Result<(), StorageError>;
    /// Renames, if the file at `to` is still the file `seen`, with the same length (`None`: no file).
    ///
    /// # Errors
    /// [`PublishError::Changed`] if another program changed the file at `to`; [`PublishError::Storage`] if storage
    /// fails. Both places are then unchanged.
    fn replace(&self, from: &Place, to: &Place, seen: Option<FileStamp>) -> Result<(), PublishError> {
        if !is_as_seen(self.stamp(to)?, seen) {
            return Err(PublishError::Changed { what: to.clone() });
        }
        Ok(self.rename(from, to)?)
    }
    /// Gives a file a second place, without copying where the host can.
    ///
    /// # Errors
    /// Fails if a file is there already; any other storage error.
    fn link(&self, from: &Place, to: &Place) -> Result<(), StorageError>;
    /// Removes a file.
    ///
    /// # Errors
    /// Any storage error.
    fn remove(&self, place: &Place) -> Result<(), StorageError>;
    /// Sorted names of the files in a folder of the store; empty if the folder does not exist.
    ///
    /// # Errors
    /// Fails if the folder cannot be read.
    fn list(&self, folder: Folder) -> Result<Vec<String>, StorageError>;
    /// Makes the names in a folder, and the folder's own name, durable.
    ///
    /// # Errors
    /// Fails if the sync failed.
    fn sync_folder(&self, folder: Folder) -> Result<(), StorageError>;
}

/// The sealed part of a log. Segments are contiguous and never change, so this identifies them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedExtent {
    /// Logical offset of the end of the last segment.
    pub to: u64,
    /// Number of segments.
    pub segments: u64,
}

/// Why a file was not replaced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// Another program changed the file meanwhile.
    #[error("{what:?} was changed by another program meanwhile; nothing was replaced, run again")]
    Changed {
        /// The file.
        what: Place,
    },
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// True for the same file with the same length, or for no file both times.
pub(crate) fn is_as_seen(now: Option<FileStamp>, seen: Option<FileStamp>) -> bool {
    match (now, seen) {
        (Some(now), Some(seen)) => now.is_as_left(&seen),
        (None, None) => true,
        _ => false,
    }
}

/// Replaces the file at `to` by the written, closed file at `from`: syncs it, checks that `to` is still the file
/// `expected`, with the same length (`None`: no file), renames, and syncs the folder.
///
/// A crash at any point leaves the old file or the new one.
///
/// # Errors
/// [`PublishError::Changed`] if another program changed `to`; the caller then removes the file at `from`.
/// [`PublishError::Storage`] if storage fails.
pub fn publish<S: Storage>(
    storage: &S,
    mut from_file: S::File,
    from: &Place,
    to: &Place,
    expected: Option<FileStamp>,
) -> Result<FileStamp, PublishError> {
    from_file.sync_data()?;
    storage.replace(from, to, expected)?;
    storage.sync_folder(to.folder())?;
    Ok(from_file.stamp()?)
}

/// Opens a file; `None` if it does not exist.
///
/// # Errors
/// Same errors as [`Storage::open`], without [`StorageErrorKind::NotFound`].
pub fn open_if_there<S: Storage>(storage: &S, place: &Place) -> Result<Option<S::File>, StorageError> {
    match storage.open(place) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind == StorageErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes a temporary file, and replaces one that a crash left.
///
/// # Errors
/// Same errors as [`Storage::create`] and [`Storage::remove`].
pub fn create_anew<S: Storage>(storage: &S, place: &Place) -> Result<S::File, StorageError> {
    match storage.create(place) {
        Err(error) if error.kind == StorageErrorKind::Exists => {
            storage.remove(place)?;
            storage.create(place)
        }
        other => other,
    }
}

/// Removes a temporary file if `written` is an error, so that no partial file stays on a full disk.
///
/// # Errors
/// Returns the error in `written`.
pub fn or_removed<S: Storage, T, E>(storage: &S, place: &Place, written: Result<T, E>) -> Result<T, E> {
    if written.is_err() {
        // A failed removal leaves only a temporary file.
        let _ = storage.remove(place);
    }
    written
}

/// Appends all bytes, however the host splits the writes.
///
/// # Errors
/// The first storage error; some of the bytes may then be in the file.
pub fn append_all(file: &mut impl StorageFile, mut bytes: &[u8]) -> Result<(), StorageError> {
    while !bytes.is_empty() {
        let written = file.append(bytes)?;
        bytes = bytes.get(written..).unwrap_or_default();
    }
    Ok(())
}
