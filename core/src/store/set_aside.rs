//! Whole logs set aside, and new logs made from kept bytes.
//!
//! Owns: which file in `quarantine/` or `checkpoints/` holds a whole log, and the check of kept bytes against their
//! digest.
//! Invariant: a file is durable once its name is returned. Nothing in `quarantine/` or `checkpoints/` is removed.

use super::checkpoint;
use super::error::StoreError;
use super::ledger::{Ledger, digest_hex};
use crate::log::Dialect;
use crate::source::{ByteSource, Pieces, Tick, Watched};
use crate::storage::{
    Folder, Name, Place, PublishError, Storage, StorageError, StorageErrorKind, StorageFile, append_all, create_anew,
    open_if_there, or_removed, publish,
};
use crate::write::{QuarantineName, set_aside};
use alloc::format;
use alloc::string::String;

/// The temporary file that becomes the log.
const NEW_LOG: Place = Place::Temporary(2);

/// Gives the whole log a second name in `quarantine/`; reuses the name from an interrupted attempt.
pub(super) fn whole_log<S: Storage>(
    storage: &S,
    log: &S::File,
    now_ms: i64,
    tick: &mut Tick<'_>,
) -> Result<QuarantineName, StoreError> {
    let mut file = log.clone();
    file.sync_data()?;
    let ino = |stamp: crate::source::identity::FileStamp| (stamp.dev, stamp.ino);
    let own = ino(file.stamp()?);
    let mut name = QuarantineName { offset: 0, len: log.len(), at_ms: now_ms.max(0) };
    let done = storage.list(Folder::Quarantine)?.into_iter().filter_map(|name| QuarantineName::parse(&name));
    for there in done.filter(|there| (there.offset, there.len) == (0, log.len())) {
        let Some(place) = there.name().map(Place::Quarantine) else { continue };
        if storage.stamp(&place)?.map(ino) == Some(own) {
            storage.sync_folder(Folder::Quarantine)?;
            storage.sync_folder(Folder::Store)?;
            return Ok(there);
        }
    }
    loop {
        let Some(place) = name.name().map(Place::Quarantine) else {
            return Err(StoreError::OtherLog { len: log.len() });
        };
        match storage.link(&Place::Log, &place) {
            Ok(()) => break,
            Err(error) if error.kind == StorageErrorKind::Exists => name.at_ms += 1,
            // A log in segments, or a file system without hard links, needs a copy.
            Err(error) if error.kind == StorageErrorKind::Unsupported => {
                return Ok(set_aside(storage, &Watched::new(log, tick), 0..log.len(), now_ms)?);
            }
            Err(error) => return Err(error.into()),
        }
    }
    storage.sync_folder(Folder::Quarantine)?;
    storage.sync_folder(Folder::Store)?;
    Ok(name)
}

/// The temporary file for a copy, where the file system has no hard links.
const COPY: Place = Place::Temporary(3);

/// Gives a log that will be replaced a second name in `checkpoints/`, from its dialect and its digest, and makes it
/// durable. A name that already holds the same bytes, from an interrupted attempt, is reused. A name that holds other
/// bytes, or that was pruned, is skipped.
pub(super) fn original<S: Storage>(
    storage: &S,
    log: &S::File,
    dialect: Dialect,
    digest: &str,
    ledger: &Ledger,
) -> Result<Name, StoreError> {
    let mut other = 0_u32;
    loop {
        let name = original_name(dialect, digest, other)?;
        other += 1;
        let place = Place::Checkpoint(name.clone());
        if ledger.pruned.contains(&format!("checkpoints/{}", name.as_str())) {
            continue;
        }
        match open_if_there(storage, &place)? {
            Some(file) if holds(file.clone(), log.len(), digest)? => {}
            Some(_) => continue,
            None => match storage.link(&Place::Log, &place) {
                Err(error) if error.kind == StorageErrorKind::Unsupported => copy_to(storage, log, &place)?,
                linked => linked?,
            },
        }
        storage.sync_folder(Folder::Checkpoints)?;
        storage.sync_folder(Folder::Store)?;
        return Ok(name);
    }
}

/// `<dialect>-<16 hex digits of the digest>.jsonl`; later candidates have a number before the ending.
fn original_name(dialect: Dialect, digest: &str, other: u32) -> Result<Name, StorageError> {
    let number = if other == 0 { String::new() } else { format!(".{other}") };
    let name = format!("{dialect}-{}{number}.jsonl", digest.get(..16).unwrap_or(digest));
    let what = || format!("checkpoints/{name}");
    Name::new(&name).ok_or_else(|| StorageError {
        kind: StorageErrorKind::Denied,
        action: "create",
        what: what(),
        message: "it is not a name".into(),
    })
}

