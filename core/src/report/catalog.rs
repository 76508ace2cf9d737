//! The reports over all sessions: `list` and `doctor`.
//!
//! Owns: their fields.
//! Invariant: those of [`super`].

use super::VERSION;
use crate::catalog::SessionSummary;
use crate::finding::Finding;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Serialize;

/// `list --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListReport {
    schema: &'static str,
    version: u32,
    /// The sessions, newest first.
    pub sessions: Vec<ListedSession>,
    /// The folders that were searched.
    pub looked_in: Vec<String>,
}

/// One session in `list --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedSession {
    /// Path of its log, or of the snapshot of a v1 session.
    pub path: String,
    /// Its summary.
    #[serde(flatten)]
    pub summary: Box<SessionSummary>,
}

impl ListReport {
    /// A report with these sessions, in this order.
    #[must_use]
    pub const fn new(sessions: Vec<ListedSession>, looked_in: Vec<String>) -> Self {
        Self { schema: "jcode-session.list", version: VERSION, sessions, looked_in }
    }
}

/// `doctor --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DoctorReport {
    schema: &'static str,
    version: u32,
    /// Figures about all sessions.
    pub sessions: DoctorSessions,
    /// The findings, ordered by path.
    pub findings: Vec<PathFinding>,
}

/// Figures about all sessions in `doctor --json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DoctorSessions {
    /// Number of sessions.
    pub count: u64,
    /// Number of files that have the name of a log and are not sessions.
    pub not_sessions: u64,
    /// Bytes of logs and v1 files.
    pub total_bytes: u64,
    /// Number of sessions with a usable sidecar.
    pub with_sidecar: u64,
    /// Number of rows in the session index whose sessions changed or are gone.
    pub stale_index_rows: u64,
    /// Number of checkpoints whose bytes are missing.
    pub missing_checkpoints: u64,
    /// Time of the newest migration that changed something, Unix milliseconds.
    pub last_migrate: Option<i64>,
    /// Bytes on the disk by kind of file.
    pub disk: DiskUse,
}

/// Bytes on the disk by kind of file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DiskUse {
    /// Logs.
    pub logs: u64,
    /// jcode's v1 files, backups included.
    pub v1_files: u64,
    /// Sidecars.
    pub sidecars: u64,
    /// Ledgers, checkpoints, segments and quarantine.
    pub stores: u64,
    /// Anything else.
    pub other: u64,
}

/// A finding and its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PathFinding {
    /// Path of the file.
    pub path: String,
    /// The finding.
    #[serde(flatten)]
    pub finding: Finding,
}

impl DoctorReport {
    /// A report; sorts the findings.
    #[must_use]
    pub fn new(sessions: DoctorSessions, mut findings: Vec<PathFinding>) -> Self {
        let key = |finding: &PathFinding| (finding.path.clone(), finding.finding.byte_offset, finding.finding.code);
        findings.sort_by_key(key);
        Self { schema: "jcode-session.doctor", version: VERSION, sessions, findings }
    }

    /// True if no finding is an error.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        !self.findings.iter().any(|found| found.finding.is_error())
    }
}
