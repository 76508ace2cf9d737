//! One finding: what, how bad, where, and what to do.
//!
//! Owns: codes and severities, which other programs read, and the words for damages of a log.
//! Invariant: a severity follows from the code, except where the finding says that nothing whole was lost.
//! Does not: decide exit codes.

use crate::log::{Damage, DamageCode, Dialect};
use alloc::format;
use alloc::string::String;
use serde::Serialize;

/// What was found. The names in reports are the variants in kebab case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Code {
    /// The last line is incomplete, or lacks its LF.
    TornTail,
    /// A line is not one JSON object.
    InvalidJson,
    /// A record holds bytes that are not UTF-8.
    InvalidUtf8,
    /// A string holds half a surrogate pair.
    LoneSurrogate,
    /// NUL bytes stand in the log.
    NulRun,
    /// Several records, or parts of some, stand in one line.
    FusedRecords,
    /// An id was used before.
    DuplicateId,
    /// An entry has no usable id.
    MissingId,
    /// A parent is not in the log.
    MissingParent,
    /// Parents lead back to the entry.
    ParentCycle,
    /// A header stands where none is looked for: behind the first one, or behind an entry.
    SecondHeader,
    /// The log has no header.
    NoHeader,
    /// The log is of a newer format.
    NewerVersion,
    /// The file is no session log.
    NotASession,
    /// There is no sidecar.
    SidecarMissing,
    /// The sidecar is not of this state of the log.
    SidecarStale,
    /// The sidecar cannot be read.
    SidecarCorrupt,
    /// The sidecar lacks a row.
    RowMissing,
    /// The sidecar has a row for which there is no entry.
    RowExtra,
    /// A row of the sidecar says something else than the log.
    RowDiffers,
    /// The ledger does not hold together.
    LedgerBroken,
    /// A checkpoint's bytes are missing.
    CheckpointMissing,
    /// A segment is missing or damaged.
    SegmentDamaged,
    /// Old and new log both went on.
    Diverged,
    /// Others than its user can read or write a file.
    Permissions,
    /// A sidecar without a log.
    OrphanedSidecar,
    /// A file that an interrupted run left behind.
    TemporaryFile,
    /// A file or folder that cannot be read.
    Unreadable,
    /// The session index cannot be used, or says something else than the sessions.
    SessionIndex,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Handled, and nothing whole was lost.
    Warning,
    /// Something is lost or wrong.
    Error,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// Offset in the log.
    pub byte_offset: Option<u64>,
    /// Line of the log, from 1.
    pub line: Option<u64>,
    /// Key of the entry.
    pub entry_id: Option<String>,
    /// The finding in words, with what to do about it.
    pub message: String,
}

impl Finding {
    /// A finding about the log as a whole or about what lies beside it.
    #[must_use]
    pub fn new(code: Code) -> Self {
        let severity = match code {
            Code::TornTail
            | Code::SidecarMissing
            | Code::SidecarStale
            | Code::Permissions
            | Code::OrphanedSidecar
            | Code::TemporaryFile
            | Code::SessionIndex => Severity::Warning,
            _ => Severity::Error,
        };
        Self { code, severity, byte_offset: None, line: None, entry_id: None, message: String::new() }
    }

    /// A finding at a place in the log.
    #[must_use]
    pub fn at(code: Code, offset: u64, line: u64) -> Self {
        Self { byte_offset: Some(offset), line: Some(line), ..Self::new(code) }
    }

    /// Names the entry.
    #[must_use]
    pub fn entry(self, key: impl Into<String>) -> Self {
        Self { entry_id: Some(key.into()), ..self }
    }

    /// Sets the words.
    #[must_use]
    pub fn say(self, message: impl Into<String>) -> Self {
        Self { message: message.into(), ..self }
    }

    /// Lowers the severity: nothing whole was lost.
    #[must_use]
    pub fn harmless(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    /// True for what makes a check fail.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The finding for a log without a sidecar. What a dialect does not have is no finding.
    #[must_use]
    pub fn sidecar_missing(dialect: Dialect) -> Option<Self> {
        let words = "there is no sidecar; reads go to the log, `migrate` builds it";
        dialect.has_sidecar().then(|| Self::new(Code::SidecarMissing).say(words))
    }

    /// The finding for a damage of the log.
    #[must_use]
    pub fn from_damage(damage: Damage) -> Self {
        let finding = |code| Self::at(code, damage.offset, damage.line);
        let len = damage.line_len;
        let salvaged = match damage.salvaged {
            0 => String::new(),
            1 => String::from("; 1 record in it was read"),
            n => format!("; {n} records in it were read"),
        };
        match damage.code {
            DamageCode::TornTail if damage.all_recovered => finding(Code::TornTail)
                .say("the last record lacks only its line feed; it is read, and kept when the log is written next"),
            DamageCode::TornTail => finding(Code::TornTail).say(format!(
                "the last line is incomplete{salvaged}; the rest goes to quarantine when the log is written next"
            )),
            DamageCode::InvalidJson => finding(Code::InvalidJson)
                .say(format!("{len} bytes that are not one JSON object; `repair` sets them aside")),
            DamageCode::InvalidUtf8 => {
                finding(Code::InvalidUtf8).say("holds bytes that are not UTF-8; the entry is read as it stands")
            }
            DamageCode::LoneSurrogate => finding(Code::LoneSurrogate)
                .say("holds half a surrogate pair, which strict readers refuse; the entry is read as it stands"),
            DamageCode::NulRun => finding(Code::NulRun)
                .say(format!("NUL bytes in a line of {len} bytes{salvaged}; `repair` sets them aside")),
            DamageCode::FusedRecords if damage.all_recovered => finding(Code::FusedRecords)
                .harmless()
                .say(format!("several records in one line{salvaged}; nothing is lost, `repair` separates them")),
            DamageCode::FusedRecords => finding(Code::FusedRecords).say(format!(
                "a line of {len} bytes holds parts of several records{salvaged}; `repair` sets the rest aside"
            )),
            DamageCode::SecondHeader => {
                finding(Code::SecondHeader).say("a second header; it is no entry and is left where it stands")
            }
            DamageCode::NoHeader => {
                finding(Code::NoHeader).say("no header stands before the first entry: it is lost; `repair` gives it a new one")
            }
        }
    }
}
