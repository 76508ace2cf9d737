//! The hits of all logs in one order.
//!
//! Owns: when a hit may be told, and which of several copies is the one that counts: the first in the order.
//! Invariant: the total does not depend on the order in which logs were searched. What is not told any more is counted as
//! it comes, in whichever order.

use super::log::News;
use super::{Hit, Order, Searched, Target};
use crate::session::SessionError;
use jcode_session_core::search::{Found, mean_len, newest_first, relevance};
use jcode_session_core::session::ReadError;
use std::cmp::Ordering;
use std::collections::{BTreeSet, BinaryHeap, HashMap};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The hits so far.
pub(super) struct Merge {
    order: Order,
    /// How new an entry of each log that is not done can be.
    newest: Vec<i64>,
    to_do: BTreeSet<(i64, usize)>,
    waiting: BinaryHeap<Waiting>,
    /// Of each entry that may have copies, the log whose copies count.
    owners: HashMap<u128, Owner>,
    total: u64,
    left: usize,
    failed: Vec<SessionError>,
    contradicted: Vec<PathBuf>,
}

struct Waiting {
    place: usize,
    log: Rc<Log>,
    key: String,
    found: Found,
}

struct Log {
    path: Box<[u8]>,
    id: String,
}

impl Log {
    fn of(place: usize, id: String, targets: &[Target]) -> Self {
        let path: &Path = targets.get(place).map_or(Path::new(""), |target| &target.path);
        Self { path: path.as_os_str().as_encoded_bytes().into(), id }
    }
}

/// A log whose copies of an entry count: of those that hold one, the first in the order.
struct Owner {
    log: Rc<Log>,
    counted: u64,
    /// So many were told, of whichever log.
    told: u64,
}

impl Merge {
    pub(super) fn new(order: Order, newest: Vec<i64>, limit: Option<usize>) -> Self {
        let to_do = newest.iter().zip(0..).map(|(&newest, place)| (newest, place)).collect();
        let (waiting, owners) = (BinaryHeap::new(), HashMap::new());
        let left = limit.unwrap_or(usize::MAX);
        Self { order, newest, to_do, waiting, owners, total: 0, left, failed: Vec::new(), contradicted: Vec::new() }
    }

    /// Takes news in, and tells what may be told.
    pub(super) fn take(
        &mut self,
        news: News,
        targets: &[Target],
        each: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        match news {
            News::Found { place, id, hits, oldest } => {
                let log = Rc::new(Log::of(place, id, targets));
                if self.left == 0 {
                    hits.iter().for_each(|(_, found)| self.count(found.copy, &log));
                } else {
                    let wait = |(key, found)| Waiting { place, log: Rc::clone(&log), key, found };
                    self.waiting.extend(hits.into_iter().map(wait));
                }
                if let Some(oldest) = oldest {
                    self.lower(place, oldest);
                }
            }
            News::Counted { place, copies } => {
                let log = Rc::new(Log::of(place, String::new(), targets));
                copies.into_iter().for_each(|copy| self.count(copy, &log));
            }
            News::Done { place, end, was_contradicted } => {
                self.failed.extend(end.err());
                let target = targets.get(place).filter(|_| was_contradicted);
                self.contradicted.extend(target.map(|target| target.path.clone()));
                if let Some(newest) = self.newest.get(place) {
                    self.to_do.remove(&(*newest, place));
                }
            }
        }
        if self.order != Order::Streamed {
            return ControlFlow::Continue(());
        }
        let bound = self.to_do.last().map(|(newest, _)| *newest);
        while self.waiting.peek().is_some_and(|first| bound.is_none_or(|bound| first.found.ts > Some(bound))) {
            self.tell_first(targets, each)?;
        }
        ControlFlow::Continue(())
    }

    /// True once no hit is told any more.
    pub(super) const fn only_counts(&self) -> bool {
        self.left == 0
    }

