//! The writer of a session: many threads append through it, one process at a time.
//!
//! Owns: the lock, the threads behind a writer (one syncs in `balanced`, one keeps the sidecar), and what closing one
//! does. Invariant: core decides when an append is acknowledged; the lock is never held during a sync.
//! Does not: let the sidecar into any append's way.

mod checkpoints;
mod group;
mod ids;
mod index_file;
mod index_queue;
mod indexer;
mod lag;
mod open;
mod syncer;
pub mod tags;

use crate::catalog;
use crate::ops::seal::{self, Segments};
use crate::os::lock::SessionLock;
use crate::os::threads::Arc;
use crate::os::threads::thread::JoinHandle;
use crate::search::index as search;
use group::Shared;
use index_queue::IndexQueue;
use jcode_session_core::source::identity::FileStamp;
use jcode_session_core::write::{AppendError, Cause, Parent, Recovery, Unwritten, WriteError};
use lag::Lag;
pub use open::{NewSession, OpenError, WriterOptions};
use std::path::{Path, PathBuf};

/// Writes one session. Appends from several threads share writes and syncs.
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    queue: Arc<IndexQueue>,
    syncer: Option<JoinHandle<()>>,
    indexer: Option<JoinHandle<Result<(), Lag>>>,
    session_id: Option<String>,
    recovery: Recovery,
    lock: SessionLock,
    /// The log, and the home whose indexes know it.
    listed: Option<Listed>,
    /// What the log was when it was opened, unless opening changed it.
    as_opened: Option<FileStamp>,
    /// The log, and how its older lines are stored.
    segments: Option<(PathBuf, Segments)>,
}

/// Where a writer's log is listed.
#[derive(Debug)]
struct Listed {
    log: PathBuf,
    home: PathBuf,
    as_opened: Option<search::Opened>,
}

/// What closing found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Why the sidecar is not up to date, if it is not. The log is, and the sidecar catches up when it is read next.
    pub sidecar_lags: Option<String>,
    /// Why older lines were not sealed, if they were to be. The log is as it was, and the next writer tries again.
    pub not_sealed: Option<String>,
    /// Another program wrote to the log while it was open, from this offset on. Its lines are kept.
    pub foreign_from: Option<u64>,
}

impl Writer {
    /// Appends one entry: a JSON object with a `type`; `id`, `parentId` and `timestamp` are filled in where absent.
    /// Returns its id once it is as safe as the mode promises.
    ///
    /// # Errors
    /// [`AppendError`]; the entry is not in the session then, and stays with the caller.
    pub fn append(&self, json: &[u8], parent: Parent<'_>) -> Result<String, AppendError> {
        self.shared.append(json, parent)
    }

    /// Appends entries that belong together, each below the one before unless it names its parent: after a crash all of
    /// them are there, or none. They are acknowledged as one; their ids.
    ///
    /// # Errors
    /// [`AppendError`]; none of them is in the session then, and they stay with the caller.
    pub fn append_batch(&self, entries: &[&[u8]], parent: Parent<'_>) -> Result<Vec<String>, AppendError> {
        self.shared.append_batch(entries, parent)
    }

    /// Sees to it that all that was appended is on the disk, and that the log's path leads to it.
    ///
    /// # Errors
    /// [`WriteError`]; in `throughput` what could not be written stays buffered.
    pub fn flush(&self) -> Result<(), WriteError> {
        self.shared.flush()
    }

    /// Offset from which on another program wrote to the log while it was open, if one was seen to. Its lines are kept
    /// and indexed.
    #[must_use]
    pub fn foreign_from(&self) -> Option<u64> {
        self.shared.lock().log.foreign_from()
    }

    /// Keeps the session's row in the session index of `home` up to date, and what the search index there says of the
    /// log: when this writer closes, off the path of every append, and only if nobody else writes the session index just
    /// then. To be called before the first append.
    pub fn list_in(&mut self, home: &Path, log: &Path) {
        let as_opened = self.as_opened.and_then(|stamp| search::Opened::of(home, log, stamp));
        self.listed = Some(Listed { log: log.to_path_buf(), home: home.to_path_buf(), as_opened });
    }

    /// Flushes, finishes the sidecar and lets go of the session.
    ///
    /// # Errors
    /// [`Unwritten`], with the lines that were acknowledged and are not in the log.
    pub fn close(mut self) -> Result<Closed, Unwritten> {
        let flushed = self.flush();
        let (sidecar_lags, not_sealed) = self.stop();
        match flushed {
            Ok(()) => Ok(Closed { sidecar_lags, not_sealed, foreign_from: self.foreign_from() }),
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
            Some(Ok(outcome)) => outcome.err().map(|lag| lag.to_string()),
            Some(Err(_)) => Some("its thread ended early".to_string()),
            None => None,
        };
        let not_sealed = self.seal();
        if let Some(Listed { log, home, as_opened }) = self.listed.take() {
            catalog::update_own_row(&home, &log);
            search::follow(&home, &log, as_opened);
        }
        (lags, not_sealed)
    }

    /// Seals older lines, if they are to be and the log is whole on the disk.
    fn seal(&mut self) -> Option<String> {
        let (log, segments) = self.segments.take()?;
        {
            let state = self.shared.lock();
            if !state.log.is_all_synced() || state.log.latched().is_some() {
                return None;
            }
        }
        seal::held(&log, &mut self.lock, segments).err().map(|error| error.to_string())
    }

    /// Why the writer takes nothing more, if so.
    #[must_use]
    pub fn latched(&self) -> Option<Cause> {
        self.shared.lock().log.latched().cloned()
    }

    /// Lines that were acknowledged and are not in the log, each with its LF.
    #[must_use]
    pub fn unwritten(&self) -> Vec<u8> {
        self.shared.lock().log.unwritten().to_vec()
    }

    /// Id of the last entry of this writer, or of the log as it was opened.
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
