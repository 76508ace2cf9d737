//! The writer of one log: group buffer, acknowledgement, sync, latch.
//!
//! Owns: the order of events between a caller's object and a sync, in the three modes.
//! Invariant: what [`LogObserver::synced`] is told was on the disk before it is told; an entry that was refused is
//! not in the log, its id is free and nothing hangs on it.
//! Does not: block. A host with threads takes [`WriteJob`]s out, runs them without its lock and lands them; the
//! one-threaded calls of [`super::serial`] do just that in a row.

use super::durability::Durability;
use super::entry::{Draft, Filled, Parent, Refusal, Seen, Stamps};
use super::error::{AppendError, Cause, OpenError, WriteError};
use super::ids::{IdSet, OlderIds};
use super::job::{Finished, WriteJob};
use super::open::{self, OpenOptions, Opened};
use crate::json::walk::Walker;
use crate::log::{AppendedEntries, may_be_number, time};
use crate::storage::{Storage, StorageFile};
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// How far the log is known to be on the disk. Every one is a point at which the sidecar may be brought up to date
/// and a checkpoint may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncPoint {
    /// Bytes of the log.
    pub len: u64,
    /// Entries that this writer added to them.
    pub entries: u64,
}

/// Hears of what happened to the log. It cannot fail: an append never waits for what depends on the log.
pub trait LogObserver {
    /// These entries stand in the log now, not yet known to be on the disk.
    fn written(&mut self, entries: &AppendedEntries);
    /// The log is on the disk as far as this.
    fn synced(&mut self, point: SyncPoint);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy)]
pub struct NoObserver;

impl LogObserver for NoObserver {
    fn written(&mut self, _: &AppendedEntries) {}

    fn synced(&mut self, _: SyncPoint) {}
}

/// An entry that was taken into the group buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// Its id.
    pub id: String,
}

/// Writes one log.
pub struct LogWriter<F, O> {
    file: F,
    pub(super) observer: O,
    pub(super) durability: Durability,
    walker: Walker,
    older: alloc::boxed::Box<dyn OlderIds + Send>,
    ids: IdSet,
    /// Ids of older entries that are numbers in the log, as far as a parent was looked for among them.
    numbers: BTreeSet<String>,
    /// The last entry of the log, the group buffer included.
    pub(super) leaf: Option<String>,
    /// The last entry before the first of the group buffer, and how many ids were taken then.
    rollback_to: (Option<String>, usize),
    /// The group buffer.
    pub(super) lines: Vec<u8>,
    pub(super) entries_added: AppendedEntries,
    /// Empty vectors from flights that finished, to be used again.
    spare: (Vec<u8>, AppendedEntries),
    clock: (i64, String),
    pub(super) in_flight: Option<InFlight>,
    /// A sync is running; it covers this much.
    pub(super) syncing: Option<Covered>,
    pub(super) written: Covered,
    pub(super) synced: Covered,
    /// When the first entry that no sync covers was written, and the first that the running sync does not cover.
    pub(super) oldest_ms: Option<i64>,
    oldest_behind_sync_ms: Option<i64>,
    pub(super) latched: Option<Cause>,
}

/// What belongs to the write_job that is writing.
#[derive(Default)]
pub(super) struct InFlight {
    entries_added: AppendedEntries,
    /// Its last entry, and how many ids are taken with it.
    leaf: Option<String>,
    ids: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Covered {
    pub(super) len: u64,
    pub(super) entries: u64,
}

impl<F: core::fmt::Debug, O> core::fmt::Debug for LogWriter<F, O> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut shown = f.debug_struct("LogWriter");
        shown.field("file", &self.file).field("durability", &self.durability).field("written", &self.written);
        shown.field("synced", &self.synced).field("latched", &self.latched).finish_non_exhaustive()
    }
}

impl<F: StorageFile, O: LogObserver> LogWriter<F, O> {
    /// Opens a log, recovers what a crash left, and takes the entries that stand in it from then on for durable.
    ///
    /// `older` is asked with the recovered log, when a caller names ids.
    ///
    /// # Errors
    /// See [`OpenError`]; the log is then as it was, or recovered.
    pub fn open<S: Storage<File = F>>(
        storage: &S,
        options: &OpenOptions<'_>,
        mut observer: O,
        older: impl FnOnce(&Opened<F>) -> alloc::boxed::Box<dyn OlderIds + Send>,
    ) -> Result<(Self, Opened<F>), OpenError> {
        let opened = open::open(storage, options)?;
        let covered = Covered { len: opened.len, entries: 0 };
        observer.synced(SyncPoint { len: covered.len, entries: 0 });
        let writer = Self {
            file: opened.file.clone(),
            observer,
            durability: options.durability,
            walker: Walker::new(),
            older: older(&opened),
            ids: IdSet::default(),
            numbers: opened.leaf.clone().filter(|_| opened.leaf_is_number).into_iter().collect(),
            leaf: opened.leaf.clone(),
            rollback_to: (opened.leaf.clone(), 0),
            lines: Vec::new(),
            entries_added: AppendedEntries::default(),
            spare: <_>::default(),
            clock: (i64::MIN, String::new()),
            in_flight: None,
            syncing: None,
            written: covered,
            synced: covered,
            oldest_ms: None,
            oldest_behind_sync_ms: None,
            latched: None,
        };
        Ok((writer, opened))
    }

