//! The writer of a session: many threads append through it, one process at a time.
//!
//! Owns: the lock, the threads behind a writer (one syncs in `balanced`, one keeps the sidecar), and group commit:
//! while one thread's write_job is under way, what the others append gathers for the next.
//! Invariant: core decides when an append is acknowledged; the lock is never held during a sync.
//! Does not: let the sidecar into any append's way.

mod checkpoints;
mod ids;
mod index_queue;
mod indexer;
mod open;
mod syncer;
pub mod tags;

use crate::catalog;
use crate::ops::seal::{self, Segments};
use crate::os::host;
use crate::os::lock::SessionLock;
use crate::os::segments::SessionFile;
use crate::os::threads::thread::{self, JoinHandle, Thread};
use crate::os::threads::{Arc, Condvar, Mutex, MutexGuard};
use index_queue::{IndexQueue, QueueSender};
use jcode_session_core::write::{
    AppendError, Durability, LogWriter, Parent, Recovery, Stamps, Unwritten, WriteError, WriteJob,
};
pub use open::{NewSession, OpenError, WriterOptions};
use std::path::{Path, PathBuf};
use std::sync::{OnceLock, PoisonError};

/// Writes one session. Appends from several threads share writes and syncs.
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    queue: Arc<IndexQueue>,
    syncer: Option<JoinHandle<()>>,
    indexer: Option<JoinHandle<Result<(), String>>>,
    session_id: Option<String>,
    recovery: Recovery,
    lock: SessionLock,
    /// The log, and the home whose session index lists it.
    listed: Option<(PathBuf, PathBuf)>,
    /// The log, and how its older lines are stored.
    segments: Option<(PathBuf, Segments)>,
}

/// What closing found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Why the sidecar is not up to date, if it is not. The log is, and the sidecar catches up when it is read next.
    pub sidecar_lags: Option<String>,
    /// Why older lines were not sealed, if they were to be. The log is as it was, and the next writer tries again.
    pub not_sealed: Option<String>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// A write_job or a sync has finished.
    finished: Condvar,
    /// The syncing thread has something to do.
    due: Condvar,
}

#[derive(Debug)]
struct State {
    log: LogWriter<SessionFile, QueueSender>,
    /// The outcome of the write_job that takes what gathers now.
    outcome: Arc<Outcome>,
    /// Threads that wait for `finished`.
    waiting: u32,
    syncer: syncer::State,
    /// A thread gathers the next write_job of `strict`.
    leader_active: bool,
    /// The threads whose entries gather, but for the one that leads.
    followers: Vec<Thread>,
    /// Entries that the last write_job of `strict` carried.
    last_group: usize,
    closing: bool,
}

/// How often a leading thread lets others go first before it takes off with a smaller group than the one before.
const PATIENCE: u32 = 8;

