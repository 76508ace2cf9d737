//! Reports: what commands print with `--json` and the wasm host returns.
//!
//! Owns: names and order of the JSON fields that other programs read.
//! Invariant: arrays are in a stable order, and no run times or other noise stand in a report.
//! Does not: print.

mod catalog;
mod search;
mod session;
mod store;

use crate::finding::Finding;
use crate::index::Tree;
use crate::log::Dialect;
use alloc::string::String;
use alloc::vec::Vec;
pub use search::{Context, HitsReport, Neighbour, SessionHit, Unsearched};
use serde::Serialize;
pub use session::{
    EntryReport, HitReport, Opened, OutlineNode, OutlineReport, SearchReport, SummaryReport, TimelineReport,
};
pub use store::{CheckpointReport, CheckpointsReport};

pub use catalog::{DiskUse, DoctorReport, DoctorSessions, ListReport, ListedSession, PathFinding};

/// Version of all reports here.
pub const VERSION: u32 = 1;

/// `tree --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TreeReport {
    schema: &'static str,
    version: u32,
    /// The session.
    pub session_id: String,
    /// Its tree.
    #[serde(flatten)]
    pub tree: Tree,
}

impl TreeReport {
    /// The report for a session's tree.
    #[must_use]
    pub const fn new(session_id: String, tree: Tree) -> Self {
        Self { schema: "jcode-session.tree", version: VERSION, session_id, tree }
    }
}

/// `verify --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    schema: &'static str,
    version: u32,
    /// No log has a finding that is an error.
    pub ok: bool,
    /// The logs, by path.
    pub logs: Vec<LogReport>,
}

/// One log in `verify --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogReport {
    /// Where it is.
    pub path: String,
    /// It has no finding that is an error.
    pub ok: bool,
    /// Its dialect; null if it could not be read.
    pub dialect: Option<Dialect>,
    /// Entries that are read from it.
    pub entry_count: u64,
    /// How its sidecar stands to it: fresh, grown, stale, corrupt or missing.
    pub sidecar: &'static str,
    /// What was found, in log order.
    pub findings: Vec<Finding>,
}

impl LogReport {
    /// The report for a log that could be read.
    #[must_use]
    pub fn new(
        path: String,
        dialect: Dialect,
        entry_count: u64,
        sidecar: &'static str,
        findings: Vec<Finding>,
    ) -> Self {
        let ok = !findings.iter().any(Finding::is_error);
        Self { path, ok, dialect: Some(dialect), entry_count, sidecar, findings }
    }
}

impl VerifyReport {
    /// The report over these logs.
    #[must_use]
    pub fn new(mut logs: Vec<LogReport>) -> Self {
        logs.sort_by(|a, b| a.path.cmp(&b.path));
        Self { schema: "jcode-session.verify", version: VERSION, ok: logs.iter().all(|log| log.ok), logs }
    }
}

/// `migrate --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MigrateReport {
    schema: &'static str,
    version: u32,
    /// Nothing was written.
    pub dry_run: bool,
    /// Sessions by action.
    pub counts: MigrateCounts,
    /// The sessions, by path.
    pub sessions: Vec<MigratedSession>,
}

/// Numbers of sessions by action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct MigrateCounts {
    /// Upgraded to the current dialect.
    pub upgrade: u64,
    /// Sidecar built or caught up.
    pub index: u64,
    /// Nothing to do.
    pub up_to_date: u64,
    /// Left alone, with a reason.
    pub skipped: u64,
    /// Could not be done, with a reason.
    pub failed: u64,
}

/// What migrate does with a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MigrateAction {
    /// Upgrades it to the current dialect and builds its sidecar.
    Upgrade,
    /// Builds its sidecar, or brings it up to date.
    Index,
    /// Nothing.
    UpToDate,
    /// Leaves it alone.
    Skipped,
    /// Tried, or would have tried in vain.
    Failed,
}

/// One session in `migrate --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MigratedSession {
    /// Where its log is.
    pub path: String,
    /// Its dialect before the run; null if it could not be read.
    pub dialect: Option<Dialect>,
    /// What is done.
    pub action: MigrateAction,
    /// Entries.
    pub entry_count: u64,
    /// Bytes of disk that the action needs.
    pub bytes_needed: u64,
    /// Why it was skipped or failed.
    pub reason: Option<String>,
}

impl MigrateReport {
    /// The report over these sessions.
    #[must_use]
    pub fn new(dry_run: bool, mut sessions: Vec<MigratedSession>) -> Self {
        sessions.sort_by(|a, b| a.path.cmp(&b.path));
        let mut counts = MigrateCounts::default();
        for session in &sessions {
            let slot = match session.action {
                MigrateAction::Upgrade => &mut counts.upgrade,
                MigrateAction::Index => &mut counts.index,
                MigrateAction::UpToDate => &mut counts.up_to_date,
                MigrateAction::Skipped => &mut counts.skipped,
                MigrateAction::Failed => &mut counts.failed,
            };
            *slot += 1;
        }
        Self { schema: "jcode-session.migrate", version: VERSION, dry_run, counts, sessions }
    }
}
