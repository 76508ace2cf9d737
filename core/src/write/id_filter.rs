//! A filter of ids: what it does not hold is new, without a look at log or sidecar.
//!
//! Owns: how much memory that takes.
//! Invariant: an id that was added is never called new. Of others a few in a hundred are not called new, either; then the
//! log or its sidecar tells.

use alloc::vec::Vec;
use core::hash::BuildHasher;

/// Bits for each id, and the most in all: some 800,000 ids.
const BITS_EACH: u64 = 10;
const MOST_BITS: u64 = 8 << 20;
const LEAST_BITS: u64 = 1024;
/// Bits that an id sets.
const SET: u32 = 4;

/// The ids of a log, as bits.
#[derive(Debug)]
pub struct IdFilter {
    words: Vec<u64>,
    /// Number of bits, a power of two, less one.
    mask: u64,
}

impl IdFilter {
    /// A filter for so many ids.
    #[must_use]
    pub fn for_ids(count: u64) -> Self {
        let bits = count.saturating_mul(BITS_EACH).clamp(LEAST_BITS, MOST_BITS).next_power_of_two();
        let words = alloc::vec![0; usize::try_from(bits / 64).unwrap_or_default()];
        Self { words, mask: bits - 1 }
    }

    /// Adds an id.
    pub fn add(&mut self, id: &str) {
        let mask = self.mask;
        for bit in bits(mask, id) {
            if let Some(word) = usize::try_from(bit / 64).ok().and_then(|at| self.words.get_mut(at)) {
                *word |= 1 << (bit % 64);
            }
        }
    }

    /// False for an id that was not added.
    #[must_use]
    pub fn may_have(&self, id: &str) -> bool {
        bits(self.mask, id).all(|bit| {
            let word = usize::try_from(bit / 64).ok().and_then(|at| self.words.get(at));
            word.is_none_or(|word| word & (1 << (bit % 64)) != 0)
        })
    }
}

/// The bits of an id.
fn bits(mask: u64, id: &str) -> impl Iterator<Item = u64> {
    let hash = foldhash::fast::FixedState::with_seed(0x1D5).hash_one(id);
    let step = (hash >> 32) | 1;
    (0..u64::from(SET)).map(move |n| hash.wrapping_add(n.wrapping_mul(step)) & mask)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn what_was_added_is_there_and_nearly_all_else_is_not() {
        for count in [0, 1, 100, 5_000] {
            let mut filter = IdFilter::for_ids(count);
            (0..count).for_each(|n| filter.add(&format!("message_{n}")));
            assert!((0..count).all(|n| filter.may_have(&format!("message_{n}"))));
            let others = (0..2_000).filter(|n| filter.may_have(&format!("other_{n}"))).count();
            assert!(others <= 2_000 / 20, "{others} of 2,000 beside {count}");
        }
    }
}
