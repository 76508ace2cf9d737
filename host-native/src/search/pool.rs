//! The threads of a search.
//!
//! Owns: who searches what next: that which may hold the newest entry, so that hits are told early; logs from their ends.
//! Invariant: each run of each log is searched once; a stop leaves the rest.

use super::Target;
use super::log::{News, OpenLog};
use crate::os::host;
use jcode_session_core::search::Search;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};

/// So many logs are open at once at most, and one for each thread: where more sessions were written in turns, the newest
/// hits come late.
const OPEN: usize = 32;

/// The threads.
pub(super) struct Pool<'s> {
    search: &'s Search,
    targets: &'s [Target],
    stop: &'s (dyn Fn() -> bool + Sync),
    only_counts: &'s AtomicBool,
    queue: Mutex<Queue<'s>>,
}

#[derive(Default)]
struct Queue<'s> {
    next: usize,
    /// Logs with runs that nobody took, and the number of the next one.
    open: Vec<(Arc<OpenLog<'s>>, usize)>,
}

enum Next<'s> {
    /// A run of a log that is open.
    Run(Arc<OpenLog<'s>>, usize),
    /// A log that is still to be opened, and its place.
    Log(usize, &'s Target),
}

impl<'s> Pool<'s> {
    /// Hits are told until `only_counts` is true.
    pub(super) fn new(
        search: &'s Search,
        targets: &'s [Target],
        stop: &'s (dyn Fn() -> bool + Sync),
        only_counts: &'s AtomicBool,
    ) -> Self {
        Self { search, targets, stop, only_counts, queue: Mutex::new(Queue::default()) }
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
            match self.next() {
                Some(Next::Run(log, run)) => log.search(run, &mut tell),
                Some(Next::Log(place, target)) => self.open(place, target, &mut tell),
                None => return,
            }
        }
    }

    /// Opens a log and searches its end.
    fn open(&self, place: usize, target: &'s Target, tell: &mut dyn FnMut(News)) {
        if target.blocks.as_ref().is_some_and(Vec::is_empty) {
            return tell(News::Done { place, end: Ok(()), was_contradicted: false });
        }
        match OpenLog::open(place, target, self.search, self.only_counts) {
            Ok(log) => {
                let log = Arc::new(log);
                if log.runs() > 1 {
                    self.queue().open.push((Arc::clone(&log), 1));
                }
                log.search(0, tell);
            }
            Err(error) => tell(News::Done { place, end: Err(error), was_contradicted: false }),
        }
    }

    /// What may hold the newest entry of all that nobody took.
    fn next(&self) -> Option<Next<'s>> {
        let mut queue = self.queue();
        let newest_open = queue.open.iter().enumerate().max_by_key(|(_, (log, _))| log.newest());
        let newest_open = newest_open.map(|(at, (log, _))| (at, log.newest()));
        let place = queue.next;
        let target = self.targets.get(place);
        let opens = |target: &&Target| newest_open.is_none_or(|(_, newest)| target.newest > newest);
        if queue.open.len() < OPEN
            && let Some(target) = target.filter(opens)
        {
            queue.next += 1;
            return Some(Next::Log(place, target));
        }
        let at = newest_open?.0;
        let (log, next) = queue.open.get_mut(at)?;
        let run = Next::Run(Arc::clone(log), *next);
        *next += 1;
        if *next == log.runs() {
            queue.open.swap_remove(at);
        }
        Some(run)
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, Queue<'s>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
