//! How two histories of one session relate.
//!
//! Owns: the comparison of two states by the digests of their blocks.
//! Invariant: the answer is exact: one is a prefix of the other, or neither is. The bytes of one block are read at most.

use super::chain::Chain;
use super::state::{BLOCK, Digest, State};
use core::ops::Range;

/// A history: the state of a log, and the digests of its blocks, the last one partial.
#[derive(Debug, Clone, Copy)]
pub struct Tip<'a> {
    /// The state.
    pub state: State,
    /// The digests.
    pub blocks: &'a [Digest],
}

impl<'a> Tip<'a> {
    /// The history in a chain; without one that of a log without bytes.
    #[must_use]
    pub fn of(chain: Option<&'a Chain>) -> Self {
        let blocks = chain.map_or(&[][..], |chain| &chain.blocks);
        Self { state: chain.map_or_else(State::empty, Chain::state), blocks }
    }
}

/// The first of two histories, seen from the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// They are equal.
    Same,
    /// The first is the beginning of the second.
    Behind,
    /// The second is the beginning of the first.
    Ahead,
    /// Neither is the beginning of the other.
    Diverged,
}

/// Which of two histories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The first.
    First,
    /// The second.
    Second,
}

/// How `first` relates to `second`. `digest` gives the digest of a range within one block of the longer one; it is
/// asked only if all whole blocks agree.
///
/// # Errors
/// The error of `digest`.
pub fn relate<E>(
    first: Tip<'_>,
    second: Tip<'_>,
    digest: &mut dyn FnMut(Side, Range<u64>) -> Result<Digest, E>,
) -> Result<Relation, E> {
    if first.state.len == second.state.len {
        return Ok(if first.state == second.state { Relation::Same } else { Relation::Diverged });
    }
    let is_behind = first.state.len < second.state.len;
    let (shorter, longer) = if is_behind { (first, second) } else { (second, first) };
    let whole = shorter.state.len / BLOCK;
    let count = usize::try_from(whole).unwrap_or(usize::MAX);
    let agree = shorter.blocks.get(..count).is_some_and(|blocks| longer.blocks.starts_with(blocks));
    let begins = agree
        && match shorter.blocks.get(count) {
            None => shorter.state.len.is_multiple_of(BLOCK),
            Some(last) => {
                let side = if is_behind { Side::Second } else { Side::First };
                digest(side, whole * BLOCK..shorter.state.len)? == *last
            }
        };
    Ok(match (begins, is_behind) {
        (false, _) => Relation::Diverged,
        (true, true) => Relation::Behind,
        (true, false) => Relation::Ahead,
    })
}
