//! Checkpoints, rollback, undo and repair of a session's files.
//!
//! Owns: the lock around them, and that the sidecar follows.
//! Invariant: a session that somebody writes is refused; a sidecar that cannot follow makes nothing fail, it is
//! brought up to date when the session is opened next. Does not: decide; core does.

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
use crate::sidecar::rebuild;
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

/// Logs up to this size have their sidecar rebuilt at once; those of larger ones when they are opened next.
const REBUILD_AT_ONCE: u64 = 16 << 20;

/// Why a session was left as it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// Somebody writes it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Something else stands where a file or folder of ours should.
    #[error(transparent)]
    InTheWay(#[from] InTheWay),
    /// The file system refused.
    #[error(transparent)]
    Path(#[from] PathError),
    /// It cannot be brought to whole lines first.
    #[error("{}: {source}", path.display())]
    Open {
        /// The log.
        path: PathBuf,
        /// Why.
        source: OpenError,
    },
    /// It cannot be done.
    #[error("{}: {source}", path.display())]
    Store {
        /// The log.
        path: PathBuf,
        /// Why.
        source: StoreError,
    },
}

/// What became of the sidecar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// It is up to date, or there is none to be.
    UpToDate,
    /// It is brought up to date when the session is opened next; until then reads go to the log.
    Later,
}

/// The log of a session, which may be named by its v1 snapshot.
#[must_use]
pub fn log_of(session: &Path) -> PathBuf {
    if v1::is_snapshot(session) { paths::beside(session, Part::Log) } else { session.to_path_buf() }
}

/// Refuses a file that is not what a command works on, before anything lies beside it, and a session beside which
/// something else stands where its lock or its store should. A file that is not there passes.
pub(crate) fn must_be(log: &Path, fit: impl FnOnce(&Detected) -> Result<(), Refused>) -> Result<(), RestoreError> {
    if let Some(detected) = kind::judge(log)? {
        fit(&detected).map_err(|refused| failed(log)(refused.into()))?;
    }
    Ok(before_store_change(log)?)
}

/// What no session is left of can be brought back, if a ledger tells that it was one.
fn must_be_returnable(log: &Path) -> Result<(), RestoreError> {
    let was_session = !ledger::read(log)?.rows.is_empty();
    must_be(log, |detected| if was_session && !detected.is_session() { Ok(()) } else { detected.known() })
}

pub(crate) fn failed(log: &Path) -> impl Fn(StoreError) -> RestoreError {
    let path = log.to_path_buf();
    move |source| RestoreError::Store { path: path.clone(), source }
}

/// The states that a session can be returned to, newest first. Writes nothing.
///
/// # Errors
/// If log or ledger cannot be read, or something else stands where the ledger should.
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

/// Takes a checkpoint of a session that nobody writes; false if its newest one is of this very state.
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

/// Says what [`rollback`] would do.
///
/// # Errors
/// See [`RestoreError`].
pub fn plan_rollback(log: &Path, to_ms: Option<i64>) -> Result<rollback::Plan, RestoreError> {
    must_be_returnable(log)?;
    let storage = segments::storage_to_look_at(log);
    let store = SessionStore::open(&storage).map_err(failed(log))?;
    rollback::plan(&store, &rollback_options(log, to_ms)).map_err(failed(log))
}

/// Returns a session to its newest checkpoint that differs from now, or to the newest at or before `to_ms`.
///
/// # Errors
/// See [`RestoreError`].
pub fn rollback(log: &Path, to_ms: Option<i64>) -> Result<(rollback::Plan, Follow), RestoreError> {
    must_be_returnable(log)?;
    let _lock = SessionLock::acquire(log)?;
    let storage = segments::storage(log);
    let mut store = SessionStore::open(&storage).map_err(failed(log))?;
    let plan = rollback::run(&mut store, &rollback_options(log, to_ms)).map_err(failed(log))?;
    if plan.is_there {
        return Ok((plan, Follow::UpToDate));
    }
    let follow = follow(log, plan.how == How::Gone)?;
    store.acknowledge();
    Ok((plan, follow))
}

/// Says what [`undo`] would do.
///
/// # Errors
/// See [`RestoreError`].
pub fn plan_undo(log: &Path, force: bool) -> Result<undo::Plan, RestoreError> {
    must_be_returnable(log)?;
    let storage = segments::storage_to_look_at(log);
    let store = SessionStore::open(&storage).map_err(failed(log))?;
    undo::plan(&store, &undo::Options { force, now_ms: host::now_ms() }).map_err(failed(log))
}

/// Takes the last rollback back.
///
/// # Errors
/// See [`RestoreError`].
pub fn undo(log: &Path, force: bool) -> Result<(undo::Plan, Follow), RestoreError> {
    must_be_returnable(log)?;
    let _lock = SessionLock::acquire(log)?;
    let storage = segments::storage(log);
    let mut store = SessionStore::open(&storage).map_err(failed(log))?;
    let plan = undo::run(&mut store, &undo::Options { force, now_ms: host::now_ms() }).map_err(failed(log))?;
    let follow = follow(log, false)?;
    store.acknowledge();
    Ok((plan, follow))
}

/// Says what [`repair`] would do.
///
/// # Errors
/// See [`RestoreError`].
pub fn plan_repair(log: &Path) -> Result<repair::Plan, RestoreError> {
    must_be(log, Detected::current)?;
    let storage = segments::storage_to_repair(log, true);
    let store = SessionStore::open(&storage).map_err(failed(log))?;
    repair::plan(&store).map_err(failed(log))
}

/// Rewrites a damaged log from its good records.
///
/// # Errors
/// See [`RestoreError`].
pub fn repair(log: &Path) -> Result<(repair::Plan, Follow), RestoreError> {
    must_be(log, Detected::current)?;
    let _lock = SessionLock::acquire(log)?;
    let storage = segments::storage_to_repair(log, false);
    let mut store = SessionStore::open(&storage).map_err(failed(log))?;
    let plan = repair::run(&mut store, &paths::stem(log), host::now_ms()).map_err(failed(log))?;
    let follow = if plan.is_nothing() { Follow::UpToDate } else { follow(log, false)? };
    Ok((plan, follow))
}

/// Brings the sidecar to the state of the log.
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
    if file.len() > REBUILD_AT_ONCE {
        return Ok(Follow::Later);
    }
    file.map_if_guarded();
    Ok(match rebuild::update_held(&file, &mut |_| ControlFlow::Continue(())) {
        Ok(_) => Follow::UpToDate,
        Err(_) => Follow::Later,
    })
}
