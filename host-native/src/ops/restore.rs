//! Checkpoint, rollback, undo and repair of a session's files.
//!
//! Owns: the lock around these operations, and the update of the sidecar. Core decides the steps.
//! Invariant: a session with a writer is refused. A sidecar that cannot be updated fails nothing; it is updated when
//! the session is opened next.

use crate::ops::ledger;
use crate::os::files::PathError;
use crate::os::lock::{LockError, SessionLock};
use crate::os::log_file::LogFile;
use crate::os::names::{before_store_change, explain};
use crate::os::path_text::shown;
use crate::os::standing::InTheWay;
use crate::os::{host, paths, segments};
use crate::session::kind;
use crate::session::v1::{self, V1Files};
use crate::sidecar::rebuild::{self, Tick};
use jcode_session_core::dialect::{Detected, Refused, detect};
use jcode_session_core::parts::Part;
use jcode_session_core::report::{CheckpointReport, CheckpointsReport};
use jcode_session_core::source::{ByteSource, SourceError};
use jcode_session_core::storage::Place;
use jcode_session_core::store::history::{History, How};
use jcode_session_core::store::{
    LogState, SessionStore, StoreError, checkpoint, repair, rollback, undo, without_pending,
};
use jcode_session_core::write::OpenError;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Up to this log size the sidecar is rebuilt at once; for a larger log, when the session is opened next.
const REBUILD_AT_ONCE: u64 = 16 << 20;

/// Why a session was left unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// A writer has the session open.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Something else stands under a name that a file or folder of ours needs.
    #[error(transparent)]
    InTheWay(#[from] InTheWay),
    /// A file operation failed.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The log could not be recovered first.
    #[error("{}: {source}", path.display())]
    Open {
        /// The log.
        path: PathBuf,
        /// The reason.
        source: OpenError,
    },
    /// The caller stopped it. Nothing was set aside, and the log is as it was.
    #[error("{}: interrupted; the log is as it was", path.display())]
    Interrupted {
        /// The log.
        path: PathBuf,
    },
    /// Core refused the operation.
    #[error("{}: {source}", path.display())]
    Store {
        /// The log.
        path: PathBuf,
        /// The reason.
        source: StoreError,
    },
}

/// The state of the sidecar afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// The sidecar is up to date, or the session needs none.
    UpToDate,
    /// The sidecar is updated when the session is opened next. Until then reads use the log.
    Later,
}

/// The log of a session that is given by its log or its v1 snapshot.
#[must_use]
pub fn log_of(session: &Path) -> PathBuf {
    if v1::is_snapshot(session) { paths::beside(session, Part::Log) } else { session.to_path_buf() }
}

/// Length of the log, wherever its bytes stand; 0 if there is none that can be read.
#[must_use]
pub fn len_of(log: &Path) -> u64 {
    LogFile::open(log).map_or(0, |file| file.len())
}

/// Checks a session before anything is written beside it. Refuses a file that the command cannot work on, and a session
/// whose lock or store is blocked by something else of that name. A file that does not exist passes.
pub(crate) fn must_be(log: &Path, fit: impl FnOnce(&Detected) -> Result<(), Refused>) -> Result<(), RestoreError> {
    if let Some(detected) = kind::judge(log)? {
        fit(&detected).map_err(|refused| failed(log)(refused.into()))?;
    }
    Ok(before_store_change(log)?)
}

/// Like [`must_be`], but a file that is no session any more passes if its ledger has rows, so that it can be brought
/// back.
fn must_be_returnable(log: &Path) -> Result<(), RestoreError> {
    let was_session = !ledger::read(log)?.rows.is_empty();
    must_be(log, |detected| if was_session && !detected.is_session() { Ok(()) } else { detected.known() })
}

pub(crate) fn failed(log: &Path) -> impl Fn(StoreError) -> RestoreError {
    let path = log.to_path_buf();
    move |source| match source {
        StoreError::Source(SourceError::Interrupted) => RestoreError::Interrupted { path: path.clone() },
        source => RestoreError::Store { path: path.clone(), source },
    }
}

/// The states to which a session can be returned, newest first. Writes nothing.
///
/// # Errors
/// Fails if the log or the ledger cannot be read, or if something else stands in the ledger's place.
pub fn checkpoints(log: &Path) -> Result<CheckpointsReport, RestoreError> {
    let unreadable = |error: SourceError| failed(log)(error.into());
    let file = log.is_file().then(|| LogFile::open(log)).transpose()?.filter(|file| !file.is_empty());
    let now = file.as_ref().map_or(Ok(LogState::none()), |file| LogState::of(file, file.len())).map_err(unreadable)?;
    let ledger = ledger::read(log)?;
    if ledger.rows.is_empty()
        && let Some(found) = explain(log, &paths::place(log, &Place::Ledger))
    {
        return Err(found.into());
    }
    let ledger = without_pending(&ledger, file.as_ref()).map_err(unreadable)?;
    let history = History::of(&ledger);
    let offered = checkpoint::offered(&history, host::now_ms()).into_iter();
    let rows = offered.filter_map(|state| {
        let row = history.row(state.row)?;
        Some(CheckpointReport::new(row, &state.how, row.state().as_ref() == Some(&now)))
    });
    Ok(CheckpointsReport::new(shown(log), rows.collect()))
}

