//! The report of a search over all sessions.
//!
//! Owns: its fields.
//! Invariant: those of [`super`].

use super::VERSION;
use crate::search::{Field, Found};
use alloc::string::String;
use alloc::vec::Vec;
use serde::Serialize;

/// `search --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HitsReport {
    schema: &'static str,
    version: u32,
    /// Number of matching entries, whatever the limit.
    pub total: u64,
    /// The hits, newest first.
    pub hits: Vec<SessionHit>,
    /// Files and folders that could not be searched, ordered by path; `total` does not cover them.
    pub unsearched: Vec<Unsearched>,
}

/// One entry in `search --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionHit {
    /// Id of its session.
    pub session_id: String,
    /// Path of its session's log, or of the snapshot of a v1 session.
    pub path: String,
    /// The other agent that wrote the session, also before an import.
    pub agent: Option<String>,
    /// Its key.
    pub entry_id: String,
    /// Its kind.
    pub kind: String,
    /// The role of its message.
    pub role: Option<String>,
    /// Time, Unix milliseconds.
    pub ts: Option<i64>,
    /// Offset of its line in the log as presented in the current dialect.
    pub byte_offset: u64,
    /// The field of the first match.
    pub field: Field,
    /// Text of that field around the match.
    pub snippet: String,
    /// Start and length of all matches in the snippet, in bytes.
    pub matches: Vec<(usize, usize)>,
    /// The entries around it, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
}

/// The entries before and after a hit, in log order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Context {
    /// Entries before it.
    pub before: Vec<Neighbour>,
    /// Entries after it.
    pub after: Vec<Neighbour>,
}

/// An entry beside a hit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Neighbour {
    /// Its key.
    pub entry_id: String,
    /// Its kind.
    pub kind: String,
    /// The role of its message.
    pub role: Option<String>,
    /// Time, Unix milliseconds.
    pub ts: Option<i64>,
    /// The start of its text.
    pub text: String,
}

/// A file or folder that could not be searched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unsearched {
    /// Its path.
    pub path: String,
    /// The reason.
    pub reason: String,
}

impl HitsReport {
    /// A report; sorts `unsearched`.
    #[must_use]
    pub fn new(total: u64, hits: Vec<SessionHit>, mut unsearched: Vec<Unsearched>) -> Self {
        unsearched.sort_unstable();
        Self { schema: "jcode-session.search", version: VERSION, total, hits, unsearched }
    }
}

impl SessionHit {
    /// The hit for a found entry.
    #[must_use]
    pub fn new(
        (session_id, path, agent): (String, String, Option<String>),
        entry_id: String,
        found: Found,
        context: Option<Context>,
    ) -> Self {
        let Found { offset, kind, role, ts, field, snippet, matches, .. } = found;
        let byte_offset = offset;
        Self { session_id, path, agent, entry_id, kind, role, ts, byte_offset, field, snippet, matches, context }
    }
}
