//! The ledger: an append-only JSONL file, a row an event, each carrying the digest of the row before.
//!
//! Owns: rows, the check of their chain, and the head that tells how many rows there were.
//! Invariant: a row that was changed, or one that was taken out from between others, breaks the chain at the row
//! behind it; rows cut from the end are missed by the head, and the next row continues the lost ones, so that the
//! cut stays visible. Does not: decide what an event means for a session; that is [`super::history`].

use super::state::LogState;
use crate::finding::{Code, Finding};
use crate::log::time;
use crate::storage::Name;
use crate::storage::SealedExtent;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// In a prune's list: the files of an older format from which the log was written.
pub const V1_FILES: &str = "v1 files";

/// Rows that are added to an empty ledger at once, at most: a state, and the event that ends it.
const FIRST_ADD: usize = 2;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A state that can be returned to.
    Checkpoint,
    /// The log was upgraded, or written from other files.
    Migrate,
    /// The log was returned to a checkpoint.
    Rollback,
    /// A rollback or repair was taken back, or a change was announced and did not take place.
    Undo,
    /// A damaged log was rewritten from its good records.
    Repair,
    /// Lines moved into segments, or back, or segments were compressed, or back; the log is the same.
    Seal,
    /// Kept bytes were deleted on request.
    Prune,
}

impl core::fmt::Display for Event {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Checkpoint => "checkpoint",
            Self::Migrate => "migration",
            Self::Rollback => "rollback",
            Self::Undo => "undo",
            Self::Repair => "repair",
            Self::Seal => "seal",
            Self::Prune => "prune",
        })
    }
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
    /// For a checkpoint whose bytes are kept in a file of their own: its path below the store. Null for one that is
    /// the first `logical_len` bytes of the log itself.
    pub checkpoint_path: Option<String>,
    /// Length of the log at that time, or that it has after the event; 0: there is no log.
    pub logical_len: u64,
    /// Digest of the log's bytes up to there, in hex: BLAKE3 of all of them, or, with `base`, of the base's digest
    /// and the bytes since.
    pub digest: String,
    /// The event in words.
    pub note: String,
    /// Number of the row, from 1, whose digest this one continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<u64>,
    /// Cheap fingerprint of the log up to `logical_len`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// The log before a rollback, undo or repair: tells whether it took place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<LogState>,
    /// Number of the row that a rollback returns to, or that an undo takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<u64>,
    /// Path below the store of the bytes that left the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<String>,
    /// BLAKE3 of those bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside_digest: Option<String>,
    /// Names in `quarantine/` whose records a repair put back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restored: Vec<String>,
    /// What of the log stood in segments, or does after a seal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<SealedExtent>,
    /// What a prune deleted: paths below the store, or [`V1_FILES`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pruned: Vec<String>,
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
            base: None,
            fingerprint: None,
            from: None,
            target: None,
            set_aside: None,
            set_aside_digest: None,
            restored: Vec::new(),
            sealed: None,
            pruned: Vec::new(),
            prev: String::new(),
        }
    }

    /// When, Unix milliseconds.
    #[must_use]
    pub fn at_ms(&self) -> Option<i64> {
        time::parse_text(&self.timestamp)
    }

    /// The row as a line with its LF, continuing the row with link `prev`.
    #[must_use]
    pub fn line(mut self, prev: &str) -> Vec<u8> {
        self.prev = prev.to_string();
        let mut line = serde_json::to_vec(&self).unwrap_or_default();
        line.push(b'\n');
        line
    }

    /// The state of the log that the row describes, if it says enough to recognise it.
    #[must_use]
    pub fn state(&self) -> Option<LogState> {
        if self.logical_len == 0 {
            return Some(LogState::none());
        }
        Some(LogState { len: self.logical_len, fingerprint: self.fingerprint.clone()? })
    }

    /// The file of a checkpoint that keeps its bytes, if its path is one that we write: hostile ledgers must not
    /// name files elsewhere.
    #[must_use]
    pub fn checkpoint_name(&self) -> Option<Name> {
        Name::new(self.checkpoint_path.as_deref()?.strip_prefix("checkpoints/")?)
    }

    /// The file that holds what left the log, under the same rule.
    #[must_use]
    pub fn set_aside_name(&self) -> Option<Name> {
        Name::new(self.set_aside.as_deref()?.strip_prefix("quarantine/")?)
    }

    fn names_elsewhere(&self) -> bool {
        (self.checkpoint_path.is_some() && self.checkpoint_name().is_none())
            || (self.set_aside.is_some() && self.set_aside_name().is_none())
    }
}

