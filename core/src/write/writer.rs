//! The writer of one log: group buffer, acknowledgement, latch.
//!
//! Owns: the order of events from a caller's object to its sync, in the three durability modes.
//! Invariant: bytes reported by [`LogObserver::synced`] are on the disk. A refused entry is not in the log. Nothing is
//! acknowledged once the log's path leads to another log.
//! Does not: block. A host with threads takes out [`WriteJob`]s, runs them without its lock and passes the results to
//! `finish`; the single-threaded calls in [`super::serial`] do the same in sequence.

use super::displaced::{Displaced, Rescue};
use super::durability::{AckPoint, Durability};
use super::entry::{Parent, Stamps};
use super::error::{AppendError, Cause, OpenError, WriteError};
use super::gathering::{Admitted, Gathering, Group, Mark};
use super::ids::{IdSet, KnownIds, OlderIds};
use super::job::{Finished, JobError, Kind, Landed, WriteJob};
use super::log_end::{Displacement, LogEnd};
use super::observer::{LogObserver, SyncPoint};
use super::open::{self, OpenOptions, Opened};
use super::recent::RecentLines;
use super::sync_state::SyncState;
use crate::log::AppendedEntries;
use crate::storage::Storage;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// Writes one log.
pub struct LogWriter<S: Storage, O> {
    pub(super) storage: S,
    pub(super) file: S::File,
    pub(super) observer: O,
    pub(super) durability: Durability,
    pub(super) gathering: Gathering,
    pub(super) in_flight: Option<InFlight>,
    pub(super) sync: SyncState,
    /// Length of the log when it was opened.
    opened_len: u64,
    recent: RecentLines,
    /// Offset of the first bytes that another program wrote.
    pub(super) foreign_from: Option<u64>,
    /// Others write too, in their turns.
    pub(super) takes_turns: bool,
}

/// The entries of the running write job.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    entries: AppendedEntries,
    end: Mark,
}

impl<S: Storage<File: core::fmt::Debug>, O> core::fmt::Debug for LogWriter<S, O> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut shown = f.debug_struct("LogWriter");
        shown.field("file", &self.file).field("durability", &self.durability).field("sync", &self.sync);
        shown.finish_non_exhaustive()
    }
}

impl<S: Storage + Clone, O: LogObserver> LogWriter<S, O> {
    /// Opens a log, recovers it after a crash, and counts all its entries as durable.
    ///
    /// `older` makes the look-up of the recovered log's ids, for callers that name ids.
    ///
    /// # Errors
    /// See [`OpenError`]; the log is then unchanged or recovered.
    pub fn open(
        storage: &S,
        options: &OpenOptions<'_>,
        mut observer: O,
        older: impl FnOnce(&Opened<S::File>) -> Box<dyn OlderIds + Send>,
    ) -> Result<(Self, Opened<S::File>), OpenError> {
        let opened = open::open(storage, options)?;
        let end = LogEnd::at(&opened.file, opened.len)?;
        observer.synced(SyncPoint { end, entries: 0 });
        let writer = Self {
            storage: storage.clone(),
            file: opened.file.clone(),
            observer,
            durability: options.durability,
            gathering: Gathering::new(&opened, KnownIds::new(older(&opened))),
            in_flight: None,
            sync: SyncState::new(end),
            opened_len: opened.len,
            recent: RecentLines::default(),
            foreign_from: None,
            takes_turns: options.takes_turns,
        };
        Ok((writer, opened))
    }

    /// Admits one entry to the group buffer. In `throughput` that acknowledges it; in the other modes the success of
    /// the job that writes it does.
    ///
    /// # Errors
    /// [`AppendError`]; nothing of the entry is kept.
    pub fn admit(&mut self, json: &[u8], parent: Parent<'_>, stamps: &mut dyn Stamps) -> Result<Admitted, AppendError> {
        self.check()?;
        Ok(self.gathering.admit(&self.file, json, parent, stamps)?)
    }

