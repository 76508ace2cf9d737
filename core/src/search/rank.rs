//! Relevance: how much of an entry is about what was searched for.
//!
//! Owns: BM25 over the hits. Each word stands in every hit, so all weigh alike; what tells hits apart is how often the
//! words stand in an entry, beside its length. Invariant: a function of the hits alone.
//! Does not: change which entries match.

use super::Found;

/// How soon a further occurrence counts less, and how much a long entry is held back; the usual values.
const K1: f64 = 1.2;
const B: f64 = 0.75;

/// How often each word stands in an entry, and how long its texts are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weight {
    /// Occurrences, by word.
    pub counts: alloc::vec::Vec<u32>,
    /// Bytes of its texts.
    pub len: u64,
}

/// The mean length of hits, beside which each is weighed.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a mean need not be exact")]
pub fn mean_len<'f>(hits: impl Iterator<Item = &'f Found>) -> f64 {
    let (sum, count) = hits.fold((0, 0_u64), |(sum, count), found| (sum + found.weight.len, count + 1));
    if sum == 0 { 1.0 } else { sum as f64 / count as f64 }
}

/// The relevance of a hit among hits of this mean length.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "lengths are far below what a float holds")]
pub fn relevance(found: &Found, mean_len: f64) -> f64 {
    let length = K1 * (1.0 - B + B * found.weight.len as f64 / mean_len);
    found.weight.counts.iter().map(|&count| f64::from(count) * (K1 + 1.0) / (f64::from(count) + length)).sum()
}
