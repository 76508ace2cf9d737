//! Opening a log for writing, or making a new one.
//!
//! Owns: the order of steps: header, recovery, and the facts about the log's end that the writer needs.
//! Invariant: only logs of the current format are written. A new log's name and header are durable before its first
//! entry is accepted.
//! Does not: lock; the host holds the session's lock.

use super::durability::Durability;
use super::error::OpenError;
use super::recover::{Recovery, recover};
use super::tail;
use crate::dialect::detect;
use crate::log::torn_batch;
use crate::source::ByteSource;
use crate::source::identity::FileStamp;
use crate::storage::{
    Folder, Place, PublishError, Storage, StorageErrorKind, StorageFile, append_all, create_anew, or_removed, publish,
};
use alloc::string::String;

/// How to open a log.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenOptions<'a> {
    /// Durability mode.
    pub durability: Durability,
    /// Bytes known to be on the disk, from the sidecar; `None` if nothing is known.
    pub synced_len: Option<u64>,
    /// The header line, without LF, for a log that does not exist or is empty.
    pub header: Option<&'a [u8]>,
    /// The current time, Unix milliseconds.
    pub now_ms: i64,
    /// Other writers may append between two batches of this one, which calls [`super::LogWriter::catch_up`] before each.
    pub takes_turns: bool,
}

/// An open log, recovered.
#[derive(Debug)]
pub struct Opened<F> {
    /// The log.
    pub file: F,
    /// Its length in bytes; all of it is durable.
    pub len: u64,
    /// The header's session id.
    pub session_id: Option<String>,
    /// Id of the last entry.
    pub leaf: Option<String>,
    /// The log has that id as a number.
    pub leaf_is_number: bool,
    /// Changes by recovery.
    pub recovery: Recovery,
    /// The log is new.
    pub created: bool,
    /// The log ends in an incomplete batch that is durable and so was not cut; the next entry must end it.
    pub torn_batch: bool,
}

/// Opens and recovers the log, or makes it if there is none and a header is given.
pub(super) fn open<S: Storage>(storage: &S, options: &OpenOptions<'_>) -> Result<Opened<S::File>, OpenError> {
    let there = match storage.open(&Place::Log) {
        Ok(file) => Some(file),
        Err(error) if error.kind == StorageErrorKind::NotFound && options.header.is_some() => None,
        Err(error) => return Err(error.into()),
    };
    let (mut file, created) = match (there, options.header) {
        (Some(file), Some(header)) if file.is_empty() => (create(storage, header, Some(file.stamp()?))?, true),
        (Some(file), _) => (file, false),
        (None, header) => (create(storage, header.unwrap_or_default(), None)?, true),
    };
    // Before recovery, which must not touch a log that is not written.
    let detected = detect(&file)?;
    let header = detected.writable()?;
    let (len, recovery) = recover(storage, &mut file, options.synced_len, options.now_ms)?;
    if !created {
        storage.sync_folder(Folder::Sessions)?;
    }
    let last = tail::last_id(&file, header.offset)?;
    let leaf_is_number = last.as_ref().is_some_and(|last| last.is_number);
    let leaf = last.map(|last| last.text);
    let torn_batch = torn_batch(&file)?.is_some();
    Ok(Opened { torn_batch, file, len, session_id: header.session_id.clone(), leaf, leaf_is_number, recovery, created })
}

/// Makes a log with its header, complete and durable before it has its name.
fn create<S: Storage>(storage: &S, header: &[u8], replaces: Option<FileStamp>) -> Result<S::File, OpenError> {
    let place = Place::Temporary(0);
    // The session's lock is held, so the place can only hold a crash's leftover.
    let mut file = create_anew(storage, &place)?;
    let written = append_all(&mut file, &[header, b"\n"].concat())
        .map_err(PublishError::Storage)
        .and_then(|()| publish(storage, file.clone(), &place, &Place::Log, replaces));
    match or_removed(storage, &place, written) {
        Ok(published) => {
            // Opened by its own path, so that `StorageFile::named` asks about that path.
            let file = storage.open(&Place::Log)?;
            if file.stamp()?.is_same_file(&published) { Ok(file) } else { Err(OpenError::Changed) }
        }
        Err(PublishError::Changed { .. }) => Err(OpenError::Changed),
        Err(PublishError::Storage(error)) => Err(error.into()),
    }
}
