//! Work on many sessions at once.
//!
//! Owns: the threads. Half of them wait, for a disk or for a network.
//! Invariant: results stand in the order of what was asked; once `stop` says so, nothing more is begun.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Threads at most.
const MOST: usize = 8;

/// Does `work` for each, `None` where it was not begun.
pub(crate) fn each<I: Sync, T: Send>(
    items: &[I],
    stop: &(dyn Fn() -> bool + Sync),
    work: impl Fn(&I) -> T + Sync,
) -> Vec<Option<T>> {
    let results: Mutex<Vec<Option<T>>> = Mutex::new(items.iter().map(|_| None).collect());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..MOST.min(items.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index).filter(|_| !stop()) else { return };
                    let result = work(item);
                    if let Some(slot) = results.lock().unwrap_or_else(PoisonError::into_inner).get_mut(index) {
                        *slot = Some(result);
                    }
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}
