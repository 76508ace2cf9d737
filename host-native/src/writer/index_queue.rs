//! The queue from the writer to the indexer thread: the written entries, and the sync point.
//!
//! Owns: the queue.
//! Invariant: a sender never waits for the sidecar. A queue that grows too long is dropped, and the indexer reads the
//! missing entries from the log.

use crate::os::threads::{Arc, Condvar, Mutex, MutexGuard};
use jcode_session_core::log::AppendedEntries;
use jcode_session_core::write::{LogObserver, SyncPoint};
use std::sync::PoisonError;
use std::time::Duration;

/// Upper bound of the bytes of waiting entries.
const MOST: usize = 32 << 20;

#[derive(Debug)]
struct State {
    written: AppendedEntries,
    synced: SyncPoint,
    closing: bool,
    /// The indexer thread is waiting.
    waiting: bool,
    /// Something was sent since the indexer last looked.
    news: bool,
    /// Writes wake the indexer too, not only syncs.
    ahead: bool,
}

#[derive(Debug)]
pub(super) struct IndexQueue {
    state: Mutex<State>,
    wake: Condvar,
    closed: Condvar,
}

/// What the indexer receives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Update {
    pub(super) synced: SyncPoint,
    pub(super) closing: bool,
}

/// The writer's end of the queue.
#[derive(Debug)]
pub(super) struct QueueSender(pub(super) Arc<IndexQueue>);

impl IndexQueue {
    /// A queue. With `ahead`, writes wake the receiver too.
    pub(super) fn new(ahead: bool) -> Self {
        let state = State {
            written: AppendedEntries::default(),
            synced: SyncPoint::default(),
            closing: false,
            waiting: false,
            news: false,
            ahead,
        };
        Self { state: Mutex::new(state), wake: Condvar::new(), closed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        state.news = true;
        if state.waiting {
            self.wake.notify_one();
        }
    }

    /// Tells the indexer that nothing more comes and that it should finish the sidecar.
    pub(super) fn close(&self) {
        self.tell(|state| state.closing = true);
        self.closed.notify_all();
    }

    /// Lets entries gather for this long, unless the writer closes.
    pub(super) fn pause(&self, long: Duration) {
        let state = self.lock();
        let waited = self.closed.wait_timeout_while(state, long, |state| !state.closing);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Waits for news, at most this long, and moves the written entries to the end of `pending`.
    pub(super) fn wait(&self, pending: &mut AppendedEntries, at_most: Option<Duration>) -> Update {
        let mut state = self.lock();
        if !state.news && !state.closing {
            state.waiting = true;
            state = match at_most {
                Some(most) => self.wake.wait_timeout(state, most).unwrap_or_else(PoisonError::into_inner).0,
                None => self.wake.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
            state.waiting = false;
        }
        state.news = false;
        if pending.is_empty() {
            std::mem::swap(pending, &mut state.written);
        } else {
            pending.extend_moved(&state.written, 0);
            state.written.clear();
        }
        Update { synced: state.synced, closing: state.closing }
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
            state.news = true;
            if state.waiting {
                self.0.wake.notify_one();
            }
        }
    }

    fn synced(&mut self, point: SyncPoint) {
        self.0.tell(|state| state.synced = point);
    }
}
