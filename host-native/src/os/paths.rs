//! Names of the files around a log, and of sessions.
//!
//! Owns: which path belongs to which log, which files are logs, and which session ids are allowed.
//! Invariant: an id from outside never reaches outside the sessions folder.
//! Does not: look into files.

use std::path::{Path, PathBuf};

/// `<stem>.sqlite3` of a log.
#[must_use]
pub fn sidecar(log: &Path) -> PathBuf {
    log.with_extension("sqlite3")
}

/// `<stem>.store` of a log.
#[must_use]
pub fn store(log: &Path) -> PathBuf {
    log.with_extension("store")
}

/// `<stem>.lock` of a log.
#[must_use]
pub fn lock(log: &Path) -> PathBuf {
    log.with_extension("lock")
}

/// The log's name without its ending, for sessions whose header has no id.
#[must_use]
pub fn stem(log: &Path) -> String {
    log.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The folder that holds a log.
#[must_use]
pub fn folder(log: &Path) -> &Path {
    match log.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Prefix of the names of our temporary files.
pub const TEMPORARY: &str = ".jcode-session-";

/// Numbers of the temporary files that the storage of one session uses.
pub const TEMPORARIES: u32 = 6;

/// The temporary file with a number, beside its log.
#[must_use]
pub fn temporary(log: &Path, number: u32) -> PathBuf {
    folder(log).join(format!("{TEMPORARY}{}-{number}.tmp", stem(log)))
}

/// True for a file name that is a log's: `*.jsonl`, and no journal, corrupt copy, backup or temporary file.
#[must_use]
pub fn is_log_name(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".jsonl") else { return false };
    let set_aside = [".journal", ".corrupt", ".bak", ".tmp", ".pre-wipe"];
    !stem.is_empty()
        && !name.starts_with('.')
        && !set_aside.iter().any(|mark| stem.ends_with(mark))
        && !stem.contains(".tmp.")
}

/// True for a file name that is a jcode v1 snapshot's: `<id>.json`.
#[must_use]
pub fn is_snapshot_name(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".json") else { return false };
    is_session_id(stem) && !stem.contains(".tmp") && !stem.ends_with(".bak")
}

/// True for an id that may be used as a file name: letters, digits, `.`, `_`, `-`, no leading dot.
#[must_use]
pub fn is_session_id(id: &str) -> bool {
    jcode_session_core::storage::Name::new(id).is_some()
}
