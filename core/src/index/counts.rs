//! Numbers about a whole log.
//!
//! Owns: what is counted, and what one entry adds. Invariant: a full build and a catch-up count alike.
//! Does not: count what only ids tell (repeats, orphans); its users do.

use super::tree_checksum::TreeChecksum;
use crate::log::IndexedFields;
use crate::log::tags;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Numbers about a log that lists show and that later catch-ups need.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries.
    pub entries: u64,
    /// Entries of kind `message`.
    pub messages: u64,
    /// Time of the last message entry that has one, Unix milliseconds.
    pub last_message_at: Option<i64>,
    /// Time of the last entry that has one, Unix milliseconds.
    pub last_entry_at: Option<i64>,
    /// Entries whose id was taken.
    pub duplicates: u64,
    /// Entries whose parent is missing.
    pub orphans: u64,
    /// Labels on entries that do not exist.
    pub dangling_labels: u64,
    /// Damaged lines and records, those of an unfinished last line and bad UTF-8 aside.
    pub damages: u64,
    /// Entries of kind `compaction`.
    pub compactions: u64,
    /// The session's name, from the last session info.
    pub title: Option<String>,
    /// The session's tags, sorted, from the last entry that sets them.
    pub tags: Vec<String>,
}

impl Counts {
    /// Takes one entry into account.
    pub fn observe(&mut self, kind: &str, fields: &IndexedFields<'_>, ts: Option<i64>) {
        self.entries += 1;
        self.last_entry_at = ts.or(self.last_entry_at);
        match kind {
            "message" => {
                self.messages += 1;
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

/// What an index says of its log as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Numbers.
    pub counts: Counts,
    /// Checksum of the tree.
    pub check: TreeChecksum,
    /// Key of the last entry.
    pub active_leaf: Option<String>,
}
