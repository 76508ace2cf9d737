//! The indexer thread, which brings the sidecar to each sync point of the log, behind the writer.
//!
//! Owns: what one transaction adds.
//! Invariant: committed rows describe bytes that were synced in the log before. Rows are added only if the log still
//! holds what was indexed, and only without a gap up to the sync point. Entries that were not handed over, such as
//! lines of other programs, are read from the log. A failure here never affects an append: the sidecar lags, and the
//! next round tries again.

use super::checkpoints::Checkpoints;
use super::index_file::IndexFile;
use super::index_queue::{IndexQueue, Update};
use super::lag::Lag;
use super::listing::{Listed, Listing};
use super::{LockMode, WriterOptions};
use crate::os::host;
use crate::os::log_file::LogFile;
use crate::os::threads::Arc;
use crate::sidecar::rebuild::RebuildError;
use crate::sidecar::sql::SqlStore;
use crate::sidecar::{commit, rebuild};
use jcode_session_core::index::Totals;
use jcode_session_core::index::catch_up::CatchUp;
use jcode_session_core::index::meta::{IndexMeta, Observed, Resume};
use jcode_session_core::index::schema::JUMP_INDEX_FROM;
use jcode_session_core::log::AppendedEntries;
use jcode_session_core::source::SourceError;
use jcode_session_core::write::SyncPoint;
use std::ops::ControlFlow;
use std::time::Duration;

/// Time until a failed attempt is repeated.
const PAUSE: Duration = Duration::from_millis(100);
/// Minimum time between two transactions. On common file systems a sync of the log also waits for changes beside it, so
/// one transaction per sync would slow down every sync.
const GATHER: Duration = Duration::from_millis(25);

/// How often a writer that ends and takes turns with others tries again.
const LAST_TRIES: u32 = 8;
/// Rows that wait for a sync in one transaction at most.
const AHEAD: u64 = 100_000;

/// The indexer of one writer.
pub(super) struct Indexer {
    log: LogFile,
    waiting: Waiting,
    index: Option<IndexFile>,
    checkpoints: Checkpoints,
    /// Other writers follow the log with the same sidecar.
    takes_turns: bool,
    listing: Listing,
}

/// Entries that were handed over and have no rows yet.
struct Waiting {
    queue: Arc<IndexQueue>,
    entries: AppendedEntries,
    /// Rows are added when their entries are written, and committed when the entries are synced.
    ahead: bool,
}

/// What one drain added.
struct Drained {
    /// The sync point up to which rows were added.
    point: SyncPoint,
    rows: u64,
}

impl Indexer {
    /// `log` is the writer's log as it was opened, durable to its end.
    pub(super) fn new(log: LogFile, queue: Arc<IndexQueue>, options: &WriterOptions, listed: Listed) -> Self {
        let takes_turns = options.lock == LockMode::Batch;
        let checkpoints = Checkpoints::new(&log, options.checkpoints, takes_turns);
        // Rows that wait in a transaction would keep the other writers' out.
        let ahead = options.durability.indexes_ahead() && !takes_turns;
        let waiting = Waiting { queue, entries: AppendedEntries::default(), ahead };
        Self { log, waiting, index: None, checkpoints, takes_turns, listing: Listing::new(listed) }
    }

    /// Runs until the writer closes. Returns why the sidecar is not complete then, if it is not.
    pub(super) fn run(mut self) -> Result<(), Lag> {
        let mut wait = None;
        loop {
            let Update { synced, closing } = self.waiting.queue.wait(&mut self.waiting.entries, wait);
            let mut outcome = self.bring_to(synced, closing);
            for _ in 0..LAST_TRIES {
                // A writer that ends does not come back.
                if !closing || !matches!(outcome, Err(Lag::Raced | Lag::Busy(_) | Lag::Building(RebuildError::Busy))) {
                    break;
                }
                outcome = self.bring_to(synced, closing);
            }
            self.checkpoint(synced);
            if closing {
                // Its writer lists it once all is done.
                return outcome;
            }
            let listed_in = self.listing.reached(synced.len());
            wait = [outcome.err().map(|_| PAUSE), listed_in].into_iter().flatten().min();
            self.waiting.queue.pause(GATHER);
        }
    }

