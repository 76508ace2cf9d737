//! Storage of one session: the files beside its log, by what they are instead of by path.
//!
//! Owns: the [`Storage`] and [`StorageFile`] contracts, with file sync and folder sync as steps of their own, and
//! [`publish`], the one way in which a whole file is replaced.
//! Invariant: a [`Place`] cannot name anything outside the session's own files.
//! Does not: open, lock or sync; hosts do. What survives a power cut is only what was synced: bytes by
//! [`StorageFile::sync_data`], names by [`Storage::sync_folder`].

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
    /// A temporary file in the log's own folder, by number; never there when nothing runs.
    Temporary(u32),
    /// `<stem>.store/ledger.jsonl`.
    Ledger,
    /// `<stem>.store/ledger.head`: how many rows the ledger has, and the digest of the last.
    LedgerHead,
    /// `<stem>.store/checkpoints/<name>`.
    Checkpoint(Name),
    /// `<stem>.store/segments/<name>`.
    Segment(Name),
    /// `<stem>.store/quarantine/<name>`.
    Quarantine(Name),
}

/// All temporary files have a number below this.
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
    /// Checks a name from outside.
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

/// What kind of failure storage reports; callers treat a full disk differently from a broken one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StorageErrorKind {
    /// There is no such file.
    NotFound,
    /// The file is there already.
    Exists,
    /// No space, or a quota or file size limit is reached.
    Full,
    /// Not allowed.
    Denied,
    /// Not possible with this file.
    Unsupported,
    /// The device failed.
    Io,
}

/// A failed storage call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{action} {what}: {message}")]
pub struct StorageError {
    /// What kind.
    pub kind: StorageErrorKind,
    /// What was done: "write", "sync", ...
    pub action: &'static str,
    /// The path, as the host names it.
    pub what: String,
    /// What the host says.
    pub message: String,
}

/// What the name of an open file leads to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// To this very file, which is so many bytes long.
    Same(u64),
    /// To another file.
    Other,
    /// To none.
    Nothing,
}

/// An open file, as a source of the bytes that it had when it was opened and that were appended or cut through this
/// handle since; [`StorageFile::stamp`] tells what other handles and programs made of it, and those bytes can be read
/// too.
///
/// Clones are further handles to the same open file, not to whatever has its name now: one may sync while another
/// appends, and a sync reports failures of what any of them wrote.
pub trait StorageFile: ByteSource + Clone {
    /// Maps the bytes that are there, for passes over all of them, where the host can.
    fn map(&mut self) {}
    /// Writes at the end. May write less than all of it: the number of bytes written, at least 1.
    ///
    /// # Errors
    /// If nothing could be written.
    fn append(&mut self, bytes: &[u8]) -> Result<usize, StorageError>;
    /// Writes over bytes that are there, so that the host must bring them to the disk once more: after a failed sync
    /// it may hold them for written.
    ///
    /// # Errors
    /// If not all of it could be written.
    fn overwrite(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StorageError>;
    /// Cuts or extends with zeros. A log that is cut within its segments is another file afterwards, durably, and this
    /// handle is one to it.
    ///
    /// # Errors
    /// If the length could not be changed.
    fn set_len(&mut self, len: u64) -> Result<(), StorageError>;
    /// Makes content and length durable. After an error nothing is known of what was written since the last
    /// success, and calling again proves nothing. Covers what was written before the call, by any clone.
    ///
    /// # Errors
    /// If it failed.
    fn sync_data(&mut self) -> Result<(), StorageError>;
    /// The file's stamp as it is now, with the length that it has now.
    ///
    /// # Errors
    /// If the host cannot tell.
    fn stamp(&self) -> Result<FileStamp, StorageError>;
    /// What the name by which it was opened leads to now. Costs about as much as [`StorageFile::stamp`].
    ///
    /// # Errors
    /// If the host cannot tell.
    fn named(&self) -> Result<Named, StorageError>;
    /// What of it stands in segments.
    fn sealed(&self) -> Option<SealedExtent> {
        None
    }
    /// What is wrong with how its bytes are stored, besides the bytes themselves.
    ///
    /// # Errors
    /// If that cannot be looked at.
    fn troubles(&self) -> Result<Vec<Finding>, SourceError> {
        Ok(Vec::new())
    }
}

/// The files of one session.
pub trait Storage {
    /// An open file.
    type File: StorageFile;

