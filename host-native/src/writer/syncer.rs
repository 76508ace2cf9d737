//! Syncing in `balanced`, behind the writer.
//!
//! Owns: when a session's sync is due.
//! Invariant: a sync starts at half of what the mode allows, in entries and in time, so that the sync itself fits into
//! the rest. An append that would exceed the whole syncs itself. The lock is not held during the sync.

use super::group::{Shared, State, Syncer};
use super::lane::Work;
use crate::os::host;
use std::time::Duration;

/// Time until a sync is asked for again that another one keeps waiting.
const BEHIND_ANOTHER: Duration = Duration::from_millis(1);

impl State {
    /// Time until the next sync is due; `None` if there is nothing to sync.
    fn sync_in(&self) -> Option<Duration> {
        let millis = self.log.durability().sync_bounds()?.millis;
        let due = self.log.sync_due_at()? - i64::from(millis / 2);
        // A clock that was set back must not delay a sync.
        let wait = due.saturating_sub(host::now_ms()).clamp(0, i64::from(millis));
        Some(Duration::from_millis(wait.cast_unsigned()))
    }

    /// How soon an append should have a sync begin, if it has to ask for that.
    pub(super) fn asks_for_sync(&mut self) -> Option<Duration> {
        match self.syncer {
            Syncer::Idle if self.log.unsynced() > 0 => {
                self.syncer = Syncer::Timed;
                self.sync_in()
            }
            Syncer::Timed if self.half_full() => {
                self.syncer = Syncer::Busy;
                Some(Duration::ZERO)
            }
            _ => None,
        }
    }

    /// Whether half of the entries that may wait for a sync are waiting.
    fn half_full(&self) -> bool {
        let bounds = self.log.durability().sync_bounds();
        bounds.is_some_and(|bounds| self.log.unsynced() * 2 >= u64::from(bounds.entries))
    }

    /// The oldest entry that is not synced has waited for longer than the mode allows.
    pub(super) fn is_overdue(&self) -> bool {
        self.log.durability().sync_bounds().is_some() && self.log.sync_due_at().is_some_and(|due| due <= host::now_ms())
    }
}

impl Work for Shared {
    fn round(&self) -> Option<Duration> {
        let mut state = self.lock();
        state.syncer = Syncer::Busy;
        while state.log.latched().is_none() {
            let wait = state.sync_in();
            let due = wait.is_some_and(|wait| wait.is_zero()) || state.half_full();
            if due && let Some(sync) = state.log.begin_sync() {
                // A failure is latched: every later append reports it.
                state = self.run_job(state, sync).0;
                continue;
            }
            state.syncer = if wait.is_some() { Syncer::Timed } else { Syncer::Idle };
            return if due { Some(BEHIND_ANOTHER) } else { wait };
        }
        // No thread may wait for a sync that will not come.
        self.tell(&state);
        None
    }
}
