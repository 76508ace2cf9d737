//! What one transaction of the sidecar adds.
//!
//! Owns: which waiting entries get rows, and the metadata behind them.
//! Invariant: rows are added without a gap from what is stored on, and each finds its parent. In modes that go ahead they
//! may be added before their entries are synced, and are committed once all of them are.

use super::index_file::IndexFile;
use super::index_queue::IndexQueue;
use super::lag::Lag;
use crate::os::host;
use crate::os::log_file::LogFile;
use crate::os::threads::Arc;
use crate::sidecar::sql::SqlStore;
use jcode_session_core::index::Totals;
use jcode_session_core::index::catch_up::CatchUp;
use jcode_session_core::index::meta::{IndexMeta, Observed};
use jcode_session_core::index::schema::JUMP_INDEX_FROM;
use jcode_session_core::log::AppendedEntries;
use jcode_session_core::write::SyncPoint;

/// Rows that wait for a sync in one transaction at most.
const AHEAD: u64 = 100_000;

/// Entries that were handed over and have no rows yet.
pub(super) struct Waiting {
    queue: Arc<IndexQueue>,
    entries: AppendedEntries,
    /// Rows are added when their entries are written, and committed when the entries are synced.
    ahead: bool,
    /// The writer has ended: nothing more comes, and what is not synced will not be.
    pub(super) has_ended: bool,
}

impl Waiting {
    pub(super) fn new(queue: Arc<IndexQueue>, ahead: bool) -> Self {
        Self { queue, entries: AppendedEntries::default(), ahead, has_ended: false }
    }

    /// Takes what was handed over. The sync point.
    pub(super) fn take(&mut self) -> SyncPoint {
        self.queue.take(&mut self.entries)
    }

    /// Whether rows should be added before the log is synced behind `from`.
    pub(super) fn goes_ahead_of(&self, from: u64) -> bool {
        self.ahead && self.entries.iter().any(|entry| entry.offset >= from)
    }

    /// Drops the entries before `target`.
    pub(super) fn drop_until(&mut self, target: u64) {
        let mut rest = AppendedEntries::default();
        self.entries.iter().filter(|entry| entry.offset >= target).for_each(|entry| rest.push(&entry));
        if rest.is_empty() {
            self.entries.clear();
        } else {
            self.entries = rest;
        }
    }
}

/// A transaction that was begun.
pub(super) struct Growth {
    catch_up: CatchUp,
    /// End of what was stored when it began.
    from: u64,
    /// End of what has rows now.
    end: u64,
    rows: u64,
    ahead: bool,
}

impl Growth {
    /// Begins behind what is stored. With `ahead`, rows may be added before their entries are synced.
    pub(super) fn begin(index: &IndexFile, ahead: bool) -> Result<Self, Lag> {
        let mut store = SqlStore::new(index.connection());
        let (catch_up, from) = (CatchUp::new(&mut store, index.meta.totals())?, index.meta.stamp.len);
        Ok(Self { catch_up, from, end: from, rows: 0, ahead })
    }

    /// Adds rows for the waiting entries up to the sync point, and for later ones where rows go ahead.
    pub(super) fn add(&mut self, index: &IndexFile, waiting: &mut Waiting, point: SyncPoint) -> Result<(), Lag> {
        let mut store = SqlStore::new(index.connection());
        let joins =
            waiting.entries.iter().find(|entry| entry.offset >= self.end).is_none_or(|entry| entry.offset == self.end);
        let goes_ahead = self.ahead && !waiting.has_ended && joins && point.len() <= self.from && self.rows < AHEAD;
        let due = self.end..if goes_ahead { u64::MAX } else { point.len() };
        for entry in waiting.entries.iter().filter(|entry| due.contains(&entry.offset)) {
            if entry.offset != self.end {
                return Err(Lag::Hole);
            }
            self.catch_up.appended(&mut store, &entry)?;
            self.end = entry.offset + entry.len + 1;
            self.rows += 1;
        }
        waiting.drop_until(self.end);
        Ok(())
    }

    /// There are rows that no sync up to this point covers: they must not become visible.
    pub(super) fn waits_behind(&self, point: SyncPoint) -> bool {
        self.end > point.len()
    }

    /// Ends the transaction, whose rows reach the sync point.
    pub(super) fn commit(
        self,
        index: &mut IndexFile,
        log: &mut LogFile,
        point: SyncPoint,
        closing: bool,
    ) -> Result<(), Lag> {
        if self.end != point.len() {
            return Err(Lag::Hole);
        }
        let mut store = SqlStore::new(index.connection());
        let totals = self.catch_up.finish(&mut store)?;
        if totals.counts.orphans > index.meta.counts.orphans {
            // A writer knows the parent of each entry that it appends: what has none here lacks rows before it.
            return Err(Lag::Rebuild);
        }
        let meta = meta_after(log, &index.meta, totals, (point, self.rows), closing)?;
        if (index.meta.counts.entries..meta.counts.entries).contains(&(JUMP_INDEX_FROM - 1)) {
            store.index_jumps(JUMP_INDEX_FROM)?;
        }
        drop(store);
        index.commit(log, meta)
    }
}

/// The metadata of the sidecar behind these rows.
fn meta_after(
    log: &mut LogFile,
    before: &IndexMeta,
    totals: Totals,
    (point, rows): (SyncPoint, u64),
    closing: bool,
) -> Result<IndexMeta, Lag> {
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