/// Takes a checkpoint of a session without a writer. Returns false if the newest checkpoint already describes this
/// state.
///
/// # Errors
/// See [`RestoreError`].
pub fn take_checkpoint(log: &Path) -> Result<bool, RestoreError> {
    must_be(log, Detected::known)?;
    let _lock = SessionLock::acquire(log)?;
    let storage = segments::storage(log);
    let mut store = SessionStore::open(&storage).map_err(failed(log))?;
    store.resolve_pending(host::now_ms()).map_err(failed(log))?;
    Ok(store.checkpoint(host::now_ms(), "on demand").map_err(failed(log))?.is_some())
}

fn rollback_options(log: &Path, to_ms: Option<i64>) -> rollback::Options {
    let v1 = V1Files::beside(log);
    let has_source = v1.exist() && v1::is_snapshot(v1.snapshot());
    rollback::Options { to_ms, now_ms: host::now_ms(), has_source }
}

/// Predicts what [`rollback`] would do.
///
/// # Errors
/// See [`RestoreError`].
pub fn plan_rollback(log: &Path, to_ms: Option<i64>, tick: &mut Tick<'_>) -> Result<rollback::Plan, RestoreError> {
    must_be_returnable(log)?;
    let storage = segments::storage_to_look_at(log);
    let store = SessionStore::open(&storage).map_err(failed(log))?;
    rollback::plan(&store, &rollback_options(log, to_ms), tick).map_err(failed(log))
}

/// Returns a session to its newest checkpoint that differs from the present state, or to the newest one at or before
/// `to_ms`.
///
/// # Errors
/// See [`RestoreError`].
pub fn rollback(log: &Path, to_ms: Option<i64>, tick: &mut Tick<'_>) -> Result<(rollback::Plan, Follow), RestoreError> {
    must_be_returnable(log)?;
    let _lock = SessionLock::acquire(log)?;
    let storage = segments::storage(log);
    let mut store = SessionStore::open(&storage).map_err(failed(log))?;
    let plan = rollback::run(&mut store, &rollback_options(log, to_ms), tick).map_err(failed(log))?;
    if plan.is_there {
        return Ok((plan, Follow::UpToDate));
    }
    let follow = follow(log, plan.how == How::Gone)?;
    store.acknowledge();
    Ok((plan, follow))
}

/// Predicts what [`undo`] would do.
///
/// # Errors
/// See [`RestoreError`].
pub fn plan_undo(log: &Path, force: bool, tick: &mut Tick<'_>) -> Result<undo::Plan, RestoreError> {
    must_be_returnable(log)?;
    let storage = segments::storage_to_look_at(log);
    let store = SessionStore::open(&storage).map_err(failed(log))?;
    undo::plan(&store, &undo::Options { force, now_ms: host::now_ms() }, tick).map_err(failed(log))
}

/// Takes back the last rollback.
///
/// # Errors
/// See [`RestoreError`].
pub fn undo(log: &Path, force: bool, tick: &mut Tick<'_>) -> Result<(undo::Plan, Follow), RestoreError> {
    must_be_returnable(log)?;
    let _lock = SessionLock::acquire(log)?;
    let storage = segments::storage(log);
    let mut store = SessionStore::open(&storage).map_err(failed(log))?;
    let options = undo::Options { force, now_ms: host::now_ms() };
    let plan = undo::run(&mut store, &options, tick).map_err(failed(log))?;
    let follow = follow(log, false)?;
    store.acknowledge();
    Ok((plan, follow))
}

/// Predicts what [`repair`] would do.
///
/// # Errors
/// See [`RestoreError`].
pub fn plan_repair(log: &Path, tick: &mut Tick<'_>) -> Result<repair::Plan, RestoreError> {
    must_be(log, Detected::current)?;
    let storage = segments::storage_to_repair(log, true);
    let store = SessionStore::open(&storage).map_err(failed(log))?;
    repair::plan(&store, tick).map_err(failed(log))
}

/// Rewrites a damaged log from its good records.
///
/// # Errors
/// See [`RestoreError`].
pub fn repair(log: &Path, tick: &mut Tick<'_>) -> Result<(repair::Plan, Follow), RestoreError> {
    must_be(log, Detected::current)?;
    let _lock = SessionLock::acquire(log)?;
    let storage = segments::storage_to_repair(log, false);
    let mut store = SessionStore::open(&storage).map_err(failed(log))?;
    let plan = repair::run(&mut store, &paths::stem(log), host::now_ms(), tick).map_err(failed(log))?;
    let follow = if plan.is_nothing() { Follow::UpToDate } else { follow(log, false)? };
    Ok((plan, follow))
}

/// Brings the sidecar to the state of the log. `gone`: there is no log any more.
fn follow(log: &Path, gone: bool) -> Result<Follow, RestoreError> {
    if gone {
        rebuild::remove(log)?;
        return Ok(Follow::UpToDate);
    }
    let mut file = LogFile::open(log)?;
    if !detect(&file).is_ok_and(|detected| detected.dialect.has_sidecar()) {
        rebuild::remove(log)?;
        return Ok(Follow::UpToDate);
    }
    file.map_if_guarded();
    let tick = &mut |_| ControlFlow::Continue(());
    let settled = rebuild::settle_held(&file, tick).is_ok_and(|meta| meta.is_some());
    if settled || file.len() <= REBUILD_AT_ONCE && rebuild::build_held(&file, tick).is_ok() {
        return Ok(Follow::UpToDate);
    }
    // It may say that less of the log is on the disk than is: what it does not vouch for, recovery would set aside.
    let _ = rebuild::remove(log);
    Ok(Follow::Later)
}
