//! The sidecar's thread: brings the sidecar to each sync point of the log, behind the writer's back.
//!
//! Owns: the writer's connection to the sidecar, its transactions, and the mark `unsynced_boot`.
//! Invariant: what is committed was synced in the log before. The mark is on the disk before the first change that
//! is not synced, and goes with a sync when the writer closes; a sidecar that a power cut may have torn is known by it.
//! Does not: matter to appends. Whatever fails here makes the sidecar lag, and it is tried again.

use super::checkpoints::Checkpoints;
use super::index_queue::{IndexQueue, Update};
use crate::os::host;
use crate::os::log_file::LogFile;
use crate::os::threads::Arc;
use crate::sidecar::connect::{Purpose, connect};
use crate::sidecar::rebuild::{self, RebuildError};
use crate::sidecar::sql::{SqlStore, is_locked, read_meta, write_meta};
use jcode_session_core::index::catch_up::{CatchUp, CatchUpError};
use jcode_session_core::index::meta::{IndexMeta, Observed, Resume};
use jcode_session_core::index::schema::JUMP_INDEX_FROM;
use jcode_session_core::log::AppendedEntries;
use jcode_session_core::source::ByteSource;
use jcode_session_core::store::checkpoint::Policy;
use jcode_session_core::write::SyncPoint;
use rusqlite::{Connection, TransactionBehavior};
use std::ops::ControlFlow;
use std::time::Duration;

/// How long a failed attempt is left alone.
const PAUSE: Duration = Duration::from_millis(100);
/// Time between two transactions at least. On common file systems a sync of the log also waits for what was changed
/// beside it, so that a transaction for each sync would slow every sync down.
const GATHER: Duration = Duration::from_millis(25);

/// Rows that wait for a sync in one transaction at most.
const AHEAD: u64 = 100_000;

/// The sidecar's side of one writer.
pub(super) struct Indexer {
    log: LogFile,
    queue: Arc<IndexQueue>,
    index: Option<Index>,
    /// Entries that wait, and whether some before them are missing.
    pending: AppendedEntries,
    gap: bool,
    /// The end of the log when the writer opened it: entries in front of it are no news.
    base: u64,
    /// Rows are added as soon as their entries are written, and committed when those are synced: in `throughput`
    /// a single sync may cover a whole session.
    ahead: bool,
    checkpoints: Checkpoints,
}

/// An open sidecar that holds what its metadata says.
struct Index {
    connection: Connection,
    meta: IndexMeta,
    /// The mark is set, and commits are not synced from here on.
    marked: bool,
}

/// Why the sidecar lags.
enum Lag {
    /// The stored rows cannot be added to.
    Rebuild,
    /// A reader is in the way, and nothing was begun: the entries still wait.
    Busy(rusqlite::Error),
    Sqlite(rusqlite::Error),
    Other(String),
}

impl From<rusqlite::Error> for Lag {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<CatchUpError<rusqlite::Error>> for Lag {
    fn from(error: CatchUpError<rusqlite::Error>) -> Self {
        match error {
            CatchUpError::NeedsRebuild => Self::Rebuild,
            CatchUpError::Store(error) => Self::Sqlite(error),
        }
    }
}

impl From<RebuildError> for Lag {
    fn from(error: RebuildError) -> Self {
        Self::Other(error.to_string())
    }
}

impl Indexer {
    /// `log` is the writer's log as it was opened, durable to its end.
    pub(super) fn new(log: LogFile, queue: Arc<IndexQueue>, ahead: bool, policy: Policy) -> Self {
        let base = log.len();
        let checkpoints = Checkpoints::new(&log, policy);
        Self { log, queue, index: None, pending: AppendedEntries::default(), gap: false, base, ahead, checkpoints }
    }

