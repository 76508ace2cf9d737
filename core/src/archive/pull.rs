//! What a pull does.
//!
//! Owns: which of several machines' histories is taken, and whether it may take the place of the local one.
//! Invariant: a local log is only ever replaced by one that begins with all of its bytes, and no history is chosen where
//! two diverge.

use super::relation::Relation;

/// Which of several histories is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The one at this place: all others are beginnings of it.
    One(usize),
    /// None: those at these places diverge.
    Diverged(usize, usize),
    /// There is none.
    None,
}

/// What is done about one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pull {
    /// Nothing: the local log is the same.
    UpToDate,
    /// The local log is replaced by it, or made.
    Take,
    /// Nothing: the local log goes on behind it.
    Ahead,
    /// Nothing: the local log is another history.
    Diverged,
}

/// Chooses among `count` histories. `relate(a, b)` tells how the one at `a` relates to the one at `b`.
///
/// # Errors
/// The error of `relate`.
pub fn choose<E>(count: usize, relate: &mut dyn FnMut(usize, usize) -> Result<Relation, E>) -> Result<Choice, E> {
    if count == 0 {
        return Ok(Choice::None);
    }
    let mut best = 0;
    for other in 1..count {
        match relate(other, best)? {
            Relation::Ahead => best = other,
            Relation::Same | Relation::Behind => {}
            Relation::Diverged => return Ok(Choice::Diverged(best, other)),
        }
    }
    Ok(Choice::One(best))
}

/// What is done, from how the local log relates to the chosen one. No log is the beginning of every one.
#[must_use]
pub const fn decide(local: Relation) -> Pull {
    match local {
        Relation::Same => Pull::UpToDate,
        Relation::Behind => Pull::Take,
        Relation::Ahead => Pull::Ahead,
        Relation::Diverged => Pull::Diverged,
    }
}
