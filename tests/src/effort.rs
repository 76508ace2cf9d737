//! How many cases are tested: the most telling ones in `tests/run`, all of them in `tests/long`.
//!
//! Owns: the environment variables. `JCODE_SESSION_LONG` asks for all cases; each number of rounds has its own
//! variable.
//! Invariant: the cases of a short run are a subset of those of a long run. A short run leaves out no kind of case,
//! only repetitions.

use proptest::test_runner::{Config, RngSeed};
use std::ops::Range;

/// True in a long run.
#[must_use]
pub fn long() -> bool {
    std::env::var_os("JCODE_SESSION_LONG").is_some()
}

/// The configuration of a property. A short run uses this many cases, the same in every run; a long run ten times as
/// many, at random. A failure prints its case and writes no file.
#[must_use]
pub fn cases(short: u32) -> Config {
    let (cases, rng_seed) = if long() { (short * 10, RngSeed::Random) } else { (short, RngSeed::Fixed(1)) };
    Config { cases, rng_seed, failure_persistence: None, ..Config::default() }
}

/// Like [`cases`], but the number of cases of a long run is the value of the variable, if it is set.
#[must_use]
pub fn cases_of(variable: &str, short: u32) -> Config {
    let mut config = cases(short);
    if long() {
        config.cases = u32::try_from(rounds(variable, config.cases as usize)).unwrap_or(u32::MAX);
    }
    config
}

/// Seeds for generators: this many, or ten times as many in a long run. `JCODE_SESSION_SEED` asks for one alone, to repeat
/// what it found.
#[must_use]
pub fn seeds(short: u64) -> Range<u64> {
    one_seed().unwrap_or(0..if long() { short * 10 } else { short })
}

/// Like [`seeds`], but their number is the value of the variable, else `short`.
#[must_use]
pub fn seeds_of(variable: &str, short: usize) -> Range<u64> {
    one_seed().unwrap_or(0..rounds(variable, short) as u64)
}

/// The seed that is asked for alone.
fn one_seed() -> Option<Range<u64>> {
    let seed = std::env::var("JCODE_SESSION_SEED").ok()?.parse::<u64>().ok()?;
    Some(seed..seed + 1)
}

/// Number of rounds of a random test: the value of the variable, else `short`.
#[must_use]
pub fn rounds(variable: &str, short: usize) -> usize {
    std::env::var(variable).ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(short)
}
