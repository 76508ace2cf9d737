//! The ledger: an append-only JSONL file, a row an event, each carrying the digest of the row before.
//!
//! Owns: rows and the check of their chain.
//! Invariant: a row that was changed, or one that was taken out from between others, breaks the chain at the row
//! behind it.
//! Does not: decide what an event means for a session.

use crate::log::time;
use crate::storage::Name;
use crate::verify::{Code, Finding};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A state that can be returned to.
    Checkpoint,
    /// The log was upgraded in place.
    Migrate,
    /// The log was returned to a checkpoint.
    Rollback,
    /// A rollback was taken back.
    Undo,
    /// A damaged log was rewritten from its good records.
    Repair,
    /// A prefix was sealed into segments.
    Seal,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// What happened.
    pub event: Event,
    /// When, RFC 3339.
    pub timestamp: String,
    /// Key of the active leaf at that time.
    pub branch_leaf: Option<String>,
    /// For a checkpoint whose bytes are kept in a file of their own: its path below the store.
    pub checkpoint_path: Option<String>,
    /// Length of the log at that time.
    pub logical_len: u64,
    /// BLAKE3 of the log's bytes up to there, in hex.
    pub digest: String,
    /// The event in words.
    pub note: String,
    /// First 16 hex digits of the BLAKE3 of the row before; empty for the first.
    #[serde(default)]
    pub prev: String,
}

impl LedgerRow {
    /// A row for an event at `now` (Unix milliseconds).
    #[must_use]
    pub fn new(event: Event, now: i64, logical_len: u64, digest: String, note: &str) -> Self {
        Self {
            event,
            timestamp: time::format(now).unwrap_or_default(),
            branch_leaf: None,
            checkpoint_path: None,
            logical_len,
            digest,
            note: note.to_string(),
            prev: String::new(),
        }
    }

    /// The row as a line with its LF, chained to the ledger `before`.
    #[must_use]
    pub fn line(mut self, before: &[u8]) -> Vec<u8> {
        self.prev = last_line(before).map(link).unwrap_or_default();
        let mut line = serde_json::to_vec(&self).unwrap_or_default();
        line.push(b'\n');
        line
    }

    /// The file of a checkpoint that keeps its bytes, if its path is one that we write: hostile ledgers must not
    /// name files elsewhere.
    #[must_use]
    pub fn checkpoint_name(&self) -> Option<Name> {
        Name::new(self.checkpoint_path.as_deref()?.strip_prefix("checkpoints/")?)
    }
}

/// What a ledger holds.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// The rows that can be read, in order.
    pub rows: Vec<LedgerRow>,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
}

impl Ledger {
    /// Reads a ledger. A last line without LF was torn by a crash and counts for nothing.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let mut ledger = Self::default();
        let mut prev = String::new();
        for (number, line) in bytes.split_inclusive(|&b| b == b'\n').enumerate() {
            let Some(line) = line.strip_suffix(b"\n") else { break };
            let broken = |what: &str| {
                let words = format!("ledger row {}: {what}; its other rows are still used", number + 1);
                Finding::new(Code::LedgerBroken).say(words)
            };
            match serde_json::from_slice::<LedgerRow>(line) {
                Ok(row) => {
                    if row.prev != prev {
                        ledger.findings.push(broken("does not continue the row before it"));
                    }
                    if row.checkpoint_path.is_some() && row.checkpoint_name().is_none() {
                        ledger.findings.push(broken("names a file outside the store"));
                    }
                    ledger.rows.push(row);
                }
                Err(_) => ledger.findings.push(broken("cannot be read")),
            }
            prev = link(line);
        }
        ledger
    }
}

/// The digest of bytes as the ledger writes it.
#[must_use]
pub fn digest_hex(hash: &blake3::Hash) -> String {
    hash.to_hex().to_string()
}

fn link(line: &[u8]) -> String {
    blake3::hash(line).to_hex().chars().take(16).collect()
}

fn last_line(bytes: &[u8]) -> Option<&[u8]> {
    let whole = bytes.get(..bytes.iter().rposition(|&b| b == b'\n')?)?;
    whole.rsplit(|&b| b == b'\n').next()
}
