//! The writer of a session. Only one process writes a session at a time; many of its threads may append.
//!
//! Owns: the lock, what works behind a writer (syncs in `balanced`, and the sidecar), and what closing does. The threads
//! for that are the process's, however many writers there are.
//! Invariant: core decides when an append is acknowledged. The lock is never held during a sync. No append waits for
//! the sidecar.

mod checkpoints;
mod group;
mod growth;
mod ids;
mod index_file;
mod index_queue;
mod indexer;
mod lag;
mod lane;
mod listing;
mod open;
mod syncer;
pub mod tags;

use crate::catalog;
use crate::ops::seal::{self, Segments};
use crate::os::lock::SessionLock;
use crate::os::threads::{Arc, Mutex};
use crate::os::turn::TurnLock;
use crate::search::index as search;
use group::Shared;
use index_queue::IndexQueue;
use indexer::Indexing;
use jcode_session_core::source::go_on;
use jcode_session_core::source::identity::FileStamp;
use jcode_session_core::write::{AppendError, CaughtUp, Cause, Parent, Recovery, Unwritten, WriteError};
use listing::Listed;
pub use open::{LockMode, NewSession, OpenError, WriterOptions};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

/// Writes one session. Appends from several threads share writes and syncs.
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    queue: Arc<IndexQueue>,
    /// Until the writer ends.
    indexing: Option<Arc<Indexing>>,
    session_id: Option<String>,
    recovery: Recovery,
    lock: Held,
    /// Where the session is listed.
    listed: Listed,
    /// What the log was when it was opened, unless opening changed it.
    as_opened: Option<FileStamp>,
    /// What the search index knew of the log then.
    searched: Option<search::Opened>,
    /// The log, and how its older lines are stored.
    segments: Option<(PathBuf, Segments)>,
}

/// The lock of a session.
#[derive(Debug)]
enum Held {
    Lifetime(SessionLock),
    /// Taken for each batch.
    Turns(Mutex<Turns>),
}

/// How a writer takes turns.
#[derive(Debug)]
struct Turns {
    lock: TurnLock,
    /// What others wrote that nobody was told of yet.
    untold: Option<CaughtUp>,
}

/// What closing found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Why the sidecar is not up to date, if it is not. The log is complete, and the sidecar catches up when the
    /// session is opened next.
    pub sidecar_lags: Option<String>,
    /// Why older lines were not sealed, if they should have been. The log is unchanged, and the next writer tries
    /// again.
    pub not_sealed: Option<String>,
    /// Offset from which on another program wrote to the log while it was open. These lines are kept.
    pub foreign_from: Option<u64>,
}

impl Writer {
    /// Appends one entry: a JSON object with a `type`. A missing `id`, `parentId` or `timestamp` is filled in. Returns
    /// the entry's id once the entry is as safe as the mode promises.
    ///
    /// # Errors
    /// Fails with an [`AppendError`]. The entry is then not in the session and stays with the caller.
    pub fn append(&self, json: &[u8], parent: Parent<'_>) -> Result<String, AppendError> {
        self.in_turn(|turn| turn.append(json, parent))
    }

    /// Appends a batch of entries: after a crash all of them are there, or none. Each is the child of the one before,
    /// unless it names its parent. The batch is acknowledged as one. Returns the ids.
    ///
    /// # Errors
    /// Fails with an [`AppendError`]. None of the entries is then in the session; they stay with the caller.
    pub fn append_batch(&self, entries: &[&[u8]], parent: Parent<'_>) -> Result<Vec<String>, AppendError> {
        self.in_turn(|turn| turn.append_batch(entries, parent))
    }

