//! The report `du --json`.
//!
//! Owns: its fields, the order of the sessions, and the sums.
//! Invariant: the kinds of a session add up to `log_bytes`, its files to `disk_bytes`, and the sessions to the totals.

use super::VERSION;
use crate::measure::Bytes;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::AddAssign;
use serde::Serialize;

/// `du --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DuReport {
    schema: &'static str,
    version: u32,
    /// Sums over all sessions.
    pub total: Use,
    /// The sessions, the largest on the disk first.
    pub sessions: Vec<SessionUse>,
}

/// One session in `du --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionUse {
    /// Path of its log, or of the snapshot of a v1 session.
    pub path: String,
    /// Its id.
    pub session_id: String,
    /// Its title, or its first prompt.
    pub title: Option<String>,
    /// What it takes.
    #[serde(flatten)]
    pub usage: Use,
}

/// What sessions take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Use {
    /// Bytes of its files.
    pub disk_bytes: u64,
    /// Bytes of the log as it is read: with its segments, unpacked.
    pub log_bytes: u64,
    /// The bytes of the log by kind.
    pub kinds: Bytes,
    /// The bytes on the disk by file.
    pub files: FileBytes,
}

/// Bytes on the disk by file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct FileBytes {
    /// The log's own file, without its segments.
    pub log: u64,
    /// jcode's v1 files.
    pub v1: u64,
    /// The sidecar, with what SQLite keeps beside it.
    pub sidecar: u64,
    /// Checkpoints in the store.
    pub checkpoints: u64,
    /// Segments in the store.
    pub segments: u64,
    /// What was set aside in the store.
    pub quarantine: u64,
    /// The ledger, and what else stands in the store.
    pub ledger: u64,
}

impl FileBytes {
    /// All of them.
    #[must_use]
    pub const fn sum(&self) -> u64 {
        self.log + self.v1 + self.sidecar + self.store()
    }

    /// Those in the store.
    #[must_use]
    pub const fn store(&self) -> u64 {
        self.checkpoints + self.segments + self.quarantine + self.ledger
    }
}

impl Use {
    /// What a session with these bytes and files takes.
    #[must_use]
    pub const fn new(kinds: Bytes, files: FileBytes) -> Self {
        Self { disk_bytes: files.sum(), log_bytes: kinds.sum(), kinds, files }
    }
}

impl AddAssign for Use {
    fn add_assign(&mut self, more: Self) {
        let files = FileBytes {
            log: self.files.log + more.files.log,
            v1: self.files.v1 + more.files.v1,
            sidecar: self.files.sidecar + more.files.sidecar,
            checkpoints: self.files.checkpoints + more.files.checkpoints,
            segments: self.files.segments + more.files.segments,
            quarantine: self.files.quarantine + more.files.quarantine,
            ledger: self.files.ledger + more.files.ledger,
        };
        let mut kinds = self.kinds;
        kinds += more.kinds;
        *self = Self::new(kinds, files);
    }
}

impl DuReport {
    /// A report with these sessions; sorts and sums them.
    #[must_use]
    pub fn new(mut sessions: Vec<SessionUse>) -> Self {
        sessions.sort_by(|a, b| b.usage.disk_bytes.cmp(&a.usage.disk_bytes).then_with(|| a.path.cmp(&b.path)));
        let mut total = Use::default();
        sessions.iter().for_each(|session| total += session.usage);
        Self { schema: "jcode-session.du", version: VERSION, total, sessions }
    }
}
