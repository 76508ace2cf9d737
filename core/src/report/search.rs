//! The report of a search over all sessions.
//!
//! Owns: its fields. Invariant: as in [`super`]. Does not: search.

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
    /// Entries that match, whatever limit was set.
    pub total: u64,
    /// The hits, newest first.
    pub hits: Vec<SessionHit>,
    /// What could not be searched, by path: the total is of the rest.
    pub unsearched: Vec<Unsearched>,
}

/// One entry in `search --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionHit {
    /// Its session.
    pub session_id: String,
    /// Its session's log, or the snapshot of a v1 session.
    pub path: String,
    /// The other agent whose session it is, or was before it was imported.
    pub agent: Option<String>,
    /// Its key.
    pub entry_id: String,
    /// Its kind.
    pub kind: String,
    /// The role of its message.
    pub role: Option<String>,
    /// Time, Unix milliseconds.
    pub ts: Option<i64>,
    /// Offset of its line in the log, as the current dialect.
    pub byte_offset: u64,
    /// What the text is that matches first.
    pub field: Field,
    /// That text around the match.
    pub snippet: String,
    /// Start and length of all matches in the snippet, in bytes.
    pub matches: Vec<(usize, usize)>,
    /// The entries around it, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
}

/// The entries before and behind one, in log order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Context {
    /// Before it.
    pub before: Vec<Neighbour>,
    /// Behind it.
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
    /// Where it is.
    pub path: String,
    /// Why.
    pub reason: String,
}

impl HitsReport {
    /// The report.
    #[must_use]
    pub fn new(total: u64, hits: Vec<SessionHit>, mut unsearched: Vec<Unsearched>) -> Self {
        unsearched.sort_unstable();
        Self { schema: "jcode-session.search", version: VERSION, total, hits, unsearched }
    }
}

impl SessionHit {
    /// The hit for an entry that was found.
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
