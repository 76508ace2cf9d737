//! Measuring in turns: ours, floor, ours, floor …, so that a slow spell of the machine affects all alike.
//!
//! Owns: the clock.

use crate::Outcome;
use crate::record::Figure;
use std::time::Instant;

/// Work that measures itself once and returns the value.
pub type Turn<'t> = &'t mut dyn FnMut() -> Outcome<f64>;

/// Gives each its turn in every round. A first round, which warms up caches, does not count.
pub fn in_turns<const N: usize>(rounds: usize, mut turns: [Turn<'_>; N]) -> Outcome<[Figure; N]> {
    let mut figures = [const { Figure(Vec::new()) }; N];
    for round in 0..=rounds {
        for (turn, figure) in turns.iter_mut().zip(&mut figures) {
            let value = turn()?;
            if round > 0 {
                figure.0.push(value);
            }
        }
    }
    Ok(figures)
}

/// Seconds that some work takes.
pub fn timed<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<f64> {
    let start = Instant::now();
    std::hint::black_box(work()?);
    Ok(start.elapsed().as_secs_f64())
}

/// Seconds per repetition, over `times` repetitions: for work that is too short for the clock.
pub fn timed_each<T>(times: u32, mut work: impl FnMut() -> Outcome<T>) -> Outcome<f64> {
    let all = timed(|| (0..times).try_for_each(|_| work().map(|value| drop(std::hint::black_box(value)))))?;
    Ok(all / f64::from(times))
}
