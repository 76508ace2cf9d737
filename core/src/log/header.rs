//! The header record, and how it is found.
//!
//! If you change the rule, then change `tests/src/oracle/header.rs` and section 3.2 of `docs/format.md` too.
//!
//! Owns: reading a header record, and the rule that finds it: the first record of type `session` among the lines before
//! the first entry, within the first MiB. Records of other programs may stand before it.
//! Invariant: the rule needs only one record and the end of its line, so every reader that starts at the log's start
//! finds the same header.

use super::{Fields, Record};
use crate::json::text;
use alloc::string::String;

/// A written header is smaller than this.
pub const MAX_HEADER_BYTES: u64 = 64 * 1024;

/// The header's line ends within this many bytes from the log's start.
pub const HEAD_BYTES: u64 = 1 << 20;

/// What a record is if neither a header nor an entry stood before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// The header.
    Header,
    /// A record of another program before the header; an entry if no header follows.
    Before,
    /// The header cannot follow: this is an entry, or a record too far from the start.
    Over,
}

impl Opening {
    /// Classifies a record by its fields and the offset at which its line ends.
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

/// The content of a header record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Offset of its record.
    pub offset: u64,
    /// Length of its record: its line without the LF, or less if it was salvaged from a longer line.
    pub len: u64,
    /// Number of its line, from 1.
    pub line: u64,
    /// `id`, if it can be used.
    pub session_id: Option<String>,
    /// `version`; 1 if absent.
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

/// Reads a version: an integer, or, from some writers, a string or a number with a fraction.
fn version(token: &[u8]) -> Option<i64> {
    text::integer(token)
        .or_else(|| text::string(token)?.parse().ok())
        .or_else(|| core::str::from_utf8(token).ok()?.split('.').next()?.parse().ok())
}
