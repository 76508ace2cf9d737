//! The reports `checkpoints --json` and `seal --json`.
//!
//! Owns: their fields.
//! Invariant: states are ordered newest first, as `rollback` tries them.

use super::VERSION;
use crate::storage::SealedExtent;
use crate::store::history::How;
use crate::store::ledger::{Event, LedgerRow};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::Serialize;

/// The states that a session can return to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckpointsReport {
    schema: &'static str,
    version: u32,
    /// Path of the log.
    pub path: String,
    /// The states, newest first.
    pub checkpoints: Vec<CheckpointReport>,
}

impl CheckpointsReport {
    /// A report for a log.
    #[must_use]
    pub const fn new(path: String, checkpoints: Vec<CheckpointReport>) -> Self {
        Self { schema: "jcode-session.checkpoints", version: VERSION, path, checkpoints }
    }
}

/// What is done to the segments of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SealAction {
    /// Older lines move into segments.
    Seal,
    /// Segments are decompressed.
    Plain,
    /// All bytes go back into one file.
    Undo,
}

/// What was done to the segments of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SealReport {
    schema: &'static str,
    version: u32,
    /// Path of the log.
    pub path: String,
    /// What was asked for.
    pub action: SealAction,
    /// Nothing was written.
    pub dry_run: bool,
    /// Length of the log, which stays the same.
    pub log_bytes: u64,
    /// Bytes of the log that moved into segments, or out of them.
    pub moved_bytes: u64,
    /// Number of new segments.
    pub segments: u64,
    /// Number of older segments that were compressed, or of those that were decompressed.
    pub converted: u64,
    /// Number of segments that were left as they were, because it was interrupted.
    pub left: u64,
    /// Bytes of the files that held the log before.
    pub stored_before: u64,
    /// Bytes of the files that hold it now; null if nothing was written.
    pub stored_after: Option<u64>,
}

impl SealReport {
    /// The report of what was not done yet.
    #[must_use]
    pub const fn new(path: String, action: SealAction, dry_run: bool, log_bytes: u64, stored_before: u64) -> Self {
        Self {
            schema: "jcode-session.seal",
            version: VERSION,
            path,
            action,
            dry_run,
            log_bytes,
            moved_bytes: 0,
            segments: 0,
            converted: 0,
            left: 0,
            stored_before,
            stored_after: None,
        }
    }
}

/// One state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckpointReport {
    /// Time, RFC 3339.
    pub timestamp: String,
    /// Key of the active leaf at that time.
    pub branch_leaf: Option<String>,
    /// Path below the store of the file that keeps its bytes; null if it is a prefix of the log.
    pub checkpoint_path: Option<String>,
    /// Length of the log at that time; 0: there was no log.
    pub logical_len: u64,
    /// The event that recorded it.
    pub event: Event,
    /// How to return to it: `cut`, `file` or `gone`.
    pub restores: &'static str,
    /// True if the log is in this state.
    pub current: bool,
    /// The sealed part of the log at that time; null if the log was one file.
    pub sealed: Option<SealedExtent>,
    /// Note of the row.
    pub note: String,
}

impl CheckpointReport {
    /// The report for a row.
    #[must_use]
    pub fn new(row: &LedgerRow, how: &How, current: bool) -> Self {
        Self {
            timestamp: row.timestamp.clone(),
            branch_leaf: row.branch_leaf.clone(),
            checkpoint_path: match how {
                How::SetAside { name, .. } => Some(format!("quarantine/{}", name.as_str())),
                How::Cut | How::File(_) | How::Gone => row.checkpoint_path.clone(),
            },
            logical_len: row.logical_len,
            event: row.event,
            restores: match how {
                How::Cut => "cut",
                How::File(_) | How::SetAside { .. } => "file",
                How::Gone => "gone",
            },
            current,
            sealed: row.sealed,
            note: row.note.to_string(),
        }
    }
}
