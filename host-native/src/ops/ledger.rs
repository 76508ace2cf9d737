//! What migrations record, and the originals that they keep.
//!
//! Owns: giving a log's old bytes a second name before the log is replaced, and reading a ledger without its lock.
//! Invariant: a row is on the disk before what it announces happens.
//! Does not: read or judge rows; core does.

use crate::os::files::{PathError, open_plain};
use crate::os::log_file::LogFile;
use crate::os::segments::SessionStorage;
use crate::os::standing::is_nothing;
use crate::os::{folders, host, paths, replace, segments};
use jcode_session_core::log::Dialect;
use jcode_session_core::source::ByteSource;
use jcode_session_core::store::ledger::{Event, Head, Ledger, LedgerRow, digest_hex};
use jcode_session_core::store::ledger_file::LedgerFile;
use jcode_session_core::store::{LogState, SessionStore, StoreError, checkpoint};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// An original that was kept.
#[derive(Debug)]
pub struct Kept {
    /// Path of the file, below the store.
    pub checkpoint_path: String,
    /// Digest of its bytes.
    pub digest: String,
    /// Its dialect.
    pub dialect: Dialect,
}

/// Keeps the bytes of a log that is about to be replaced, and records the checkpoint.
///
/// The old file gets a second name rather than a copy: that costs nothing, and a program that still appends to it
/// loses nothing.
///
/// # Errors
/// If the store cannot be written; then the log must not be replaced.
pub fn keep_original(path: &Path, old: &LogFile, dialect: Dialect, leaf: Option<String>) -> Result<Kept, PathError> {
    let store = paths::store(path);
    let folder = store.join("checkpoints");
    for folder in [&store, &folder] {
        if folders::make(folder).map_err(PathError::new("make", folder))? {
            replace::sync_folder(paths::folder(folder))?;
        }
    }
    let digest = digest(path, old)?;
    let name = format!("{dialect}-{}.jsonl", &digest[..16]);
    let target = folder.join(&name);
    // What is kept must be on the disk before it is all there is of the old log.
    old.file().sync_data().map_err(PathError::new("sync", path))?;
    match std::fs::hard_link(path, &target) {
        Ok(()) => {}
        // A run that was interrupted here kept it already: the name holds the content's digest.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        // File systems without hard links get a copy.
        Err(_) => copy(path, &target)?,
    }
    replace::sync_folder(&folder)?;
    let kept = Kept { checkpoint_path: format!("checkpoints/{name}"), digest, dialect };
    let note = format!("before the upgrade of a {dialect} log");
    let mut row = row_of(Event::Checkpoint, path, old, kept.digest.clone(), &note)?;
    row.branch_leaf = leaf;
    row.checkpoint_path = Some(kept.checkpoint_path.clone());
    add(path, vec![row])?;
    Ok(kept)
}

/// Makes a kept original private to the user, now that it is no longer the log. One that has other names outside the
/// store is left as it is: its mode is theirs too.
///
/// # Errors
/// If its mode cannot be changed.
pub fn make_private(log: &Path, kept: &Kept) -> Result<(), PathError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let path = paths::store(log).join(&kept.checkpoint_path);
        let metadata = std::fs::symlink_metadata(&path).map_err(PathError::new("look at", &path))?;
        let mode = metadata.permissions().mode();
        if metadata.nlink() == 1 && mode & 0o077 != 0 {
            let private = std::fs::Permissions::from_mode(mode & 0o700);
            std::fs::set_permissions(&path, private).map_err(PathError::new("set the mode of", &path))?;
        }
    }
    Ok(())
}

/// Records that a log was upgraded.
///
/// # Errors
/// If the ledger cannot be written.
pub fn record_migration(path: &Path, kept: &Kept, leaf: Option<String>) -> Result<(), PathError> {
    let log = LogFile::open(path)?;
    let note = format!("upgraded from {} to {}", kept.dialect, Dialect::TreeV3);
    let mut row = row_of(Event::Migrate, path, &log, digest(path, &log)?, &note)?;
    row.branch_leaf = leaf;
    add(path, vec![row])
}

/// Records that a log is about to be written from jcode's v1 files, and the state before there was one, so that it can
/// be returned to.
///
/// # Errors
/// If the ledger cannot be written; then the log must not be put in place.
pub fn record_first_v1_migration(path: &Path, written: &LogFile) -> Result<(), PathError> {
    let nothing = digest_hex(&blake3::hash(b""));
    let before = LedgerRow::new(Event::Checkpoint, host::now_ms(), 0, nothing, &before_v1());
    let mut row = row_of(Event::Migrate, path, written, digest(path, written)?, &from_v1())?;
    row.from = Some(LogState::none());
    add(path, vec![before, row])
}