    /// Runs until the writer closes. What keeps the sidecar from being complete then, if anything.
    pub(super) fn run(mut self) -> Result<(), String> {
        let mut wait = None;
        loop {
            let Update { synced, closing, gap } = self.queue.wait(&mut self.pending, wait);
            self.gap |= gap;
            let target = synced.len.max(self.base);
            let outcome = self.bring_to(target, closing);
            self.checkpoint(synced);
            if closing {
                if let Some(index) = self.index {
                    // Removes the journal; one that stays is empty and does no harm.
                    let _ = index.connection.query_row("PRAGMA journal_mode=DELETE", [], |_| Ok(()));
                }
                return outcome.map_err(|lag| match lag {
                    Lag::Rebuild => "its rows do not fit the log".to_string(),
                    Lag::Busy(error) | Lag::Sqlite(error) => error.to_string(),
                    Lag::Other(error) => error,
                });
            }
            wait = outcome.err().map(|_| PAUSE);
            self.queue.pause(GATHER);
        }
    }

    /// Takes a checkpoint if one is due. The sidecar knows the leaf if it is at the same point.
    fn checkpoint(&mut self, point: SyncPoint) {
        let meta = self.index.as_ref().map(|index| &index.meta);
        let leaf = meta.filter(|meta| meta.stamp.len == point.len).and_then(|meta| meta.active_leaf.as_deref());
        self.checkpoints.reached(&mut self.log, point, leaf);
    }

    /// Brings the sidecar to the first `target` bytes of the log.
    fn bring_to(&mut self, target: u64, closing: bool) -> Result<(), Lag> {
        self.log.see(target);
        if self.index.is_none() || self.gap {
            self.index = None;
            self.index = Some(self.open()?);
            self.gap = false;
        }
        let mut outcome = self.grow(target, closing);
        if let Err(Lag::Rebuild) = outcome {
            self.index = None;
            rebuild::build_held(&self.log, &mut |_| ControlFlow::Continue(()))?;
            self.index = Some(Index::open(&self.log)?);
            outcome = self.grow(target, closing);
        }
        if outcome.as_ref().is_err_and(|lag| !matches!(lag, Lag::Busy(_))) {
            // What was begun is not there, and its entries wait no more: the log has them. A file that SQLite no
            // longer likes is looked at anew, and built anew if need be.
            self.index = None;
        }
        outcome
    }

    /// Opens the sidecar, brought up to what is synced of the log by reading that, if it is not there yet.
    fn open(&self) -> Result<Index, Lag> {
        // Opened for writing first: that is what takes back the transaction of a killed writer.
        drop(Index::open(&self.log));
        let opened = rebuild::update_held(&self.log, &mut |_| ControlFlow::Continue(())).map_err(Lag::from);
        opened.and_then(|_| Index::open(&self.log))
    }

