//! Migration from jcode's v1 files: makes the log, and later adds what jcode went on writing to v1.
//!
//! Owns: the steps of such a migration, and what it writes.
//! Invariant: those of [`super`]; the v1 files are only read, and a log that grows keeps every byte. The written log is
//! compared with a second replay of the v1 files, and published only if they did not change meanwhile.
//! Does not: find the v1 files (hosts do) or know their format (see [`crate::dialect::jcode`]).

use super::{MigrateError, is_as_planned, write};
use crate::dialect::jcode::{Growth, V1Log, V1Sources, plan_growth, present, replay};
use crate::index::IndexBuilder;
use crate::log::{Dialect, LogScan, OpenLine, scan_source};
use crate::source::identity::FileStamp;
use crate::source::{ByteSource, SliceSource, SourceError, go_on};
use crate::storage::{Storage, StorageError};
use crate::store::ledger::{Event, LedgerRow, digest_hex};
use crate::store::session_store::SessionStore;
use crate::store::state::LogState;
use crate::store::{StoreError, checkpoint, set_aside};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// jcode's v1 files of one session, as provided by a host.
pub trait V1Files {
    /// An open file.
    type Source: ByteSource;

    /// Opens the existing v1 files.
    ///
    /// # Errors
    /// Fails if an existing file cannot be opened.
    fn open(&self) -> Result<V1Sources<Self::Source>, StorageError>;

    /// True if the files have not changed since the migration began.
    fn unchanged(&self) -> bool;
}

/// The planned handling of a log beside v1 files.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one a session, moved once")]
pub enum Plan<'l, V> {
    /// Nothing: the log already holds everything in v1.
    Nothing,
    /// Nothing: both went on, so the log is left alone.
    Diverged,
    /// Nothing: the log ends in a torn line, which `repair` must set aside first.
    Torn,
    /// Write a new log.
    Write(FromV1<'l, V>),
}

/// A planned migration from v1.
#[derive(Debug)]
pub struct FromV1<'l, V> {
    /// Number of entries in the new log.
    pub entries: u64,
    old: Option<Old<'l>>,
    new: V1Log<V>,
}

/// The log that grows.
struct Old<'l> {
    log: &'l dyn ByteSource,
    stamp: FileStamp,
    /// Its last record lacks its LF.
    lacks_lf: bool,
}

impl core::fmt::Debug for Old<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Old").field("stamp", &self.stamp).field("lacks_lf", &self.lacks_lf).finish_non_exhaustive()
    }
}

/// Plans the first migration, which makes the log.
///
/// # Errors
/// Fails if the v1 files cannot be read or `tick` interrupts.
pub fn first<F: V1Files>(
    files: &F,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<FromV1<'static, F::Source>, MigrateError> {
    let new = present(replay(files.open()?, tick)?)?;
    Ok(FromV1 { entries: new.entry_count(), old: None, new })
}

/// Plans the next migration of a log that came from v1 and has the stamp `stamp`.
///
/// # Errors
/// Fails if the log does not come from jcode, a file cannot be read, or `tick` interrupts.
pub fn growth<'l, F: V1Files>(
    log: &'l dyn ByteSource,
    stamp: FileStamp,
    files: &F,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Plan<'l, F::Source>, MigrateError> {
    let growth = plan_growth(&log, replay(files.open()?, tick)?, tick)?;
    if log.met_lost() {
        // Lost entries would count as new in v1, and the new log would lack them for good.
        return Err(StoreError::Lost.into());
    }
    let new = match growth {
        Growth::Nothing => return Ok(Plan::Nothing),
        Growth::Diverged => return Ok(Plan::Diverged),
        Growth::Append(new) => new,
    };
    let mut builder = IndexBuilder::new(());
    let end = scan_source(log, 0..log.len(), LogScan::new(), &mut builder, tick)?;
    let lacks_lf = match end.open_line {
        OpenLine::Torn | OpenLine::Salvaged => return Ok(Plan::Torn),
        other => other == OpenLine::Whole,
    };
    let entries = builder.entry_count() + new.entry_count();
    Ok(Plan::Write(FromV1 { entries, old: Some(Old { log, stamp, lacks_lf }), new }))
}

