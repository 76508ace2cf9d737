//! Who hears of what happened to a log that is written.
//!
//! Owns: the words between a writer and what depends on its log.
//! Does not: fail, or wait: an append never waits for what depends on the log.

use super::log_end::LogEnd;
use crate::log::AppendedEntries;

/// How far the log is known to be on the disk. Every one is a point at which the sidecar may be brought up to date
/// and a checkpoint may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SyncPoint {
    /// So far the log reaches, up to the end of a line. What does not end so any more was rewritten.
    pub end: LogEnd,
    /// Entries of this writer in it.
    pub entries: u64,
}

impl SyncPoint {
    /// Bytes of the log.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.end.len()
    }

    /// True of an empty log.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.end.is_empty()
    }
}

/// Hears of what happened to the log.
pub trait LogObserver {
    /// These entries stand in the log now, not yet known to be on the disk. Lines of other programs are not told, nor
    /// are this writer's own where another program wrote at the same moment: what lies between entries that are told,
    /// or between the last one and a sync point, must be read from the log.
    fn written(&mut self, entries: &AppendedEntries);
    /// The log is on the disk as far as this.
    fn synced(&mut self, point: SyncPoint);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy)]
pub struct NoObserver;

impl LogObserver for NoObserver {
    fn written(&mut self, _: &AppendedEntries) {}

    fn synced(&mut self, _: SyncPoint) {}
}