    /// Takes one entry into the group buffer. It is acknowledged by what happens to the buffer: in `throughput` it
    /// is already, else once the write_job that carries it has finished well.
    ///
    /// # Errors
    /// [`AppendError`]; nothing of the entry is kept then.
    pub fn admit(&mut self, json: &[u8], parent: Parent<'_>, stamps: &mut dyn Stamps) -> Result<Admitted, AppendError> {
        self.check()?;
        let mut walker = core::mem::take(&mut self.walker);
        let admitted = Draft::new(json).and_then(|draft| {
            let seen = draft.read(&mut walker)?;
            self.place(&seen, parent, stamps)
        });
        self.walker = walker;
        Ok(admitted?)
    }

    /// Gives a checked entry its id and parent and adds its line to the buffer.
    fn place(&mut self, seen: &Seen<'_>, parent: Parent<'_>, stamps: &mut dyn Stamps) -> Result<Admitted, Refusal> {
        let id = match seen.id() {
            Some(id) if self.knows(&id)? => return Err(Refusal::TakenId(id.into_owned())),
            Some(id) => id.into_owned(),
            None => stamps.new_id(),
        };
        match (seen.parent(), parent) {
            (Some(Some(named)), _) => self.must_know(&named)?,
            (None, Parent::Id(named)) => {
                self.must_know(named)?;
                self.note_number(named)?;
            }
            (Some(None), _) | (None, Parent::Leaf | Parent::Root) => {}
        }
        if !seen.has_timestamp() {
            let now = stamps.now_ms();
            if self.clock.0 != now {
                self.clock = (now, time::format(now).unwrap_or_default());
            }
        }
        let parent = match parent {
            Parent::Leaf => self.leaf.as_deref(),
            Parent::Id(named) => Some(named),
            Parent::Root => None,
        };
        let filled = Filled {
            id: &id,
            parent,
            parent_is_number: parent.is_some_and(|parent| self.numbers.contains(parent)),
            timestamp: &self.clock.1,
        };
        let entries_added = &mut self.entries_added;
        seen.write(&filled, &mut self.lines, |entry| entries_added.push(entry));
        self.lines.push(b'\n');
        self.ids.push(&id);
        match &mut self.leaf {
            Some(leaf) => leaf.clone_from(&id),
            None => self.leaf = Some(id.clone()),
        }
        Ok(Admitted { id })
    }

    fn must_know(&mut self, id: &str) -> Result<(), Refusal> {
        if self.knows(id)? { Ok(()) } else { Err(Refusal::UnknownParent(id.to_string())) }
    }

    /// Looks whether an older entry has this id as a number. Nearly no id looks like one.
    fn note_number(&mut self, id: &str) -> Result<(), Refusal> {
        if may_be_number(id) && !self.ids.has(id) && self.older.is_number(id).map_err(Refusal::Search)? {
            self.numbers.insert(id.to_string());
        }
        Ok(())
    }

    fn knows(&mut self, id: &str) -> Result<bool, Refusal> {
        if self.leaf.as_deref() == Some(id) || self.ids.has(id) {
            return Ok(true);
        }
        self.older.has(id).map_err(Refusal::Search)
    }

    pub(super) fn check(&self) -> Result<(), WriteError> {
        match &self.latched {
            Some(cause) => Err(WriteError::Latched(cause.clone())),
            None => Ok(()),
        }
    }

    /// Takes the group buffer out to be written, and, in `strict` or if `sync` is asked for, synced.
    /// `None` if there is nothing to do, a write is running, or the writer is latched.
    pub fn begin_write(&mut self, sync: bool) -> Option<WriteJob<F>> {
        let nothing = self.lines.is_empty() && (!sync || self.synced == self.written);
        if nothing || self.in_flight.is_some() || self.latched.is_some() {
            return None;
        }
        let strict = self.durability == Durability::Strict;
        let sync = sync || strict;
        if sync && self.syncing.is_some() {
            return None;
        }
        let lines = core::mem::replace(&mut self.lines, core::mem::take(&mut self.spare.0));
        let entries_added = core::mem::replace(&mut self.entries_added, core::mem::take(&mut self.spare.1));
        let base = self.written.len;
        let entries = self.written.entries + entries_added.len() as u64;
        if sync {
            self.syncing = Some(Covered { len: base + lines.len() as u64, entries });
            self.oldest_behind_sync_ms = None;
        }
        self.in_flight = Some(InFlight { entries_added, leaf: self.leaf.clone(), ids: self.ids.len() });
        Some(WriteJob {
            file: self.file.clone(),
            lines,
            base,
            sync,
            synced_len: self.synced.len,
            unacknowledged: strict,
        })
    }

