//! One segment: its range, its digest and the names of its files.
//!
//! Owns: the two forms in which its bytes are stored, and their file names (section 7.7 of `docs/format.md`).
//! Invariant: a name contains range and form. Both forms hold the same bytes, and either counts.

use crate::source::{ByteSource, SourceError};
use crate::storage::Name;
use crate::store::checkpoint;
use crate::store::ledger::digest_hex;
use alloc::format;
use alloc::string::String;
use core::ops::Range;
use serde::{Deserialize, Serialize};

/// The form in which the bytes of a segment are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Unchanged: `<from>-<len>.jsonl`.
    Plain,
    /// In the seekable format of Zstandard: `<from>-<len>.jsonl.zst`.
    Compressed,
}

impl Form {
    /// Both forms.
    pub const ALL: [Self; 2] = [Self::Plain, Self::Compressed];

    const fn ending(self) -> &'static str {
        match self {
            Self::Plain => "jsonl",
            Self::Compressed => "jsonl.zst",
        }
    }
}

/// A sealed range of a log; it consists of whole lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Logical offset of its first byte.
    pub from: u64,
    /// Length in bytes.
    pub len: u64,
    /// BLAKE3 of its bytes in hex; empty if only the file's name is known.
    pub digest: String,
}

impl Segment {
    /// The segment with these bytes of a log.
    ///
    /// # Errors
    /// Fails if the bytes cannot be read.
    pub fn of(log: &(impl ByteSource + ?Sized), range: Range<u64>) -> Result<Self, SourceError> {
        let digest = digest_hex(&checkpoint::digest(None, log, range.clone())?);
        Ok(Self { from: range.start, len: range.end - range.start, digest })
    }

    /// Logical offset behind its last byte.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.from.saturating_add(self.len)
    }

    /// The name of its file.
    #[must_use]
    pub fn name(&self, form: Form) -> Option<Name> {
        Name::new(&format!("{}-{}.{}", self.from, self.len, form.ending()))
    }

    /// The path of its file, for messages.
    pub(super) fn path(&self, form: Form) -> String {
        format!("segments/{}-{}.{}", self.from, self.len, form.ending())
    }

    /// Parses the name of a segment's file.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let range = name.strip_suffix(".zst").unwrap_or(name).strip_suffix(".jsonl")?;
        let (from, len) = range.split_once('-')?;
        let (from, len): (u64, u64) = (from.parse().ok()?, len.parse().ok()?);
        from.checked_add(len)?;
        Some(Self { from, len, digest: String::new() })
    }
}
