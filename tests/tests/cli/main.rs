//! Commands as people and programs type them: words, streams, exit codes, refusals.
//!
//! Owns: the built binary, run as a process; and what several of its modules start from.
//! Does not: crash it (`crash`), or attack it (`robustness`).

mod advice;
mod append;
mod archive;
mod bad_fields;
mod batch;
#[cfg(target_os = "linux")]
mod captured;
mod catalog {
    mod commands;
    mod doctor;
    mod doctor_runs;
    mod hostile;
    mod list_times;
    mod names;
    mod processes;
}
#[cfg(unix)]
mod documented;
mod drawn;
mod du;
mod export;
mod file_kinds;
mod follow;
mod foreign;
mod header_rule;
mod hosted;
mod import;
mod input;
mod inspect;
mod mended;
mod migrate;
mod mounted;
// Links and pipes under our names: only where everybody can make them.
#[cfg(unix)]
mod names_in_the_way;
mod opencode;
mod overlooked;
// A terminal for the command comes from `script`, whose flags are those of Linux.
#[cfg(target_os = "linux")]
mod pager;
#[cfg(target_os = "linux")]
mod pick;
mod prune;
mod reports;
mod search;
mod segment;
mod settings;
#[cfg(target_os = "linux")]
mod stopped;
mod store;
mod tables;
mod wrong_sidecar;

use jcode_session_tests::generate::{LogShape, tree_v3};
use jcode_session_tests::homes;
use jcode_session_tests::program::Run;
use std::path::Path;

/// Puts a file into a home's sessions; its path as it is typed.
fn put(home: &Path, name: &str, bytes: &[u8]) -> String {
    homes::put(home, name, bytes).to_string_lossy().into_owned()
}

/// A sound log with branches.
fn good() -> Vec<u8> {
    tree_v3(LogShape { entries: 60, branch_percent: 15, ..LogShape::default() }, 21)
}

fn clean(run: &Run) {
    assert_eq!(run.code, 0, "{run:?}");
}
