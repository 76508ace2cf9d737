//! The syncing thread of `balanced`.
//!
//! Owns: when the thread wakes.
//! Invariant: a sync starts at half of what the mode allows, in entries and in time, so that the sync itself fits into
//! the rest. Appends wait only if they would exceed the whole. The lock is not held during the sync.

use super::group::{Shared, State, Syncer};
use crate::os::host;
use std::sync::PoisonError;
use std::time::Duration;

impl State {
    /// Time until the next sync is due; `None` if there is nothing to sync.
    fn sync_in(&self) -> Option<Duration> {
        let millis = self.log.durability().sync_bounds()?.millis;
        let due = self.log.sync_due_at()? - i64::from(millis / 2);
        // A clock that was set back must not delay a sync.
        let wait = due.saturating_sub(host::now_ms()).clamp(0, i64::from(millis));
        Some(Duration::from_millis(wait.cast_unsigned()))
    }
}

/// Syncs whenever a sync is due, until the writer closes.
pub(super) fn run(shared: &Shared) {
    let mut state = shared.lock();
    while !state.closing && state.log.latched().is_none() {
        let wait = state.sync_in();
        let due = wait.is_some_and(|wait| wait.is_zero()) || state.half_full();
        if due && let Some(sync) = state.log.begin_sync() {
            // A failure is latched: every later append reports it.
            state = shared.run_job(state, sync).0;
            continue;
        }
        state.syncer = if wait.is_some() { Syncer::Timed } else { Syncer::Idle };
        state = match wait.filter(|wait| !wait.is_zero()) {
            Some(wait) => shared.due.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0,
            // The sync is due but another one is running; the thread that runs it wakes this one.
            None => shared.due.wait(state).unwrap_or_else(PoisonError::into_inner),
        };
        state.syncer = Syncer::Busy;
    }
    // No thread may wait for a sync that will not come.
    shared.tell(&state);
}
