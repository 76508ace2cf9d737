//! One finding: its code, its severity, its place, and a message with the cure.
//!
//! Owns: codes and severities, which other programs read, and the messages for damages of a log.
//! Invariant: the code fixes the severity; only [`Finding::harmless`] lowers it, where no whole record was lost.

use crate::json::text;
use crate::log::{BadField, Damage, DamageCode, Dialect, Record, with_damage_codes};
use alloc::format;
use alloc::string::String;
use serde::Serialize;

macro_rules! codes {
    ($($(#[$doc:meta])* $damage:ident,)*) => {
        /// The kind of a finding. Reports name the variants in kebab case.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* $damage,)*
            /// An entry repeats the id of an earlier one.
            DuplicateId,
            /// An entry has no usable id.
            MissingId,
            /// An entry has an id, a parent or a time that cannot be used.
            BadField,
            /// The log has no entry with the id of a parent.
            MissingParent,
            /// An entry is its own ancestor.
            ParentCycle,
            /// The log has a newer format version.
            NewerVersion,
            /// The file is not a session log.
            NotASession,
            /// There is no sidecar.
            SidecarMissing,
            /// The sidecar describes an earlier or another state of the log.
            SidecarStale,
            /// The sidecar cannot be read.
            SidecarCorrupt,
            /// The sidecar lacks a row.
            RowMissing,
            /// The sidecar has a row without an entry.
            RowExtra,
            /// A row of the sidecar differs from the log.
            RowDiffers,
            /// The ledger's chain of rows is broken.
            LedgerBroken,
            /// A checkpoint's bytes are missing.
            CheckpointMissing,
            /// A segment is missing or damaged.
            SegmentDamaged,
            /// The old log and the new log both grew, or two machines have different histories of a session.
            Diverged,
            /// A commit in an archive is missing or damaged, or does not continue its machine's line.
            CommitDamaged,
            /// An archive has lost, or changed, what was seen there before.
            StoreRewound,
            /// Other users can read or write a file.
            Permissions,
            /// A sidecar without a log.
            OrphanedSidecar,
            /// An interrupted run left a temporary file behind.
            TemporaryFile,
            /// A file or folder that cannot be read.
            Unreadable,
            /// The session index cannot be used, or differs from the sessions.
            SessionIndex,
        }

        impl From<DamageCode> for Code {
            fn from(code: DamageCode) -> Self {
                match code {
                    $(DamageCode::$damage => Self::$damage,)*
                }
            }
        }
    };
}
with_damage_codes!(codes);

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// No whole record was lost.
    Warning,
    /// Data is lost or wrong.
    Error,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Kind of finding.
    pub code: Code,
    /// Severity.
    pub severity: Severity,
    /// Offset in the log.
    pub byte_offset: Option<u64>,
    /// Line of the log, from 1.
    pub line: Option<u64>,
    /// Key of the entry.
    pub entry_id: Option<String>,
    /// Message for users: what is wrong and how to cure it.
    pub message: String,
}