    /// Runs `act` while nobody else writes the session, with what others have written taken in. A writer that holds the
    /// session for its life always has its turn. `act` appends through the turn alone.
    ///
    /// # Errors
    /// What `act` says, or why there was no turn.
    pub fn in_turn<T, E: From<WriteError>>(&self, act: impl FnOnce(&InTurn<'_>) -> Result<T, E>) -> Result<T, E> {
        self.take_turn(|untold| act(&InTurn { shared: &self.shared, others: untold.take() }))
    }

    fn take_turn<T, E: From<WriteError>>(
        &self,
        act: impl FnOnce(&mut Option<CaughtUp>) -> Result<T, E>,
    ) -> Result<T, E> {
        let Held::Turns(turns) = &self.lock else { return act(&mut None) };
        let mut turns = turns.lock().unwrap_or_else(PoisonError::into_inner);
        let Turns { lock, untold } = &mut *turns;
        let _turn = lock.take().map_err(|error| WriteError::Held { why: error.to_string() })?;
        if let Some(more) = self.shared.catch_up()? {
            *untold = Some(match untold.take() {
                Some(before) => before.and(more),
                None => more,
            });
        }
        let done = act(untold);
        self.shared.write_out()?;
        done
    }

    /// Syncs everything that was appended, and checks that the log's path still leads to it.
    ///
    /// # Errors
    /// Fails with a [`WriteError`]. In `throughput`, entries that could not be written stay buffered.
    pub fn flush(&self) -> Result<(), WriteError> {
        self.take_turn(|_| self.shared.flush())
    }

    /// Offset from which on another program wrote to the log while it was open, if that was noticed. These lines are
    /// kept and indexed.
    #[must_use]
    pub fn foreign_from(&self) -> Option<u64> {
        self.shared.lock().log.foreign_from()
    }

    /// Keeps the session's row in the session index of `home` up to date, and what the search index there says of the
    /// log: when this writer closes, off the path of every append, and only if nobody else writes the session index just
    /// then. To be called before the first append.
    pub fn list_in(&mut self, home: &Path, log: &Path) {
        self.searched = self.as_opened.and_then(|stamp| search::Opened::of(home, log, stamp));
        let _ = self.listed.set((log.to_path_buf(), home.to_path_buf()));
    }

    /// Flushes, finishes the sidecar and releases the session.
    ///
    /// # Errors
    /// Fails with [`Unwritten`], which holds the lines that were acknowledged and are not in the log.
    pub fn close(mut self) -> Result<Closed, Unwritten> {
        let flushed = self.flush();
        let (sidecar_lags, not_sealed) = self.stop();
        match flushed {
            Ok(()) => Ok(Closed { sidecar_lags, not_sealed, foreign_from: self.foreign_from() }),
            Err(error) => Err(Unwritten { error, lines: self.unwritten() }),
        }
    }

    /// Ends what works behind the writer, and seals. Returns why the sidecar is not complete and why nothing was sealed, if so.
    fn stop(&mut self) -> (Option<String>, Option<String>) {
        if let Some(syncs) = self.shared.syncs.get() {
            syncs.leave();
        }
        self.queue.end();
        let lags = self.indexing.take().and_then(|indexing| indexing.finish().err()).map(|lag| lag.to_string());
        let not_sealed = self.seal();
        if let Held::Turns(turns) = &mut self.lock
            && let Ok(mut turn) = turns.get_mut().unwrap_or_else(PoisonError::into_inner).lock.try_take()
        {
            turn.remove_file();
        }
        if let Some((log, home)) = self.listed.get() {
            catalog::update_own_row(home, log);
            search::follow(home, log, self.searched.take());
        }
        (lags, not_sealed)
    }

    /// Seals older lines, if requested and if the whole log is on the disk.
    fn seal(&mut self) -> Option<String> {
        let (log, segments) = self.segments.take()?;
        {
            let state = self.shared.lock();
            if !state.log.is_all_synced() || state.log.latched().is_some() {
                return None;
            }
        }
        let Held::Lifetime(lock) = &mut self.lock else { return None };
        seal::held(&log, lock, segments, &mut go_on).err().map(|error| error.to_string())
    }

    /// The cause, if the writer is latched and takes no more entries.
    #[must_use]
    pub fn latched(&self) -> Option<Cause> {
        self.shared.lock().log.latched().cloned()
    }

    /// The lines that were acknowledged and are not in the log, each with its LF.
    #[must_use]
    pub fn unwritten(&self) -> Vec<u8> {
        self.shared.lock().log.unwritten().to_vec()
    }

    /// Id of this writer's last entry, or of the log's last entry at opening.
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
}

/// A turn of a writer.
#[derive(Debug)]
pub struct InTurn<'w> {
    shared: &'w Shared,
    others: Option<CaughtUp>,
}

impl InTurn<'_> {
    /// As [`Writer::append`].
    ///
    /// # Errors
    /// As there.
    pub fn append(&self, json: &[u8], parent: Parent<'_>) -> Result<String, AppendError> {
        self.shared.append(json, parent)
    }

    /// As [`Writer::append_batch`].
    ///
    /// # Errors
    /// As there.
    pub fn append_batch(&self, entries: &[&[u8]], parent: Parent<'_>) -> Result<Vec<String>, AppendError> {
        self.shared.append_batch(entries, parent)
    }

    /// What others wrote since this writer was last told.
    #[must_use]
    pub const fn others(&self) -> Option<&CaughtUp> {
        self.others.as_ref()
    }

    /// Id of the last entry of the log.
    #[must_use]
    pub fn leaf(&self) -> Option<String> {
        self.shared.lock().log.leaf().map(ToString::to_string)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.indexing.is_some() {
            // A caller that needs the result calls `close`.
            let _ = self.flush();
            let _ = self.stop();
        }
    }
}
