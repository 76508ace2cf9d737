//! Migration of one session: upgrades its log to the current dialect and brings its sidecar up to date.
//!
//! Owns: which migration a session needs, the lock and the room for it, and the update of the sidecar.
//! Invariant: a session with a writer is left alone. A dry run predicts what a run does. A second migration changes no
//! byte. Core decides how a log is replaced.

mod from_v1;
mod upgrade;

use crate::os::files::PathError;
use crate::os::lock::LockError;
use crate::os::log_file::LogFile;
use crate::os::names::{before_sidecar, before_store_change};
use crate::os::path_text::shown;
use crate::os::standing::InTheWay;
use crate::os::stat;
use crate::os::workers::Workers;
use crate::os::{host, paths};
use crate::session::kind;
use crate::session::v1::{self, V1Files};
use crate::sidecar;
pub use crate::sidecar::batch::Batch;
use crate::sidecar::look::{Look, Right, look};
use crate::sidecar::rebuild::{self, Done, Known, RebuildError, Tick};
use jcode_session_core::dialect::{CurrentLog, Detected, PresentError, detect, present};
use jcode_session_core::index::IndexBuilder;
use jcode_session_core::log::{Dialect, LogScan, scan_on};
use jcode_session_core::parts::Part;
use jcode_session_core::report::{MigrateAction, MigratedSession};
use jcode_session_core::source::{ByteSource, SourceError};
use jcode_session_core::storage::StorageError;
use jcode_session_core::store::{StoreError, migrate as core_migrate};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Why a session was not migrated. Its log is unchanged, except after [`MigrateError::Sidecar`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// A file operation failed.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The log cannot be read.
    #[error("{0}")]
    Log(#[from] SourceError),
    /// The log cannot be presented in the current dialect.
    #[error(transparent)]
    Present(#[from] PresentError),
    /// A writer has the session open.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The new log could not be made or put in place.
    #[error(transparent)]
    Migrate(#[from] core_migrate::MigrateError),
    /// The sidecar could not be built. The log is migrated, and is read without a sidecar.
    #[error("{0}")]
    Sidecar(#[from] RebuildError),
    /// Something else stands under a name that a file or folder of ours needs.
    #[error(transparent)]
    InTheWay(#[from] InTheWay),
    /// The disk has too little room.
    #[error("it needs {needed} bytes beside a reserve of {} MiB, and {free} are free; make room and run again", RESERVE >> 20)]
    NoSpace {
        /// Bytes needed.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
}

impl From<StoreError> for MigrateError {
    fn from(error: StoreError) -> Self {
        Self::Migrate(error.into())
    }
}

impl From<StorageError> for MigrateError {
    fn from(error: StorageError) -> Self {
        Self::Migrate(error.into())
    }
}

/// Options of a migration.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Write nothing, only report.
    pub dry_run: bool,
    /// Rebuild sidecars that are up to date.
    pub force: bool,
}

/// Bytes that stay free on the disk, because a full disk troubles every program.
const RESERVE: u64 = 16 << 20;

/// What is to be done with one session.
#[derive(Debug)]
struct Plan {
    action: MigrateAction,
    dialect: Option<Dialect>,
    entry_count: u64,
    bytes_needed: u64,
    reason: Option<String>,
}

/// Migrates one session, or predicts what that would do. A failure is part of the result, so that a run over many
/// sessions goes on.
pub fn migrate(path: &Path, options: Options, tick: &mut Tick<'_>) -> MigratedSession {
    told(path, run(path, options, None, tick))
}

/// Like [`migrate`], but a small log's sidecar is in place only once the batch has ended, which costs one sync for many.
pub fn migrate_in(batch: &Batch, path: &Path, options: Options, tick: &mut Tick<'_>) -> MigratedSession {
    told(path, run(path, options, Some(batch), tick))
}

/// The sessions whose sidecars the batch could not put in place.
pub fn end(batch: Batch) -> impl Iterator<Item = (PathBuf, MigratedSession)> {
    batch.end().into_iter().map(|(log, error)| {
        let session = told(&log, Err(error.into()));
        (log, session)
    })
}

fn told(path: &Path, done: Result<Plan, MigrateError>) -> MigratedSession {
    let session = |dialect, action, entry_count, bytes_needed, reason| MigratedSession {
        path: shown(path),
        dialect,
        action,
        entry_count,
        bytes_needed,
        reason,
    };
    match done {
        Ok(plan) => session(plan.dialect, plan.action, plan.entry_count, plan.bytes_needed, plan.reason),
        Err(MigrateError::Sidecar(RebuildError::Busy) | MigrateError::Lock(LockError::Held { .. })) => {
            let reason = "another process is writing this session".to_string();
            session(dialect_of(path), MigrateAction::Skipped, 0, 0, Some(reason))
        }
        Err(error) => session(dialect_of(path), MigrateAction::Failed, 0, 0, Some(error.to_string())),
    }
}

/// The dialect of a session, judged by its head; `None` if the session cannot be read.
#[must_use]
pub fn dialect_of(path: &Path) -> Option<Dialect> {
    if v1::is_snapshot(path) {
        return Some(Dialect::JcodeV1);
    }
    kind::judge(path).ok().flatten().map(|detected| detected.dialect)
}

fn run(path: &Path, options: Options, batch: Option<&Batch>, tick: &mut Tick<'_>) -> Result<Plan, MigrateError> {
    let v1 = V1Files::beside(path);
    let log = paths::beside(path, Part::Log);
    let has_v1 = v1.exist() && v1::is_snapshot(v1.snapshot());
    let current = if has_v1 { &log } else { path };
    if !options.force
        && let Some(meta) = sidecar::untouched_meta(current)
        && (!has_v1 || meta.migrated_from == Some(v1.stamps()))
        // Earlier versions made sidecars of files that are no sessions.
        && kind::judge(current).is_ok_and(|detected| detected.is_some_and(|detected| detected.current().is_ok()))
    {
        return Ok(up_to_date(meta.counts.entries));
    }
    if has_v1 {
        return from_v1::migrate(&log, &v1, options, tick);
    }
    if let Some(detected) = kind::no_file(path) {
        return Ok(Plan { action: MigrateAction::Failed, ..unfit(&detected) });
    }
    let mut log = LogFile::open(path)?;
    let detected = detect(&log)?;
    if detected.known().is_err() {
        return Ok(unfit(&detected));
    }
    log.map_if_guarded();
    let may_be_right = detected.dialect.has_sidecar() && !options.force;
    let right = match may_be_right.then(|| look(&log, tick)).transpose()?.and_then(Look::right) {
        Some(right) if right.is_current => return note_current(&log, right, options, tick),
        right => right,
    };
    match present(log, &detected, &mut |_| ControlFlow::Continue(()))? {
        CurrentLog::Upgraded(log) => upgrade::upgrade(path, detected.dialect, log.rope, options, tick),
        CurrentLog::Replayed(_) => Err(core_migrate::MigrateError::NotEqual.into()),
        CurrentLog::AsIs(log) => {
            check_room(path, sidecar_bytes(guess_entries(&log)?))?;
            before_sidecar(path)?;
            if options.dry_run {
                drop(rebuild::lock(&log)?);
                let entries = count_entries(&log, tick)?;
                return if log.met_lost() { Err(RebuildError::Lost.into()) } else { Ok(index(entries)) };
            }
            if let (None, Some(batch)) = (&right, batch.filter(|_| log.len() <= rebuild::SMALL)) {
                return Ok(index(batch.build(log, &now(), tick)?.counts.entries));
            }
            let (done, meta) = rebuild::settle_or_build(&log, right, &now(), tick)?;
            let entries = meta.counts.entries;
            Ok(match done {
                Done::Nothing | Done::Restamped => up_to_date(entries),
                Done::CaughtUp | Done::Built => index(entries),
            })
        }
    }
}

/// Handles a sidecar that covers the whole log: records new stamps at most. If a writer has the session open, the
/// writer does it.
fn note_current(log: &LogFile, right: Right, options: Options, tick: &mut Tick<'_>) -> Result<Plan, MigrateError> {
    let entries = right.meta.counts.entries;
    if !options.dry_run {
        match rebuild::settle_or_build(log, Some(right), &Known::default(), tick) {
            Ok(_) | Err(RebuildError::Busy) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(up_to_date(entries))
}

const fn up_to_date(entry_count: u64) -> Plan {
    let (action, dialect) = (MigrateAction::UpToDate, Some(Dialect::TreeV3));
    Plan { action, dialect, entry_count, bytes_needed: 0, reason: None }
}

const fn index(entry_count: u64) -> Plan {
    let (action, dialect) = (MigrateAction::Index, Some(Dialect::TreeV3));
    Plan { action, dialect, entry_count, bytes_needed: sidecar_bytes(entry_count), reason: None }
}

fn skipped(dialect: Option<Dialect>, reason: &str) -> Plan {
    Plan { action: MigrateAction::Skipped, dialect, entry_count: 0, bytes_needed: 0, reason: Some(reason.to_string()) }
}

/// The plan for a file that is no session, or has a format that is never written.
fn unfit(detected: &Detected) -> Plan {
    let reason = detected.known().err().map(|refused| refused.to_string()).unwrap_or_default();
    skipped(Some(detected.dialect), &reason)
}

/// The plan for a symbolic link: skip it, because nothing is written through links.
fn link(plan: Plan) -> Plan {
    let reason = "it is a symbolic link, and no link is written through; migrate the file that it names".to_string();
    Plan { action: MigrateAction::Skipped, bytes_needed: 0, reason: Some(reason), ..plan }
}

fn is_link(path: &Path) -> bool {
    stat::lstat(path).is_ok_and(|metadata| metadata.is_symlink())
}

/// Refuses a session whose log cannot be replaced because something stands under a name that is needed.
fn check_names(log: &Path) -> Result<(), MigrateError> {
    before_store_change(log)?;
    Ok(before_sidecar(log)?)
}

/// What the sidecar records after any migration.
fn now() -> Known {
    Known { migrated_at: Some(host::now_ms()), ..Known::default() }
}

/// Builds the sidecar of a log that was put in place. If a writer has the new log open already, the writer brings the
/// sidecar up to date.
fn index_new(log: &Path, known: &Known, tick: &mut Tick<'_>) -> Result<(), MigrateError> {
    let mut new = LogFile::open(log)?;
    new.map_if_guarded();
    match rebuild::build_knowing(&new, known, tick) {
        Ok(_) | Err(RebuildError::Busy) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Upper bound of the sidecar's size for this many entries, with ids of 36 characters.
const fn sidecar_bytes(entries: u64) -> u64 {
    190_u64.saturating_mul(entries).saturating_add(8192)
}

/// Estimates the number of entries from the length of the first lines.
fn guess_entries(log: &dyn ByteSource) -> Result<u64, SourceError> {
    let seen = log.len().min(256 << 10);
    let start = log.read_vec(0, usize::try_from(seen).unwrap_or_default())?;
    let lines = memchr::memchr_iter(b'\n', &start).count() as u64;
    Ok(log.len().checked_div(seen / lines.max(1)).unwrap_or_default())
}

fn count_entries(log: &dyn ByteSource, tick: &mut Tick<'_>) -> Result<u64, SourceError> {
    let mut builder = IndexBuilder::new(());
    let all = 0..log.len();
    scan_on(&Workers::for_log(all.end), log, all, LogScan::new(), &mut builder, &mut |bytes| tick(bytes))?;
    Ok(builder.entry_count())
}

/// Refuses if the bytes do not fit beside the reserve, or if the folder is not writable.
fn check_room(path: &Path, needed: u64) -> Result<(), MigrateError> {
    let free = stat::free_space(paths::folder(path))?;
    if needed.saturating_add(RESERVE) > free {
        return Err(MigrateError::NoSpace { needed, free });
    }
    Ok(())
}
