//! Sums over a sidecar's rows, which its indexes must match.
//!
//! If you change a column of an index in [`crate::index::schema`], then change its sum here too.
//!
//! Owns: the sums, which do not depend on the order of rows.
//! Invariant: equal entries give equal sums; different ones collide with a probability of 2^-64. The sums detect
//! accidents, not deliberate forgery.

use crate::index::row::Seq;
use core::hash::BuildHasher;
use foldhash::fast::FixedState;

/// The sums over the rows of the table, or over the entries of its indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeySums {
    /// Over (`id`, `seq`) of all rows: the index on ids.
    ids: Sum,
    /// Over (`id`, `seq`, `parent_step`) of rows whose parent is not the row before: the jump index.
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
    /// Adds a row of the table.
    pub fn row(&mut self, id: &str, seq: Seq, parent_step: i64) {
        self.id(id, seq);
        if parent_step != 1 {
            self.jump(id, seq, parent_step);
        }
    }

    /// Adds an entry of the index on ids.
    pub fn id(&mut self, id: &str, seq: Seq) {
        self.ids.add((id, seq));
    }

    /// Adds an entry of the jump index.
    pub fn jump(&mut self, id: &str, seq: Seq, parent_step: i64) {
        self.jumps.add((id, seq, parent_step));
    }

    /// The sums without the jump index, for a sidecar that has none.
    #[must_use]
    pub fn without_jumps(self) -> Self {
        Self { jumps: Sum::default(), ..self }
    }
}
