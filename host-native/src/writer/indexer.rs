//! The indexer of a session, which brings the sidecar to each sync point of the log, behind the writer.
//!
//! Owns: what one round does: the sidecar, a checkpoint, the session's row in the session index; and which files stay
//! open between two rounds.
//! Invariant: committed rows describe bytes that were synced in the log before. Rows are added only if the log still
//! holds what was indexed, and only without a gap up to the sync point. Entries that were not handed over, such as
//! lines of other programs, are read from the log. A failure here never affects an append: the sidecar lags, and the
//! next round tries again.

use super::checkpoints::Checkpoints;
use super::growth::{Growth, Waiting};
use super::index_file::IndexFile;
use super::index_queue::IndexQueue;
use super::lag::Lag;
use super::lane::Work;
use super::listing::{Listed, Listing};
use super::{LockMode, WriterOptions};
use crate::os::log_file::LogFile;
use crate::os::threads::{Arc, Mutex};
use crate::sidecar::rebuild::{self, RebuildError};
use jcode_session_core::index::meta::{IndexMeta, Resume};
use jcode_session_core::source::SourceError;
use jcode_session_core::source::identity::FileStamp;
use jcode_session_core::write::SyncPoint;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

/// Time until a failed attempt is repeated.
const PAUSE: Duration = Duration::from_millis(100);
/// How often a writer that ends and takes turns with others tries again.
const LAST_TRIES: u32 = 8;

/// The indexer of one writer.
pub(super) struct Indexer {
    path: PathBuf,
    /// The file that the log was when it was opened.
    stamp: FileStamp,
    log: Option<LogFile>,
    waiting: Waiting,
    index: Option<IndexFile>,
    /// The metadata of a sidecar that was closed for the time being.
    left: Option<IndexMeta>,
    /// The transaction of `index` that waits for a sync.
    growth: Option<Growth>,
    checkpoints: Checkpoints,
    /// Other writers follow the log with the same sidecar.
    takes_turns: bool,
    listing: Listing,
}

/// An indexer behind a writer.
pub(super) struct Indexing(Mutex<Option<Indexer>>);

impl std::fmt::Debug for Indexing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Indexing").finish_non_exhaustive()
    }
}

impl Indexing {
    pub(super) fn new(indexer: Indexer) -> Self {
        Self(Mutex::new(Some(indexer)))
    }

    /// The last round, once the writer has ended. Why the sidecar is not complete then, if it is not.
    pub(super) fn finish(&self) -> Result<(), Lag> {
        let indexer = self.0.lock().map_err(|_| Lag::EndedEarly)?.take();
        indexer.map_or(Ok(()), Indexer::finish)
    }
}

impl Work for Indexing {
    fn round(&self) -> Option<Duration> {
        self.0.lock().ok()?.as_mut()?.round()
    }
}

impl Indexer {
    /// `log` is the writer's log as it was opened, durable to its end.
    pub(super) fn new(log: LogFile, queue: Arc<IndexQueue>, options: &WriterOptions, listed: Listed) -> Self {
        let takes_turns = options.lock == LockMode::Batch;
        let checkpoints = Checkpoints::new(&log, options.checkpoints, takes_turns);
        // Rows that wait in a transaction would keep the other writers' out.
        let ahead = options.durability.indexes_ahead() && !takes_turns;
        Self {
            path: log.path().to_path_buf(),
            stamp: log.file_stamp(),
            log: Some(log),
            waiting: Waiting::new(queue, ahead),
            index: None,
            left: None,
            growth: None,
            checkpoints,
            takes_turns,
            listing: Listing::new(listed),
        }
    }

    /// One round. After how long the next one is due, if nothing is synced before.
    fn round(&mut self) -> Option<Duration> {
        let synced = self.waiting.take();
        let outcome = self.bring_to(synced, false);
        self.checkpoint(synced);
        let listed_in = self.listing.reached(synced.len());
        self.let_go();
        [outcome.err().map(|_| PAUSE), listed_in].into_iter().flatten().min()
    }

    fn finish(mut self) -> Result<(), Lag> {
        let synced = self.waiting.take();
        if self.growth.is_some() {
            // What waits for its sync has it now, or never.
            self.waiting.has_ended = true;
            let _ = self.bring_to(synced, false);
        }
        let mut outcome = self.bring_to(synced, true);
        for _ in 0..LAST_TRIES {
            // A writer that ends does not come back.
            if !matches!(outcome, Err(Lag::Raced | Lag::Busy(_) | Lag::Building(RebuildError::Busy))) {
                break;
            }
            outcome = self.bring_to(synced, true);
        }
        self.checkpoint(synced);
        // Its writer lists it once all is done.
        outcome
    }

    /// Closes the files for the time being if many sessions have theirs open.
    fn let_go(&mut self) {
        if self.growth.is_none() && IndexFile::are_many() {
            self.left = self.index.take().map(|index| index.meta.clone()).or(self.left.take());
            self.checkpoints.let_go();
            self.log = None;
        }
    }

    /// The log, which is opened again if it was closed.
    fn open(&mut self) -> Result<&mut LogFile, Lag> {
        if self.log.is_none() {
            let log = LogFile::open(&self.path)?;
            if !log.file_stamp().is_same_file(&self.stamp) {
                return Err(Lag::Displaced);
            }
            self.log = Some(log);
        }
        self.log.as_mut().ok_or(Lag::Displaced)
    }

