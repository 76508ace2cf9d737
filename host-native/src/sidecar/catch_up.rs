//! Catch-up: the entries that a log gained, added to its sidecar in one transaction.
//!
//! Owns: the transaction. Invariant: it commits all of the new tail or nothing.
//! Does not: judge; the caller holds the log's lock and knows that the log has only grown.

use crate::os::log_file::LogFile;
use crate::os::{host, paths};
use crate::sidecar::outcome::{Done, RebuildError, Tick};
use crate::sidecar::sql::{SqlStore, read_meta, write_meta};
use jcode_session_core::index::catch_up::{CatchUp, CatchUpError, CaughtUp};
use jcode_session_core::index::store::{IndexMeta, Resume};
use jcode_session_core::log::{Damage, LogScan, LogSink, Record, ScanEnd, scan_source};
use jcode_session_core::source::identity::Fingerprint;
use jcode_session_core::source::{ByteSource, SourceError};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::ops::{ControlFlow, Range};
use std::time::Duration;

/// Brings a sidecar with metadata `seen` up to date; `migrated_at`: now, if that is a migration. `None`: it must be
/// built anew.
pub(super) fn catch_up(
    log: &LogFile,
    seen: &IndexMeta,
    migrated_at: Option<i64>,
    tick: &mut Tick<'_>,
) -> Result<Option<(Done, IndexMeta)>, RebuildError> {
    let Resume::At { offset, expect_lf, .. } = seen.resume else { return Ok(None) };
    let grown = log.len() > seen.stamp.len;
    // A tail as long as all the rest is read faster than it is looked up entry by entry.
    if grown && (log.len() - offset > seen.stamp.len || (expect_lf && log.read_vec(offset, 1)? != b"\n")) {
        return Ok(None);
    }
    let mut connection = connect(log)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if read_meta(&transaction)?.as_ref() != Some(seen) {
        return Ok(None);
    }
    let migrated_at = migrated_at.filter(|_| grown).or(seen.migrated_at);
    let mut meta = IndexMeta { stamp: log.stamp(), indexed_at: host::now_ms(), migrated_at, ..seen.clone() };
    if !grown {
        write_meta(&transaction, &meta)?;
        transaction.commit()?;
        return Ok(Some((Done::Restamped, meta)));
    }
    let (grown, end) = match add(&transaction, log, seen, offset..log.len(), tick) {
        Ok(added) => added?,
        Err(error) => return rebuild_or(error),
    };
    meta.counts = grown.counts;
    meta.check = grown.check;
    meta.active_leaf = grown.active_leaf;
    meta.fingerprint = Fingerprint::take(log, end.len)?;
    meta.resume = Resume::after(&end);
    if log.met_lost() {
        return Err(RebuildError::Lost);
    }
    SqlStore::new(&transaction).index_jumps(meta.counts.entries)?;
    write_meta(&transaction, &meta)?;
    transaction.commit()?;
    Ok(Some((Done::CaughtUp, meta)))
}

type Added = Result<(CaughtUp, ScanEnd), SourceError>;

/// Adds the entries of a range of the log.
fn add(
    transaction: &Connection,
    log: &LogFile,
    seen: &IndexMeta,
    range: Range<u64>,
    tick: &mut Tick<'_>,
) -> Result<Added, CatchUpError<rusqlite::Error>> {
    let Resume::At { offset, lines, record_seen, .. } = seen.resume else { return Err(CatchUpError::NeedsRebuild) };
    let mut store = SqlStore::new(transaction);
    let grower = CatchUp::new(&mut store, seen)?;
    let mut sink = Tail { store, grower, failed: None };
    let scan = LogScan::resume(offset, lines, record_seen);
    let scanned = scan_source(log, range, scan, &mut sink, &mut |bytes| tick(bytes));
    let Tail { mut store, mut grower, failed } = sink;
    if let Some(error) = failed {
        return Err(error);
    }
    let end = match scanned {
        Ok(end) => end,
        Err(error) => return Ok(Err(error)),
    };
    grower.uncount_damages(end.unsettled);
    Ok(Ok((grower.finish(&mut store)?, end)))
}

/// Notes what the log was migrated from.
pub(super) fn note_source(log: &LogFile, stamps: &str) -> Result<(), RebuildError> {
    let mut connection = connect(log)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let Some(meta) = read_meta(&transaction)? else { return Ok(()) };
    write_meta(&transaction, &IndexMeta { migrated_from: Some(stamps.to_string()), ..meta })?;
    transaction.commit()?;
    Ok(())
}

fn connect(log: &LogFile) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(paths::sidecar(log.path()), flags)?;
    connection.busy_timeout(Duration::from_millis(250))?;
    connection.execute_batch("PRAGMA trusted_schema=OFF")?;
    Ok(connection)
}

fn rebuild_or<T>(error: CatchUpError<rusqlite::Error>) -> Result<Option<T>, RebuildError> {
    match error {
        CatchUpError::NeedsRebuild => Ok(None),
        CatchUpError::Store(error) => Err(error.into()),
    }
}

struct Tail<'c> {
    store: SqlStore<'c>,
    grower: CatchUp,
    failed: Option<CatchUpError<rusqlite::Error>>,
}

impl LogSink for Tail<'_> {
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        // A log that had no header before has one now: its session id and dialect change.
        self.failed = Some(CatchUpError::NeedsRebuild);
        ControlFlow::Break(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        match self.grower.entry(&mut self.store, entry) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failed = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    fn damage(&mut self, _: Damage) -> ControlFlow<()> {
        self.grower.count_damage();
        ControlFlow::Continue(())
    }
}
