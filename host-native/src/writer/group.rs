//! Group commit: while one thread's job runs, the appends of the other threads gather for the next job.
//!
//! Owns: the state that the threads of a writer share, and which thread writes and syncs for the others.
//! Invariant: core decides when an append is acknowledged. The lock is never held during a sync.

use super::index_queue::QueueSender;
use super::lane::Ticket;
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
    /// The session's place among those that are synced behind their writers, in `balanced`.
    pub(super) syncs: OnceLock<Ticket>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) log: Log,
    /// The outcome of the job that will take the entries that gather now.
    outcome: Arc<Outcome>,
    /// Number of threads that wait for `finished`.
    waiting: u32,
    /// What is done about syncs behind the writer.
    pub(super) syncer: Syncer,
    /// A thread is gathering the next job of `strict`.
    leader_active: bool,
    /// The threads whose entries gather, without the leader.
    followers: Vec<Thread>,
    /// Number of entries in the last job of `strict`.
    last_group: usize,
}

/// What is done about syncs behind the writer, so that appends ask only if that helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syncer {
    /// A round is under way or asked for now, or there is none in this mode.
    Busy,
    /// Nothing, until there is an unsynced entry.
    Idle,
    /// A round comes in time.
    Timed,
}

/// How often a leader yields to other threads before it starts a job with fewer entries than the last one.
const PATIENCE: u32 = 8;

/// The outcome of one job, once it has finished.
type Outcome = OnceLock<Result<(), WriteError>>;

/// The system clock, and time-ordered ids.
struct Clock;

impl Stamps for Clock {
    fn now_ms(&mut self) -> i64 {
        host::now_ms()
    }

    fn new_id(&mut self) -> String {
        host::new_id()
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
        };
        Self { state: Mutex::new(state), finished: Condvar::new(), syncs: OnceLock::new() }
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

    /// Runs a job without the lock, and finishes it with the lock.
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

    /// Like [`Self::run_job`], for a job that carries entries whose threads wait.
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
            // The entries that gathered meanwhile are descendants of the refused ones.
            let behind = std::mem::take(&mut state.outcome);
            let _ = behind.set(result.clone());
            woken.append(&mut state.followers);
        }
        // One of the threads that gathered meanwhile becomes the leader.
        woken.extend(state.followers.first().cloned());
        self.tell(&state);
        if !woken.is_empty() {
            // Without the lock, because the woken threads would block on it.
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

    /// Admits `count` entries, and returns once they are acknowledged.
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
            // Flush, as core does in this case.
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
                // Wakes when the outcome is there or this thread must lead; spurious wake-ups are possible.
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

    /// Waits for the threads that the last job woke, which are about to append again; then runs the job.
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
        // To bound what a power cut may cost, writes wait for the sync that is due, or run it. While a flush is writing,
        // an entry could not be written before its acknowledgement, so it waits too.
        while (state.log.must_sync() || state.log.is_writing()) && state.log.latched().is_none() {
            let sync = if state.log.must_sync() { state.log.begin_sync() } else { None };
            state = match sync {
                Some(sync) => self.run_job(state, sync).0,
                None => self.wait(state),
            };
        }
        let admitted = admit(&mut state.log)?;
        if let Some(job) = state.log.begin_write() {
            // A write to the page cache is too short to release the lock.
            let finished = job.run();
            state.log.finish(finished, host::now_ms())?;
        }
        if count > 1 && state.log.must_sync() {
            // More entries than may wait for a sync. They are acknowledged by their write; if this sync fails, every
            // later call reports it.
            drop(state);
            let _ = self.flush();
        } else if state.is_overdue()
            && let Some(sync) = state.log.begin_sync()
        {
            // So many sessions wait for their syncs that this one's would come too late.
            drop(self.run_job(state, sync));
        } else if let Some(within) = state.asks_for_sync() {
            drop(state);
            if let Some(syncs) = self.syncs.get() {
                syncs.ask(within);
            }
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
            // While a leader gathers a group, the group stays for the leader.
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