    /// Adds the pending entries up to `target` in one transaction. Ahead of the log's syncs it stays open until what
    /// it holds is synced.
    fn grow(&mut self, mut target: u64, closing: bool) -> Result<(), Lag> {
        let Self { log, index, pending, queue, ahead, gap, .. } = self;
        let Some(index) = index else { return Ok(()) };
        let from = index.meta.stamp.len;
        let waits = |pending: &AppendedEntries| pending.iter().any(|entry| entry.offset >= from);
        log.restamp().map_err(|error| Lag::Other(error.to_string()))?;
        // What no catch-up can add to is built anew.
        let cannot_grow = !matches!(index.meta.resume, Resume::At { offset, .. } if offset == from);
        if cannot_grow && from < target {
            return Err(Lag::Rebuild);
        }
        let rollback_to = index.meta.unsynced_boot.is_none() && index.meta.stamp == log.stamp();
        let nothing = from >= target && index.meta.synced_len >= target;
        let goes_ahead = *ahead && !closing && !cannot_grow && waits(pending);
        if nothing && (!closing || rollback_to) && !goes_ahead {
            drop_until(pending, from);
            return Ok(());
        }
        if closing {
            index.connection.execute_batch("PRAGMA synchronous=FULL")?;
        } else if !index.marked {
            index.mark()?;
        }
        if *ahead {
            // Rows that are not committed must not lock readers out.
            index.connection.execute_batch("PRAGMA cache_spill=OFF")?;
        }
        let begun = index.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = begun.map_err(|error| if is_locked(&error) { Lag::Busy(error) } else { error.into() })?;
        let mut store = SqlStore::new(&transaction);
        let mut grower = CatchUp::new(&mut store, index.meta.totals())?;
        let mut count = 0;
        let (mut end, mut ended) = (from, closing);
        loop {
            let joins = pending.iter().find(|entry| entry.offset >= end).is_none_or(|entry| entry.offset == end);
            let goes_ahead = *ahead && !closing && !cannot_grow && joins && target <= from && count < AHEAD;
            let due = end..if goes_ahead { u64::MAX } else { target };
            for entry in pending.iter().filter(|entry| due.contains(&entry.offset)) {
                if entry.offset != end {
                    return Err(Lag::Other("entries before those that wait are missing".to_string()));
                }
                grower.appended(&mut store, &entry)?;
                end = entry.offset + entry.len + 1;
                count += 1;
            }
            drop_until(pending, end);
            if end <= target || ended {
                break;
            }
            // These rows are not for anybody to see before their entries are synced.
            let news = queue.wait(pending, None);
            (target, ended) = (news.synced.len.max(target), news.closing);
            if news.gap {
                *gap = true;
                return Err(Lag::Other("entries came faster than they could be stored".to_string()));
            }
        }
        if end > target {
            // The writer ends without having synced them: the transaction goes, and with it the rows.
            return Err(Lag::Other("the log was not synced".to_string()));
        }
        let totals = grower.finish(&mut store)?;
        let before = index.meta.counts.entries;
        log.see(target);
        log.restamp().map_err(|error| Lag::Other(error.to_string()))?;
        let observed = Observed { stamp: log.stamp(), now_ms: host::now_ms(), synced_len: target };
        let resume = index.meta.resume.behind(count, target);
        let grown = index.meta.grown(totals, resume, log, observed);
        let mut meta = grown.map_err(|error| Lag::Other(error.to_string()))?;
        if closing {
            meta.unsynced_boot = None;
        }
        if (before..meta.counts.entries).contains(&(JUMP_INDEX_FROM - 1)) {
            store.index_jumps(JUMP_INDEX_FROM)?;
        }
        drop(store);
        write_meta(&transaction, &meta)?;
        transaction.commit()?;
        index.meta = meta;
        drop_until(pending, target);
        Ok(())
    }
}

impl Index {
    fn open(log: &LogFile) -> Result<Self, Lag> {
        let connection = connect(log.path(), Purpose::Follow)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.execute_batch("PRAGMA synchronous=FULL")?;
        // Cheaper than making and removing the journal for each commit; closing removes it.
        connection.query_row("PRAGMA journal_mode=TRUNCATE", [], |_| Ok(()))?;
        let meta = read_meta(&connection)?.ok_or(Lag::Rebuild)?;
        Ok(Self { connection, meta, marked: false })
    }

    /// Says, durably, that what follows is not synced.
    fn mark(&mut self) -> Result<(), Lag> {
        // Without a boot id a torn sidecar could not be told from a whole one: then every commit is synced.
        let Some(boot) = host::boot_id() else { return Ok(()) };
        let meta = IndexMeta { unsynced_boot: Some(boot.to_string()), ..self.meta.clone() };
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        write_meta(&transaction, &meta)?;
        transaction.commit()?;
        self.meta = meta;
        self.connection.execute_batch("PRAGMA synchronous=OFF")?;
        self.marked = true;
        Ok(())
    }
}

/// Forgets the entries before `target`.
fn drop_until(pending: &mut AppendedEntries, target: u64) {
    let mut rest = AppendedEntries::default();
    pending.iter().filter(|entry| entry.offset >= target).for_each(|entry| rest.push(&entry));
    if rest.is_empty() {
        pending.clear();
    } else {
        *pending = rest;
    }
}
