//! Migration of one session: its log to the current dialect, its sidecar up to date.
//!
//! Owns: the order of steps, each of which leaves the session whole.
//! Invariant: the old bytes are kept (as the migration's checkpoint) before the new log takes its place, and the new
//! log takes it only after it was compared with the old one and synced. Run again, it changes no byte.
//! Does not: walk folders or run in parallel; the command line does.
//!
//! Steps of an upgrade: lock, write the new log aside, compare it with the old one, sync the old one and keep it under
//! `<stem>.store/checkpoints`, write the ledger's row, sync the new log and rename it over the old one, write the second
//! row, build the sidecar.

mod from_v1;
mod upgrade;

use crate::os::files::PathError;
use crate::os::host;
use crate::os::log_file::LogFile;
use crate::os::replace::ReplaceError;
use crate::os::standing::{InTheWay, before_migration};
use crate::session::v1::{self, V1Files};
use crate::sidecar::rebuild::{self, Done, Known, RebuildError, Tick};
use crate::sidecar::{self, Sidecar};
use jcode_session_core::dialect::jcode::{GrowthError, ReplayError};
use jcode_session_core::dialect::{CheckError, CurrentLog, detect, present};
use jcode_session_core::index::IndexBuilder;
use jcode_session_core::log::{Dialect, LogScan, scan_source};
use jcode_session_core::report::{MigrateAction, MigratedSession};
use jcode_session_core::source::{ByteSource, Pieces, SourceError};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use tempfile::NamedTempFile;

