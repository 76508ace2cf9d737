//! What is measured on: logs in memory and in folders that go away.

use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::sidecar::rebuild;
use jcode_session_tests::generate::{LargeLog, Until};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A log of about so many bytes.
pub fn log(bytes: u64) -> Vec<u8> {
    let mut log = Vec::new();
    LargeLog { until: Until::Bytes(bytes), ..LargeLog::default() }.write(&mut log).expect("memory takes it");
    log
}

/// A log in a folder, with its sidecar.
pub fn indexed(bytes: u64) -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("log.jsonl");
    fs::write(&path, log(bytes)).expect("written");
    update(&path, true);
    (folder, path)
}

/// Brings a sidecar up to date, or builds it.
pub fn update(path: &Path, force: bool) {
    let mut log = LogFile::open(path).expect("there");
    log.map_if_guarded();
    rebuild::update(&log, force, &mut |_| ControlFlow::Continue(())).expect("built");
}
