//! The syncing thread of `balanced`.
//!
//! Owns: when it wakes. Invariant: it starts a sync at half of what the mode allows, in entries and in time, so that
//! the sync itself fits into the rest; appends wait only when they would go beyond the whole.
//! Does not: hold the lock while it syncs.

use super::group::{Shared, State, Syncer};
use crate::os::host;
use std::sync::PoisonError;
use std::time::Duration;

impl State {
    /// How long a sync may wait still; `None` if there is nothing to sync.
    fn sync_in(&self) -> Option<Duration> {
        let millis = self.log.durability().sync_bounds()?.millis;
        let due = self.log.sync_due_at()? - i64::from(millis / 2);
        // A clock that was set back must not put a sync off.
        let wait = due.saturating_sub(host::now_ms()).clamp(0, i64::from(millis));
        Some(Duration::from_millis(wait.cast_unsigned()))
    }
}

/// Syncs whenever it is time, until the writer closes.
pub(super) fn run(shared: &Shared) {
    let mut state = shared.lock();
    while !state.closing && state.log.latched().is_none() {
        let wait = state.sync_in();
        let due = wait.is_some_and(|wait| wait.is_zero()) || state.half_full();
        if due && let Some(sync) = state.log.begin_sync() {
            // A failure is latched: every append from now on tells it.
            state = shared.run_job(state, sync).0;
            continue;
        }
        state.syncer = if wait.is_some() { Syncer::Timed } else { Syncer::Idle };
        state = match wait.filter(|wait| !wait.is_zero()) {
            Some(wait) => shared.due.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0,
            // A due sync that could not be taken: another one is running, and whoever runs it wakes this thread.
            None => shared.due.wait(state).unwrap_or_else(PoisonError::into_inner),
        };
        state.syncer = Syncer::Busy;
    }
    // Nobody may wait for a sync that will not come.
    shared.tell(&state);
}
