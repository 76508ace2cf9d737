//! Logs whose older lines stand in segments: read as one, and damaged on purpose.

mod hostile;
mod lost;
mod manifest;
mod older;
mod read;

use jcode_session_core::finding::Code;
use jcode_session_core::segment::MANIFEST;
use jcode_session_core::source::go_on;
use jcode_session_native::ops::doctor::{Examination, examine};
use jcode_session_native::ops::restore::take_checkpoint;
use jcode_session_native::ops::seal::{self, Segments};
use jcode_session_native::os::paths;
use jcode_session_native::session::Session;
use jcode_session_tests::written::{append, errors, whole};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const PLAIN: Segments = Segments { size: 2000, compress: false };

const PRESSED: Segments = Segments { size: 2000, compress: true };

/// A session of 100 entries in a home, sealed.
fn sealed(how: Segments) -> (TempDir, PathBuf, Vec<u8>) {
    let home = TempDir::new().expect("a folder");
    fs::create_dir(home.path().join("sessions")).expect("made");
    let log = home.path().join("sessions/s.jsonl");
    append(&log, 0..100);
    take_checkpoint(&log).expect("taken");
    let bytes = whole(&log);
    assert!(seal::run(&log, how, &mut go_on).expect("sealed").plan.ranges.len() > 3);
    assert_eq!(whole(&log), bytes);
    (home, log, bytes)
}

/// The files of segments, in the order of the log.
fn files(log: &Path) -> Vec<PathBuf> {
    let folder = paths::store(log).join("segments");
    let mut found: Vec<PathBuf> =
        fs::read_dir(folder).expect("there").map(|entry| entry.expect("one").path()).collect();
    found.retain(|path| path.file_name().is_some_and(|name| name != MANIFEST));
    let from = |path: &PathBuf| -> u64 {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        name.split('-').next().expect("a number").parse().expect("a number")
    };
    found.sort_by_key(from);
    found
}

fn codes(log: &Path) -> Vec<Code> {
    errors(log).into_iter().map(|(code, _)| code).collect()
}

/// What the doctor says of the one session of a home.
fn doctor(home: &Path) -> Vec<(Code, String)> {
    let report = examine(&Examination { home: home.to_path_buf(), roots: vec![home.join("sessions")], fix: false });
    report.findings.into_iter().map(|found| (found.finding.code, found.finding.message)).collect()
}

/// Ids of the entries that readers show.
fn ids(log: &Path) -> Vec<String> {
    let session = Session::read(log).expect("read");
    let mut ids = Vec::new();
    session
        .file_order(None, &mut |entry| {
            let value: serde_json::Value = serde_json::from_slice(&entry.line).expect("json");
            ids.extend(value["id"].as_str().map(ToString::to_string));
        })
        .expect("read");
    ids
}