/// Why a session was not migrated; it is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// A file operation failed.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The log cannot be read.
    #[error("{0}")]
    Log(#[from] SourceError),
    /// The upgraded log is not what the old one implies.
    #[error("{0}")]
    Check(#[from] CheckError),
    /// The v1 files cannot be read as a session.
    #[error("{0}")]
    V1(#[from] ReplayError),
    /// What the v1 files gained cannot be added to the log beside them.
    #[error("{0}")]
    Growth(#[from] GrowthError),
    /// jcode wrote its v1 files while they were read.
    #[error("jcode changed its files meanwhile; run again once it is idle")]
    SourceChanged,
    /// The written log is not what the v1 files say.
    #[error("the written log does not hold what the v1 files say, and was thrown away; please report this")]
    NotEqual,
    /// The new log could not be put in place.
    #[error(transparent)]
    Replace(#[from] ReplaceError),
    /// The sidecar could not be built; the log is migrated, and is read without one.
    #[error("{0}")]
    Sidecar(#[from] RebuildError),
    /// Something else stands where a file or folder of ours should.
    #[error(transparent)]
    InTheWay(#[from] InTheWay),
    /// There is no room.
    #[error("it needs {needed} bytes beside a reserve of {} MiB, and {free} are free; make room and run again", RESERVE >> 20)]
    NoSpace {
        /// Bytes needed.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
}

/// How to migrate.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Write nothing, only tell.
    pub dry_run: bool,
    /// Rebuild sidecars that are up to date.
    pub force: bool,
}

/// Space that is left free: a full disk is every program's trouble.
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

/// Migrates one session, or tells what that would do. A failure is part of the result, not an error: the other
/// sessions of a run go on.
pub fn migrate(path: &Path, options: Options, tick: &mut Tick<'_>) -> MigratedSession {
    let session = |dialect, action, entry_count, bytes_needed, reason| MigratedSession {
        path: path.to_string_lossy().into_owned(),
        dialect,
        action,
        entry_count,
        bytes_needed,
        reason,
    };
    match run(path, options, tick) {
        Ok(plan) => session(plan.dialect, plan.action, plan.entry_count, plan.bytes_needed, plan.reason),
        Err(MigrateError::Sidecar(RebuildError::Busy)) => {
            let reason = "another process is writing this session".to_string();
            session(dialect_of(path), MigrateAction::Skipped, 0, 0, Some(reason))
        }
        Err(error) => session(dialect_of(path), MigrateAction::Failed, 0, 0, Some(error.to_string())),
    }
}

/// The dialect of a session, as far as its start tells; `None` if it cannot be read.
#[must_use]
pub fn dialect_of(path: &Path) -> Option<Dialect> {
    if v1::is_snapshot(path) {
        return Some(Dialect::JcodeV1);
    }
    let log = LogFile::open(path).ok()?;
    detect(&log).ok().map(|detected| detected.dialect)
}

fn run(path: &Path, options: Options, tick: &mut Tick<'_>) -> Result<Plan, MigrateError> {
    let v1 = V1Files::beside(path);
    let log = path.with_extension("jsonl");
    let has_v1 = v1.exist() && v1::is_snapshot(v1.snapshot());
    if !options.force
        && let Some(meta) = sidecar::quick_meta(if has_v1 { &log } else { path })
        && (!has_v1 || meta.migrated_from == Some(v1.stamps()))
    {
        return Ok(up_to_date(meta.counts.entries));
    }
    before_migration(&log)?;
    if has_v1 {
        return from_v1::migrate(&log, &v1, options, tick);
    }
    let mut log = LogFile::open(path)?;
    if log.is_empty() {
        return Ok(skipped(None, "it is empty"));
    }
    let state = sidecar::open(&log)?;
    if let (Sidecar::Fresh { reader, restamp }, false) = (&state, options.force) {
        let entries = reader.meta().counts.entries;
        if *restamp && !options.dry_run {
            rebuild::update(&log, false, tick)?;
        }
        return Ok(up_to_date(entries));
    }
    log.map_if_guarded();
    let (detected, presented) = present(log, &mut |_| ControlFlow::Continue(()))?;
    match presented {
        CurrentLog::Upgraded(log) => upgrade::upgrade(path, detected, &log.rope, options, tick),
        CurrentLog::Replayed(_) => Err(MigrateError::NotEqual),
        CurrentLog::AsIs(log) => {
            if detected.header.is_none() && !has_entries(&log, tick)? {
                return Ok(skipped(None, "it holds no record; this is no session log"));
            }
            check_room(path, sidecar_bytes(guess_entries(&log)?))?;
            if options.dry_run {
                drop(rebuild::lock(&log)?);
                let entries = count_entries(&log, tick)?;
                return if log.met_lost() { Err(RebuildError::Lost.into()) } else { Ok(index(entries)) };
            }
            let known = Known { migrated_at: Some(host::now_ms()), ..Known::default() };
            let (done, meta) = rebuild::update_knowing(&log, options.force, &known, tick)?;
            let entries = meta.counts.entries;
            Ok(match done {
                Done::Nothing | Done::Restamped => up_to_date(entries),
                Done::CaughtUp | Done::Built => index(entries),
            })
        }
    }
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

/// What the sidecar of so many entries takes at most, with ids of 36 characters.
const fn sidecar_bytes(entries: u64) -> u64 {
    190_u64.saturating_mul(entries).saturating_add(8192)
}

/// About how many entries a log has, by the length of its first lines.
fn guess_entries(log: &dyn ByteSource) -> Result<u64, SourceError> {
    let seen = log.len().min(256 << 10);
    let start = log.read_vec(0, usize::try_from(seen).unwrap_or_default())?;
    let lines = memchr::memchr_iter(b'\n', &start).count() as u64;
    Ok(log.len().checked_div(seen / lines.max(1)).unwrap_or_default())
}

fn count_entries(log: &dyn ByteSource, tick: &mut Tick<'_>) -> Result<u64, SourceError> {
    let mut builder = IndexBuilder::new(());
    scan_source(log, 0..log.len(), LogScan::new(), &mut builder, &mut |bytes| tick(bytes))?;
    Ok(builder.entry_count())
}

fn has_entries(log: &dyn ByteSource, tick: &mut Tick<'_>) -> Result<bool, SourceError> {
    count_entries(log, tick).map(|count| count > 0)
}

/// Refuses what does not fit beside the reserve, or into a folder that cannot be written.
fn check_room(path: &Path, needed: u64) -> Result<(), MigrateError> {
    let folder = crate::os::paths::folder(path);
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK)
        .map_err(|error| PathError::new("write in", folder)(error.into()))?;
    let stat = rustix::fs::statvfs(folder).map_err(|error| PathError::new("look at", folder)(error.into()))?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    if needed.saturating_add(RESERVE) > free {
        return Err(MigrateError::NoSpace { needed, free });
    }
    Ok(())
}

/// Writes all of a source to a temporary file.
fn copy(from: &dyn ByteSource, to: &mut NamedTempFile) -> Result<(), MigrateError> {
    let mut pieces = Pieces::new(from, 0..from.len());
    while let Some((_, bytes)) = pieces.read()? {
        to.write_all(bytes).map_err(PathError::new("write", to.path()))?;
    }
    from.still_whole()?;
    Ok(())
}
