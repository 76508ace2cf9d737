//! The writer of one log: group buffer, acknowledgement, latch.
//!
//! Owns: the order of events between a caller's object and a sync, in the three modes.
//! Invariant: what [`LogObserver::synced`] is told was on the disk before it is told; an entry that was refused is
//! not in the log; nothing is acknowledged once the path of the log leads to something else.
//! Does not: block. A host with threads takes [`WriteJob`]s out, runs them without its lock and lands them; the
//! one-threaded calls of [`super::serial`] do just that in a row.

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
    /// From where on another program wrote first.
    pub(super) foreign_from: Option<u64>,
    /// Others write too, in their turns.
    pub(super) takes_turns: bool,
}

/// What belongs to the job that is writing.
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
    /// Opens a log, recovers what a crash left, and takes the entries that stand in it from then on for durable.
    ///
    /// `older` is asked with the recovered log, when a caller names ids.
    ///
    /// # Errors
    /// See [`OpenError`]; the log is then as it was, or recovered.
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

    /// Takes one entry into the group buffer. It is acknowledged by what happens to the buffer: in `throughput` it
    /// is already, else once the job that carries it has finished well.
    ///
    /// # Errors
    /// [`AppendError`]; nothing of the entry is kept then.
    pub fn admit(&mut self, json: &[u8], parent: Parent<'_>, stamps: &mut dyn Stamps) -> Result<Admitted, AppendError> {
        self.check()?;
        Ok(self.gathering.admit(&self.file, json, parent, stamps)?)
    }

    /// Takes entries that belong together, each below the one before unless it names its parent. They are written and
    /// acknowledged as one.
    ///
    /// # Errors
    /// [`AppendError`]; nothing of any of them is kept then.
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

    /// Takes the group buffer out to be written, and, in `strict`, synced.
    /// `None` if there is nothing to write, another write is running, or the writer is latched.
    pub fn begin_write(&mut self) -> Option<WriteJob<S::File>> {
        if self.gathering.group().lines.is_empty() { None } else { self.begin_look() }
    }

    /// The same where there may be nothing to write: the log is looked at.
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

    /// Takes a sync alone out, which may run while other jobs write. `None` if all is synced, a sync is running
    /// already, the writer is latched, or in `strict`, where syncs belong to writes.
    pub fn begin_sync(&mut self) -> Option<WriteJob<S::File>> {
        let idle = self.sync.is_all_synced() || self.sync.is_syncing() || self.sync.is_latched();
        if idle || self.syncs_with_writes() {
            return None;
        }
        self.sync.begin_sync();
        Some(self.job(Vec::new(), Kind::Sync))
    }

    /// Takes the next job of a flush out, which has `looked` at the log already or has not. The flush is done once it
    /// has and [`LogWriter::is_all_synced`]. `None` if another job is in the way, or the writer is latched.
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

    /// Takes the outcome of a job. If a write failed all its entries, and those that were admitted behind it, are
    /// refused; in `throughput`, where they were acknowledged, they stay in the buffer instead.
    ///
    /// # Errors
    /// What the job ran into.
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
                // What a sync found out meanwhile is true of this write too.
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

    /// A group stands in the log.
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
                // What there was to be set aside is.
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

    /// Sets aside what was acknowledged and is not where the path of the log leads.
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
