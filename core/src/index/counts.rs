//! Counts over a whole log.
//!
//! Owns: what is counted, and what one entry adds.
//! Invariant: a full build and a catch-up give the same counts.
//! Does not: count repeated ids and missing parents; the builder and the catch-up do.

use super::tree_checksum::TreeChecksum;
use crate::log::{IndexedFields, Said, Speaker, tags};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Messages of the conversation (see [`Said`]).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SaidCounts {
    /// Those of the user.
    pub user: u64,
    /// Those of the assistant.
    pub assistant: u64,
    /// Tokens that they took, read and written, with those from and to caches.
    pub tokens: u64,
}

impl SaidCounts {
    fn add(&mut self, said: Said) {
        match said.speaker {
            Speaker::Nobody => return,
            Speaker::User => self.user += 1,
            Speaker::Assistant => self.assistant += 1,
        }
        self.tokens = self.tokens.saturating_add(said.tokens);
    }
}

/// Counts that lists show and later catch-ups need.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries.
    pub entries: u64,
    /// Entries of kind `message`.
    pub messages: u64,
    /// Messages of the conversation, by who says them.
    pub said: SaidCounts,
    /// Time of the last message entry that has one, Unix milliseconds.
    pub last_message_at: Option<i64>,
    /// Time of the last entry that has one, Unix milliseconds.
    pub last_entry_at: Option<i64>,
    /// Entries with an id that an earlier entry or a made key already has.
    pub duplicates: u64,
    /// Entries with a missing parent.
    pub orphans: u64,
    /// Labels without a target entry.
    pub dangling_labels: u64,
    /// Damaged lines and records, without those of an unfinished last line and without bad UTF-8.
    pub damages: u64,
    /// Entries of kind `compaction`.
    pub compactions: u64,
    /// The session's title, from the last session info.
    pub title: Option<String>,
    /// The session's tags, sorted, from the last entry that sets them.
    pub tags: Vec<String>,
}

impl Counts {
    /// Counts one entry.
    pub fn observe(&mut self, kind: &str, fields: &IndexedFields<'_>, ts: Option<i64>) {
        self.entries += 1;
        self.last_entry_at = ts.or(self.last_entry_at);
        match kind {
            "message" => {
                self.messages += 1;
                self.said.add(fields.said);
                self.last_message_at = ts.or(self.last_message_at);
            }
            "compaction" => self.compactions += 1,
            "session_info" => {
                let name = fields.name.and_then(crate::json::text::string);
                self.title = name.map(|name| name.trim().to_string()).filter(|name| !name.is_empty());
            }
            "custom" => {
                if let Some(set) = tags::set_by(fields) {
                    self.tags = set;
                }
            }
            _ => {}
        }
    }
}

/// What an index stores about its whole log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Counts.
    pub counts: Counts,
    /// Checksum of the tree.
    pub check: TreeChecksum,
    /// Key of the last entry.
    pub active_leaf: Option<String>,
}
