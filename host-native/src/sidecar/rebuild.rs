//! Builds a sidecar or brings one up to date.
//!
//! Owns: when a sidecar is settled, caught up or rebuilt, and how a build is published.
//! Invariant: a new sidecar appears whole: it is built aside, synced and renamed into place. A catch-up is one
//! transaction.

use crate::os::files::PathError;
use crate::os::lock::{try_lock, unlock};
use crate::os::log_file::LogFile;
use crate::os::names::before_sidecar;
use crate::os::replace::{publish, put_with_mode, temporary_for};
use crate::os::{paths, stat};
use crate::sidecar;
use crate::sidecar::build::{build_large, build_small};
use crate::sidecar::connect::{Purpose, connect};
use crate::sidecar::look::{Look, Right, look};
pub use crate::sidecar::outcome::{Done, Known, RebuildError, Tick};
use crate::sidecar::sql::is_locked;
use crate::sidecar::untouched::{vouch, vouch_for};
use jcode_session_core::index::meta::IndexMeta;
use jcode_session_core::source::ByteSource;
use rusqlite::Connection;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use tempfile::NamedTempFile;

/// Logs up to this size are built in memory and written in one go.
pub(crate) const SMALL: u64 = 1 << 20;

/// Brings the sidecar of an open log up to date, or builds it.
///
/// # Errors
/// See [`RebuildError`].
pub fn update(log: &LogFile, force: bool, tick: &mut Tick<'_>) -> Result<(Done, IndexMeta), RebuildError> {
    update_knowing(log, force, &Known::default(), tick)
}

/// Like [`update`], but a sidecar that is changed also records `known`.
///
/// # Errors
/// See [`RebuildError`].
pub fn update_knowing(
    log: &LogFile,
    force: bool,
    known: &Known,
    tick: &mut Tick<'_>,
) -> Result<(Done, IndexMeta), RebuildError> {
    let right = if force { None } else { look(log, tick)?.right() };
    settle_or_build(log, right, known, tick)
}

/// Like [`update_knowing`], but with the result of an earlier look.
pub(crate) fn settle_or_build(
    log: &LogFile,
    right: Option<Right>,
    known: &Known,
    tick: &mut Tick<'_>,
) -> Result<(Done, IndexMeta), RebuildError> {
    if let Some(right) = right {
        let _lock = if right.is_settled { None } else { Some(lock(log)?) };
        if let Some(settled) = settle(log, right, 0, known.migrated_at, tick)? {
            return Ok(settled);
        }
    }
    Ok((Done::Built, build_knowing(log, known, tick)?))
}

/// Brings a right sidecar up to date, under its lock. Returns `None` if the sidecar must be rebuilt. `synced_len`: bytes of
/// the log that are known to be on the disk.
fn settle(
    log: &LogFile,
    right: Right,
    synced_len: u64,
    migrated_at: Option<i64>,
    tick: &mut Tick<'_>,
) -> Result<Option<(Done, IndexMeta)>, RebuildError> {
    let Right { meta, is_current, is_settled } = right;
    let knows_it = meta.synced_len >= synced_len;
    if is_settled && knows_it {
        return Ok(Some((Done::Nothing, meta)));
    }
    vouch(log.path(), &meta);
    if is_current && knows_it && meta.stamp == log.stamp() {
        return Ok(Some((Done::Nothing, meta)));
    }
    match super::catch_up::catch_up(log, &meta, synced_len, migrated_at, tick) {
        // SQLite met damage that nothing has shown so far: rebuild.
        Err(RebuildError::Sqlite(error)) if !is_locked(&error) => Ok(None),
        caught_up => caught_up,
    }
}

/// Builds the sidecar of an open log anew.
///
/// # Errors
/// See [`RebuildError`].
pub fn build(log: &LogFile, tick: &mut Tick<'_>) -> Result<IndexMeta, RebuildError> {
    build_knowing(log, &Known::default(), tick)
}

/// Like [`build`], but the sidecar also records `known`.
///
/// # Errors
/// See [`RebuildError`].
pub fn build_knowing(log: &LogFile, known: &Known, tick: &mut Tick<'_>) -> Result<IndexMeta, RebuildError> {
    build_aside(log, known, Held::No, tick)
}

/// Brings the sidecar up to date for a writer, which holds the lock. All of `log` is on the disk.
pub(crate) fn update_held(log: &LogFile, tick: &mut Tick<'_>) -> Result<IndexMeta, RebuildError> {
    match settle_held(log, tick)? {
        Some(meta) => Ok(meta),
        None => build_held(log, tick),
    }
}

/// Like [`update_held`], but returns `None` for a sidecar that must be rebuilt.
pub(crate) fn settle_held(log: &LogFile, tick: &mut Tick<'_>) -> Result<Option<IndexMeta>, RebuildError> {
    match look(log, tick)? {
        Look::Right(right) => Ok(settle(log, *right, log.len(), None, tick)?.map(|(_, meta)| meta)),
        Look::Locked => Err(RebuildError::Busy),
        Look::Differs | Look::Unusable => Ok(None),
    }
}

/// The same for one of several writers of a log, none of which holds the lock between two turns.
pub(crate) fn update_in_turns(log: &LogFile, tick: &mut Tick<'_>) -> Result<IndexMeta, RebuildError> {
    match look(log, tick)? {
        Look::Right(right) => {
            let before = right.meta.clone();
            if let Some((_, meta)) = settle(log, *right, 0, None, tick)? {
                return Ok(meta);
            }
            if sidecar::written_meta(log.path()).is_some_and(|now| now != before) {
                // Another one changed it meanwhile, in its own transaction: no reason to build.
                return Err(RebuildError::Busy);
            }
        }
        Look::Locked => return Err(RebuildError::Busy),
        Look::Differs | Look::Unusable => {}
    }
    build_in_turns(log, tick)
}

