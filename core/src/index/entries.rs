//! The facts about every entry that a full build keeps in memory.
//!
//! Owns: ids, keys, links and times by entry number.
//! Invariant: an entry's key is known once it is added. Payloads are not kept: an entry takes about 60 bytes, with ids
//! of 36 characters twice as much.

use super::ids::Ids;
use super::key::{KeySource, looks_made};
use super::links::Links;
use super::row::Seq;
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;

#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) ids: Ids,
    pub(super) links: Links,
    /// Keys of entries whose key is not their id.
    made_keys: BTreeMap<Seq, String>,
    /// All made keys, to notice an id that equals one.
    taken: BTreeMap<String, Seq>,
    times: Vec<i64>,
    /// An id looks like a key made from its entry's offset.
    pub(super) ambiguous: bool,
}

const NO_TIME: i64 = i64::MIN;

/// How an entry's id relates to its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IdUse {
    /// The id is the key.
    Key,
    /// An earlier entry has the same id.
    Repeated,
    /// There is no id, or a made key equals it.
    NoKey,
}

impl Entries {
    /// Number of entries; during a build, of entries with links.
    pub(super) fn count(&self) -> Seq {
        Seq::try_from(self.links.len()).unwrap_or(Seq::MAX)
    }

    /// Adds the id of entry `seq` at `offset` and returns the entry's key.
    pub(super) fn name<'a>(&mut self, seq: Seq, id: Option<&Cow<'a, str>>, offset: u64) -> (Cow<'a, str>, IdUse) {
        let repeated = self.ids.push(id.map_or("", |id| id.as_ref()));
        if let Some(id) = id.filter(|id| !repeated && !self.taken.contains_key(id.as_ref())) {
            self.ambiguous |= looks_made(id, offset);
            return (id.clone(), IdUse::Key);
        }
        let source = KeySource { id: id.map(|id| id.as_ref()), offset };
        let is_taken = |key: &str| Ok(self.taken.contains_key(key) || self.ids.latest(key).is_some());
        let Ok::<_, Infallible>(key) = source.make(is_taken);
        self.taken.insert(key.clone(), seq);
        self.made_keys.insert(seq, key.clone());
        (Cow::Owned(key), if repeated { IdUse::Repeated } else { IdUse::NoKey })
    }

    pub(super) fn push_time(&mut self, ts: Option<i64>) {
        self.times.push(ts.unwrap_or(NO_TIME));
    }

    /// The time of an entry, Unix milliseconds.
    pub(super) fn time(&self, seq: Seq) -> Option<i64> {
        self.times.get(seq as usize).copied().filter(|&ts| ts != NO_TIME)
    }

    /// The key of an entry.
    pub(super) fn key(&self, seq: Seq) -> String {
        String::from(self.key_text(seq))
    }

    /// The same, without a copy.
    pub(super) fn key_text(&self, seq: Seq) -> &str {
        self.made_keys.get(&seq).map_or_else(|| self.ids.id(seq), String::as_str)
    }

    /// All entries, by their keys. The keys that writers make from the time are in this order already.
    pub(super) fn in_order_of_keys(&self) -> Vec<Seq> {
        let mut all: Vec<Seq> = (0..self.count()).collect();
        if !all.is_sorted_by(|&a, &b| self.key_text(a) < self.key_text(b)) {
            // Most keys differ in their first bytes, which are compared where they stand.
            let start = |key: &str| {
                let mut start = [0; 8];
                start.iter_mut().zip(key.bytes()).for_each(|(place, byte)| *place = byte);
                u64::from_be_bytes(start)
            };
            let mut keyed: Vec<(u64, Seq)> = all.iter().map(|&seq| (start(self.key_text(seq)), seq)).collect();
            keyed.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| self.key_text(a.1).cmp(self.key_text(b.1))));
            all = keyed.into_iter().map(|(_, seq)| seq).collect();
        }
        all
    }

    /// The entry with this key.
    pub(super) fn find_key(&self, key: &str) -> Option<Seq> {
        // The key that equals a repeated id is the first entry's; the others have made keys.
        self.taken.get(key).copied().or_else(|| self.ids.first(key))
    }
}
