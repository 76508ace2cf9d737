//! The header, and which record it is.
//!
//! Owns: the reading of a header record, and the rule by which it is found: the first record of type `session` among
//! the lines before the first entry, within the first MiB. Records of other programs may stand before it.
//! Invariant: the rule is a question to one record and the end of its line, so that whoever reads a log from its start
//! finds the same one.
//! Does not: tell dialects apart; that is [`crate::dialect`].

use super::{Fields, Record};
use crate::json::text;
use alloc::string::String;

/// A header that is written stays under this size.
pub const MAX_HEADER_BYTES: u64 = 64 * 1024;

/// The line of the header ends within so many first bytes of the log.
pub const HEAD_BYTES: u64 = 1 << 20;

/// What a record is to whoever has found neither header nor entry before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// The header.
    Header,
    /// It stands before the header, if there is one: another program's, and no entry then.
    Before,
    /// No header comes any more: this is an entry, or stands too far from the start.
    Over,
}

impl Opening {
    /// Judges a record by its fields and the end of its line in the log.
    #[must_use]
    pub fn of(fields: &Fields<'_>, line_end: u64) -> Self {
        if line_end > HEAD_BYTES || !fields.is_session() && fields.is_linked() {
            Self::Over
        } else if fields.is_session() {
            Self::Header
        } else {
            Self::Before
        }
    }
}

/// What a header record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Offset of its record.
    pub offset: u64,
    /// Length of its record, which is its line without the LF unless it was salvaged from a longer one.
    pub len: u64,
    /// Number of its line, from 1.
    pub line: u64,
    /// `id`, if it is a usable one.
    pub session_id: Option<String>,
    /// `version`; 1 where there is none.
    pub version: i64,
    /// `timestamp` in Unix milliseconds.
    pub created_at: Option<i64>,
    /// `cwd`.
    pub cwd: Option<String>,
    /// `parentSession`.
    pub parent_session: Option<String>,
}

impl Header {
    /// Reads a header record.
    #[must_use]
    pub fn read(record: &Record<'_>) -> Self {
        let fields = &record.fields;
        let text = |token: Option<&[u8]>| token.and_then(text::string).map(|t| t.into_owned());
        Self {
            offset: record.offset,
            len: record.bytes.len() as u64,
            line: record.line,
            session_id: text(fields.id).filter(|id| !id.is_empty()),
            version: fields.version.and_then(version).unwrap_or(1),
            created_at: fields.time(),
            cwd: text(fields.cwd),
            parent_session: text(fields.parent_session),
        }
    }

    /// Offset behind the record.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.offset + self.len
    }
}

/// A version is an integer; other writers have put it as a string or with a fraction.
fn version(token: &[u8]) -> Option<i64> {
    text::integer(token)
        .or_else(|| text::string(token)?.parse().ok())
        .or_else(|| core::str::from_utf8(token).ok()?.split('.').next()?.parse().ok())
}
