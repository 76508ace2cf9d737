//! The threads of a search.
//!
//! Owns: who searches what next: that which may hold the newest entry, so that hits are told early; logs from their ends.
//! Invariant: each run of each log is searched once, by whichever thread has nothing to do; a stop leaves the rest.

use super::Target;
use super::log::{News, OpenLog};
use crate::os::host;
use jcode_session_core::search::Search;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

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
    /// A log was opened, which may have runs for others.
    opened: Condvar,
}

#[derive(Default)]
struct Queue<'s> {
    next: usize,
    /// Logs that threads are opening.
    opening: usize,
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
        Self { search, targets, stop, only_counts, queue: Mutex::default(), opened: Condvar::new() }
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
        let is_needed = target.blocks.as_ref().is_none_or(|blocks| !blocks.is_empty());
        let log = is_needed.then(|| OpenLog::open(place, target, self.search, self.only_counts).map(Arc::new));
        let mut queue = self.queue();
        queue.opening -= 1;
        if let Some(Ok(log)) = &log
            && log.runs() > 1
        {
            queue.open.push((Arc::clone(log), 1));
        }
        drop(queue);
        self.opened.notify_all();
        match log {
            Some(Ok(log)) => log.search(0, tell),
            Some(Err(error)) => tell(News::Done { place, end: Err(error), was_contradicted: false }),
            None => tell(News::Done { place, end: Ok(()), was_contradicted: false }),
        }
    }

    /// What may hold the newest entry of all that nobody took; waits for logs that are being opened.
    fn next(&self) -> Option<Next<'s>> {
        let mut queue = self.queue();
        loop {
            let next = queue.take(self.targets);
            if next.is_some() || queue.opening == 0 {
                return next;
            }
            queue = self.opened.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, Queue<'s>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'s> Queue<'s> {
    fn take(&mut self, targets: &'s [Target]) -> Option<Next<'s>> {
        let newest_open = self.open.iter().enumerate().max_by_key(|(_, (log, _))| log.newest());
        let newest_open = newest_open.map(|(at, (log, _))| (at, log.newest()));
        let opens = |target: &&Target| newest_open.is_none_or(|(_, newest)| target.newest > newest);
        if self.open.len() < OPEN
            && let Some(target) = targets.get(self.next).filter(opens)
        {
            let place = self.next;
            self.next += 1;
            self.opening += 1;
            return Some(Next::Log(place, target));
        }
        let at = newest_open?.0;
        let (log, next) = self.open.get_mut(at)?;
        let run = Next::Run(Arc::clone(log), *next);
        *next += 1;
        if *next == log.runs() {
            self.open.swap_remove(at);
        }
        Some(run)
    }
}