/// Records the state before a log grows from jcode's v1 files, so that it can be returned to.
///
/// # Errors
/// If the ledger cannot be written; then the log must not grow.
pub fn record_before_v1_growth(path: &Path) -> Result<(), PathError> {
    without_pending(path, |session| session.checkpoint(host::now_ms(), &before_v1()).map(|_| ()))
}

fn before_v1() -> String {
    format!("before a migration from {}", Dialect::JcodeV1)
}

fn from_v1() -> String {
    format!("migrated from {}", Dialect::JcodeV1)
}

/// Records that a log grew from jcode's v1 files, which stay as they are.
///
/// # Errors
/// If the ledger cannot be written.
pub fn record_v1_growth(path: &Path, log: &LogFile) -> Result<(), PathError> {
    let note = from_v1();
    let failed = store_failed(path);
    let storage = segments::storage(path);
    let mut ledger_file = LedgerFile::open(&storage).map_err(store_failed(path))?;
    let mut row = checkpoint::row(&ledger_file.ledger, log, log.len(), None, host::now_ms(), &note)
        .map_err(store_failed(path))?;
    row.event = Event::Migrate;
    ledger_file.add(&storage, row).map(|_| ()).map_err(failed)
}

/// Records what is about to be deleted on request.
///
/// # Errors
/// If the ledger cannot be written; then nothing must be deleted.
pub fn record_prune(path: &Path, log: &LogFile, pruned: Vec<String>) -> Result<(), PathError> {
    let mut row = row_of(Event::Prune, path, log, digest(path, log)?, "deleted on request")?;
    row.pruned = pruned;
    add(path, vec![row])
}

/// A row about all of a log, whose digest is known.
fn row_of(event: Event, path: &Path, log: &LogFile, digest: String, note: &str) -> Result<LedgerRow, PathError> {
    let failed = |error: jcode_session_core::source::SourceError| PathError::new("read", path)(io::Error::other(error));
    let mut row = LedgerRow::new(event, host::now_ms(), log.len(), digest, note);
    row.fingerprint = Some(LogState::of(log, log.len()).map_err(failed)?.fingerprint);
    Ok(row)
}

/// Adds rows to the ledger of a log, durably.
fn add(path: &Path, rows: Vec<LedgerRow>) -> Result<(), PathError> {
    without_pending(path, |session| session.record(rows).map(|_| ()))
}

/// Does something on the store of a log, behind what a crash left half done.
fn without_pending(
    path: &Path,
    act: impl FnOnce(&mut SessionStore<'_, SessionStorage>) -> Result<(), StoreError>,
) -> Result<(), PathError> {
    let storage = segments::storage(path);
    let mut session = SessionStore::open(&storage).map_err(store_failed(path))?;
    session.resolve_pending(host::now_ms()).and_then(|_| act(&mut session)).map_err(store_failed(path))
}

fn store_failed(log: &Path) -> impl Fn(StoreError) -> PathError {
    let ledger = paths::store(log).join("ledger.jsonl");
    move |error| PathError::new("record in", &ledger)(io::Error::other(error))
}

/// Reads a ledger for looking at it; one that is not there, or is no file, has no rows.
///
/// # Errors
/// If it is there and cannot be read.
pub fn read(log: &Path) -> Result<Ledger, PathError> {
    let store = paths::store(log);
    let bytes = |name: &str| {
        let path = store.join(name);
        let mut bytes = Vec::new();
        match open_plain(&path).and_then(|(mut file, _)| file.read_to_end(&mut bytes)) {
            Ok(_) => Ok(Some(bytes)),
            Err(error) if is_nothing(&error) => Ok(None),
            Err(error) => Err(PathError::new("read", &path)(error)),
        }
    };
    let head = bytes("ledger.head")?.and_then(|head| Head::read(&head));
    Ok(Ledger::read(&bytes("ledger.jsonl")?.unwrap_or_default(), head.as_ref()))
}

/// Digest of all bytes of a log, in hex.
fn digest(path: &Path, log: &LogFile) -> Result<String, PathError> {
    let hash = checkpoint::digest(None, log, 0..log.len());
    hash.map(|hash| digest_hex(&hash)).map_err(|error| PathError::new("read", path)(io::Error::other(error)))
}

fn copy(from: &Path, to: &Path) -> Result<(), PathError> {
    let mut target = replace::temporary_for(to)?;
    let mut source = File::open(from).map_err(PathError::new("open", from))?;
    io::copy(&mut source, target.as_file_mut()).map_err(PathError::new("copy", from))?;
    target.as_file().sync_data().map_err(PathError::new("sync", target.path()))?;
    target.persist(to).map_err(|error| PathError::new("write", to)(error.error))?;
    Ok(())
}