    /// Opens a file that is there, for reading and appending.
    ///
    /// # Errors
    /// [`StorageErrorKind::NotFound`] if there is none; others as they come.
    fn open(&self, place: &Place) -> Result<Self::File, StorageError>;
    /// A place as the host names it, for messages.
    fn shown(&self, place: &Place) -> String;
    /// Makes a new, empty file, private to the user, and the folders it needs.
    ///
    /// # Errors
    /// [`StorageErrorKind::Exists`] if there is one.
    fn create(&self, place: &Place) -> Result<Self::File, StorageError>;
    /// Stamp of the file at this place; `None` if there is none. Follows no link.
    ///
    /// # Errors
    /// If the host cannot tell.
    fn stamp(&self, place: &Place) -> Result<Option<FileStamp>, StorageError>;
    /// Gives a file a new place; what was there is replaced. Keeps the mode of what it replaces.
    ///
    /// # Errors
    /// If it failed; then both places are as before.
    fn rename(&self, from: &Place, to: &Place) -> Result<(), StorageError>;
    /// Renames, if what is replaced is still the file that the caller saw, as long as then (`None`: there was nothing).
    ///
    /// # Errors
    /// [`PublishError::Changed`] if another program was faster; both places are then as they were.
    fn replace(&self, from: &Place, to: &Place, seen: Option<FileStamp>) -> Result<(), PublishError> {
        if !is_as_seen(self.stamp(to)?, seen) {
            return Err(PublishError::Changed { what: to.clone() });
        }
        Ok(self.rename(from, to)?)
    }
    /// Gives a file a second place, without copying where the host can; fails if there is a file already.
    ///
    /// # Errors
    /// If it failed.
    fn link(&self, from: &Place, to: &Place) -> Result<(), StorageError>;
    /// Removes a file.
    ///
    /// # Errors
    /// If it failed.
    fn remove(&self, place: &Place) -> Result<(), StorageError>;
    /// Names of the files in a folder of the store, sorted; empty if there is no such folder.
    ///
    /// # Errors
    /// If the folder cannot be read.
    fn list(&self, folder: Folder) -> Result<Vec<String>, StorageError>;
    /// Makes the names in a folder durable, and the folder's own name.
    ///
    /// # Errors
    /// If it failed.
    fn sync_folder(&self, folder: Folder) -> Result<(), StorageError>;
}

/// How much of a log stands in segments: those are named by it, for they join up and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedExtent {
    /// Logical offset behind the last of them.
    pub to: u64,
    /// How many.
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

/// The same file, as long as then, or nothing both times.
pub(crate) fn is_as_seen(now: Option<FileStamp>, seen: Option<FileStamp>) -> bool {
    match (now, seen) {
        (Some(now), Some(seen)) => now.is_as_left(&seen),
        (None, None) => true,
        _ => false,
    }
}

/// Replaces the file at `to` by the written, closed file at `from`: syncs it, checks that what it replaces is still
/// what the caller saw (`expected`; `None`: there was nothing), renames, syncs the folder.
///
/// A crash at any point leaves the old file or the new one.
///
/// # Errors
/// [`PublishError::Changed`] if another program was faster; the file at `from` is then left to the caller.
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

/// Opens a file if it is there.
///
/// # Errors
/// As [`Storage::open`].
pub fn open_if_there<S: Storage>(storage: &S, place: &Place) -> Result<Option<S::File>, StorageError> {
    match storage.open(place) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind == StorageErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes a temporary file, in the place of one that a crash left.
///
/// # Errors
/// As [`Storage::create`].
pub fn create_anew<S: Storage>(storage: &S, place: &Place) -> Result<S::File, StorageError> {
    match storage.create(place) {
        Err(error) if error.kind == StorageErrorKind::Exists => {
            storage.remove(place)?;
            storage.create(place)
        }
        other => other,
    }
}

/// Removes a temporary file that could not be written or put in place: on a full disk it would stay, and not whole.
///
/// # Errors
/// What was given.
pub fn or_removed<S: Storage, T, E>(storage: &S, place: &Place, written: Result<T, E>) -> Result<T, E> {
    if written.is_err() {
        // Its absence is as good.
        let _ = storage.remove(place);
    }
    written
}

/// Appends all bytes, however the host splits them.
///
/// # Errors
/// The first error; some of the bytes may then be in the file.
pub fn append_all(file: &mut impl StorageFile, mut bytes: &[u8]) -> Result<(), StorageError> {
    while !bytes.is_empty() {
        let written = file.append(bytes)?;
        bytes = bytes.get(written..).unwrap_or_default();
    }
    Ok(())
}