    /// Takes a checkpoint if one is due. The sidecar knows the active leaf if it is at the same point.
    fn checkpoint(&mut self, point: SyncPoint) {
        if !is_as_synced(&self.log, point).unwrap_or_default() {
            return;
        }
        let meta = self.index.as_ref().map(|index| &index.meta);
        let leaf = meta.filter(|meta| meta.stamp.len == point.len()).and_then(|meta| meta.active_leaf.as_deref());
        self.checkpoints.reached(&mut self.log, point, leaf);
    }

    /// Brings the sidecar to a sync point of the log.
    fn bring_to(&mut self, point: SyncPoint, closing: bool) -> Result<(), Lag> {
        self.log.see(point.len());
        let mut outcome = match self.index {
            Some(_) => self.grow(point, closing),
            None => Err(Lag::Hole),
        };
        if let Err(lag @ (Lag::Rebuild | Lag::Hole | Lag::Changed)) = outcome {
            self.index = None;
            self.index = Some(self.read_log(&lag, point)?);
            outcome = self.grow(point, closing);
        }
        if outcome.as_ref().is_err_and(|lag| !matches!(lag, Lag::Busy(_) | Lag::Raced)) {
            // What was begun is not there, and its entries wait no more: the log has them. A file that SQLite no
            // longer likes is looked at anew, and built anew if need be.
            self.index = None;
        }
        outcome
    }

    /// Brings the sidecar to the sync point by reading the log, and opens it.
    fn read_log(&self, why: &Lag, point: SyncPoint) -> Result<IndexFile, Lag> {
        if !is_as_synced(&self.log, point)? {
            return Err(Lag::Displaced);
        }
        let tick = &mut |_| ControlFlow::Continue(());
        if self.takes_turns {
            drop(IndexFile::connect(&self.log, self.takes_turns));
            rebuild::update_in_turns(&self.log, tick)?;
        } else if matches!(why, Lag::Rebuild) {
            rebuild::build_held(&self.log, tick)?;
        } else {
            // Opened for writing first: that is what takes back the transaction of a killed writer.
            drop(IndexFile::connect(&self.log, self.takes_turns));
            rebuild::update_held(&self.log, tick)?;
        }
        IndexFile::connect(&self.log, self.takes_turns)
    }

    /// Adds the waiting entries up to a sync point in one transaction. If rows go ahead of the log's syncs, the
    /// transaction stays open until their entries are synced.
    fn grow(&mut self, point: SyncPoint, closing: bool) -> Result<(), Lag> {
        let Self { log, waiting, index, .. } = self;
        let Some(index) = index else { return Ok(()) };
        if log.is_displaced() {
            return Err(Lag::Displaced);
        }
        log.restamp()?;
        if self.takes_turns {
            index.see_others(log)?;
        }
        let (from, target) = (index.meta.stamp.len, point.len());
        // A sidecar to which no catch-up can add is rebuilt.
        let cannot_grow = !matches!(index.meta.resume, Resume::At { offset, .. } if offset == from);
        if cannot_grow && from < target {
            return Err(Lag::Rebuild);
        }
        let settled = index.meta.unsynced_boot.is_none() && index.meta.stamp == log.stamp();
        let nothing = from >= target && index.meta.synced_len >= target;
        let goes_ahead = !closing && !cannot_grow && waiting.goes_ahead_of(from);
        if nothing && (!closing || settled) && !goes_ahead {
            waiting.drop_until(from);
            return Ok(());
        }
        let (transaction, stored) = index.begin(log, closing, waiting.ahead && !cannot_grow)?;
        let mut store = SqlStore::new(&transaction);
        let mut catch_up = CatchUp::new(&mut store, stored.totals())?;
        let drained = waiting.drain_into(&mut store, &mut catch_up, from, point, closing || cannot_grow)?;
        let meta = meta_after(log, stored, catch_up.finish(&mut store)?, &drained, closing)?;
        if (stored.counts.entries..meta.counts.entries).contains(&(JUMP_INDEX_FROM - 1)) {
            store.index_jumps(JUMP_INDEX_FROM)?;
        }
        drop(store);
        commit(transaction, log.path(), stored, &meta)?;
        *stored = meta;
        waiting.drop_until(drained.point.len());
        Ok(())
    }
}

