//! How much is looked at: what tells most in `tests/run`, all of it in `tests/long`.
//!
//! Owns: the variables that say so. `JCODE_SESSION_LONG` asks for all; a number of rounds has a variable of its own.
//! Invariant: what is looked at in a short run is part of what is looked at in a long one.
//! Does not: leave out a kind of case; a short run looks at fewer of each.

use proptest::test_runner::{Config, RngSeed};
use std::ops::Range;

/// True in a long run.
#[must_use]
pub fn long() -> bool {
    std::env::var_os("JCODE_SESSION_LONG").is_some()
}

/// A property's cases: so many, the same in each run, or ten times as many that nobody has seen in a long run. A failure
/// prints its case, and writes no file.
#[must_use]
pub fn cases(short: u32) -> Config {
    let (cases, rng_seed) = if long() { (short * 10, RngSeed::Random) } else { (short, RngSeed::Fixed(1)) };
    Config { cases, rng_seed, failure_persistence: None, ..Config::default() }
}

/// Seeds to generate from: so many, or ten times as many in a long run.
#[must_use]
pub fn seeds(short: u64) -> Range<u64> {
    0..if long() { short * 10 } else { short }
}

/// Rounds of what is left to chance: as many as the variable says, or `short`.
#[must_use]
pub fn rounds(variable: &str, short: usize) -> usize {
    std::env::var(variable).ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(short)
}
