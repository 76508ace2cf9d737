//! The reports of one open session: its full summary, its outline, a page's entries, search hits and its timeline.
//!
//! If you change a field, then change `host-wasm/jcode_session_wasm.d.ts` too.
//!
//! Owns: their fields.
//! Invariant: those of [`super`].

use super::VERSION;
use crate::catalog::SessionSummary;
use crate::search::{Field, Found};
use crate::session::{Listed, Node, Outline, Spot, Timeline, Usage};
use alloc::string::String;
use alloc::vec::Vec;
use serde::Serialize;

/// The summary of an open session.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SummaryReport {
    schema: &'static str,
    version: u32,
    /// Path of its log, or of the snapshot of a v1 session.
    pub path: String,
    /// The summary that lists show.
    #[serde(flatten)]
    pub summary: SessionSummary,
    /// Further facts about an open session.
    #[serde(flatten)]
    pub opened: Opened,
}

/// Facts about an open session that lists do not show.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Opened {
    /// True if the file is a session, of any format.
    pub is_session: bool,
    /// True if the format is newer than this software.
    pub newer_version: bool,
    /// What the file is, if it is not a session or has a newer format.
    pub kind_note: Option<String>,
    /// State of its sidecar: fresh, grown, stale, corrupt, missing or unread.
    pub sidecar: &'static str,
    /// Why the sidecar is not used, or what is unusual about it.
    pub sidecar_note: Option<String>,
    /// Size of the sidecar in bytes.
    pub sidecar_bytes: u64,
    /// Tokens and cost, once an index in memory was built.
    pub usage: Option<Usage>,
}

impl SummaryReport {
    /// The report.
    #[must_use]
    pub const fn new(path: String, summary: SessionSummary, opened: Opened) -> Self {
        Self { schema: "jcode-session.summary", version: VERSION, path, summary, opened }
    }
}

/// The outline of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutlineReport {
    /// Index of the run with the last entry.
    pub active: Option<usize>,
    /// The runs, ordered by the number of their last entry.
    pub nodes: Vec<OutlineNode>,
}

/// One run of entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutlineNode {
    /// Key of its last entry, a leaf or branch point.
    pub id: String,
    /// Number of its last entry.
    pub seq: u32,
    /// Depth of its last entry.
    pub depth: u32,
    /// Index of the run that ends in the branch point above.
    pub parent: Option<usize>,
    /// Key of its first entry.
    pub first: String,
    /// Number of its entries.
    pub length: u64,
    /// It ends in a leaf, not in a branch point.
    pub leaf: bool,
    /// Time of its last entry, Unix milliseconds.
    pub ts: Option<i64>,
    /// Name of the branch, if it ends in a leaf.
    pub name: Option<String>,
}

impl OutlineReport {
    /// The report.
    #[must_use]
    pub fn new(outline: &Outline) -> Self {
        Self { active: outline.active, nodes: outline.nodes.iter().map(OutlineNode::new).collect() }
    }
}

impl OutlineNode {
    fn new(node: &Node) -> Self {
        Self {
            id: node.id.clone(),
            seq: node.seq,
            depth: node.depth,
            parent: node.parent,
            first: node.first.clone(),
            length: node.len(),
            leaf: node.leaf,
            ts: node.ts,
            name: node.name.clone(),
        }
    }
}

/// One entry of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntryReport {
    /// Number in log order.
    pub seq: Option<u32>,
    /// Its key.
    pub key: String,
    /// The parent's id as the log names it.
    pub parent_id: Option<String>,
    /// Its kind.
    pub kind: String,
    /// Time, Unix milliseconds.
    pub ts: Option<i64>,
    /// Offset of its line.
    pub offset: u64,
    /// Length of its line, without the LF.
    pub len: u64,
    /// The line; null if it is too long.
    pub line: Option<String>,
}

impl EntryReport {
    /// The report.
    #[must_use]
    pub fn new(listed: Listed) -> Self {
        let Listed { seq, key, parent_id, kind, ts, span, line } = listed;
        let line = line.map(|line| {
            String::from_utf8(line).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
        });
        Self { seq, key, parent_id, kind, ts, offset: span.offset, len: span.len, line }
    }
}

/// The result of a search in one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SearchReport {
    schema: &'static str,
    version: u32,
    /// The entries, in log order.
    pub hits: Vec<HitReport>,
    /// Where the search continues; null if everything was searched.
    pub next: Option<u64>,
}

/// One found entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HitReport {
    /// Its key.
    pub key: String,
    /// Number in log order.
    pub seq: u32,
    /// Its kind.
    pub kind: String,
    /// The role of its message.
    pub role: Option<String>,
    /// The tool of the text that matches, if the entry names it.
    pub tool: Option<String>,
    /// What the text is that matches.
    pub field: Field,
    /// Index of its run in the outline.
    pub run: Option<usize>,
    /// Time, Unix milliseconds.
    pub ts: Option<i64>,
    /// Offset of its line.
    pub offset: u64,
    /// Length of its line.
    pub len: u64,
    /// Text before the match.
    pub before: String,
    /// The match.
    #[serde(rename = "match")]
    pub found: String,
    /// Text behind the match.
    pub after: String,
}

impl SearchReport {
    /// The report; each entry has its run in the outline.
    #[must_use]
    pub fn new(hits: Vec<(Spot, Option<usize>, Found)>, next: Option<u64>) -> Self {
        let hits = hits.into_iter().map(|(spot, run, found)| {
            let (start, len) = found.matches.first().copied().unwrap_or_default();
            let part = |range: core::ops::Range<usize>| one_line(found.snippet.get(range).unwrap_or_default());
            HitReport {
                key: spot.key,
                seq: spot.seq,
                ts: spot.ts,
                offset: spot.span.offset,
                len: spot.span.len,
                before: part(0..start),
                found: part(start..start + len),
                after: part(start + len..found.snippet.len()),
                kind: found.kind,
                role: found.role,
                tool: found.tool,
                field: found.field,
                run,
            }
        });
        Self { schema: "jcode-session.search", version: VERSION, hits: hits.collect(), next }
    }
}

/// A text on one line: each run of white space and control characters becomes one space.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars() {
        if !(c.is_whitespace() || c.is_control()) {
            line.push(c);
        } else if !line.ends_with(' ') {
            line.push(' ');
        }
    }
    line
}

/// Entries over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimelineReport {
    schema: &'static str,
    version: u32,
    /// The buckets.
    #[serde(flatten)]
    pub timeline: Timeline,
}

impl TimelineReport {
    /// The report.
    #[must_use]
    pub const fn new(timeline: Timeline) -> Self {
        Self { schema: "jcode-session.timeline", version: VERSION, timeline }
    }
}
