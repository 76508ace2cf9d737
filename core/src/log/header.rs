//! The header and the dialect that it tells.
//!
//! Owns: the reading of a header record and the four dialect names.
//! Invariant: a dialect follows from content alone, never from a file's name.
//! Does not: upgrade; that is [`crate::dialect`].

use super::Record;
use crate::json::text;
use alloc::string::String;
use serde::Serialize;

/// A header stays under this size; what lists sessions reads no more than this from the start of a log.
pub const MAX_HEADER_BYTES: u64 = 64 * 1024;

/// The formats that are read. Section 3 of `docs/format.md` tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// The current format.
    TreeV3,
    /// Header version 2.
    TreeV2,
    /// No header version, or 1: entries without ids.
    LinearV1,
    /// jcode's snapshot and journal.
    JcodeV1,
}

impl Dialect {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TreeV3 => "tree-v3",
            Self::TreeV2 => "tree-v2",
            Self::LinearV1 => "linear-v1",
            Self::JcodeV1 => "jcode-v1",
        }
    }
}

impl core::fmt::Display for Dialect {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.name())
    }
}

/// A header version above 3: this software reads such a log as far as it can, and never writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewerVersion(pub i64);

/// What a header record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Offset of its line.
    pub offset: u64,
    /// Length of its line without the LF.
    pub len: u64,
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
            session_id: text(fields.id).filter(|id| !id.is_empty()),
            version: fields.version.and_then(version).unwrap_or(1),
            created_at: fields.time(),
            cwd: text(fields.cwd),
            parent_session: text(fields.parent_session),
        }
    }

    /// The dialect; a newer version reads like the current one.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        match self.version {
            ..=1 => Dialect::LinearV1,
            2 => Dialect::TreeV2,
            _ => Dialect::TreeV3,
        }
    }

    /// Set if the version is above the one that this software writes.
    #[must_use]
    pub fn newer(&self) -> Option<NewerVersion> {
        (self.version > 3).then_some(NewerVersion(self.version))
    }
}

/// A version is an integer; other writers have put it as a string or with a fraction.
fn version(token: &[u8]) -> Option<i64> {
    text::integer(token)
        .or_else(|| text::string(token)?.parse().ok())
        .or_else(|| core::str::from_utf8(token).ok()?.split('.').next()?.parse().ok())
}
