//! The ids of all entries of a log, in memory, for a full build.
//!
//! Owns: the map from id to entry, for hundreds of thousands of ids at about 60 bytes each.
//! Invariant: a repeated id leads to its latest entry; `repeats` holds all of them. An id greater than the last in
//! `ordered` is new, without a look-up. An entry without a usable id has an empty id, which no look-up finds.

use super::row::Seq;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::{BuildHasher, Hasher};
use hashbrown::HashTable;

/// The latest entry with an id, and the id's hash, so that a growing table need not read the ids again.
#[derive(Debug, Clone, Copy)]
struct Slot {
    seq: Seq,
    hash: u32,
}

#[derive(Debug, Default)]
pub(super) struct Ids {
    text: String,
    /// End of the id of each entry in `text`.
    ends: Vec<usize>,
    /// Entries whose id is greater than all earlier ids in this list. Ids that writers make from the time nearly always
    /// are, and cost neither a hash nor a slot.
    ordered: Vec<Seq>,
    /// All other ids, and the latest entry of each repeated id.
    table: HashTable<Slot>,
    hasher: foldhash::fast::FixedState,
    repeats: BTreeMap<String, Vec<Seq>>,
}

impl Ids {
    /// The id of an entry; empty if it has none.
    pub(super) fn id(&self, seq: Seq) -> &str {
        id_at(&self.text, &self.ends, seq)
    }

    /// The latest entry with this id.
    pub(super) fn latest(&self, id: &str) -> Option<Seq> {
        let hash = hash(&self.hasher, id);
        let slot = self.table.find(spread(hash), |slot| slot.hash == hash && self.id(slot.seq) == id);
        slot.map(|slot| slot.seq).or_else(|| self.in_order(id))
    }

    /// The entry with this id in `ordered`.
    fn in_order(&self, id: &str) -> Option<Seq> {
        let at = self.ordered.binary_search_by(|&seq| self.id(seq).cmp(id)).ok()?;
        self.ordered.get(at).copied()
    }

    /// The first entry with this id.
    pub(super) fn first(&self, id: &str) -> Option<Seq> {
        match self.repeats.get(id) {
            Some(all) => all.first().copied(),
            None => self.latest(id),
        }
    }

    /// The first entry behind `seq` with this id.
    pub(super) fn first_after(&self, id: &str, seq: Seq) -> Option<Seq> {
        match self.repeats.get(id) {
            Some(all) => all.iter().copied().find(|&s| s > seq),
            None => self.latest(id).filter(|&s| s > seq),
        }
    }

    /// Adds the id of the next entry; true if an earlier entry has it.
    pub(super) fn push(&mut self, id: &str) -> bool {
        let seq = Seq::try_from(self.ends.len()).unwrap_or(Seq::MAX);
        let last = self.ordered.last().map_or("", |&last| self.id(last));
        // An empty id is never greater, and is not stored.
        let (is_next, is_none) = (id > last, id.is_empty());
        self.text.push_str(id);
        self.ends.push(self.text.len());
        if is_next {
            self.ordered.push(seq);
        }
        if is_next || is_none {
            return false;
        }
        let in_order = self.in_order(id);
        let Self { text, ends, table, hasher, repeats, .. } = self;
        let hash = hash(hasher, id);
        let entry = table.entry(
            spread(hash),
            |slot| slot.hash == hash && id_at(text, ends, slot.seq) == id,
            |slot| spread(slot.hash),
        );
        let before = match entry {
            hashbrown::hash_table::Entry::Vacant(slot) => {
                slot.insert(Slot { seq, hash });
                in_order
            }
            hashbrown::hash_table::Entry::Occupied(mut slot) => Some(core::mem::replace(&mut slot.get_mut().seq, seq)),
        };
        let Some(before) = before else { return false };
        let all = repeats.entry(String::from(id)).or_default();
        if all.is_empty() {
            all.push(before);
        }
        all.push(seq);
        true
    }
}

fn id_at<'a>(text: &'a str, ends: &[usize], seq: Seq) -> &'a str {
    let seq = seq as usize;
    let start = seq.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or_default();
    ends.get(seq).and_then(|&end| text.get(start..end)).unwrap_or_default()
}

fn hash(hasher: &foldhash::fast::FixedState, id: &str) -> u32 {
    let mut state = hasher.build_hasher();
    state.write(id.as_bytes());
    let hash = state.finish();
    (hash ^ (hash >> 32)) as u32
}

/// The table takes bucket and tag from opposite ends of a hash, so both get all 32 bits.
const fn spread(hash: u32) -> u64 {
    (hash as u64) << 32 | hash as u64
}
