//! Import: copies a session of another agent into our home.
//!
//! Owns: opening the source, the lock and the sidecar of an import. Core decides what an import writes.
//! Invariant: nothing is written where the source lies. The source is read only up to its length when it was opened.

use crate::os::files::PathError;
use crate::os::lock::{LockError, SessionLock};
use crate::os::log_file::LogFile;
use crate::os::path_text::shown;
use crate::os::stat;
use crate::os::{folders, host, paths, segments};
use crate::sidecar::rebuild::{self, Known, RebuildError, Tick};
use jcode_session_core::dialect::{FileKind, PresentError, detect, present};
use jcode_session_core::source::{ByteSource, SourceError};
use jcode_session_core::store::import::{self, Import, Kept, Source, kept_source};
use jcode_session_core::store::{SessionStore, StoreError, ledger};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Why a session was not imported, or its original not returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// A file operation failed.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A writer has the imported session open.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Core refused the import.
    #[error("{}: {source}", path.display())]
    Import {
        /// The source.
        path: PathBuf,
        /// The reason.
        source: import::ImportError,
    },
    /// The session is imported, but its sidecar could not be built.
    #[error("{0}")]
    Sidecar(#[from] RebuildError),
    /// The session was not imported.
    #[error("{}: was not imported, so that there is no original of it", .0.display())]
    NotImported(PathBuf),
    /// The kept source is gone or holds other bytes.
    #[error("{}: is not what was imported; `verify` names it", .0.display())]
    NotKept(PathBuf),
}

/// The result of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The session's id.
    pub session_id: String,
    /// Its log.
    pub log: PathBuf,
    /// Number of new entries; 0 if the log already held all of the source.
    pub entries: u64,
    /// There was no such session before.
    pub is_new: bool,
}

/// Imports the session at `path` into the folder `sessions`, or brings an earlier import up to date.
///
/// # Errors
/// See [`ImportError`]. The source is unchanged in any case.
pub fn import(path: &Path, sessions: &Path, tick: &mut Tick<'_>) -> Result<Imported, ImportError> {
    let failed = |source| ImportError::Import { path: path.to_path_buf(), source };
    let source_failed = |source: SourceError| failed(source.into());
    let mut bytes = LogFile::open(path)?;
    bytes.map_if_guarded();
    let detected = detect(&bytes).map_err(source_failed)?;
    if detected.kind != FileKind::Foreign {
        return Err(failed(match detected.readable() {
            Ok(()) => import::ImportError::NotForeign,
            Err(refused) => refused.into(),
        }));
    }
    let shown_log = present(&bytes, &detected, &mut |bytes| tick(bytes)).map_err(|error| match error {
        PresentError::Source(error) => source_failed(error),
        PresentError::Refused(refused) => failed(refused.into()),
        other => failed(StoreError::StillDamaged(other.to_string()).into()),
    })?;
    let stem = paths::stem(path);
    let session_id = import::imported_id(&shown_log, &detected, &stem).map_err(failed)?;
    let log = sessions.join(format!("{session_id}.jsonl"));
    folders::make_all(sessions).map_err(PathError::new("make", sessions))?;
    let _lock = SessionLock::acquire(&log)?;
    let old = match LogFile::open(&log) {
        Ok(mut old) => {
            old.map_if_guarded();
            Some(old)
        }
        Err(error) if error.source.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    let absolute = stat::real_path(path).unwrap_or_else(|_| path.to_path_buf());
    let name = shown(&absolute);
    let source = Source { shown: &shown_log, bytes: &bytes, detected: &detected, path: &name, stem: &stem };
    let is_new = old.as_ref().is_none_or(ByteSource::is_empty);
    let old_log = old.as_ref().map(|old| old as &dyn ByteSource);
    let planned = Import::plan(&source, old_log, &mut |bytes| tick(bytes)).map_err(failed)?;
    let Some(plan) = planned else { return Ok(Imported { session_id, log, entries: 0, is_new: false }) };
    let old_len = old.as_ref().map_or(0, ByteSource::len);
    let storage = segments::storage(&log);
    let store = SessionStore::open(&storage).map_err(|error: StoreError| failed(error.into()))?;
    plan.run(store, &bytes, old_len, host::now_ms()).map_err(failed)?;
    let mut new = LogFile::open(&log)?;
    new.map_if_guarded();
    let known = Known { synced_len: new.len(), ..Known::default() };
    match rebuild::build_knowing(&new, &known, tick) {
        Ok(_) | Err(RebuildError::Busy) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(Imported { session_id, log, entries: plan.entries, is_new })
}

/// Passes the source of an imported session to `out`, as it was at the last import. The inner result is the error of
/// `out`.
///
/// # Errors
/// Fails if the session was not imported, or if the kept bytes are gone or differ. `out` gets no bytes in these cases.
pub fn original(log: &Path, out: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> Result<io::Result<()>, ImportError> {
    let failed = |source: SourceError| ImportError::Import { path: log.to_path_buf(), source: source.into() };
    let kept = kept_source(&LogFile::open(log)?).map_err(failed)?;
    if kept.is_empty() {
        return Err(ImportError::NotImported(log.to_path_buf()));
    }
    let mut hasher = blake3::Hasher::new();
    let mut last = Path::new("").to_path_buf();
    each(
        log,
        &kept,
        &mut |bytes| {
            hasher.update(bytes);
            ControlFlow::Continue(())
        },
        &mut last,
    )?;
    if kept.last().is_none_or(|kept| kept.digest != ledger::digest_hex(&hasher.finalize())) {
        return Err(ImportError::NotKept(last));
    }
    let mut written = Ok(());
    each(
        log,
        &kept,
        &mut |bytes| {
            written = out(bytes);
            if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        },
        &mut last,
    )?;
    Ok(written)
}

fn each(
    log: &Path,
    kept: &[Kept],
    give: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    last: &mut PathBuf,
) -> Result<(), ImportError> {
    for kept in kept {
        let path = paths::store(log).join("checkpoints").join(kept.name.as_str());
        last.clone_from(&path);
        let is_file = stat::lstat(&path).is_ok_and(|metadata| metadata.is_file());
        let file = if is_file { LogFile::open(&path)? } else { return Err(ImportError::NotKept(path)) };
        if file.len() != kept.len {
            return Err(ImportError::NotKept(path));
        }
        let unread = |source: SourceError| ImportError::Import { path: path.clone(), source: source.into() };
        let mut pieces = jcode_session_core::source::Pieces::new(&file, 0..file.len());
        while let Some((_, bytes)) = pieces.read().map_err(unread)? {
            if give(bytes).is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}
