//! Quarantine: bytes set aside, copied to the store and durable there before the log is cut.
//!
//! If you change the names, then change section 5.3 of `docs/format.md` too; recovery, undo and repair parse them.
//!
//! Owns: the names in `quarantine/`, and the copying.
//! Invariant: a file whose length differs from the one in its name is a copy that a crash interrupted; the log still
//! holds its bytes. An interrupted copy is continued and a finished one reused, so repeated crashes leave one file.

use crate::source::{ByteSource, Pieces, SourceError};
use crate::storage::{Folder, Name, Place, Storage, StorageError, StorageErrorKind, StorageFile, append_all};
use alloc::format;
use core::ops::Range;

/// `<offset>-<len>-<unix ms>.bin`: the bytes of the log in a file in `quarantine/`, and when they were set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct QuarantineName {
    /// Their offset in the log.
    pub offset: u64,
    /// Their number.
    pub len: u64,
    /// Time of setting aside, Unix milliseconds.
    pub at_ms: i64,
}

impl QuarantineName {
    /// The file's name.
    #[must_use]
    pub fn name(&self) -> Option<Name> {
        Name::new(&format!("{}-{}-{}.bin", self.offset, self.len, self.at_ms.max(0)))
    }

    /// Parses a name; `None` for other files in the folder.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let mut parts = name.strip_suffix(".bin")?.splitn(3, '-');
        let offset = parts.next()?.parse().ok()?;
        let len = parts.next()?.parse().ok()?;
        Some(Self { offset, len, at_ms: parts.next()?.parse().ok()? })
    }
}

/// Why setting aside failed.
#[derive(Debug)]
pub(crate) enum QuarantineError {
    Source(SourceError),
    Storage(StorageError),
}

impl QuarantineError {
    /// The error as a storage error.
    pub(crate) fn into_storage(self) -> StorageError {
        match self {
            Self::Storage(error) => error,
            Self::Source(error) => unreadable(&error),
        }
    }
}

/// A failed read of the log as a storage error.
pub(super) fn unreadable(error: &SourceError) -> StorageError {
    StorageError { kind: StorageErrorKind::Io, action: "read", what: "the log".into(), message: format!("{error}") }
}

impl From<SourceError> for QuarantineError {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

impl From<StorageError> for QuarantineError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

/// Copies a range of the log to `quarantine/` and makes the copy durable.
pub(crate) fn set_aside<S: Storage>(
    storage: &S,
    log: &impl ByteSource,
    range: Range<u64>,
    now_ms: i64,
) -> Result<QuarantineName, QuarantineError> {
    let stood_at = range.start;
    set_aside_as(storage, log, range, stood_at, now_ms)
}

/// Like [`set_aside`], but for bytes of any source, which stood in the log at `stood_at`.
pub(crate) fn set_aside_as<S: Storage>(
    storage: &S,
    source: &impl ByteSource,
    range: Range<u64>,
    stood_at: u64,
    now_ms: i64,
) -> Result<QuarantineName, QuarantineError> {
    let len = range.end - range.start;
    let name = QuarantineName { offset: stood_at, len, at_ms: now_ms.max(0) };
    let (name, mut file, done) = match unfinished(storage, source, range.start, &name)? {
        Some(found) => found,
        None => create(storage, name)?,
    };
    let mut pieces = Pieces::new(source, range.start + done..range.end);
    loop {
        match pieces.read() {
            Ok(None) => break,
            Ok(Some((_, bytes))) => append_all(&mut file, bytes)?,
            Err(error) => {
                drop_unfinished(storage, &name, &error);
                return Err(error.into());
            }
        }
    }
    file.sync_data()?;
    storage.sync_folder(Folder::Quarantine)?;
    storage.sync_folder(Folder::Store)?;
    Ok(name)
}

/// Removes a copy that nobody waits for any more: its bytes still stand in the source.
fn drop_unfinished<S: Storage>(storage: &S, name: &QuarantineName, error: &SourceError) {
    if let (SourceError::Interrupted, Some(place)) = (error, name.name().map(Place::Quarantine)) {
        // One that stays is continued by the next run.
        let _ = storage.remove(&place);
    }
}

type Copy<F> = (QuarantineName, F, u64);

/// A copy of the same bytes that an earlier attempt began or finished; in the source they begin at `start`.
fn unfinished<S: Storage>(
    storage: &S,
    source: &impl ByteSource,
    start: u64,
    wanted: &QuarantineName,
) -> Result<Option<Copy<S::File>>, QuarantineError> {
    for name in storage.list(Folder::Quarantine)? {
        let Some(parsed) = QuarantineName::parse(&name) else { continue };
        if (parsed.offset, parsed.len) != (wanted.offset, wanted.len) {
            continue;
        }
        let Some(place) = Name::new(&name).map(Place::Quarantine) else { continue };
        let file = storage.open(&place)?;
        let done = file.len();
        if done <= parsed.len && same(&file, source, start)? {
            return Ok(Some((parsed, file, done)));
        }
    }
    Ok(None)
}

/// True if all of `copy` stands in the source at `start`.
fn same(copy: &impl ByteSource, source: &impl ByteSource, start: u64) -> Result<bool, SourceError> {
    let mut pieces = Pieces::new(copy, 0..copy.len());
    while let Some((at, bytes)) = pieces.read()? {
        if source.read_vec(start + at, bytes.len())? != bytes {
            return Ok(false);
        }
    }
    Ok(true)
}

fn create<S: Storage>(storage: &S, mut name: QuarantineName) -> Result<Copy<S::File>, QuarantineError> {
    loop {
        let place = name.name().map(Place::Quarantine).ok_or_else(|| StorageError {
            kind: StorageErrorKind::Denied,
            action: "create",
            what: format!("{name:?}"),
            message: "not a name".into(),
        })?;
        match storage.create(&place) {
            Ok(file) => return Ok((name, file, 0)),
            // Other bytes from the same place, set aside in the same millisecond.
            Err(error) if error.kind == StorageErrorKind::Exists => name.at_ms += 1,
            Err(error) => return Err(error.into()),
        }
    }
}