    /// Admits a batch: each entry is the child of the one before it, unless it names its parent. The entries are
    /// written and acknowledged together.
    ///
    /// # Errors
    /// [`AppendError`]; nothing of the batch is kept.
    pub fn admit_batch(
        &mut self,
        entries: &[&[u8]],
        parent: Parent<'_>,
        stamps: &mut dyn Stamps,
    ) -> Result<Vec<String>, AppendError> {
        self.check()?;
        Ok(self.gathering.admit_batch(&self.file, entries, parent, stamps)?)
    }

    pub(super) fn check(&self) -> Result<(), WriteError> {
        match self.sync.latched() {
            Some(cause) => Err(WriteError::Latched(cause.clone())),
            None => Ok(()),
        }
    }

    /// Takes the group buffer out as a job that writes it and, in `strict`, syncs it. `None` if there is nothing to
    /// write, another write is running, or the writer is latched.
    pub fn begin_write(&mut self) -> Option<WriteJob<S::File>> {
        if self.gathering.group().lines.is_empty() { None } else { self.begin_look() }
    }

    /// Like [`LogWriter::begin_write`], but an empty buffer gives a job that looks at the log.
    fn begin_look(&mut self) -> Option<WriteJob<S::File>> {
        if self.in_flight.is_some() || self.sync.is_latched() {
            return None;
        }
        let waits = !self.gathering.group().lines.is_empty() || !self.sync.is_all_synced();
        let syncs = self.syncs_with_writes() && waits;
        if syncs {
            self.sync.begin_sync();
        }
        let (Group { lines, entries }, end) = self.gathering.take();
        self.in_flight = Some(InFlight { entries, end });
        Some(self.job(lines, if syncs { Kind::WriteAndSync } else { Kind::Write }))
    }

    /// Takes out a sync job, which may run during other jobs. `None` if everything is synced, a sync is running, the
    /// writer is latched, or in `strict`, which syncs with writes.
    pub fn begin_sync(&mut self) -> Option<WriteJob<S::File>> {
        let idle = self.sync.is_all_synced() || self.sync.is_syncing() || self.sync.is_latched();
        if idle || self.syncs_with_writes() {
            return None;
        }
        self.sync.begin_sync();
        Some(self.job(Vec::new(), Kind::Sync))
    }

    /// Takes out the next job of a flush; `looked`: the flush has already run a job that looked at the log. The flush
    /// is done once it has, and [`LogWriter::is_all_synced`]. `None` if another job is in the way, or the writer is
    /// latched.
    pub fn begin_flush(&mut self, looked: bool) -> Option<WriteJob<S::File>> {
        let writes = !looked || !self.gathering.group().lines.is_empty() || self.syncs_with_writes();
        if writes { self.begin_look() } else { self.begin_sync() }
    }

    fn syncs_with_writes(&self) -> bool {
        self.durability.acknowledges_at() == AckPoint::Synced
    }

    fn job(&self, lines: Vec<u8>, kind: Kind) -> WriteJob<S::File> {
        let (left, synced_len) = (self.sync.written().end, self.sync.synced().len());
        WriteJob { file: self.file.clone(), lines, kind, left, synced_len }
    }

    /// Takes the result of a job. If a write failed, its entries and all entries admitted since are refused; in
    /// `throughput`, which already acknowledged them, they stay in the buffer.
    ///
    /// # Errors
    /// The error of the job.
    pub fn finish(&mut self, finished: Finished, now_ms: i64) -> Result<(), WriteError> {
        match finished.kind {
            Kind::Write | Kind::WriteAndSync => self.finish_write(finished, now_ms),
            Kind::Sync => self.finish_sync(finished, now_ms),
        }
    }

