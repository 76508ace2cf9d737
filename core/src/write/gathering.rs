//! Entries on their way into the log: the group buffer, and what the next entry can name.
//!
//! Owns: which ids are known, below which entry the next one hangs, and what leaves with a group that was refused.
//! Invariant: an entry that was refused has a free id, and nothing hangs on it.
//! Does not: write.

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

/// An entry that was taken into the group buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// Its id.
    pub id: String,
}

/// Entries that were admitted together and are written together.
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

/// Where a writer's entries end: the last one, and how many ids it took up to there.
#[derive(Debug, Clone, Default)]
pub(super) struct Mark {
    leaf: Option<String>,
    ids: usize,
}

/// The entries of one writer, from their admission to their place in the log.
pub(super) struct Gathering {
    walker: Walker,
    /// A time and its text.
    clock: (i64, String),
    known: KnownIds,
    /// Ids of entries that are numbers in the log, as far as a parent was looked for among them.
    numbers: BTreeSet<String>,
    /// The last entry of this writer, or of the log when it was opened; the group buffer included.
    leaf: Option<String>,
    /// The end of what is written: a group that is refused goes with what was admitted behind it.
    rollback_to: Mark,
    group: Group,
    /// An empty one of a group that was written, to be used again.
    spare: Group,
    /// What is written ends in an incomplete batch, which the first entry must end.
    behind_torn: bool,
}

impl Gathering {
    /// For a log as it was opened.
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

    /// Takes one entry into the group buffer; `log` is asked for ids that only it knows.
    pub(super) fn admit(
        &mut self,
        log: &impl StorageFile,
        json: &[u8],
        parent: Parent<'_>,
        stamps: &mut dyn Stamps,
    ) -> Result<Admitted, Refusal> {
        self.admit_as(log, json, parent, None, stamps)
    }

    /// Takes entries that belong together, each below the one before unless it names its parent: all of them, or none.
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
        let before = core::mem::take(&mut self.group);
        let mut admitted = Vec::with_capacity(entries.len());
        let mut refused = None;
        for (at, json) in entries.iter().enumerate() {
            let (parent, batch) = if at == 0 { (parent, Some(count).filter(|&n| n > 1)) } else { (Parent::Leaf, None) };
            match self.admit_as(log, json, parent, batch, stamps) {
                Ok(Admitted { id }) => admitted.push(id),
                Err(Refusal::Search(error)) => refused = Some(Refusal::Search(error)),
                Err(why) => refused = Some(Refusal::InBatch { at, why: Box::new(why) }),
            }
            if self.group.lines.len() as u64 > MAX_BATCH_BYTES {
                refused = refused.or(Some(Refusal::BatchTooLong));
            }
            if refused.is_some() {
                break;
            }
        }
        let batch = core::mem::replace(&mut self.group, before);
        if let Some(refusal) = refused {
            self.known.own.truncate(ids);
            self.leaf = leaf;
            return Err(refusal);
        }
        self.group.append(&batch);
        Ok(admitted)
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

    /// Gives a checked entry its id and parent and adds its line to the buffer.
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

    /// Looks whether an entry of another program, or an older one, has this id as a number. Nearly no id looks like one.
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

    /// Takes the group out, to be written; where this writer's entries end with it.
    pub(super) fn take(&mut self) -> (Group, Mark) {
        let group = core::mem::replace(&mut self.group, core::mem::take(&mut self.spare));
        (group, Mark { leaf: self.leaf.clone(), ids: self.known.own.len() })
    }

    /// A group is in the log, which ends there as far as this writer goes. What was admitted meanwhile hangs below.
    pub(super) fn wrote(&mut self, mut group: Group, end: Mark) {
        group.lines.clear();
        group.entries.clear();
        self.spare = group;
        self.behind_torn &= end.ids == self.rollback_to.ids;
        self.rollback_to = end;
    }

    /// Other programs wrote a range of the log.
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

    /// A group was not written, though it was acknowledged: it is the first in the buffer again.
    pub(super) fn put_back(&mut self, group: Group) {
        let behind = core::mem::replace(&mut self.group, group);
        self.group.append(&behind);
    }

    /// The ids that are written or in the buffer, without those of a group between that is being written.
    pub(super) fn held_ids(&self, being_written: Option<&Mark>) -> impl Iterator<Item = &str> {
        let written = self.rollback_to.ids;
        let between = written..being_written.map_or(written, |end| end.ids);
        self.known.own.iter().enumerate().filter(move |(number, _)| !between.contains(number)).map(|(_, id)| id)
    }

    /// The buffer, of a log that is not written any more.
    pub(super) fn give_up(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.group).lines
    }

    /// Lines of a log that is not written any more, which nobody else has.
    pub(super) fn hand_back(&mut self, lines: Vec<u8>) {
        self.group.lines = lines;
    }
}
