//! `checkpoints --json`.
//!
//! Owns: its fields. Invariant: newest first, as `rollback` looks for them. Does not: read the ledger.

use super::VERSION;
use crate::storage::SealedExtent;
use crate::store::history::How;
use crate::store::ledger::{Event, LedgerRow};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::Serialize;

/// The states that a session can be returned to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckpointsReport {
    schema: &'static str,
    version: u32,
    /// The log.
    pub path: String,
    /// Them, newest first.
    pub checkpoints: Vec<CheckpointReport>,
}

impl CheckpointsReport {
    /// The report for a log.
    #[must_use]
    pub const fn new(path: String, checkpoints: Vec<CheckpointReport>) -> Self {
        Self { schema: "jcode-session.checkpoints", version: VERSION, path, checkpoints }
    }
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckpointReport {
    /// When, RFC 3339.
    pub timestamp: String,
    /// Key of the active leaf then.
    pub branch_leaf: Option<String>,
    /// The file that keeps its bytes, below the store; null if it is a prefix of the log.
    pub checkpoint_path: Option<String>,
    /// Length of the log then; 0: it was not there yet.
    pub logical_len: u64,
    /// What recorded it.
    pub event: Event,
    /// How it is returned to: `cut`, `file` or `gone`.
    pub restores: &'static str,
    /// The log is in this state.
    pub current: bool,
    /// What of the log stood in segments then; null if it was one file.
    pub sealed: Option<SealedExtent>,
    /// Its words.
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
