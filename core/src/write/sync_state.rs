//! The sync state of a log: how far it is written, how far it is synced, and whether the writer is latched.
//!
//! Owns: the order of writes and syncs, as numbers.
//! Invariant: synced bytes were written before the sync that covers them began. The first cause of a latch is kept.

use super::durability::SyncBounds;
use super::error::Cause;
use super::log_end::LogEnd;
use super::observer::SyncPoint;

/// Durability of one log.
#[derive(Debug)]
pub(super) struct SyncState {
    written: SyncPoint,
    synced: SyncPoint,
    /// The point that the running sync covers.
    syncing: Option<SyncPoint>,
    /// Time at which the first unsynced entry was written, and the first entry behind the running sync.
    oldest_ms: Option<i64>,
    oldest_behind_sync_ms: Option<i64>,
    latched: Option<Cause>,
}

impl SyncState {
    /// The state of a log that is completely on the disk.
    pub(super) const fn new(end: LogEnd) -> Self {
        let all = SyncPoint { end, entries: 0 };
        Self { written: all, synced: all, syncing: None, oldest_ms: None, oldest_behind_sync_ms: None, latched: None }
    }

    pub(super) const fn written(&self) -> SyncPoint {
        self.written
    }

    pub(super) const fn synced(&self) -> SyncPoint {
        self.synced
    }

    /// Number of entries in the log that no sync covers.
    pub(super) const fn unsynced(&self) -> u64 {
        self.written.entries.saturating_sub(self.synced.entries)
    }

    pub(super) fn is_all_synced(&self) -> bool {
        self.synced == self.written
    }

    pub(super) const fn is_syncing(&self) -> bool {
        self.syncing.is_some()
    }

    pub(super) const fn is_latched(&self) -> bool {
        self.latched.is_some()
    }

    pub(super) const fn latched(&self) -> Option<&Cause> {
        self.latched.as_ref()
    }

    /// True if no more entries may be written before a sync.
    pub(super) fn must_sync(&self, bounds: SyncBounds) -> bool {
        self.unsynced() >= u64::from(bounds.entries)
    }

    /// Latest time of the next sync, Unix milliseconds.
    pub(super) fn due_at(&self, bounds: SyncBounds) -> Option<i64> {
        self.oldest_ms.map(|ms| ms.saturating_add(i64::from(bounds.millis)))
    }

    /// Records a write: `entries` more entries, and the new end of the log.
    pub(super) fn wrote(&mut self, end: LogEnd, entries: u64, now_ms: i64) {
        self.written = SyncPoint { end, entries: self.written.entries + entries };
        if entries > 0 {
            self.oldest_ms = self.oldest_ms.or(Some(now_ms));
            self.oldest_behind_sync_ms = self.oldest_behind_sync_ms.or(Some(now_ms));
        }
    }

    /// Records the start of a sync of everything written so far.
    pub(super) const fn begin_sync(&mut self) {
        self.syncing = Some(self.written);
        self.oldest_behind_sync_ms = None;
    }

    /// Extends the announced sync to everything written so far, because it begins only now.
    pub(super) const fn cover_written(&mut self) {
        if self.syncing.is_some() {
            self.begin_sync();
        }
    }

    /// Records the end of the running sync; returns the synced point.
    pub(super) fn end_sync(&mut self) -> SyncPoint {
        if let Some(covered) = self.syncing.take() {
            self.synced = covered;
            self.oldest_ms = self.oldest_behind_sync_ms.take().filter(|_| !self.is_all_synced());
        }
        self.synced
    }

    /// Records that the running sync failed or was not run.
    pub(super) const fn give_up_sync(&mut self) {
        self.syncing = None;
    }

    /// Latches the writer, and returns the first cause.
    pub(super) fn latch(&mut self, cause: &Cause) -> &Cause {
        self.latched.get_or_insert_with(|| cause.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: SyncBounds = SyncBounds { entries: 3, millis: 200 };

    fn end(len: u64) -> LogEnd {
        LogEnd::default().followed_by(b"", len)
    }

    #[test]
    fn a_sync_covers_what_was_written_before_it_began() {
        let mut state = SyncState::new(end(100));
        assert!(state.is_all_synced());
        state.wrote(end(150), 1, 10);
        state.begin_sync();
        state.wrote(end(180), 1, 20);
        assert!(state.is_syncing());
        assert_eq!(state.end_sync(), SyncPoint { end: end(150), entries: 1 });
        assert_eq!((state.unsynced(), state.is_all_synced(), state.is_syncing()), (1, false, false));
        assert_eq!(state.due_at(BOUNDS), Some(220), "the first that it did not cover counts from now on");
    }

    #[test]
    fn a_sync_that_belongs_to_a_write_covers_that_write() {
        let mut state = SyncState::new(end(100));
        state.begin_sync();
        state.wrote(end(150), 2, 10);
        state.cover_written();
        assert_eq!(state.end_sync(), SyncPoint { end: end(150), entries: 2 });
        assert_eq!((state.is_all_synced(), state.due_at(BOUNDS)), (true, None));
    }

    #[test]
    fn a_sync_that_failed_covers_nothing() {
        let mut state = SyncState::new(end(100));
        state.wrote(end(150), 1, 10);
        state.begin_sync();
        state.give_up_sync();
        assert_eq!(state.end_sync(), SyncPoint { end: end(100), entries: 0 });
        assert_eq!((state.unsynced(), state.is_syncing()), (1, false));
    }

    #[test]
    fn bounds_are_entries_and_the_age_of_the_oldest() {
        let mut state = SyncState::new(end(0));
        assert_eq!((state.must_sync(BOUNDS), state.due_at(BOUNDS)), (false, None));
        state.wrote(end(10), 1, 1000);
        state.wrote(end(20), 1, 1100);
        assert_eq!((state.must_sync(BOUNDS), state.due_at(BOUNDS)), (false, Some(1200)));
        state.wrote(end(30), 1, 1150);
        assert!(state.must_sync(BOUNDS));
    }

    #[test]
    fn bytes_without_an_entry_wait_for_a_sync_and_make_none_due() {
        let mut state = SyncState::new(end(100));
        state.wrote(end(130), 0, 10);
        assert_eq!((state.is_all_synced(), state.unsynced(), state.due_at(BOUNDS)), (false, 0, None));
        state.begin_sync();
        assert_eq!(state.end_sync().len(), 130);
        assert!(state.is_all_synced());
    }

    #[test]
    fn the_first_cause_stays() {
        let mut state = SyncState::new(end(0));
        let first = Cause::Foreign { expected: 1, found: 2 };
        assert_eq!(state.latch(&first), &first);
        assert_eq!(state.latch(&Cause::Foreign { expected: 3, found: 4 }), &first);
        assert_eq!(state.latched(), Some(&first));
    }
}
