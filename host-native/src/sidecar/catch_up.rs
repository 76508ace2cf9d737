//! Catch-up: adds the new entries of a log to its sidecar in one transaction.
//!
//! Owns: the transaction.
//! Invariant: the transaction adds the whole new tail or nothing. The caller holds the log's lock and knows that the
//! log has only grown.

use crate::os::log_file::LogFile;
use crate::os::{files, host, paths};
use crate::sidecar::commit;
use crate::sidecar::connect::{Purpose, connect};
use crate::sidecar::outcome::{Done, RebuildError, Tick};
use crate::sidecar::sql::{SqlStore, read_meta};
use jcode_session_core::index::Totals;
use jcode_session_core::index::catch_up::{CatchUp, CatchUpError};
use jcode_session_core::index::meta::{IndexMeta, Observed, Resume};
use jcode_session_core::log::{Damage, LogScan, LogSink, Record, ScanEnd, scan_source};
use jcode_session_core::source::{ByteSource, SourceError};
use rusqlite::{Connection, TransactionBehavior};
use std::ops::{ControlFlow, Range};

/// Brings a sidecar with metadata `seen` up to date. `synced_len`: bytes of the log that are known to be on the
/// disk. `migrated_at` is the present time if this is a migration. Returns
/// `None` if the sidecar must be rebuilt.
pub(super) fn catch_up(
    log: &LogFile,
    seen: &IndexMeta,
    synced_len: u64,
    migrated_at: Option<i64>,
    tick: &mut Tick<'_>,
) -> Result<Option<(Done, IndexMeta)>, RebuildError> {
    let Resume::At { offset, expect_lf, .. } = seen.resume else { return Ok(None) };
    let grown = log.len() > seen.stamp.len;
    // If the tail is longer than the rest, a build is faster than looking up the tail entry by entry.
    if grown && (log.len() - offset > seen.stamp.len || (expect_lf && log.read_vec(offset, 1)? != b"\n")) {
        return Ok(None);
    }
    let opened = files::stamp(&paths::sidecar(log.path()))?;
    let mut connection = connect(log.path(), Purpose::Update)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another writer may have put a new file in its place before the transaction kept it from that.
    let now = files::stamp(&paths::sidecar(log.path()))?;
    let is_in_place = opened.zip(now).is_some_and(|(opened, now)| opened.is_same_file(&now));
    if !is_in_place || read_meta(&transaction)?.as_ref() != Some(seen) {
        return Ok(None);
    }
    let observed = Observed { stamp: log.stamp(), now_ms: host::now_ms(), synced_len };
    if !grown {
        let meta = seen.restamped(observed);
        commit(&transaction, log.path(), seen, &meta)?;
        return Ok(Some((Done::Restamped, meta)));
    }
    let Some(fingerprint) = seen.fingerprint_grown(log, log.len())? else { return Ok(None) };
    let (totals, end) = match add(&transaction, log, seen, offset..log.len(), tick) {
        Ok(added) => added?,
        Err(error) => return rebuild_or(error),
    };
    let meta = seen.grown(totals, Resume::after(&end), fingerprint, observed);
    let meta = IndexMeta { migrated_at: migrated_at.or(meta.migrated_at), ..meta };
    if log.met_lost() {
        return Err(RebuildError::Lost);
    }
    SqlStore::new(&transaction).index_jumps(meta.counts.entries)?;
    commit(&transaction, log.path(), seen, &meta)?;
    Ok(Some((Done::CaughtUp, meta)))
}

type Added = Result<(Totals, ScanEnd), SourceError>;

/// Adds the entries in a range of the log.
fn add(
    transaction: &Connection,
    log: &LogFile,
    seen: &IndexMeta,
    range: Range<u64>,
    tick: &mut Tick<'_>,
) -> Result<Added, CatchUpError<rusqlite::Error>> {
    let Resume::At { offset, lines, record_seen, .. } = seen.resume else { return Err(CatchUpError::NeedsRebuild) };
    let mut store = SqlStore::new(transaction);
    let grower = CatchUp::new(&mut store, seen.totals())?;
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

/// Records in the sidecar from which files the log was migrated.
pub(super) fn note_source(log: &LogFile, stamps: &str) -> Result<(), RebuildError> {
    let mut connection = connect(log.path(), Purpose::Update)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let Some(meta) = read_meta(&transaction)? else { return Ok(()) };
    let noted = IndexMeta { migrated_from: Some(stamps.to_string()), ..meta.clone() };
    Ok(commit(&transaction, log.path(), &meta, &noted)?)
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
        // The log had no header and has one now, so its session id and dialect change.
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
