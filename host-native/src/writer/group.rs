//! Group commit: while one thread's job is under way, what the others append gathers for the next.
//!
//! Owns: what the threads of a writer share, and who of them writes and syncs for whom.
//! Invariant: core decides when an append is acknowledged; the lock is never held during a sync.
//! Does not: sync by itself; [`super::syncer`] does.

use super::index_queue::QueueSender;
use crate::os::host;
use crate::os::segments::{SessionFile, SessionStorage};
use crate::os::threads::thread::{self, Thread};
use crate::os::threads::{Arc, Condvar, Mutex, MutexGuard};
use jcode_session_core::write::{
    AckPoint, AppendError, CaughtUp, LogWriter, Parent, Refusal, Stamps, WriteError, WriteJob,
};
use std::sync::{OnceLock, PoisonError};

type Log = LogWriter<SessionStorage, QueueSender>;

#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// A job has finished.
    finished: Condvar,
    /// The syncing thread has something to do.
    pub(super) due: Condvar,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) log: Log,
    /// The outcome of the job that takes what gathers now.
    outcome: Arc<Outcome>,
    /// Threads that wait for `finished`.
    waiting: u32,
    pub(super) syncer: Syncer,
    /// A thread gathers the next job of `strict`.
    leader_active: bool,
    /// The threads whose entries gather, but for the one that leads.
    followers: Vec<Thread>,
    /// Entries that the last job of `strict` carried.
    last_group: usize,
    pub(super) closing: bool,
}

/// What the syncing thread is doing, so that appends wake it only when that is of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syncer {
    /// It runs, or is not there.
    Busy,
    /// It waits for the first entry.
    Idle,
    /// It waits until a time.
    Timed,
}

/// How often a leading thread lets others go first before it takes off with a smaller group than the one before.
const PATIENCE: u32 = 8;

/// The outcome of one job, once it has finished.
type Outcome = OnceLock<Result<(), WriteError>>;

/// The clock, and time-ordered ids.
struct Clock;

impl Stamps for Clock {
    fn now_ms(&mut self) -> i64 {
        host::now_ms()
    }

    fn new_id(&mut self) -> String {
        host::new_id()
    }
}

impl State {
    /// An append should wake the syncing thread.
    fn syncer_has_work(&self) -> bool {
        match self.syncer {
            Syncer::Busy => false,
            Syncer::Idle => self.log.unsynced() > 0,
            Syncer::Timed => self.half_full(),
        }
    }

    /// Half of what may wait for a sync does.
    pub(super) fn half_full(&self) -> bool {
        let bounds = self.log.durability().sync_bounds();
        bounds.is_some_and(|bounds| self.log.unsynced() * 2 >= u64::from(bounds.entries))
    }
}

impl Shared {
    pub(super) fn new(log: Log) -> Self {
        let state = State {
            log,
            outcome: Arc::default(),
            waiting: 0,
            syncer: Syncer::Busy,
            leader_active: false,
            followers: Vec::new(),
            last_group: 0,
            closing: false,
        };
        Self { state: Mutex::new(state), finished: Condvar::new(), due: Condvar::new() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, mut state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        state.waiting += 1;
        state = self.finished.wait(state).unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        state
    }

    pub(super) fn tell(&self, state: &State) {
        if state.waiting > 0 {
            self.finished.notify_all();
        }
    }

    /// Runs a job without the lock and lands it.
    pub(super) fn run_job<'s>(
        &'s self,
        state: MutexGuard<'s, State>,
        job: WriteJob<SessionFile>,
    ) -> (MutexGuard<'s, State>, Result<(), WriteError>) {
        if job.is_write() {
            return self.run_write(state, job);
        }
        drop(state);
        let finished = job.run();
        let mut state = self.lock();
        let result = state.log.finish(finished, host::now_ms());
        self.tell(&state);
        (state, result)
    }

