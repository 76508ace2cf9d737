//! Gathering: entries between their admission and the log: the group buffer, and the ids that the next entry may name.
//!
//! Owns: the known ids, the parent of the next entry, and which entries are dropped with a refused group.
//! Invariant: a refused entry's id is free again, and no admitted entry has it as parent.

use super::entry::{Draft, Filled, Parent, Refusal, Seen, Stamps};
use super::ids::KnownIds;
use super::open::Opened;
use super::tail::LastId;
use crate::json::walk::Walker;
use crate::log::{AppendedEntries, MAX_BATCH, MAX_BATCH_BYTES, may_be_number, time};
use crate::storage::StorageFile;
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

/// An entry that was admitted to the group buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// Its id.
    pub id: String,
}

/// Entries that are written together.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) lines: Vec<u8>,
    pub(super) entries: AppendedEntries,
}

impl Group {
    fn append(&mut self, behind: &Self) {
        let by = self.lines.len() as u64;
        self.lines.extend_from_slice(&behind.lines);
        self.entries.extend_moved(&behind.entries, by);
    }
}

/// A point in the sequence of a writer's entries: the last entry, and the number of ids up to it.
#[derive(Debug, Clone, Default)]
pub(super) struct Mark {
    leaf: Option<String>,
    ids: usize,
}

/// The entries of one writer, from admission until they are in the log.
pub(super) struct Gathering {
    walker: Walker,
    /// A time in Unix milliseconds, and its text.
    clock: (i64, String),
    known: KnownIds,
    /// Known parent ids that are numbers in the log.
    numbers: BTreeSet<String>,
    /// The writer's last entry, buffered or written; before the first one, the last entry of the opened log.
    leaf: Option<String>,
    /// End of the written entries. When a group is refused, all later entries are dropped with it.
    rollback_to: Mark,
    group: Group,
    /// An empty group with memory to reuse.
    spare: Group,
    /// The written log ends in an incomplete batch, which the next entry must end.
    behind_torn: bool,
}

impl Gathering {
    /// The state for a newly opened log.
    pub(super) fn new<F>(opened: &Opened<F>, known: KnownIds) -> Self {
        let leaf = opened.leaf.clone();
        Self {
            behind_torn: opened.torn_batch,
            numbers: leaf.clone().filter(|_| opened.leaf_is_number).into_iter().collect(),
            walker: Walker::new(),
            clock: (i64::MIN, String::new()),
            known,
            rollback_to: Mark { leaf: leaf.clone(), ids: 0 },
            leaf,
            group: Group::default(),
            spare: Group::default(),
        }
    }

    /// Admits one entry to the group buffer; reads `log` for ids that only the log has.
    pub(super) fn admit(
        &mut self,
        log: &impl StorageFile,
        json: &[u8],
        parent: Parent<'_>,
        stamps: &mut dyn Stamps,
    ) -> Result<Admitted, Refusal> {
        self.admit_as(log, json, parent, None, stamps)
    }

    /// Admits a batch: all entries or none. Each is the child of the one before it, unless it names its parent.
    pub(super) fn admit_batch(
        &mut self,
        log: &impl StorageFile,
        entries: &[&[u8]],
        parent: Parent<'_>,
        stamps: &mut dyn Stamps,
    ) -> Result<Vec<String>, Refusal> {
        let count = entries.len() as u64;
        if !(1..=MAX_BATCH).contains(&count) {
            return Err(Refusal::BatchCount(entries.len()));
        }
        let (leaf, ids) = (self.leaf.clone(), self.known.own.len());
        let (bytes, there) = (self.group.lines.len(), self.group.entries.len());
        let mut admitted = Vec::with_capacity(entries.len());
        let mut refused = None;
        for (at, json) in entries.iter().enumerate() {
            let (parent, batch) = if at == 0 { (parent, Some(count).filter(|&n| n > 1)) } else { (Parent::Leaf, None) };
            match self.admit_as(log, json, parent, batch, stamps) {
                Ok(Admitted { id }) => admitted.push(id),
                Err(Refusal::Search(error)) => refused = Some(Refusal::Search(error)),
                Err(why) => refused = Some(Refusal::InBatch { at, why: Box::new(why) }),
            }
            if (self.group.lines.len() - bytes) as u64 > MAX_BATCH_BYTES {
                refused = refused.or(Some(Refusal::BatchTooLong));
            }
            if refused.is_some() {
                break;
            }
        }
        let Some(refusal) = refused else { return Ok(admitted) };
        self.group.lines.truncate(bytes);
        self.group.entries.truncate(there);
        self.known.own.truncate(ids);
        self.leaf = leaf;
        Err(refusal)
    }

    fn admit_as(
        &mut self,
        log: &impl StorageFile,
        json: &[u8],
        parent: Parent<'_>,
        batch: Option<u64>,
        stamps: &mut dyn Stamps,
    ) -> Result<Admitted, Refusal> {
        let mut walker = core::mem::take(&mut self.walker);
        let admitted = Draft::new(json).and_then(|draft| {
            let seen = draft.read(&mut walker)?;
            if seen.begins_batch() {
                let plain = draft.without_batch();
                return self.place(log, &plain.read(&mut walker)?, parent, batch, stamps);
            }
            self.place(log, &seen, parent, batch, stamps)
        });
        self.walker = walker;
        admitted
    }