    /// Takes a checkpoint if one is due. The sidecar knows the active leaf if it is at the same point.
    fn checkpoint(&mut self, point: SyncPoint) {
        let Self { log: Some(log), index, checkpoints, .. } = self else { return };
        if !is_as_synced(log, point).unwrap_or_default() {
            return;
        }
        let meta = index.as_ref().map(|index| &index.meta);
        let leaf = meta.filter(|meta| meta.stamp.len == point.len()).and_then(|meta| meta.active_leaf.as_deref());
        checkpoints.reached(log, point, leaf);
    }

    /// Brings the sidecar to a sync point of the log.
    fn bring_to(&mut self, point: SyncPoint, closing: bool) -> Result<(), Lag> {
        self.open()?.see(point.len());
        let mut outcome = self.reopen().and_then(|()| self.grow(point, closing));
        if let Err(lag @ (Lag::Rebuild | Lag::Hole | Lag::Changed)) = outcome {
            (self.index, self.growth) = (None, None);
            self.index = Some(self.read_log(&lag, point)?);
            outcome = self.grow(point, closing);
        }
        if outcome.as_ref().is_err_and(|lag| !matches!(lag, Lag::Busy(_) | Lag::Raced)) {
            // What was begun is not there, and its entries wait no more: the log has them. A file that SQLite no
            // longer likes is looked at anew, and built anew if need be.
            (self.index, self.growth) = (None, None);
        }
        outcome
    }

    /// Opens a sidecar again that was closed for the time being; one that is not as it was left is brought to the log anew.
    fn reopen(&mut self) -> Result<(), Lag> {
        if self.index.is_none() {
            let left = self.left.take().ok_or(Lag::Hole)?;
            let takes_turns = self.takes_turns;
            let index = IndexFile::connect(self.open()?, takes_turns)?;
            // Of several writers each builds on what is there.
            if !takes_turns && index.meta != left {
                return Err(Lag::Hole);
            }
            self.index = Some(index);
        }
        Ok(())
    }

    /// Brings the sidecar to the sync point by reading the log, and opens it.
    fn read_log(&mut self, why: &Lag, point: SyncPoint) -> Result<IndexFile, Lag> {
        let takes_turns = self.takes_turns;
        let log = &*self.open()?;
        if !is_as_synced(log, point)? {
            return Err(Lag::Displaced);
        }
        let tick = &mut |_| ControlFlow::Continue(());
        if takes_turns && matches!(why, Lag::Rebuild) {
            rebuild::build_in_turns(log, tick)?;
        } else if takes_turns {
            drop(IndexFile::connect(log, takes_turns));
            rebuild::update_in_turns(log, tick)?;
        } else if matches!(why, Lag::Rebuild) {
            rebuild::build_held(log, tick)?;
        } else {
            // Opened for writing first: that is what takes back the transaction of a killed writer.
            drop(IndexFile::connect(log, takes_turns));
            rebuild::update_held(log, tick)?;
        }
        IndexFile::connect(log, takes_turns)
    }

    /// Adds the waiting entries up to a sync point in one transaction. If rows go ahead of the log's syncs, the
    /// transaction stays open until their entries are synced.
    fn grow(&mut self, point: SyncPoint, closing: bool) -> Result<(), Lag> {
        let Self { log: Some(log), waiting, index: Some(index), growth, takes_turns, .. } = self else { return Ok(()) };
        if log.is_displaced() {
            return Err(Lag::Displaced);
        }
        log.restamp()?;
        let mut growing = match growth.take() {
            Some(growing) => growing,
            None => match begin(log, waiting, index, (point, closing, *takes_turns))? {
                Some(growing) => growing,
                None => return Ok(()),
            },
        };
        growing.add(index, waiting, point)?;
        if !growing.waits_behind(point) {
            growing.commit(index, log, point, closing)?;
            waiting.drop_until(point.len());
        } else if waiting.has_ended {
            // They will not be synced, so the transaction and its rows are dropped.
            return Err(Lag::Unsynced);
        } else {
            *growth = Some(growing);
        }
        Ok(())
    }
}

/// Begins a transaction if there is anything to add.
fn begin(
    log: &LogFile,
    waiting: &mut Waiting,
    index: &mut IndexFile,
    (point, closing, takes_turns): (SyncPoint, bool, bool),
) -> Result<Option<Growth>, Lag> {
    if takes_turns {
        index.see_others(log)?;
    }
    let (from, target) = (index.meta.stamp.len, point.len());
    // A sidecar to which no catch-up can add is rebuilt.
    let cannot_grow = !matches!(index.meta.resume, Resume::At { offset, .. } if offset == from);
    if cannot_grow && from < target {
        return Err(Lag::Rebuild);
    }
    let settled = index.meta.unsynced_boot.is_none() && index.meta.stamp == log.stamp();
    let nothing = from >= target && index.meta.synced_len >= target;
    let goes_ahead = !closing && !cannot_grow && waiting.goes_ahead_of(from);
    if nothing && (!closing || settled) && !goes_ahead {
        waiting.drop_until(from);
        return Ok(None);
    }
    index.begin(log, closing, goes_ahead)?;
    Ok(Some(Growth::begin(index, goes_ahead)?))
}

/// Whether the synced bytes still stand at the log's path, judged by the bytes before the sync point.
fn is_as_synced(log: &LogFile, point: SyncPoint) -> Result<bool, SourceError> {
    Ok(!log.is_displaced() && point.end.stands_in(log)?)
}