/// True if the file holds these bytes; syncs it.
fn holds(mut file: impl StorageFile, len: u64, digest: &str) -> Result<bool, StoreError> {
    file.sync_data()?;
    Ok(file.len() == len && digest_hex(&checkpoint::digest(None, &file, 0..len)?) == digest)
}

/// Copies the log to a free place.
fn copy_to<S: Storage>(storage: &S, log: &S::File, place: &Place) -> Result<(), StoreError> {
    let copied = || -> Result<(), StoreError> {
        let mut file = create_anew(storage, &COPY)?;
        copy(log, log.len(), &mut file, |_| ())?;
        publish(storage, file, &COPY, place, None)?;
        Ok(())
    };
    or_removed(storage, &COPY, copied())
}

/// Makes the temporary file that becomes the log.
pub(super) fn new_log<S: Storage>(storage: &S) -> Result<S::File, StoreError> {
    Ok(create_anew(storage, &NEW_LOG)?)
}

/// Removes this temporary file if `done` is an error.
pub(super) fn or_dropped<S: Storage, T, E>(storage: &S, done: Result<T, E>) -> Result<T, E> {
    or_removed(storage, &NEW_LOG, done)
}

/// Replaces the log `seen` by the written file.
pub(super) fn publish_log<S: Storage>(storage: &S, file: S::File, seen: Option<&S::File>) -> Result<(), StoreError> {
    let expected = match seen {
        Some(log) => {
            let stamp = log.stamp()?;
            if stamp.len != log.len() {
                return Err(PublishError::Changed { what: Place::Log }.into());
            }
            Some(stamp)
        }
        // An empty file counts as no log.
        None => storage.stamp(&Place::Log)?.filter(|stamp| stamp.len == 0),
    };
    publish(storage, file, &NEW_LOG, &Place::Log, expected)?;
    Ok(())
}

/// Appends the first `len` bytes of a source to a file and passes them to `seen`.
pub(super) fn copy<F: StorageFile>(
    from: &(impl ByteSource + ?Sized),
    len: u64,
    to: &mut F,
    mut seen: impl FnMut(&[u8]),
) -> Result<(), StoreError> {
    let mut pieces = Pieces::new(from, 0..len);
    while let Some((_, bytes)) = pieces.read()? {
        seen(bytes);
        append_all(to, bytes)?;
    }
    Ok(())
}

/// A file in the store from which a log can be restored.
#[derive(Debug)]
pub(super) struct Kept<F> {
    file: F,
    /// Number of its bytes that count.
    len: u64,
    digest: String,
    /// Path below the store.
    what: String,
}

impl<F: StorageFile> Kept<F> {
    /// Opens a file that should hold `len` bytes with this digest. With `may_have_grown` it may hold more bytes behind
    /// them, from a program that had it open when it was set aside.
    pub(super) fn open<S: Storage<File = F>>(
        storage: &S,
        place: &Place,
        what: String,
        (len, may_have_grown): (u64, bool),
        digest: &str,
    ) -> Result<Self, StoreError> {
        let Some(file) = open_if_there(storage, place)? else {
            return Err(StoreError::Kept { what, how: "is missing" });
        };
        let there = file.len();
        if there < len || there > len && !may_have_grown {
            let how = if there < len { "is shorter than what was kept" } else { "holds more than what was kept" };
            return Err(StoreError::Kept { what, how });
        }
        Ok(Self { file, len, digest: digest.into(), what })
    }

    /// Compares its bytes with the digest.
    pub(super) fn check(&self, tick: &mut Tick<'_>) -> Result<(), StoreError> {
        self.compare(&checkpoint::digest(None, &Watched::new(&self.file, tick), 0..self.len)?)
    }

    /// Appends its bytes to a file and compares them with the digest.
    pub(super) fn copy_to(&self, to: &mut F, tick: &mut Tick<'_>) -> Result<(), StoreError> {
        let mut hasher = blake3::Hasher::new();
        copy(&Watched::new(&self.file, tick), self.len, to, |bytes| {
            hasher.update(bytes);
        })?;
        self.compare(&hasher.finalize())
    }

    fn compare(&self, digest: &blake3::Hash) -> Result<(), StoreError> {
        if digest_hex(digest) == self.digest { Ok(()) } else { Err(self.is_other()) }
    }

    /// The error for bytes that differ from the kept ones.
    pub(super) fn is_other(&self) -> StoreError {
        StoreError::Kept { what: self.what.clone(), how: "does not hold the bytes that were kept" }
    }
}