/// The outcome of one write_job, once it has finished.
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

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, mut state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        state.waiting += 1;
        state = self.finished.wait(state).unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        state
    }

    fn tell(&self, state: &State) {
        if state.waiting > 0 {
            self.finished.notify_all();
        }
    }

    /// Runs a write_job without the lock and lands it.
    fn run_job<'s>(
        &'s self,
        mut state: MutexGuard<'s, State>,
        write_job: WriteJob<SessionFile>,
    ) -> (MutexGuard<'s, State>, Result<(), WriteError>) {
        let outcome = std::mem::take(&mut state.outcome);
        let mut woken = std::mem::take(&mut state.followers);
        drop(state);
        let finished = write_job.run();
        let mut state = self.lock();
        let result = state.log.finish_write(finished, host::now_ms());
        let _ = outcome.set(result.clone());
        if result.is_err() && state.log.durability() != Durability::Throughput {
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
}

impl Writer {
    /// Appends one entry: a JSON object with a `type`; `id`, `parentId` and `timestamp` are filled in where absent.
    /// Returns its id once it is as safe as the mode promises.
    ///
    /// # Errors
    /// [`AppendError`]; the entry is not in the session then, and stays with the caller.
    pub fn append(&self, json: &[u8], parent: Parent<'_>) -> Result<String, AppendError> {
        let state = self.shared.lock();
        match state.log.durability() {
            Durability::Strict => self.append_strict(state, json, parent),
            Durability::Balanced { .. } => self.append_balanced(state, json, parent),
            Durability::Throughput => {
                let mut state = state;
                state.log.append(json, parent, &mut Clock)
            }
        }
    }

    fn append_strict<'s>(
        &'s self,
        mut state: MutexGuard<'s, State>,
        json: &[u8],
        parent: Parent<'_>,
    ) -> Result<String, AppendError> {
        let admitted = state.log.admit(json, parent, &mut Clock)?;
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
                state = self.shared.lock();
            } else if outcome.get().is_none() {
                state = self.lead(state);
            }
            if let Some(outcome) = outcome.get() {
                break outcome.clone();
            }
        }?;
        Ok(admitted.id)
    }

    /// Gathers what those that the last write_job woken are about to append again, and flies.
    fn lead<'s>(&'s self, mut state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        state.leader_active = true;
        for _ in 0..PATIENCE {
            if state.log.gathered() >= state.last_group {
                break;
            }
            drop(state);
            thread::yield_now();
            state = self.shared.lock();
        }
        state.last_group = state.log.gathered();
        state.leader_active = false;
        match state.log.begin_write(true) {
            Some(write_job) => self.shared.run_job(state, write_job).0,
            None => state,
        }
    }

    fn append_balanced<'s>(
        &'s self,
        mut state: MutexGuard<'s, State>,
        json: &[u8],
        parent: Parent<'_>,
    ) -> Result<String, AppendError> {
        // A bound on what a power cut may cost is a bound on what may be written before a sync has finished.
        while state.log.must_sync() && state.log.latched().is_none() {
            self.shared.due.notify_one();
            state = self.shared.wait(state);
        }
        let admitted = state.log.admit(json, parent, &mut Clock)?;
        if let Some(write_job) = state.log.begin_write(false) {
            // A write to the page cache: not worth letting go of the lock.
            let finished = write_job.run();
            state.log.finish_write(finished, host::now_ms())?;
        }
        if state.syncer_has_work() {
            self.shared.due.notify_one();
        }
        Ok(admitted.id)
    }

    /// Sees to it that all that was appended is on the disk.
    ///
    /// # Errors
    /// [`WriteError`]; in `throughput` what could not be written stays buffered.
    pub fn flush(&self) -> Result<(), WriteError> {
        let mut state = self.shared.lock();
        loop {
            if let Some(cause) = state.log.latched() {
                return Err(WriteError::Latched(cause.clone()));
            }
            if state.log.is_all_synced() {
                return Ok(());
            }
            if let Some(write_job) = state.log.begin_write(true) {
                let (after, result) = self.shared.run_job(state, write_job);
                result?;
                state = after;
            } else if let Some(sync) = state.log.begin_sync() {
                drop(state);
                let finished = sync.run();
                state = self.shared.lock();
                let result = state.log.finish_sync(finished);
                self.shared.tell(&state);
                result?;
            } else {
                state = self.shared.wait(state);
            }
        }
    }

    /// Keeps the session's row in the session index of `home` up to date: when this writer closes, off the path of
    /// every append, and only if nobody else writes the index just then.
    pub fn list_in(&mut self, home: &Path, log: &Path) {
        self.listed = Some((log.to_path_buf(), home.to_path_buf()));
    }

    /// Flushes, finishes the sidecar and lets go of the session.
    ///
    /// # Errors
    /// [`Unwritten`], with the lines that were acknowledged as buffered and are not in the log.
    pub fn close(mut self) -> Result<Closed, Unwritten> {
        let flushed = self.flush();
        let (sidecar_lags, not_sealed) = self.stop();
        match flushed {
            Ok(()) => Ok(Closed { sidecar_lags, not_sealed }),
            Err(error) => Err(Unwritten { error, lines: self.unwritten() }),
        }
    }

    /// Ends the threads and seals; why the sidecar is not complete, and why nothing was sealed, if so.
    fn stop(&mut self) -> (Option<String>, Option<String>) {
        self.shared.lock().closing = true;
        self.shared.due.notify_all();
        if let Some(syncer) = self.syncer.take() {
            let _ = syncer.join();
        }
        self.queue.close();
        let lags = match self.indexer.take().map(JoinHandle::join) {
            Some(Ok(outcome)) => outcome.err(),
            Some(Err(_)) => Some("its thread ended early".to_string()),
            None => None,
        };
        let not_sealed = self.seal();
        if let Some((log, home)) = self.listed.take() {
            catalog::update_own_row(&home, &log);
        }
        (lags, not_sealed)
    }

    /// Seals older lines, if they are to be and the log is whole on the disk.
    fn seal(&mut self) -> Option<String> {
        let (log, segments) = self.segments.take()?;
        if !self.shared.lock().log.is_all_synced() {
            return None;
        }
        seal::held(&log, &mut self.lock, segments).err().map(|error| error.to_string())
    }

    /// Lines that are buffered and not in the log, each with its LF.
    #[must_use]
    pub fn unwritten(&self) -> Vec<u8> {
        self.shared.lock().log.unwritten().to_vec()
    }

    /// Id of the last entry.
    #[must_use]
    pub fn leaf(&self) -> Option<String> {
        self.shared.lock().log.leaf().map(ToString::to_string)
    }

    /// The header's session id.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.session_id.as_deref()
    }

    /// What recovery did when the session was opened.
    #[must_use]
    pub const fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// The lock.
    #[must_use]
    pub const fn lock(&self) -> &SessionLock {
        &self.lock
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.indexer.is_some() {
            // Whoever wants to know how it went calls `close`.
            let _ = self.flush();
            let _ = self.stop();
        }
    }
}
