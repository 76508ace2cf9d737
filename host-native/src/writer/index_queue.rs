//! The queue from the writer to its indexer: the written entries, and the sync point.
//!
//! Owns: the queue, and when its indexer is asked to look at it.
//! Invariant: a sender never waits for the sidecar. A queue that grows too long is dropped, and the indexer reads the
//! missing entries from the log.

use super::lane::Ticket;
use crate::os::host;
use crate::os::threads::{Arc, Mutex, MutexGuard};
use jcode_session_core::log::AppendedEntries;
use jcode_session_core::write::{LogObserver, SyncPoint};
use std::sync::{OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Upper bound of the bytes of waiting entries.
const MOST: usize = 32 << 20;
/// Minimum time between two rounds. On common file systems a sync of the log also waits for changes beside it, so one
/// transaction per sync would slow down every sync.
const GATHER: Duration = Duration::from_millis(25);

#[derive(Debug)]
struct State {
    written: AppendedEntries,
    synced: SyncPoint,
    /// The indexer was asked and has not looked yet.
    asked: bool,
    /// When it looked last.
    looked: Option<Instant>,
    /// Writes ask it too, not only syncs.
    ahead: bool,
}

#[derive(Debug)]
pub(super) struct IndexQueue {
    state: Mutex<State>,
    /// The session's place among those whose sidecars are kept.
    sidecars: OnceLock<Ticket>,
}

/// The writer's end of the queue.
#[derive(Debug)]
pub(super) struct QueueSender(pub(super) Arc<IndexQueue>);

impl IndexQueue {
    /// A queue. With `ahead`, writes ask the receiver too.
    pub(super) fn new(ahead: bool) -> Self {
        let state = State {
            written: AppendedEntries::default(),
            synced: SyncPoint::default(),
            asked: false,
            looked: None,
            ahead,
        };
        Self { state: Mutex::new(state), sidecars: OnceLock::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on this ticket asks; at once for what is there.
    pub(super) fn begin(&self, ticket: Ticket) {
        self.sidecars.get_or_init(|| ticket).ask(Duration::ZERO);
    }

    /// Nothing is asked for any more, and no round is under way.
    pub(super) fn end(&self) {
        if let Some(ticket) = self.sidecars.get() {
            ticket.leave();
        }
    }

    /// Asks for a round if none is asked for.
    fn ask(&self, mut state: MutexGuard<'_, State>) {
        if std::mem::replace(&mut state.asked, true) {
            return;
        }
        let since = state.looked.map(|looked| looked.elapsed());
        drop(state);
        if let Some(ticket) = self.sidecars.get() {
            ticket.ask(since.map_or(Duration::ZERO, |since| GATHER.saturating_sub(since)));
        }
    }

    /// Moves the written entries to the end of `pending`. The sync point.
    pub(super) fn take(&self, pending: &mut AppendedEntries) -> SyncPoint {
        let mut state = self.lock();
        (state.asked, state.looked) = (false, Some(host::instant()));
        if pending.is_empty() {
            std::mem::swap(pending, &mut state.written);
        } else {
            pending.extend_moved(&state.written, 0);
            state.written.clear();
        }
        state.synced
    }
}

impl LogObserver for QueueSender {
    fn written(&mut self, entries: &AppendedEntries) {
        let mut state = self.0.lock();
        if state.written.weight() > MOST {
            state.written = AppendedEntries::default();
        }
        state.written.extend_moved(entries, 0);
        if state.ahead {
            self.0.ask(state);
        }
    }

    fn synced(&mut self, point: SyncPoint) {
        let mut state = self.0.lock();
        state.synced = point;
        self.0.ask(state);
    }
}
