//! The threads of a search.
//!
//! Owns: who searches what next: the runs of logs that are open first, from their ends, then the next log.
//! Invariant: each run of each log is searched once; a stop leaves the rest.

use super::Target;
use super::log::{News, OpenLog};
use crate::os::host;
use jcode_session_core::search::Search;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};

/// The threads.
pub(super) struct Pool<'s> {
    search: &'s Search,
    targets: &'s [Target],
    stop: &'s (dyn Fn() -> bool + Sync),
    queue: Mutex<Queue<'s>>,
}

#[derive(Default)]
struct Queue<'s> {
    next: usize,
    /// Logs with runs that nobody took, and the number of the next one.
    open: Vec<(Arc<OpenLog<'s>>, usize)>,
}

impl<'s> Pool<'s> {
    pub(super) fn new(search: &'s Search, targets: &'s [Target], stop: &'s (dyn Fn() -> bool + Sync)) -> Self {
        Self { search, targets, stop, queue: Mutex::new(Queue::default()) }
    }

    #[expect(clippy::unused_self, reason = "may depend on what is searched")]
    pub(super) fn threads(&self) -> usize {
        host::cores()
    }

    /// What one thread does.
    pub(super) fn work(&self, sender: &SyncSender<News>) {
        // Nobody listens any more once the search is over.
        let mut tell = |news| drop(sender.send(news));
        while !(self.stop)() {
            if let Some((log, run)) = self.run() {
                log.search(run, &mut tell);
                continue;
            }
            let Some((place, target)) = self.target() else { return };
            if target.blocks.as_ref().is_some_and(Vec::is_empty) {
                tell(News::Done { place, end: Ok(()), was_contradicted: false });
                continue;
            }
            match OpenLog::open(place, target, self.search) {
                Ok(log) => {
                    let log = Arc::new(log);
                    if log.runs() > 1 {
                        self.queue().open.push((Arc::clone(&log), 1));
                    }
                    log.search(0, &mut tell);
                }
                Err(error) => tell(News::Done { place, end: Err(error), was_contradicted: false }),
            }
        }
    }

    fn run(&self) -> Option<(Arc<OpenLog<'s>>, usize)> {
        let mut queue = self.queue();
        let (log, next) = queue.open.first_mut()?;
        let run = (Arc::clone(log), *next);
        *next += 1;
        if *next == log.runs() {
            queue.open.remove(0);
        }
        Some(run)
    }

    fn target(&self) -> Option<(usize, &'s Target)> {
        let mut queue = self.queue();
        let place = queue.next;
        queue.next += 1;
        self.targets.get(place).map(|target| (place, target))
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, Queue<'s>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
