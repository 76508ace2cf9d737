//! The reports of `push` and `pull`.
//!
//! Owns: their fields.
//! Invariant: those of [`super`]. A dry run's report equals that of the run, but for `dry_run`.

use super::VERSION;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Serialize;

/// `push --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PushReport {
    schema: &'static str,
    version: u32,
    /// Nothing was put.
    pub dry_run: bool,
    /// The machine, as the store names it.
    pub machine: String,
    /// Number of the commit; null if there was nothing to commit.
    pub commit: Option<u64>,
    /// The sessions, by path.
    pub sessions: Vec<PushedSession>,
}

/// What `push` did about a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PushAction {
    /// It is in the store as it is here.
    Pushed,
    /// It was already.
    UpToDate,
    /// It is in the store as it is here, beside another history from another machine.
    Diverged,
    /// It could not be pushed.
    Failed,
}

/// One session in `push --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PushedSession {
    /// Its id.
    pub session_id: String,
    /// Path of its log, or of the snapshot of a v1 session.
    pub path: String,
    /// What was done.
    pub action: PushAction,
    /// Objects put for it.
    pub pieces: u64,
    /// Bytes of these objects.
    pub bytes: u64,
    /// Why it failed, or what else is to be known.
    pub reason: Option<String>,
}

impl PushReport {
    /// A report; sorts the sessions.
    #[must_use]
    pub fn new(dry_run: bool, machine: String, commit: Option<u64>, mut sessions: Vec<PushedSession>) -> Self {
        sessions.sort_by(|a, b| a.path.cmp(&b.path));
        Self { schema: "jcode-session.push", version: VERSION, dry_run, machine, commit, sessions }
    }
}

/// `pull --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PullReport {
    schema: &'static str,
    version: u32,
    /// Nothing was written.
    pub dry_run: bool,
    /// The sessions, by id.
    pub sessions: Vec<PulledSession>,
}

/// What `pull` did about a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PullAction {
    /// It is here as it is in the store.
    Pulled,
    /// It was already.
    UpToDate,
    /// It goes on here behind what the store has.
    Ahead,
    /// Here, or on another machine, it is another history: nothing was done.
    Diverged,
    /// It could not be pulled.
    Failed,
}

/// One session in `pull --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PulledSession {
    /// Its id in the store.
    pub session_id: String,
    /// Path of its log here; null if it has none.
    pub path: Option<String>,
    /// The machine that pushed it; null if there was none to choose.
    pub machine: Option<String>,
    /// What was done.
    pub action: PullAction,
    /// Bytes written here.
    pub bytes: u64,
    /// Why it failed, or what else is to be known.
    pub reason: Option<String>,
}

impl PullReport {
    /// A report; sorts the sessions.
    #[must_use]
    pub fn new(dry_run: bool, mut sessions: Vec<PulledSession>) -> Self {
        sessions.sort_by(|a, b| (&a.session_id, &a.path).cmp(&(&b.session_id, &b.path)));
        Self { schema: "jcode-session.pull", version: VERSION, dry_run, sessions }
    }
}