    /// Checks an entry's id and parent, fills in missing fields, and adds its line to the buffer.
    fn place(
        &mut self,
        log: &impl StorageFile,
        seen: &Seen<'_>,
        parent: Parent<'_>,
        batch: Option<u64>,
        stamps: &mut dyn Stamps,
    ) -> Result<Admitted, Refusal> {
        let id = match seen.id() {
            Some(id) if self.knows(log, &id)? => return Err(Refusal::TakenId(id.into_owned())),
            Some(id) => id.into_owned(),
            None => stamps.new_id(),
        };
        match (seen.parent(), parent) {
            (Some(Some(named)), _) => self.must_know(log, &named)?,
            (None, Parent::Id(named)) => {
                self.must_know(log, named)?;
                self.note_number(log, named)?;
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
            batch: batch.or((self.behind_torn && self.known.own.len() == self.rollback_to.ids).then_some(1)),
        };
        let Group { lines, entries } = &mut self.group;
        seen.write(&filled, lines, |entry| entries.push(entry));
        lines.push(b'\n');
        self.known.own.push(&id);
        match &mut self.leaf {
            Some(leaf) => leaf.clone_from(&id),
            None => self.leaf = Some(id.clone()),
        }
        Ok(Admitted { id })
    }

    fn must_know(&mut self, log: &impl StorageFile, id: &str) -> Result<(), Refusal> {
        if self.knows(log, id)? { Ok(()) } else { Err(Refusal::UnknownParent(id.to_string())) }
    }

    /// Remembers `id` if an older entry, or another program's, has it as a number. Only ids that look like numbers are
    /// looked up.
    fn note_number(&mut self, log: &impl StorageFile, id: &str) -> Result<(), Refusal> {
        if may_be_number(id) && self.known.is_number(log, id).map_err(Refusal::Search)? {
            self.numbers.insert(id.to_string());
        }
        Ok(())
    }

    fn knows(&mut self, log: &impl StorageFile, id: &str) -> Result<bool, Refusal> {
        Ok(self.leaf.as_deref() == Some(id) || self.known.has(log, id).map_err(Refusal::Search)?)
    }

    /// The group buffer.
    pub(super) const fn group(&self) -> &Group {
        &self.group
    }

    /// Id of the last entry.
    pub(super) fn leaf(&self) -> Option<&str> {
        self.leaf.as_deref()
    }

    /// Takes the group out for a write, with the end of the writer's entries after it.
    pub(super) fn take(&mut self) -> (Group, Mark) {
        let group = core::mem::replace(&mut self.group, core::mem::take(&mut self.spare));
        (group, Mark { leaf: self.leaf.clone(), ids: self.known.own.len() })
    }

    /// Records that a group was written up to `end`. Entries admitted meanwhile follow it.
    pub(super) fn wrote(&mut self, mut group: Group, end: Mark) {
        group.lines.clear();
        group.entries.clear();
        self.spare = group;
        self.behind_torn &= end.ids == self.rollback_to.ids;
        self.rollback_to = end;
    }

    /// Records a range of the log that other programs wrote.
    pub(super) fn found_foreign(&mut self, range: Range<u64>) {
        self.known.foreign.add(range);
    }

    /// Another writer wrote a range of the log in its turn; nothing of ours waits. `last` is the last id in it.
    pub(super) fn caught_up(&mut self, range: Range<u64>, last: Option<LastId>) {
        self.known.foreign.add(range);
        self.behind_torn = false;
        let Some(LastId { text, is_number }) = last else { return };
        if is_number {
            self.numbers.insert(text.clone());
        }
        self.rollback_to.leaf = Some(text.clone());
        self.leaf = Some(text);
    }

    /// A group was not written: it goes, with all that was admitted since.
    pub(super) fn refuse(&mut self) {
        self.group.lines.clear();
        self.group.entries.clear();
        self.known.own.truncate(self.rollback_to.ids);
        self.leaf.clone_from(&self.rollback_to.leaf);
    }

    /// Puts an acknowledged group that was not written back at the front of the buffer.
    pub(super) fn put_back(&mut self, group: Group) {
        let behind = core::mem::replace(&mut self.group, group);
        self.group.append(&behind);
    }

    /// The ids of written and buffered entries, without those of a group that is being written.
    pub(super) fn held_ids(&self, being_written: Option<&Mark>) -> impl Iterator<Item = &str> {
        let written = self.rollback_to.ids;
        let between = written..being_written.map_or(written, |end| end.ids);
        self.known.own.iter().enumerate().filter(move |(number, _)| !between.contains(number)).map(|(_, id)| id)
    }

    /// Takes the buffered lines of a log that can no longer be written.
    pub(super) fn give_up(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.group).lines
    }

    /// Keeps the lines of a log that can no longer be written, for the caller to fetch.
    pub(super) fn hand_back(&mut self, lines: Vec<u8>) {
        self.group.lines = lines;
    }
}