impl Finding {
    /// A finding about the whole log or about a file beside it.
    #[must_use]
    pub fn new(code: Code) -> Self {
        let severity = match code {
            Code::TornTail
            | Code::TornBatch
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

    /// Adds the key of the entry.
    #[must_use]
    pub fn entry(self, key: impl Into<String>) -> Self {
        Self { entry_id: Some(key.into()), ..self }
    }

    /// Sets the message.
    #[must_use]
    pub fn say(self, message: impl Into<String>) -> Self {
        Self { message: message.into(), ..self }
    }

    /// Lowers the severity to a warning, because no whole record was lost.
    #[must_use]
    pub fn harmless(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    /// True if this finding makes a check fail.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The finding for a log without a sidecar; `None` for dialects that have no sidecars.
    #[must_use]
    pub fn sidecar_missing(dialect: Dialect) -> Option<Self> {
        let words = "there is no sidecar; reads go to the log, `migrate` builds it";
        dialect.has_sidecar().then(|| Self::new(Code::SidecarMissing).say(words))
    }

    /// The finding for a field of an entry that is present but cannot be used; `key` is the entry's key.
    #[must_use]
    pub fn from_bad_field(field: BadField, record: &Record<'_>, key: &str) -> Self {
        let fields = &record.fields;
        let (token, words) = match field {
            BadField::Id => (fields.id, "its `id` is"),
            BadField::Parent => (fields.parent_token(), "its parent is"),
            BadField::Timestamp => (fields.timestamp, "its `timestamp` is"),
        };
        let finding = |code| Self::at(code, record.offset, record.line).entry(key);
        let what = shape(token.unwrap_or_default());
        match field {
            BadField::Id => finding(Code::BadField)
                .say(format!("{words} {what} and no id; known by its offset, `repair` gives it a new one")),
            // A parent id that cannot be decoded still counts as an id, one that no entry has.
            BadField::Parent => match token.and_then(text::string_lossy).filter(|name| !name.is_empty()) {
                Some(name) => finding(Code::MissingParent).say(missing_parent(&name)),
                None => finding(Code::BadField)
                    .say(format!("{words} {what}, neither an id nor null; read as a root, `repair` makes it one")),
            },
            BadField::Timestamp => finding(Code::BadField)
                .say(format!("{words} {what} and no time; read as an entry without one, `repair` writes null")),
        }
    }

    /// The finding for a field that cannot be used and that an upgrade replaces; `None` if the upgrade keeps it.
    #[must_use]
    pub fn from_replaced_field(field: BadField, record: &Record<'_>, key: &str) -> Option<Self> {
        let words = match field {
            BadField::Id => "its `id` cannot be used; `migrate` gives it a new one",
            BadField::Parent => "its parent is neither an id nor null; `migrate` makes it the entry before",
            BadField::Timestamp => return None,
        };
        Some(Self::at(Code::BadField, record.offset, record.line).entry(key).harmless().say(words))
    }

    /// The finding for a damage of the log.
    #[must_use]
    pub fn from_damage(damage: Damage) -> Self {
        let finding = Self::at(damage.code.into(), damage.offset, damage.line);
        let len = damage.line_len;
        let salvaged = match damage.salvaged {
            0 => String::new(),
            1 => String::from("; 1 record in it was read"),
            n => format!("; {n} records in it were read"),
        };
        match damage.code {
            DamageCode::TornTail if damage.all_recovered => finding
                .say("the last record lacks only its line feed; it is read, and kept when the log is written next"),
            DamageCode::TornTail if damage.raw_controls => finding.say(
                "the last line is no JSON, for raw control characters in its text; `repair` escapes those and keeps the \
                 record, but it goes to quarantine when the log is written before",
            ),
            DamageCode::TornTail => finding.say(format!(
                "the last line is incomplete{salvaged}; the rest goes to quarantine when the log is written next"
            )),
            DamageCode::TornBatch => finding.say(match damage.salvaged {
                1 => String::from(
                    "the last batch of entries is incomplete, 1 of them is there; it is left out, and goes to \
                     quarantine when the log is written next; `repair` keeps the entry",
                ),
                there => format!(
                    "the last batch of entries is incomplete, {there} of them are there; they are left out, and go to \
                     quarantine when the log is written next; `repair` keeps them"
                ),
            }),
            DamageCode::InvalidJson | DamageCode::NulRun if damage.raw_controls => finding.say(format!(
                "{len} bytes that are no JSON, for raw control characters in a text; `repair` escapes those and keeps \
                 the record"
            )),
            DamageCode::InvalidJson => {
                finding.say(format!("{len} bytes that are not one JSON object; `repair` sets them aside"))
            }
            DamageCode::InvalidUtf8 => finding.say("holds bytes that are not UTF-8; the entry is read as it stands, `repair` puts U+FFFD in their place"),
            DamageCode::LoneSurrogate => {
                finding.say("holds half a surrogate pair, which strict readers refuse; the entry is read as it stands, `repair` puts U+FFFD in its place")
            }
            DamageCode::NulRun => {
                finding.say(format!("NUL bytes in a line of {len} bytes{salvaged}; `repair` sets them aside"))
            }
            DamageCode::FusedRecords if damage.all_recovered => finding
                .harmless()
                .say(format!("several records in one line{salvaged}; nothing is lost, `repair` separates them")),
            DamageCode::FusedRecords => finding.say(format!(
                "a line of {len} bytes holds parts of several records{salvaged}; `repair` sets the rest aside"
            )),
            DamageCode::SecondHeader => finding.say("a second header; it is no entry, `repair` leaves it out"),
            DamageCode::NoHeader => {
                finding.say("no header stands before the first entry: it is lost; `repair` gives it a new one")
            }
        }
    }
}

/// The message for a parent that is not in the log.
pub(crate) fn missing_parent(name: &str) -> String {
    format!("its parent `{name}` is not in the log; read as a root, `repair` makes it one")
}

/// Describes a token in words.
fn shape(token: &[u8]) -> &'static str {
    match token.first() {
        Some(b'"') if token.len() == 2 => "an empty text",
        Some(b'"') => "a text",
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b't') => "`true`",
        Some(b'f') => "`false`",
        _ => "a number",
    }
}
