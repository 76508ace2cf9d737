//! Reports: the JSON that commands print with `--json` and that the wasm host returns.
//!
//! Owns: names and order of the JSON fields, which other programs read.
//! Invariant: arrays are in a stable order, and reports hold no run times or other noise.

mod archive;
mod catalog;
mod du;
mod fleet;
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
pub use store::{CheckpointReport, CheckpointsReport, SealAction, SealReport};

pub use archive::{PullAction, PullReport, PulledSession, PushAction, PushReport, PushedSession};
pub use catalog::{DiskUse, DoctorReport, DoctorSessions, ListReport, ListedSession, PathFinding};
pub use du::{DuReport, FileBytes, SessionUse, Use};
pub use fleet::{ParquetDay, ParquetReport};

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
    /// The report of a session's tree.
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
    /// No log has an error among its findings.
    pub ok: bool,
    /// The logs, ordered by path.
    pub logs: Vec<LogReport>,
}

/// One log in `verify --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogReport {
    /// Path of the log.
    pub path: String,
    /// No finding is an error.
    pub ok: bool,
    /// Its dialect; null if it could not be read.
    pub dialect: Option<Dialect>,
    /// Number of entries read from it.
    pub entry_count: u64,
    /// State of its sidecar: fresh, grown, stale, corrupt or missing.
    pub sidecar: &'static str,
    /// The findings, in log order.
    pub findings: Vec<Finding>,
}

impl LogReport {
    /// The report of a log that could be read.
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
    /// A report with these logs; sorts them.
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
    /// True if nothing was written.
    pub dry_run: bool,
    /// Number of sessions per action.
    pub counts: MigrateCounts,
    /// The sessions, ordered by path.
    pub sessions: Vec<MigratedSession>,
}

/// Number of sessions per action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct MigrateCounts {
    /// Upgraded to the current dialect.
    pub upgrade: u64,
    /// The sidecar was built or caught up.
    pub index: u64,
    /// Nothing to do.
    pub up_to_date: u64,
    /// Skipped, with a reason.
    pub skipped: u64,
    /// Failed, with a reason.
    pub failed: u64,
}

/// The action of `migrate` on a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MigrateAction {
    /// Upgrades the session to the current dialect and builds its sidecar.
    Upgrade,
    /// Builds its sidecar, or catches it up.
    Index,
    /// Nothing.
    UpToDate,
    /// Leaves it unchanged, for a reason.
    Skipped,
    /// Failed, or would fail in a dry run.
    Failed,
}

/// One session in `migrate --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MigratedSession {
    /// Path of its log.
    pub path: String,
    /// Its dialect before the run; null if it could not be read.
    pub dialect: Option<Dialect>,
    /// The action.
    pub action: MigrateAction,
    /// Number of entries.
    pub entry_count: u64,
    /// Disk space in bytes that the action needs.
    pub bytes_needed: u64,
    /// Why it was skipped or failed.
    pub reason: Option<String>,
}

impl MigrateReport {
    /// A report with these sessions; sorts and counts them.
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