impl<V: ByteSource> FromV1<'_, V> {
    /// Length of the new log in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.old.as_ref().map_or(0, |old| old.log.len() + u64::from(old.lacks_lf)) + self.new.len()
    }

    /// Runs the migration under the session's lock.
    ///
    /// # Errors
    /// See [`MigrateError`]; the log is then unchanged (or still missing), or migrated.
    pub fn run<S: Storage>(
        &self,
        mut session: SessionStore<'_, S>,
        files: &impl V1Files,
        now_ms: i64,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<(), MigrateError> {
        is_as_planned(&session, self.old.as_ref().map(|old| old.stamp))?;
        session.resolve_pending(now_ms)?;
        let done = self.replace(&mut session, files, now_ms, tick);
        set_aside::or_dropped(session.storage, done)
    }

    fn replace<S: Storage>(
        &self,
        session: &mut SessionStore<'_, S>,
        files: &impl V1Files,
        now_ms: i64,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<(), MigrateError> {
        let (new, rows) = match &self.old {
            None => {
                let mut hasher = blake3::Hasher::new();
                let new = write(session.storage, &[&self.new], |bytes| {
                    hasher.update(bytes);
                })?;
                prove(&new, files, tick)?;
                let rows = rows_of_first(&new, digest_hex(&hasher.finalize()), now_ms)?;
                (new, rows)
            }
            Some(old) => {
                let line_end = SliceSource(if old.lacks_lf { b"\n" } else { b"" });
                let new = write(session.storage, &[old.log, &line_end, &self.new], |_| ())?;
                prove(&new, files, tick)?;
                let rows = rows_of_growth(session, &new, now_ms)?;
                (new, rows)
            }
        };
        session.record(rows)?;
        Ok(set_aside::publish_log(session.storage, new, session.log.as_ref())?)
    }
}

/// Checks that the written log holds everything in the v1 files, and that these are unchanged.
fn prove(
    new: &impl ByteSource,
    files: &impl V1Files,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<(), MigrateError> {
    let growth = plan_growth(new, replay(files.open()?, tick)?, tick)?;
    new.still_whole()?;
    if !files.unchanged() {
        return Err(MigrateError::SourceChanged);
    }
    if matches!(growth, Growth::Nothing) { Ok(()) } else { Err(MigrateError::NotEqual) }
}

fn before() -> String {
    format!("before a migration from {}", Dialect::JcodeV1)
}

fn migrated() -> String {
    format!("migrated from {}", Dialect::JcodeV1)
}

/// The rows for the state without a log, which a rollback can return to, and for the new state.
fn rows_of_first(new: &dyn ByteSource, digest: String, now_ms: i64) -> Result<Vec<LedgerRow>, SourceError> {
    let nothing = digest_hex(&blake3::hash(b""));
    let mut row = LedgerRow::new(Event::Migrate, now_ms, new.len(), digest, &migrated());
    row.fingerprint = Some(LogState::of(new, new.len())?.fingerprint);
    row.from = Some(LogState::none());
    Ok(alloc::vec![LedgerRow::new(Event::Checkpoint, now_ms, 0, nothing, &before()), row])
}

/// The rows for the state before, unless it is the newest state already, and for the new state, which continues it.
fn rows_of_growth<S: Storage>(
    session: &SessionStore<'_, S>,
    new: &dyn ByteSource,
    now_ms: i64,
) -> Result<Vec<LedgerRow>, StoreError> {
    let mut rows: Vec<LedgerRow> = session.new_checkpoint(now_ms, &before(), &mut go_on)?.into_iter().collect();
    let mut ledger = session.ledger_file.ledger.clone();
    rows.iter().cloned().for_each(|row| ledger.push(row));
    let mut row = checkpoint::row(&ledger, new, new.len(), None, now_ms, &migrated())?;
    row.event = Event::Migrate;
    row.from = Some(session.state()?);
    rows.push(row);
    Ok(rows)
}