    fn finish_write(&mut self, finished: Finished, now_ms: i64) -> Result<(), WriteError> {
        let Finished { lines, kind, written, synced } = finished;
        let InFlight { entries, end } = self.in_flight.take().unwrap_or_default();
        let group = Group { lines, entries };
        let landed = match (written, synced) {
            (Some(Err(error)), _) | (_, Some(Err(error))) => Err(error),
            (Some(Ok(landed)), _) => Ok(landed),
            (None, _) => return Ok(()),
        };
        match (landed, self.displaced()) {
            (Ok(landed), None) => {
                self.commit(&landed, group, end, now_ms);
                if kind == Kind::WriteAndSync {
                    self.sync.cover_written();
                    self.tell_synced();
                }
                Ok(())
            }
            (landed, displaced) => {
                // If a sync found the log displaced meanwhile, then this write failed too.
                let error = landed.err().or(displaced.map(|displaced| JobError::Displaced(displaced.how)));
                if kind == Kind::WriteAndSync {
                    self.sync.give_up_sync();
                }
                match self.durability.acknowledges_at() {
                    AckPoint::Buffered => self.gathering.put_back(group),
                    AckPoint::Written | AckPoint::Synced => self.gathering.refuse(),
                }
                error.map_or(Ok(()), |error| Err(self.latch(error, now_ms)))
            }
        }
    }

    fn finish_sync(&mut self, finished: Finished, now_ms: i64) -> Result<(), WriteError> {
        match finished.synced {
            Some(Err(error)) => {
                self.sync.give_up_sync();
                Err(self.latch(error, now_ms))
            }
            found => {
                // A write that is running may be what the log grew by, or another writer's turn.
                if let (Some(Ok(found)), None, false) = (found, &self.in_flight, self.takes_turns)
                    && found > self.sync.written().len()
                {
                    self.foreign_from.get_or_insert(self.sync.written().len());
                }
                self.tell_synced();
                Ok(())
            }
        }
    }

    fn tell_synced(&mut self) {
        let covered = self.sync.end_sync();
        self.observer.synced(covered);
    }

    /// Records that a group is in the log.
    fn commit(&mut self, landed: &Landed, mut group: Group, end: Mark, now_ms: i64) {
        if let Some(from) = landed.foreign {
            self.foreign_from.get_or_insert(from);
            self.gathering.found_foreign(from..landed.base.unwrap_or(landed.left.len()));
        }
        if let Some(base) = landed.base {
            group.entries.move_by(base);
            self.observer.written(&group.entries);
        }
        self.recent.push(&group.lines);
        self.sync.wrote(landed.left, group.entries.len() as u64, now_ms);
        self.gathering.wrote(group, end);
    }

    /// Takes note of why a job failed; the error that its caller is told.
    pub(super) fn latch(&mut self, error: JobError, now_ms: i64) -> WriteError {
        let cause = match error {
            JobError::Write(WriteError::Latched(cause)) => cause,
            JobError::Write(error) => return error,
            JobError::Displaced(how) => match self.displaced() {
                // The rescue has already run.
                Some(displaced) => Cause::Displaced(Box::new(displaced.clone())),
                None => Cause::Displaced(Box::new(self.rescue(how, now_ms))),
            },
        };
        WriteError::Latched(self.sync.latch(&cause).clone())
    }

    fn displaced(&self) -> Option<&Displaced> {
        match self.sync.latched() {
            Some(Cause::Displaced(displaced)) => Some(displaced),
            _ => None,
        }
    }

    /// Sets aside acknowledged entries that are not in the file at the log's path.
    fn rescue(&mut self, how: Displacement, now_ms: i64) -> Displaced {
        let mut acknowledged = IdSet::default();
        let being_written = self.in_flight.as_ref().map(|flight| &flight.end);
        self.gathering.held_ids(being_written).for_each(|id| acknowledged.push(id));
        let buffered = self.gathering.give_up();
        let rescue = Rescue {
            file: &self.file,
            opened_len: self.opened_len,
            acknowledged,
            recent: &self.recent,
            buffered: &buffered,
        };
        let (displaced, handed_back) = rescue.run(&self.storage, how, now_ms);
        self.gathering.hand_back(handed_back);
        displaced
    }
}
