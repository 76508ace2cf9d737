//! Saving what is new in a session of jcode.
//!
//! Owns: which entries a save is, in which order, and when it says all fields.
//! Invariant: one save is one batch. A field is written if jcode changed it since its last save, so that a change of
//! somebody else's stays, and of two changes of one field the later holds.
//! Does not: compare messages; what is handed over is new.

use super::error::SaveError;
use super::held::Held;
use super::open::OpenSession;
use crate::writer::InTurn;
use jcode_session_core::dialect::jcode::{Beside, Complete, Fields, PayloadError, SideList, compacted};
use jcode_session_core::write::{AppendError, Parent, Refusal};

/// Environment snapshots that a session keeps, as in jcode.
const ENV_SNAPSHOTS: usize = 8;
/// All fields are said again after so many bytes: what [`super::recent`] reads at most of the log's end.
const COMPLETE_AFTER: usize = 256 * 1024;

/// What jcode has new since its last save.
#[derive(Debug, Clone, Copy)]
pub struct Save<'a> {
    /// All top-level fields, as they are now.
    pub fields: &'a Fields,
    /// New messages.
    pub messages: &'a [&'a [u8]],
    /// New environment snapshots; of all the newest 8 stay.
    pub env_snapshots: &'a [&'a [u8]],
    /// New memory injections.
    pub memory_injections: &'a [&'a [u8]],
    /// New replay events.
    pub replay_events: &'a [&'a [u8]],
}

impl<'a> Save<'a> {
    /// Nothing new but perhaps some of these fields.
    #[must_use]
    pub const fn of(fields: &'a Fields) -> Self {
        Self { fields, messages: &[], env_snapshots: &[], memory_injections: &[], replay_events: &[] }
    }
}

/// What a save did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Saved {
    /// Entries that it wrote.
    pub entries: usize,
    /// Others wrote before it, since this session's last turn: [`super::load`] gives all there is.
    pub others_wrote: bool,
}

/// Entries that are about to become one batch.
pub(super) struct Batch<'m> {
    beside: Beside,
    pub(super) entries: Vec<Vec<u8>>,
    /// Which of them are messages: their own ids may be taken.
    messages: Vec<(usize, &'m [u8])>,
    /// What it changes of the fields.
    pub(super) changes: Fields,
    pub(super) says_all: bool,
}

impl<'m> Batch<'m> {
    /// An empty one. `changes`: the fields that its session changed.
    pub(super) const fn new(beside: Beside, changes: Fields) -> Self {
        Self { beside, entries: Vec::new(), messages: Vec::new(), changes, says_all: false }
    }

    pub(super) fn message(&mut self, stored: &'m [u8]) -> Result<(), PayloadError> {
        self.messages.push((self.entries.len(), stored));
        self.entries.push(self.beside.message(stored)?);
        Ok(())
    }

    /// Says the changed fields, or all of them where that is due; the path then has so many messages.
    pub(super) fn fields(&mut self, held: &Held, messages: usize, all: bool) {
        let compacts = self.changes.get("compaction").is_some();
        if !all && !compacts {
            if !self.changes.is_empty() {
                self.entries.push(self.beside.meta(&self.changes));
            }
            return;
        }
        let mut complete = held.fields.clone();
        complete.apply(&self.changes);
        let boundary = Some(compacted(&complete)).filter(|&count| count > 0);
        let boundary = boundary.and_then(|count| held.path.get(count).cloned()).filter(|id| !id.is_empty());
        // A null says that a field which the header has is gone.
        complete.keep_nulls_of(&self.changes);
        let complete_of = Complete { messages: messages as u64, boundary };
        self.entries.push(self.beside.complete_meta(&complete, &complete_of));
        self.says_all = true;
    }

    /// Appends all of it below `parent`; the ids.
    pub(super) fn append(&mut self, turn: &InTurn<'_>, parent: Parent<'_>) -> Result<Vec<String>, SaveError> {
        loop {
            let entries: Vec<&[u8]> = self.entries.iter().map(Vec::as_slice).collect();
            match turn.append_batch(&entries, parent) {
                Err(AppendError::Refused(Refusal::InBatch { at, why })) if matches!(*why, Refusal::TakenId(_)) => {
                    let message = self.messages.iter().position(|(of, _)| *of == at);
                    let Some((_, stored)) = message.map(|message| self.messages.swap_remove(message)) else {
                        return Err(AppendError::Refused(Refusal::InBatch { at, why }).into());
                    };
                    if let Some(entry) = self.entries.get_mut(at) {
                        *entry = self.beside.message_anew(stored)?;
                    }
                }
                appended => return Ok(appended?),
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.entries.iter().map(Vec::len).sum()
    }
}

impl OpenSession {
    /// Saves what is new. Nothing is written if nothing is.
    ///
    /// # Errors
    /// See [`SaveError`]; nothing of it is in the log then.
    pub fn save(&mut self, save: &Save<'_>) -> Result<Saved, SaveError> {
        let Self { writer, log, beside, held, said, since_complete } = self;
        writer.in_turn(|turn| {
            let others_wrote = Self::take_in(held, log, turn)?;
            let mut batch = Batch::new(*beside, said.changes_to(save.fields));
            let lists = [
                (SideList::EnvSnapshots, save.env_snapshots),
                (SideList::MemoryInjections, save.memory_injections),
                (SideList::ReplayEvents, save.replay_events),
            ];
            save.messages.iter().try_for_each(|stored| batch.message(stored))?;
            for (list, records) in lists {
                for record in records {
                    batch.entries.push(beside.side(list, record)?);
                }
            }
            let surplus = (held.env.len() + save.env_snapshots.len()).saturating_sub(ENV_SNAPSHOTS);
            let old: Vec<String> = held.env.iter().take(surplus).filter(|id| !id.is_empty()).cloned().collect();
            if !old.is_empty() {
                batch.entries.push(beside.drop_sides(&old));
            }
            let due = *since_complete >= COMPLETE_AFTER && !(batch.entries.is_empty() && batch.changes.is_empty());
            batch.fields(held, held.path.len() + save.messages.len(), due);
            if batch.entries.is_empty() {
                return Ok(Saved { entries: 0, others_wrote });
            }
            let mut ids = batch.append(turn, Parent::Leaf)?;
            let entries = ids.len();
            held.leaf = ids.last().cloned();
            if !save.messages.is_empty() {
                held.rewound = None;
            }
            held.path.extend(ids.drain(..save.messages.len()));
            held.env.extend(ids.drain(..save.env_snapshots.len()));
            held.env.drain(..surplus.min(held.env.len()));
            held.fields.apply(&batch.changes);
            said.apply(&batch.changes);
            *since_complete = if batch.says_all { 0 } else { since_complete.saturating_add(batch.bytes()) };
            Ok(Saved { entries, others_wrote })
        })
    }
}