impl Waiting {
    /// Whether rows should be added before the log is synced behind `from`.
    fn goes_ahead_of(&self, from: u64) -> bool {
        self.ahead && self.entries.iter().any(|entry| entry.offset >= from)
    }

    /// Adds rows for the entries between the end of the stored rows and the sync point. If rows go ahead, adds later
    /// entries too, and waits for the sync that covers them.
    fn drain_into(
        &mut self,
        store: &mut SqlStore<'_>,
        catch_up: &mut CatchUp,
        from: u64,
        mut point: SyncPoint,
        closing: bool,
    ) -> Result<Drained, Lag> {
        let (mut end, mut ended, mut rows) = (from, closing, 0);
        loop {
            let joins = self.entries.iter().find(|entry| entry.offset >= end).is_none_or(|entry| entry.offset == end);
            let goes_ahead = self.ahead && !closing && joins && point.len() <= from && rows < AHEAD;
            let due = end..if goes_ahead { u64::MAX } else { point.len() };
            for entry in self.entries.iter().filter(|entry| due.contains(&entry.offset)) {
                if entry.offset != end {
                    return Err(Lag::Hole);
                }
                catch_up.appended(store, &entry)?;
                end = entry.offset + entry.len + 1;
                rows += 1;
            }
            self.drop_until(end);
            if end <= point.len() || ended {
                break;
            }
            // The rows must not become visible before their entries are synced.
            let news = self.queue.wait(&mut self.entries, None);
            (point, ended) = (news.synced, news.closing);
        }
        match end.cmp(&point.len()) {
            std::cmp::Ordering::Equal => Ok(Drained { point, rows }),
            std::cmp::Ordering::Less => Err(Lag::Hole),
            // The writer ends without having synced the entries, so the transaction and its rows are dropped.
            std::cmp::Ordering::Greater => Err(Lag::Unsynced),
        }
    }

    /// Drops the entries before `target`.
    fn drop_until(&mut self, target: u64) {
        let mut rest = AppendedEntries::default();
        self.entries.iter().filter(|entry| entry.offset >= target).for_each(|entry| rest.push(&entry));
        if rest.is_empty() {
            self.entries.clear();
        } else {
            self.entries = rest;
        }
    }
}

/// Whether the synced bytes still stand at the log's path, judged by the bytes before the sync point.
fn is_as_synced(log: &LogFile, point: SyncPoint) -> Result<bool, SourceError> {
    Ok(!log.is_displaced() && point.end.stands_in(log)?)
}

/// The metadata of the sidecar after the drain.
fn meta_after(
    log: &mut LogFile,
    before: &IndexMeta,
    totals: Totals,
    drained: &Drained,
    closing: bool,
) -> Result<IndexMeta, Lag> {
    let &Drained { point, rows } = drained;
    let len = point.len();
    log.see(len);
    log.restamp()?;
    let observed = Observed { stamp: log.stamp(), now_ms: host::now_ms(), synced_len: len };
    let fingerprint = before.fingerprint_grown(log, len)?.ok_or(Lag::Changed)?;
    // Checked after the fingerprint was taken, so that the fingerprint and the rows describe the same lines.
    if !point.end.stands_in(log)? {
        return Err(Lag::Changed);
    }
    let mut meta = before.grown(totals, before.resume.behind(rows, len), fingerprint, observed);
    if closing {
        meta.unsynced_boot = None;
    }
    Ok(meta)
}