    /// Takes a sync alone out, which may run while other flights write. `None` if all is synced, a sync is running
    /// already, or the writer is latched.
    pub fn begin_sync(&mut self) -> Option<WriteJob<F>> {
        if self.synced == self.written || self.syncing.is_some() || self.latched.is_some() {
            return None;
        }
        self.syncing = Some(self.written);
        self.oldest_behind_sync_ms = None;
        Some(WriteJob {
            file: self.file.clone(),
            lines: Vec::new(),
            base: self.written.len,
            sync: true,
            synced_len: self.synced.len,
            unacknowledged: false,
        })
    }

    /// Takes the outcome of a write_job from [`LogWriter::begin_write`]. On an error all entries of the write_job, and those
    /// that were admitted behind it, are refused; in `throughput`, where they were acknowledged, they stay in the
    /// buffer instead.
    ///
    /// # Errors
    /// What the write_job ran into.
    pub fn finish_write(&mut self, finished: Finished, now_ms: i64) -> Result<(), WriteError> {
        let Finished { mut lines, with_sync, written, synced } = finished;
        let mut in_flight = self.in_flight.take().unwrap_or_default();
        let failed = match (&written, &synced) {
            (Err(error), _) => Some(error.clone()),
            (Ok(()), Some(Err(error))) if self.durability == Durability::Strict => Some(error.clone()),
            _ => None,
        };
        if let Some(error) = failed {
            if with_sync {
                self.syncing = None;
            }
            self.refuse(lines, in_flight.entries_added, &error);
            return Err(error);
        }
        self.commit_written(lines.len() as u64, &mut in_flight, now_ms);
        lines.clear();
        in_flight.entries_added.clear();
        self.spare = (lines, in_flight.entries_added);
        match synced {
            Some(result) => self.end_sync(result),
            None => Ok(()),
        }
    }

    /// Takes the outcome of a write_job from [`LogWriter::begin_sync`].
    ///
    /// # Errors
    /// If the sync failed; the writer is latched then.
    pub fn finish_sync(&mut self, finished: Finished) -> Result<(), WriteError> {
        self.end_sync(finished.synced.unwrap_or(Ok(())))
    }

    /// The lines of a write_job stand in the log.
    fn commit_written(&mut self, len: u64, in_flight: &mut InFlight, now_ms: i64) {
        if in_flight.entries_added.is_empty() {
            return;
        }
        let base = self.written.len;
        self.written.len += len;
        self.written.entries += in_flight.entries_added.len() as u64;
        // What was admitted meanwhile hangs below; if that is refused, the log ends with this write_job's last entry.
        self.rollback_to = (in_flight.leaf.take(), in_flight.ids);
        self.oldest_ms = self.oldest_ms.or(Some(now_ms));
        self.oldest_behind_sync_ms = self.oldest_behind_sync_ms.or(Some(now_ms));
        in_flight.entries_added.move_by(base);
        self.observer.written(&in_flight.entries_added);
    }

    pub(super) fn end_sync(&mut self, result: Result<(), WriteError>) -> Result<(), WriteError> {
        let covered = self.syncing.take().unwrap_or(self.synced);
        match result {
            Ok(()) => {
                self.synced = covered;
                self.oldest_ms = self.oldest_behind_sync_ms.take().filter(|_| self.synced != self.written);
                self.observer.synced(SyncPoint { len: covered.len, entries: covered.entries });
                Ok(())
            }
            Err(error) => {
                self.latch(&error);
                Err(error)
            }
        }
    }

    /// A write_job failed: its entries leave, or go back into the buffer.
    fn refuse(&mut self, lines: Vec<u8>, entries_added: AppendedEntries, error: &WriteError) {
        self.latch(error);
        if self.durability == Durability::Throughput {
            let behind = core::mem::replace(&mut self.lines, lines);
            let briefs_behind = core::mem::replace(&mut self.entries_added, entries_added);
            let by = self.lines.len() as u64;
            self.lines.extend_from_slice(&behind);
            self.entries_added.extend_moved(&briefs_behind, by);
            return;
        }
        self.lines.clear();
        self.entries_added.clear();
        self.ids.truncate(self.rollback_to.1);
        self.leaf.clone_from(&self.rollback_to.0);
    }

    fn latch(&mut self, error: &WriteError) {
        if let WriteError::Latched(cause) = error {
            self.latched.get_or_insert_with(|| cause.clone());
        }
    }
}
