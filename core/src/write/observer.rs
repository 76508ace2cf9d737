//! Observers of a log that is open for writing.
//!
//! Owns: the events that a writer reports: lines written, log synced.
//! Invariant: observers neither fail nor block, so an append never waits for the sidecar or a checkpoint.

use super::log_end::LogEnd;
use crate::log::AppendedEntries;

/// How much of the log is known to be on the disk. At each sync point the sidecar may be updated and a checkpoint
/// taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SyncPoint {
    /// End of the synced log, behind a line. A log with other bytes there was rewritten.
    pub end: LogEnd,
    /// Number of this writer's entries in it.
    pub entries: u64,
}

impl SyncPoint {
    /// Synced bytes of the log.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.end.len()
    }

    /// True for an empty log.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.end.is_empty()
    }
}

/// Receives a writer's events.
pub trait LogObserver {
    /// These entries are in the log, but not yet known to be on the disk. Lines of other programs are not reported, nor
    /// this writer's own if another program wrote at the same time. The observer must read from the log what lies
    /// between reported entries, or between the last one and a sync point.
    fn written(&mut self, entries: &AppendedEntries);
    /// The log is on the disk up to this point.
    fn synced(&mut self, point: SyncPoint);
}

/// Ignores all events.
#[derive(Debug, Clone, Copy)]
pub struct NoObserver;

impl LogObserver for NoObserver {
    fn written(&mut self, _: &AppendedEntries) {}

    fn synced(&mut self, _: SyncPoint) {}
}
