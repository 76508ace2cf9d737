//! Prune: deletes, on request only, files of one session that were kept for safety and are no longer needed.
//!
//! Owns: which files may be deleted: originals of upgraded logs, files in `quarantine/`, and v1 files whose whole
//! content is in the log.
//! Invariant: no file younger than the grace period is deleted, and no file at all unless the log verifies without an
//! error. The ledger names the files before they are deleted. Only the command calls this.

use crate::ops::ledger;
use crate::ops::verify::{VerifyError, verify};
use crate::os::files::{PathError, stamp};
use crate::os::log_file::LogFile;
use crate::os::stat;
use crate::os::{host, paths, replace, segments};
use crate::session::v1::V1Files;
use crate::sidecar::rebuild::{self, RebuildError, Tick};
use crate::sidecar::{self, Sidecar};
use jcode_session_core::source::SourceError;
use jcode_session_core::store::import::KEPT_SOURCE;
use jcode_session_core::store::ledger::V1_FILES;
use jcode_session_core::store::{SessionStore, StoreError};
use std::path::{Path, PathBuf};

/// Why nothing was pruned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PruneError {
    /// The log could not be verified.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The log has errors.
    #[error("{}: has errors, so what was kept of it stays; `verify` shows them", .0.display())]
    Unsound(PathBuf),
    /// A file operation failed.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The log cannot be read.
    #[error("{}: {source}", path.display())]
    Log {
        /// The log.
        path: PathBuf,
        /// The reason.
        source: SourceError,
    },
    /// The ledger cannot be written.
    #[error("{}: {source}", path.display())]
    Store {
        /// The log.
        path: PathBuf,
        /// The reason.
        source: StoreError,
    },
    /// A writer has the session open.
    #[error("{}: {source}", path.display())]
    Lock {
        /// The log.
        path: PathBuf,
        /// The reason.
        source: RebuildError,
    },
}

/// A file that was deleted, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pruned {
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub len: u64,
    /// The file's name in the ledger.
    name: String,
}

/// Deletes files of a session that were kept for longer than `grace_ms`. Returns them by path. A dry run deletes
/// nothing.
///
/// # Errors
/// See [`PruneError`]. Nothing was deleted then, unless a deletion itself failed; in that case a second run goes on.
pub fn prune(log: &Path, grace_ms: i64, dry_run: bool, tick: &mut Tick<'_>) -> Result<Vec<Pruned>, PruneError> {
    let failed = |source| PruneError::Log { path: log.to_path_buf(), source };
    let file = LogFile::open(log)?;
    let mut old = kept(log, grace_ms);
    if let Sidecar::Fresh { reader, .. } = sidecar::open(&file).map_err(failed)? {
        old.extend(v1_files(log, reader.meta().migrated_from.as_deref(), grace_ms));
    }
    if old.is_empty() {
        return Ok(old);
    }
    let busy = |source| PruneError::Lock { path: log.to_path_buf(), source };
    let lock = rebuild::lock(&file).map_err(busy)?;
    if !verify(log, tick)?.ok {
        return Err(PruneError::Unsound(log.to_path_buf()));
    }
    if dry_run {
        return Ok(old);
    }
    let mut names: Vec<String> = old.iter().map(|pruned| pruned.name.clone()).collect();
    names.dedup();
    let failed = |source| PruneError::Store { path: log.to_path_buf(), source };
    let storage = segments::storage(log);
    SessionStore::open(&storage).and_then(|session| session.prune(names, host::now_ms())).map_err(failed)?;
    for pruned in &old {
        stat::remove(&pruned.path)?;
    }
    for pruned in &old {
        replace::sync_folder(paths::folder(&pruned.path))?;
    }
    drop(lock);
    Ok(old)
}

/// Old files in `checkpoints/` and `quarantine/`.
fn kept(log: &Path, grace_ms: i64) -> Vec<Pruned> {
    let mut found = Vec::new();
    for folder in ["checkpoints", "quarantine"] {
        let Ok(entries) = stat::read_folder(&paths::store(log).join(folder)) else { continue };
        for entry in entries.filter_map(Result::ok) {
            // The type is that of a link itself, and we make no links.
            let name = entry.file_name();
            // The log of an import refers to its source.
            let is_source = name.to_string_lossy().starts_with(KEPT_SOURCE);
            if !is_source && entry.file_type().is_ok_and(|kind| kind.is_file()) {
                let name = format!("{folder}/{}", name.to_string_lossy());
                found.extend(old(entry.path(), name, grace_ms));
            }
        }
    }
    found
}

/// The v1 files, if the log holds all of their present content.
fn v1_files(log: &Path, migrated_from: Option<&str>, grace_ms: i64) -> Vec<Pruned> {
    let files = V1Files::beside(log);
    // An interrupted prune may leave some v1 files. They are no session any more, because the snapshot goes first.
    let left_over = !files.exist() && ledger::read(log).is_ok_and(|ledger| ledger.pruned.contains(V1_FILES));
    if !left_over && (!files.exist() || migrated_from != Some(files.stamps().as_str())) {
        return Vec::new();
    }
    let there = files.paths().into_iter().filter(|path| path.is_file());
    let pruned: Vec<Option<Pruned>> = there.map(|path| old(path, V1_FILES.to_string(), grace_ms)).collect();
    // All of them or none: a snapshot without its journal would be another session.
    pruned.into_iter().collect::<Option<Vec<Pruned>>>().unwrap_or_default()
}

/// The file, if it was not touched for longer than the grace period. The ctime counts as well as the mtime: an original
/// keeps the old log's mtime, and was set aside later.
fn old(path: PathBuf, name: String, grace_ms: i64) -> Option<Pruned> {
    let stamp = stamp(&path).ok().flatten()?;
    let touched_ms = stamp.mtime_ns.max(stamp.ctime_ns) / 1_000_000;
    (host::now_ms().saturating_sub(touched_ms) >= grace_ms).then_some(Pruned { path, len: stamp.len, name })
}
