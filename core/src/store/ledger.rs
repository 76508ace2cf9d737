//! The ledger: an append-only JSONL file with one row per event, each with the link (digest) of the row before it.
//!
//! If you change a field, then change section 7 of `docs/format.md` and the crash tests first.
//!
//! Owns: rows, the check of their chain, and the head, which records the number of rows.
//! Invariant: a changed row, or one removed from between others, breaks the chain at the next row. Rows cut from the
//! end are missed by the head, and the next row continues the lost ones, so the cut stays visible.
//! Does not: decide what events mean for a session; see [`super::history`].

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

/// Entry in a prune's list for the v1 files from which the log was written.
pub const V1_FILES: &str = "v1 files";

/// Most rows in the first addition to a ledger: a state, and the event that ends it.
const FIRST_ADD: usize = 2;

/// Kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A state that can be returned to.
    Checkpoint,
    /// The log was upgraded, or written from other files (v1, an import).
    Migrate,
    /// The log was returned to a checkpoint.
    Rollback,
    /// A rollback or repair was taken back, or an announced change did not take place.
    Undo,
    /// A damaged log was rewritten from its good records.
    Repair,
    /// Lines were moved into segments or back, or segments compressed or decompressed; the log's bytes are the same.
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
    /// Kind of event.
    pub event: Event,
    /// Time, RFC 3339.
    pub timestamp: String,
    /// Key of the active leaf at that time.
    pub branch_leaf: Option<String>,
    /// Path below the store of the file that keeps a checkpoint's bytes; null if the checkpoint is the first
    /// `logical_len` bytes of the log itself.
    pub checkpoint_path: Option<String>,
    /// Length of the log at that time, or after the event; 0 if there was no log.
    pub logical_len: u64,
    /// Digest of these bytes, in hex: BLAKE3 of all of them, or, with `base`, of the base's digest and the bytes since.
    pub digest: String,
    /// The event in words.
    pub note: String,
    /// Number, from 1, of the row whose digest this one continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<u64>,
    /// Fingerprint of the log up to `logical_len`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// State of the log before a rollback, undo, repair or migration; shows whether the event took place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<LogState>,
    /// Number of the row that a rollback returns to, or that an undo takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<u64>,
    /// Path below the store of the bytes cut from the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<String>,
    /// BLAKE3 of these bytes, in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside_digest: Option<String>,
    /// Names in `quarantine/` whose records a repair put back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restored: Vec<String>,
    /// The part of the log in segments at that time, or after a seal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<SealedExtent>,
    /// Files that a prune deleted: paths below the store, or [`V1_FILES`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pruned: Vec<String>,
    /// Link of the row before: first 16 hex digits of the BLAKE3 of its line; empty in the first row.
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

    /// Time of the event, Unix milliseconds.
    #[must_use]
    pub fn at_ms(&self) -> Option<i64> {
        time::parse_text(&self.timestamp)
    }

    /// The row as a line with its LF; `prev` is the link of the row before.
    #[must_use]
    pub fn line(mut self, prev: &str) -> Vec<u8> {
        self.prev = prev.to_string();
        let mut line = serde_json::to_vec(&self).unwrap_or_default();
        line.push(b'\n');
        line
    }

    /// The state of the log that the row describes; `None` if the row cannot identify it.
    #[must_use]
    pub fn state(&self) -> Option<LogState> {
        if self.logical_len == 0 {
            return Some(LogState::none());
        }
        Some(LogState { len: self.logical_len, fingerprint: self.fingerprint.clone()? })
    }

    /// The file that keeps a checkpoint's bytes. `None` if the path is not of the form written here, because a hostile
    /// ledger must not name other files.
    #[must_use]
    pub fn checkpoint_name(&self) -> Option<Name> {
        Name::new(self.checkpoint_path.as_deref()?.strip_prefix("checkpoints/")?)
    }

    /// The file with the bytes cut from the log, checked in the same way.
    #[must_use]
    pub fn set_aside_name(&self) -> Option<Name> {
        Name::new(self.set_aside.as_deref()?.strip_prefix("quarantine/")?)
    }

    fn names_elsewhere(&self) -> bool {
        (self.checkpoint_path.is_some() && self.checkpoint_name().is_none())
            || (self.set_aside.is_some() && self.set_aside_name().is_none())
    }
}

/// `ledger.head`: the state of the ledger when a row was last added. It is written after the ledger, so it may be older
/// than the ledger, never newer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Number of rows.
    pub rows: u64,
    /// Link of the last row.
    pub last: String,
}

impl Head {
    /// Reads a head; `None` if it is torn.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

/// The content of a ledger.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// The readable rows, in order.
    pub rows: Vec<LedgerRow>,
    /// The number of each row: its line, from 1.
    pub numbers: Vec<u64>,
    /// Pruned files: their absence is no finding, and no state that needs them can be returned to.
    pub pruned: BTreeSet<String>,
    /// Findings about the ledger.
    pub findings: Vec<Finding>,
    /// Number of lines that count.
    pub lines: u64,
    /// Bytes of those lines.
    pub whole: usize,
    /// Link for the next row.
    pub link: String,
}

impl Ledger {
    /// Reads a ledger. A last line torn by a crash was never acted upon and is ignored.
    #[must_use]
    pub fn read(bytes: &[u8], head: Option<&Head>) -> Self {
        let mut ledger = Self::default();
        // Before there is a head, any row of the first addition may be torn.
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
                // Lines behind the head may never have been written completely, so a torn one ends the ledger.
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
                // The next row continues the lost rows, so the cut stays visible.
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

    /// The head for these rows.
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

/// A digest in the ledger's form.
#[must_use]
pub fn digest_hex(hash: &blake3::Hash) -> String {
    hash.to_hex().to_string()
}

/// The link of a row's line (without LF), which the next row repeats.
#[must_use]
pub fn link(line: &[u8]) -> String {
    blake3::hash(line).to_hex().chars().take(16).collect()
}
