//! Lanes: the few threads that work behind all writers of a process, for one session at a time each.
//!
//! Owns: which session is due and when, how many threads there are, and that they end with the last writer.
//! Invariant: two threads never work for one session at once. Who asks while a session is worked for gets another round.
//! A session that has left is not worked for, and never will be.
//! Does not: know what the work is.

use crate::os::host;
use crate::os::threads::thread::{self, JoinHandle};
use crate::os::threads::{Arc, Condvar, Mutex, MutexGuard};
use std::io;
use std::sync::{Mutex as Registry, PoisonError, Weak};
use std::thread::panicking;
use std::time::{Duration, Instant};

/// What is done for a session behind its writer.
pub(super) trait Work: Send + Sync {
    /// Does it. After how long again, if nobody asks before.
    fn round(&self) -> Option<Duration>;
}

/// Threads with one kind of work.
pub(super) struct Lane {
    inner: Arc<Inner>,
}

// The lanes of this process.
cfg_if::cfg_if! {
    if #[cfg(feature = "model")] {
        // Each order that is tried has its own.
        shuttle::lazy_static! {
            pub(super) static ref SYNCS: Shared = Shared::new("jcode-sync", 2);
            pub(super) static ref SIDECARS: Shared = Shared::new("jcode-sidecar", 2);
        }
    } else {
        pub(super) static SYNCS: Shared = Shared::new("jcode-sync", 2);
        pub(super) static SIDECARS: Shared = Shared::new("jcode-sidecar", 2);
    }
}

/// A lane that all writers share while there are any.
pub(super) struct Shared {
    name: &'static str,
    /// Threads at most. More than one is started only where sessions would wait for each other.
    most: usize,
    lane: Registry<Weak<Lane>>,
}

impl Shared {
    const fn new(name: &'static str, most: usize) -> Self {
        Self { name, most, lane: Registry::new(Weak::new()) }
    }

    /// Has a session worked for, when its ticket asks.
    pub(super) fn enter(&self, work: Arc<dyn Work>) -> io::Result<Ticket> {
        let lane = {
            let mut shared = self.lane.lock().unwrap_or_else(PoisonError::into_inner);
            shared.upgrade().unwrap_or_else(|| {
                let lane = Arc::new(Lane { inner: Arc::new(Inner::new(self.name, self.most)) });
                *shared = Arc::downgrade(&lane);
                lane
            })
        };
        let mut state = lane.inner.lock();
        if state.threads.is_empty() {
            lane.inner.start_thread(&mut state)?;
        }
        state.next_key += 1;
        let key = state.next_key;
        state.sessions.push(Session { key, work, due: None, is_worked_for: false });
        drop(state);
        Ok(Ticket { lane, key })
    }
}

/// A session's place in a lane.
pub(super) struct Ticket {
    lane: Arc<Lane>,
    key: u64,
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ticket").field("key", &self.key).finish_non_exhaustive()
    }
}

impl Ticket {
    /// Asks for a round, at the latest after this time.
    pub(super) fn ask(&self, within: Duration) {
        let inner = &self.lane.inner;
        let mut state = inner.lock();
        let at = host::instant() + within;
        let first = state.sessions.iter().filter_map(|session| session.due).min();
        if let Some(session) = state.session(self.key)
            && session.due.is_none_or(|due| at < due)
        {
            session.due = Some(at);
            if first.is_none_or(|first| at < first) {
                inner.news.notify_one();
            }
        }
    }

    /// Leaves the lane, once the round that is under way has ended.
    pub(super) fn leave(&self) {
        let mut state = self.lane.inner.lock();
        while state.session(self.key).is_some_and(|session| session.is_worked_for) {
            state = self.lane.inner.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let at = state.sessions.iter().position(|session| session.key == self.key);
        let left = at.map(|at| state.sessions.swap_remove(at));
        // What a session leaves behind is dropped without the lock.
        drop(state);
        drop(left);
    }
}

struct Inner {
    name: &'static str,
    most: usize,
    state: Mutex<State>,
    /// Something is due earlier than before, or the lane ends.
    news: Condvar,
    /// A round has ended.
    ended: Condvar,
}

#[derive(Default)]
struct State {
    sessions: Vec<Session>,
    next_key: u64,
    threads: Vec<JoinHandle<()>>,
    /// Threads that wait for news.
    idle: usize,
    ends: bool,
}

struct Session {
    key: u64,
    work: Arc<dyn Work>,
    due: Option<Instant>,
    is_worked_for: bool,
}

impl State {
    fn session(&mut self, key: u64) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.key == key)
    }

    /// The session that is due next; none that is worked for now.
    fn next(&mut self) -> Option<(Instant, &mut Session)> {
        let waits = self.sessions.iter_mut().filter(|session| !session.is_worked_for);
        waits.filter_map(|session| Some((session.due?, session))).min_by_key(|(due, _)| *due)
    }
}

impl Inner {
    fn new(name: &'static str, most: usize) -> Self {
        Self { name, most, state: Mutex::default(), news: Condvar::new(), ended: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start_thread(self: &Arc<Self>, state: &mut State) -> io::Result<()> {
        let inner = Arc::clone(self);
        state.threads.push(thread::Builder::new().name(self.name.to_string()).spawn(move || inner.run())?);
        Ok(())
    }

    fn run(self: &Arc<Self>) {
        let mut state = self.lock();
        while !state.ends {
            let now = host::instant();
            let wait = match state.next() {
                Some((due, session)) if due <= now => {
                    (session.is_worked_for, session.due) = (true, None);
                    let (key, work) = (session.key, Some(Arc::clone(&session.work)));
                    self.find_help(&mut state, now);
                    drop(state);
                    Round { inner: self, key, work, again: None }.run();
                    state = self.lock();
                    continue;
                }
                Some((due, _)) => Some(due - now),
                None => None,
            };
            state.idle += 1;
            state = match wait {
                Some(wait) => self.news.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0,
                None => self.news.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
            state.idle -= 1;
        }
    }

    /// Has another thread work for the next session, if that is due too.
    fn find_help(self: &Arc<Self>, state: &mut State, now: Instant) {
        if state.next().is_none_or(|(due, _)| due > now) {
            return;
        }
        if state.idle > 0 {
            self.news.notify_one();
        } else if state.threads.len() < self.most {
            // Without another thread it is this one's turn after next.
            let _ = self.start_thread(state);
        }
    }
}

/// A round that is under way; it ends when this is dropped, also by a panic.
struct Round<'i> {
    inner: &'i Arc<Inner>,
    key: u64,
    work: Option<Arc<dyn Work>>,
    again: Option<Duration>,
}

impl Round<'_> {
    fn run(mut self) {
        self.again = self.work.as_ref().and_then(|work| work.round());
    }
}

impl Drop for Round<'_> {
    fn drop(&mut self) {
        // Before the session can leave, so that this is never the last one.
        self.work = None;
        let mut state = self.inner.lock();
        let again = self.again.map(|again| host::instant() + again);
        if let Some(session) = state.session(self.key) {
            session.is_worked_for = false;
            session.due = session.due.into_iter().chain(again).min();
        }
        if panicking() {
            // The others go on.
            let _ = self.inner.start_thread(&mut state);
        }
        drop(state);
        self.inner.ended.notify_all();
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let mut state = self.inner.lock();
        state.ends = true;
        let threads = std::mem::take(&mut state.threads);
        drop(state);
        self.inner.news.notify_all();
        for thread in threads {
            // A panic was reported where it happened; the session's own answer is its sidecar that lags.
            let _ = thread.join();
        }
    }
}