    /// The same for a job to which entries belong, and threads that wait for them.
    fn run_write<'s>(
        &'s self,
        mut state: MutexGuard<'s, State>,
        job: WriteJob<SessionFile>,
    ) -> (MutexGuard<'s, State>, Result<(), WriteError>) {
        let outcome = std::mem::take(&mut state.outcome);
        let mut woken = std::mem::take(&mut state.followers);
        drop(state);
        let finished = job.run();
        let mut state = self.lock();
        let result = state.log.finish(finished, host::now_ms());
        let _ = outcome.set(result.clone());
        if result.is_err() && state.log.durability().acknowledges_at() != AckPoint::Buffered {
            // What gathered meanwhile hangs below what was refused.
            let behind = std::mem::take(&mut state.outcome);
            let _ = behind.set(result.clone());
            woken.append(&mut state.followers);
        }
        // One of those that gathered meanwhile is to lead.
        woken.extend(state.followers.first().cloned());
        self.tell(&state);
        if !woken.is_empty() {
            // Without the lock, which they would only run into.
            drop(state);
            woken.iter().for_each(Thread::unpark);
            state = self.lock();
        }
        (state, result)
    }

    pub(super) fn append(&self, json: &[u8], parent: Parent<'_>) -> Result<String, AppendError> {
        if self.lock().log.durability().acknowledges_at() == AckPoint::Buffered {
            return self.lock().log.append(json, parent, &mut Clock);
        }
        Ok(self.acknowledged(1, |log| log.admit(json, parent, &mut Clock))?.id)
    }

    pub(super) fn append_batch(&self, entries: &[&[u8]], parent: Parent<'_>) -> Result<Vec<String>, AppendError> {
        if self.lock().log.durability().acknowledges_at() == AckPoint::Buffered {
            return self.lock().log.append_batch(entries, parent, &mut Clock);
        }
        self.acknowledged(entries.len(), |log| log.admit_batch(entries, parent, &mut Clock))
    }

    /// Takes so many entries, and returns once they are acknowledged.
    fn acknowledged<T>(
        &self,
        count: usize,
        admit: impl FnOnce(&mut Log) -> Result<T, AppendError>,
    ) -> Result<T, AppendError> {
        let state = self.lock();
        let appended = match state.log.durability().acknowledges_at() {
            AckPoint::Synced => self.append_and_sync(state, admit),
            AckPoint::Written | AckPoint::Buffered => self.append_and_write(state, count, admit),
        };
        if let Err(AppendError::Refused(Refusal::Search(_))) = &appended {
            // As core does it.
            self.flush()?;
        }
        appended
    }

    fn append_and_sync<'s, T>(
        &'s self,
        mut state: MutexGuard<'s, State>,
        admit: impl FnOnce(&mut Log) -> Result<T, AppendError>,
    ) -> Result<T, AppendError> {
        let admitted = admit(&mut state.log)?;
        let outcome = Arc::clone(&state.outcome);
        let mut followers = false;
        loop {
            if state.leader_active || !state.log.can_begin_write() {
                if !std::mem::replace(&mut followers, true) {
                    state.followers.push(thread::current());
                }
                drop(state);
                // Woken when the outcome is there, or to lead; and now and then for no reason.
                thread::park();
                if let Some(outcome) = outcome.get() {
                    break outcome.clone();
                }
                state = self.lock();
            } else if outcome.get().is_none() {
                state = self.lead(state);
            }
            if let Some(outcome) = outcome.get() {
                break outcome.clone();
            }
        }?;
        Ok(admitted)
    }

    /// Gathers what those that the last job woke are about to append again, and flies.
    fn lead<'s>(&'s self, mut state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        state.leader_active = true;
        for _ in 0..PATIENCE {
            if state.log.gathered() >= state.last_group {
                break;
            }
            drop(state);
            thread::yield_now();
            state = self.lock();
        }
        state.last_group = state.log.gathered();
        state.leader_active = false;
        match state.log.begin_write() {
            Some(job) => self.run_job(state, job).0,
            None => state,
        }
    }

    fn append_and_write<'s, T>(
        &'s self,
        mut state: MutexGuard<'s, State>,
        count: usize,
        admit: impl FnOnce(&mut Log) -> Result<T, AppendError>,
    ) -> Result<T, AppendError> {
        while count > 1 && state.log.must_sync_before(count) {
            drop(state);
            self.flush()?;
            state = self.lock();
        }
        // A bound on what a power cut may cost is a bound on what may be written before a sync has finished. And what
        // is admitted while a flush writes could not be written before it is acknowledged.
        while (state.log.must_sync() || state.log.is_writing()) && state.log.latched().is_none() {
            self.due.notify_one();
            state = self.wait(state);
        }
        let admitted = admit(&mut state.log)?;
        if let Some(job) = state.log.begin_write() {
            // A write to the page cache: not worth letting go of the lock.
            let finished = job.run();
            state.log.finish(finished, host::now_ms())?;
        }
        if count > 1 && state.log.must_sync() {
            // More than may wait for a sync. They are acknowledged by their write; a sync that fails is told by every
            // call from now on.
            drop(state);
            let _ = self.flush();
        } else if state.syncer_has_work() {
            self.due.notify_one();
        }
        Ok(admitted)
    }

    /// Takes in what others wrote, at the beginning of a turn.
    pub(super) fn catch_up(&self) -> Result<Option<CaughtUp>, WriteError> {
        self.lock().log.catch_up(host::now_ms())
    }

    /// Hands to the system what `throughput` has buffered, at the end of a turn: what others then write stands behind it.
    pub(super) fn write_out(&self) -> Result<(), WriteError> {
        let mut state = self.lock();
        match state.log.begin_write() {
            Some(job) => {
                let finished = job.run();
                state.log.finish(finished, host::now_ms())
            }
            None => Ok(()),
        }
    }

    pub(super) fn flush(&self) -> Result<(), WriteError> {
        let mut state = self.lock();
        let mut looked = false;
        loop {
            if let Some(cause) = state.log.latched() {
                return Err(WriteError::Latched(cause.clone()));
            }
            if looked && state.log.is_all_synced() {
                return Ok(());
            }
            // Whoever gathers a group is to find it there.
            let job = if state.leader_active { None } else { state.log.begin_flush(looked) };
            match job {
                Some(job) => {
                    looked |= job.is_write();
                    let (after, result) = self.run_job(state, job);
                    result?;
                    state = after;
                }
                None => state = self.wait(state),
            }
        }
    }
}
