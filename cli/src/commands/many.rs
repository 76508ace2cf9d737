//! Long work, on one session or on many on all cores: with progress, interruptible, with results in order.
//!
//! Owns: the worker threads, and Ctrl-C.
//! Invariant: on Ctrl-C, a session in progress is left whole, old or new, and no further session is begun.

use crate::output::{Progress, is_paging};
use jcode_session_native::os::host;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, Once, PoisonError};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// True once Ctrl-C was pressed.
pub(super) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Makes the first Ctrl-C a request to stop; a second one ends the process, unless a pager has the terminal.
pub(super) fn catch_interrupts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // A mounting program may have its own handler, which then stays in charge.
        let _ = ctrlc::try_set_handler(|| {
            if INTERRUPTED.swap(true, Ordering::Relaxed) && !is_paging() {
                std::process::exit(2);
            }
        });
    });
}

/// Reports bytes, and breaks on Ctrl-C.
fn tick(progress: &Progress, bytes: u64) -> ControlFlow<()> {
    progress.advance(bytes);
    if interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// Runs `work` on one session, and takes the bar away. It gets a tick that reports bytes and breaks on Ctrl-C.
pub(super) fn watched<T>(
    progress: &Progress,
    work: impl FnOnce(&mut (dyn FnMut(u64) -> ControlFlow<()> + Send)) -> T,
) -> T {
    catch_interrupts();
    let done = work(&mut |bytes| tick(progress, bytes));
    progress.finish();
    done
}

/// Runs `work` on every path and returns the results by position. `work` gets a tick that reports bytes and breaks on
/// Ctrl-C.
pub(super) fn for_each<T: Send>(
    paths: &[PathBuf],
    progress: &Progress,
    work: impl Fn(&PathBuf, &mut (dyn FnMut(u64) -> ControlFlow<()> + Send)) -> T + Sync,
) -> Vec<Option<T>> {
    catch_interrupts();
    let results: Mutex<Vec<Option<T>>> = Mutex::new(paths.iter().map(|_| None).collect());
    let next = AtomicUsize::new(0);
    // Two workers per core: half of them wait for the disk, which serves several syncs at once.
    let workers = 2 * host::cores();
    std::thread::scope(|scope| {
        for _ in 0..workers.min(paths.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(path) = paths.get(index).filter(|_| !interrupted()) else { return };
                    let result = work(path, &mut |bytes| tick(progress, bytes));
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(slot) = results.get_mut(index) {
                        *slot = Some(result);
                    }
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}