/// `ledger.head`: what the ledger held when a row was last added. It is written behind the ledger, so it can be
/// older than that, never newer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Rows.
    pub rows: u64,
    /// Link of the last.
    pub last: String,
}

impl Head {
    /// Reads a head; `None` if it is torn.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

/// What a ledger holds.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// The rows that can be read, in order.
    pub rows: Vec<LedgerRow>,
    /// The number of each: its line, from 1.
    pub numbers: Vec<u64>,
    /// What prunes deleted: its absence is no finding, and nothing can be returned to with it.
    pub pruned: BTreeSet<String>,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// Lines that count, and the bytes that they take.
    pub lines: u64,
    /// Bytes of those lines.
    pub whole: usize,
    /// What the next row continues.
    pub link: String,
}

impl Ledger {
    /// Reads a ledger. A last line that a crash tore was never acted upon and counts for nothing.
    #[must_use]
    pub fn read(bytes: &[u8], head: Option<&Head>) -> Self {
        let mut ledger = Self::default();
        // Before there is a head, the rows of the first add may be torn, any of them.
        let is_first_add = head.is_none() && memchr::memchr_iter(b'\n', bytes).count() <= FIRST_ADD;
        let mut lines = bytes.split_inclusive(|&b| b == b'\n').peekable();
        let mut head_link = None;
        while let Some(whole) = lines.next() {
            let Some(line) = whole.strip_suffix(b"\n") else { break };
            let number = ledger.lines + 1;
            let broken = |what: &str| {
                Finding::new(Code::LedgerBroken)
                    .say(format!("ledger.jsonl, row {number}: {what}; its other rows are still used"))
            };
            match serde_json::from_slice::<LedgerRow>(line) {
                Ok(row) => {
                    if row.prev != ledger.link {
                        ledger.findings.push(broken("does not continue the row before it"));
                    }
                    if row.names_elsewhere() {
                        ledger.findings.push(broken("names a file outside the store"));
                    }
                    ledger.pruned.extend(row.pruned.iter().cloned());
                    ledger.rows.push(row);
                    ledger.numbers.push(number);
                }
                // Behind the head nothing is known to have been written whole, so what a crash tore ends the ledger.
                Err(_) if head.map_or(lines.peek().is_none(), |head| head.rows < number) || is_first_add => break,
                Err(_) => ledger.findings.push(broken("cannot be read")),
            }
            ledger.link = link(line);
            ledger.lines = number;
            ledger.whole += whole.len();
            if head.is_some_and(|head| head.rows == number) {
                head_link = Some(ledger.link.clone());
            }
        }
        if let Some(head) = head {
            ledger.compare(head, head_link);
        }
        ledger
    }

    fn compare(&mut self, head: &Head, found: Option<String>) {
        let words = match found {
            None if head.rows > 0 => {
                // The next row continues what is lost: then the cut is seen for good.
                self.link = head.last.clone();
                format!("ledger.jsonl was cut: it has {} rows of {}; the others are still used", self.lines, head.rows)
            }
            Some(found) if found != head.last => {
                format!(
                    "ledger.jsonl, row {}: is not the row that was written; its other rows are still used",
                    head.rows
                )
            }
            _ => return,
        };
        self.findings.push(Finding::new(Code::LedgerBroken).say(words));
    }

    /// The head that belongs to these rows.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { rows: self.lines, last: self.link.clone() }
    }

    /// Adds a row as the next one.
    pub(super) fn push(&mut self, row: LedgerRow) {
        self.lines += 1;
        self.numbers.push(self.lines);
        self.pruned.extend(row.pruned.iter().cloned());
        self.rows.push(row);
    }

    /// Index of the row with this number.
    #[must_use]
    pub fn index_of(&self, number: u64) -> Option<usize> {
        self.numbers.binary_search(&number).ok()
    }
}

/// The digest of bytes as the ledger writes it.
#[must_use]
pub fn digest_hex(hash: &blake3::Hash) -> String {
    hash.to_hex().to_string()
}

/// What a row's successor says about it.
#[must_use]
pub fn link(line: &[u8]) -> String {
    blake3::hash(line).to_hex().chars().take(16).collect()
}