    /// Counts a hit that is not told.
    fn count(&mut self, copy: Option<u128>, log: &Rc<Log>) {
        match copy {
            Some(copy) => drop(self.is_news(copy, log)),
            None => self.total += 1,
        }
    }

    /// Nothing of this log is newer than `oldest` any more.
    fn lower(&mut self, place: usize, oldest: i64) {
        if let Some(newest) = self.newest.get_mut(place)
            && oldest < *newest
            && self.to_do.remove(&(*newest, place))
        {
            *newest = oldest;
            self.to_do.insert((oldest, place));
        }
    }

    /// Tells all that is left.
    pub(super) fn tell_rest(&mut self, targets: &[Target], each: &mut dyn FnMut(Hit) -> ControlFlow<()>) {
        if self.order == Order::Relevance {
            return self.tell_by_relevance(targets, each);
        }
        while !self.waiting.is_empty() && self.tell_first(targets, each).is_continue() {}
    }

    fn tell_by_relevance(&mut self, targets: &[Target], each: &mut dyn FnMut(Hit) -> ControlFlow<()>) {
        let left = std::mem::replace(&mut self.left, usize::MAX);
        let mut hits = Vec::new();
        while !self.waiting.is_empty() {
            let _ = self.tell_first(targets, &mut |hit| {
                hits.push(hit);
                ControlFlow::Continue(())
            });
        }
        let mean = mean_len(hits.iter().map(|hit| &hit.found));
        // Among equals the order stays: newest first.
        hits.sort_by(|a, b| relevance(&b.found, mean).total_cmp(&relevance(&a.found, mean)));
        let _ = hits.into_iter().take(left).try_for_each(each);
    }

    /// What it came to.
    pub(super) fn end(self, searched: &mut Searched) {
        searched.total = self.total;
        searched.contradicted = self.contradicted;
        searched.contradicted.sort_unstable();
        let refused = |error: &SessionError| matches!(error, SessionError::Log { source: ReadError::Refused(_), .. });
        (searched.refused, searched.failed) = self.failed.into_iter().partition(refused);
    }

    /// Counts the newest hit, unless it is a copy, and tells it.
    fn tell_first(&mut self, targets: &[Target], each: &mut dyn FnMut(Hit) -> ControlFlow<()>) -> ControlFlow<()> {
        let Some(Waiting { place, log, key, found }) = self.waiting.pop() else { return ControlFlow::Continue(()) };
        if found.copy.is_some_and(|copy| !self.is_news(copy, &log)) {
            return ControlFlow::Continue(());
        }
        self.total += u64::from(found.copy.is_none());
        // Nothing waits once no hit is told any more.
        let Some(target) = targets.get(place) else { return ControlFlow::Continue(()) };
        self.left -= 1;
        if self.left == 0 {
            for Waiting { log, found, .. } in std::mem::take(&mut self.waiting) {
                self.count(found.copy, &log);
            }
        }
        let agent = target.agent.clone();
        each(Hit { path: target.path.clone(), session_id: log.id.clone(), agent, entry_id: key, found })
    }

    /// Counts a copy of an entry in a log; true if nobody was told of so many. All copies of one have its time, so that
    /// of two logs the one with the greater path comes first, also where it was searched last.
    fn is_news(&mut self, copy: u128, log: &Rc<Log>) -> bool {
        let new = || Owner { log: Rc::clone(log), counted: 0, told: 0 };
        let owner = self.owners.entry(copy).or_insert_with(new);
        match log.path.cmp(&owner.log.path) {
            Ordering::Less => return false,
            Ordering::Equal => {}
            Ordering::Greater => {
                self.total -= owner.counted;
                (owner.log, owner.counted) = (Rc::clone(log), 0);
            }
        }
        owner.counted += 1;
        self.total += 1;
        let is_news = owner.counted > owner.told;
        owner.told += u64::from(is_news);
        is_news
    }
}

impl Ord for Waiting {
    /// The newest is the greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        newest_first((&other.found, &other.log.path), (&self.found, &self.log.path))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Waiting {}
