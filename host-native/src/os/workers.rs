//! Threads that read ahead of the one that calls.
//!
//! Owns: how items are handed out and results wait.
//! Invariant: a worker gets every n-th item and has a few of them at a time, so results come in order without being
//! sorted, and memory does not grow with the work.

use crate::os::host;
use jcode_session_core::log::Threads;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Items that a worker was given and that were not taken back.
const IN_FLIGHT: usize = 3;

/// A number of threads, beside the one that calls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Workers(usize);

impl Workers {
    /// As many as there are cores.
    pub(crate) fn of_all_cores() -> Self {
        Self(host::cores())
    }

    /// For a log of `len` bytes: a short one is read before a thread has started.
    pub(crate) fn for_log(len: u64) -> Self {
        if len < SHORT { Self(1) } else { Self::of_all_cores() }
    }
}

/// Logs below this length are read on the calling thread.
const SHORT: u64 = 8 << 20;

impl Threads for Workers {
    fn count(&self) -> usize {
        self.0
    }

    fn in_order<I: Send, T: Send>(
        &self,
        items: impl Iterator<Item = I>,
        make: impl Fn(I) -> T + Sync,
        mut take: impl FnMut(T) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let make = &make;
        std::thread::scope(|scope| {
            let start = |_| {
                let (given, to_do) = sync_channel(IN_FLIGHT);
                let (done, made) = sync_channel(IN_FLIGHT);
                scope.spawn(move || {
                    // Whoever takes the results no longer wants them once the channel is closed.
                    to_do.into_iter().map(make).try_for_each(|result| done.send(result))
                });
                Worker { given, made }
            };
            let workers: Vec<Worker<I, T>> = (0..self.0.max(1)).map(start).collect();
            let mut in_order = workers.iter().cycle();
            let mut take_next = || match in_order.next().map(|worker| worker.made.recv()) {
                Some(Ok(result)) => take(result),
                // A worker that panicked; the scope passes that on.
                _ => ControlFlow::Break(()),
            };
            let mut waiting = 0;
            for (item, worker) in items.zip(workers.iter().cycle()) {
                if waiting == workers.len() * IN_FLIGHT {
                    take_next()?;
                    waiting -= 1;
                }
                if worker.given.send(item).is_err() {
                    return ControlFlow::Break(());
                }
                waiting += 1;
            }
            (0..waiting).try_for_each(|_| take_next())
        })
    }
}

/// A worker's two ends: what it is given, and what it made.
struct Worker<I, T> {
    given: SyncSender<I>,
    made: Receiver<T>,
}
