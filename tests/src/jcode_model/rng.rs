//! The only use of the random number crates: all other code uses a `ModelRng`. It is ChaCha with a fixed seed, because
//! a generated session must be the same on every machine.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub struct ModelRng(ChaCha8Rng);

impl ModelRng {
    pub fn new(seed: u64) -> ModelRng {
        ModelRng(ChaCha8Rng::seed_from_u64(seed))
    }

    pub fn u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// `0..n`; the slight bias of `%` does not matter for test data. `n` must not be 0.
    pub fn below(&mut self, n: usize) -> usize {
        (self.u64() % n as u64) as usize
    }

    /// `low..high`.
    pub fn range(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low)
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}
