//! The ledger's file, and the originals that migrations keep.
//!
//! Owns: appending rows durably, and giving a log's old bytes a second name before the log is replaced.
//! Invariant: a row is on the disk before what it announces happens.
//! Does not: read or judge rows; core does.

use crate::fs::{LogFile, PathError};
use crate::{host, paths, replace};
use jcode_session_core::log::Dialect;
use jcode_session_core::source::ByteSource;
use jcode_session_core::store::ledger::{Event, LedgerRow, digest_hex};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

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
    let folder = paths::store(path).join("checkpoints");
    make_private_folder(&folder)?;
    let hash = digest(old).map_err(PathError::new("read", path))?;
    let digest = digest_hex(&hash);
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
    let mut row = LedgerRow::new(Event::Checkpoint, host::now_ms(), old.len(), kept.digest.clone(), &note);
    row.branch_leaf = leaf;
    row.checkpoint_path = Some(kept.checkpoint_path.clone());
    append(path, row)?;
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
pub fn record_migration(path: &Path, kept: &Kept, leaf: Option<String>, len: u64) -> Result<(), PathError> {
    let log = LogFile::open(path)?;
    let hash = digest(&log).map_err(PathError::new("read", path))?;
    let note = format!("upgraded from {} to {}", kept.dialect, Dialect::TreeV3);
    let mut row = LedgerRow::new(Event::Migrate, host::now_ms(), len, digest_hex(&hash), &note);
    row.branch_leaf = leaf;
    append(path, row)
}

/// Records that a log was written, or grew, from jcode's v1 files, which stay as they are.
///
/// # Errors
/// If the ledger cannot be written.
pub fn record_v1_migration(path: &Path, log: &LogFile) -> Result<(), PathError> {
    let hash = digest(log).map_err(PathError::new("read", path))?;
    let note = format!("migrated from {}", Dialect::JcodeV1);
    append(path, LedgerRow::new(Event::Migrate, host::now_ms(), log.len(), digest_hex(&hash), &note))
}

/// Appends a row to the ledger of a log, durably.
///
/// # Errors
/// If the ledger cannot be written.
pub fn append(log: &Path, row: LedgerRow) -> Result<(), PathError> {
    let folder = paths::store(log);
    make_private_folder(&folder)?;
    let path = folder.join("ledger.jsonl");
    let failed = |action| PathError::new(action, &path);
    let before = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(failed("read")(error)),
    };
    let mut file = open_private(&path).map_err(failed("open"))?;
    let whole = before.iter().rposition(|&b| b == b'\n').map_or(0, |last| last + 1);
    if whole < before.len() {
        // A row that a crash tore was never acted upon.
        file.set_len(whole as u64).map_err(failed("cut"))?;
    }
    file.write_all(&row.line(&before[..whole])).map_err(failed("write"))?;
    file.sync_data().map_err(failed("sync"))?;
    replace::sync_folder(&folder)
}

fn digest(log: &LogFile) -> io::Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    let mut at = 0;
    while at < log.len() {
        let take = (1 << 20).min(log.len() - at);
        let chunk = log.read_vec(at, usize::try_from(take).unwrap_or_default()).map_err(io::Error::other)?;
        hasher.update(&chunk);
        at += take;
    }
    Ok(hasher.finalize())
}

fn copy(from: &Path, to: &Path) -> Result<(), PathError> {
    let mut target = replace::temporary_for(to)?;
    let mut source = File::open(from).map_err(PathError::new("open", from))?;
    io::copy(&mut source, target.as_file_mut()).map_err(PathError::new("copy", from))?;
    target.as_file().sync_data().map_err(PathError::new("sync", target.path()))?;
    target.persist(to).map_err(|error| PathError::new("write", to)(error.error))?;
    Ok(())
}

fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600).custom_flags(libc::O_NOFOLLOW);
    }
    options.open(path)
}

/// Makes a folder and the ones above it below the log's, private to the user. A link in its place is refused.
fn make_private_folder(folder: &Path) -> Result<(), PathError> {
    let mut missing: Vec<PathBuf> = Vec::new();
    let mut at = Some(folder);
    while let Some(path) = at {
        match std::fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_dir() => break,
            Ok(_) => {
                let error = io::Error::new(io::ErrorKind::NotADirectory, "something else than a folder stands there");
                return Err(PathError::new("use", path)(error));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => missing.push(path.to_path_buf()),
            Err(error) => return Err(PathError::new("look at", path)(error)),
        }
        at = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    }
    for path in missing.iter().rev() {
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt;
            builder.mode(0o700);
        }
        builder.create(path).map_err(PathError::new("make", path))?;
        replace::sync_folder(paths::folder(path))?;
    }
    Ok(())
}
