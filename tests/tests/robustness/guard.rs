//! The guard beside what a program does with signals itself. Signals are the process's: each test runs in one of its own.

use jcode_session_native::os::map::install_guard;
use jcode_session_tests::program::alone;
use signal_hook::consts::{SIGBUS, SIGXFSZ};
use signal_hook::low_level::raise;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn is_handed_on(signal: i32) {
    let seen = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal, Arc::clone(&seen)).expect("registered");
    assert!(install_guard());
    raise(signal).expect("raised");
    assert!(seen.load(Ordering::SeqCst), "the handler that was there before was not called");
}

#[test]
fn a_sigbus_that_is_not_ours_reaches_the_handler_of_before() {
    if alone("guard::a_sigbus_that_is_not_ours_reaches_the_handler_of_before") {
        // Once: the handler of before goes on to the standard library's, which gives the signal its default action back.
        is_handed_on(SIGBUS);
    }
}

#[test]
fn a_handler_for_too_large_files_stays() {
    if alone("guard::a_handler_for_too_large_files_stays") {
        is_handed_on(SIGXFSZ);
    }
}
