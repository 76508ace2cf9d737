//! What the indexes of a sidecar must hold, as sums over its rows.
//!
//! Owns: the sums, which need no order. Invariant: the same entries give the same sums; others do by a chance of 2^-64.
//! They detect accidents: whoever writes a sidecar on purpose can make it fit.

use crate::index::row::Seq;
use core::hash::BuildHasher;
use foldhash::fast::FixedState;

/// The sums over rows, or over entries of one index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeySums {
    /// Over (`id`, `seq`) of all rows.
    ids: Sum,
    /// Over (`id`, `seq`, `parent_step`) of those whose parent is not the entry before.
    jumps: Sum,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Sum {
    count: u64,
    hash: u64,
}

impl Sum {
    fn add(&mut self, item: impl core::hash::Hash) {
        self.count += 1;
        self.hash = self.hash.wrapping_add(FixedState::with_seed(0).hash_one(item));
    }
}

impl KeySums {
    /// Takes a row of the table.
    pub fn row(&mut self, id: &str, seq: Seq, parent_step: i64) {
        self.id(id, seq);
        if parent_step != 1 {
            self.jump(id, seq, parent_step);
        }
    }

    /// Takes an entry of the index on ids.
    pub fn id(&mut self, id: &str, seq: Seq) {
        self.ids.add((id, seq));
    }

    /// Takes an entry of the jump index.
    pub fn jump(&mut self, id: &str, seq: Seq, parent_step: i64) {
        self.jumps.add((id, seq, parent_step));
    }

    /// The same without jumps, for a sidecar that has no jump index.
    #[must_use]
    pub fn without_jumps(self) -> Self {
        Self { jumps: Sum::default(), ..self }
    }
}