/// Builds the sidecar of a log for one of several writers, whatever it is. All of `log` is on the disk.
pub(crate) fn build_in_turns(log: &LogFile, tick: &mut Tick<'_>) -> Result<IndexMeta, RebuildError> {
    let known = Known { synced_len: log.len(), ..Known::default() };
    build_aside(log, &known, Held::InTurns, tick)
}

/// Builds the sidecar of a log for its writer, which holds the lock. All of `log` is on the disk.
pub(crate) fn build_held(log: &LogFile, tick: &mut Tick<'_>) -> Result<IndexMeta, RebuildError> {
    let known = Known { synced_len: log.len(), ..Known::default() };
    build_aside(log, &known, Held::ByWriter, tick)
}

/// Who holds the lock under which a sidecar is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    No,
    ByWriter,
    /// By nobody between two turns: other writers may have the sidecar open.
    InTurns,
}

fn build_aside(log: &LogFile, known: &Known, held: Held, tick: &mut Tick<'_>) -> Result<IndexMeta, RebuildError> {
    let (temporary, meta) = built(log, known, tick)?;
    let _lock = match held {
        Held::ByWriter => None,
        Held::No | Held::InTurns => Some(lock(log)?),
    };
    let _excluded = if held == Held::InTurns { exclude_writers(log)? } else { None };
    let path = paths::sidecar(log.path());
    remove_journals(&path)?;
    publish(temporary, &path)?;
    Ok(meta)
}

/// Puts a sidecar that was built and synced in its place, under its lock. The name is not synced.
pub(super) fn put(log: &LogFile, temporary: NamedTempFile) -> Result<(), RebuildError> {
    let path = paths::sidecar(log.path());
    remove_journals(&path)?;
    Ok(put_with_mode(temporary, &path)?)
}

/// Builds the sidecar of a log in a file aside, which is not synced.
pub(super) fn built(
    log: &LogFile,
    known: &Known,
    tick: &mut Tick<'_>,
) -> Result<(NamedTempFile, IndexMeta), RebuildError> {
    before_sidecar(log.path())?;
    let path = paths::sidecar(log.path());
    let mut temporary = temporary_for(&path)?;
    let before = || sidecar::written_meta(log.path()).and_then(|meta| meta.migrated_at);
    let known = &Known { migrated_at: known.migrated_at.or_else(before), ..known.clone() };
    let mut until_lost = |done| if log.met_lost() { ControlFlow::Break(()) } else { tick(done) };
    let built = fill(&mut temporary, log, known, &mut until_lost);
    if log.met_lost() {
        return Err(RebuildError::Lost);
    }
    let meta = built?;
    vouch_for(temporary.path(), &meta);
    Ok((temporary, meta))
}

/// Keeps other writers from changing the sidecar until this is dropped; nothing if it is none that they could change. A
/// journal is found by its name: that of a change in the old file would be played back into the new one.
fn exclude_writers(log: &LogFile) -> Result<Option<Connection>, RebuildError> {
    let Ok(connection) = connect(log.path(), Purpose::Update) else { return Ok(None) };
    match connection.execute_batch("BEGIN IMMEDIATE") {
        Ok(()) => Ok(Some(connection)),
        Err(error) if is_locked(&error) => Err(RebuildError::Busy),
        Err(_) => Ok(None),
    }
}

fn fill(
    temporary: &mut NamedTempFile,
    log: &LogFile,
    known: &Known,
    tick: &mut Tick<'_>,
) -> Result<IndexMeta, RebuildError> {
    if log.len() > SMALL {
        return build_large(temporary.as_file(), log, known, tick);
    }
    let (image, meta) = build_small(log, known, tick)?;
    temporary.write_all(&image).map_err(PathError::new("write", temporary.path()))?;
    Ok(meta)
}

/// Records in the sidecar the stamps of the files from which the log was migrated.
///
/// # Errors
/// See [`RebuildError`].
pub fn note_source(log: &LogFile, stamps: &str) -> Result<(), RebuildError> {
    let _lock = lock(log)?;
    super::catch_up::note_source(log, stamps)
}

/// Removes the sidecar of a log that is gone, or of a dialect without sidecars. A folder of that name stays.
pub(crate) fn remove(log: &Path) -> Result<(), PathError> {
    if before_sidecar(log).is_err() {
        return Ok(());
    }
    let path = paths::sidecar(log);
    remove_journals(&path)?;
    stat::remove(&path)
}

/// Removes the journals of an old sidecar: SQLite would apply them to the new one.
fn remove_journals(sidecar: &Path) -> Result<(), PathError> {
    paths::sidecar_journals(sidecar).iter().try_for_each(|journal| stat::remove(journal))
}

/// The lock under which sidecars are replaced or caught up. It is on the log's own inode, and a writer holds it all its
/// life.
pub(crate) fn lock(log: &LogFile) -> Result<InodeLock<'_>, RebuildError> {
    match try_lock(log.file()) {
        Ok(()) => Ok(InodeLock(log)),
        Err(std::fs::TryLockError::WouldBlock) => Err(RebuildError::Busy),
        Err(std::fs::TryLockError::Error(error)) => Err(PathError::new("lock", log.path())(error).into()),
    }
}

pub(crate) struct InodeLock<'l>(&'l LogFile);

impl Drop for InodeLock<'_> {
    fn drop(&mut self) {
        // Closing the file would unlock it too; a failure cannot be handled.
        let _ = unlock(self.0.file());
    }
}
