//! What a file is, and a log of any dialect as one of the current, without copying what stays the same.
//!
//! Owns: the one judgement of what a file is ([`detect`]), the dialects that are read, a folder each behind one
//! contract (`reader`), and what each becomes (docs/format.md, section 3). The result is a [`Rope`]: `migrate` writes its
//! bytes to a file, readers read through it, and a dry run asks for its length; all three see the same bytes.
//! Invariant: a function of the input bytes alone. Upgrading what was upgraded changes nothing.
//! Does not: write, or touch payloads beyond the fields that the dialect renames.

mod agents;
mod claude_code;
mod codex;
mod copilot;
mod cursor;
mod detect;
mod foreign;
mod gemini;
mod head;
pub(crate) mod ids;
pub mod jcode;
mod kind;
mod opencode;
mod pi;
mod places;
mod qwen;
mod reader;
pub(crate) mod splice;
mod upgraded;

use crate::finding::Finding;
use crate::source::{ByteSource, SourceError};
use alloc::vec::Vec;
use core::ops::{ControlFlow, Range};
use reader::DialectReader;

pub use detect::detect;
pub(crate) use foreign::session_id;
pub use ids::IdMaker;
pub use kind::{Detected, FileKind, Newer, Other, Refused, What};
pub use pi::{CheckError, check_upgrade};
pub use places::{AgentPlace, PLACES};
pub(crate) use splice::Splice;
pub use splice::{field, with_id, without_batch};
pub use upgraded::UpgradedLog;

/// All readers, in the order in which they are asked whose a file is: Qwen Code writes what Claude Code does, and more;
/// Cursor's sign is the weakest.
const READERS: [&dyn DialectReader; 9] = [
    &codex::Codex,
    &copilot::Copilot,
    &qwen::Qwen,
    &gemini::Gemini,
    &opencode::Opencode,
    &agents::Agents,
    &claude_code::ClaudeCode,
    &cursor::Cursor,
    &pi::Pi,
];

/// True if a file that begins like this may be jcode's snapshot: an object with an id and messages, or the time at which
/// it was made, that no other agent wrote. It may be cut or broken anywhere behind that.
#[must_use]
pub fn may_be_snapshot(start: &[u8]) -> bool {
    let holds = |key: &[u8]| memchr::memmem::find(start, key).is_some();
    let is_object = start.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let has_fields = holds(b"\"id\"") && (holds(b"\"created_at\"") || holds(b"\"messages\""));
    let record = head::Members::of(start);
    is_object && has_fields && !READERS.iter().any(|reader| reader.has_sign(&record))
}

/// Why a log is not presented.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresentError {
    /// Its entries cannot be shown.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// A log in the current dialect: as it stands, or spliced.
#[derive(Debug)]
pub enum CurrentLog<S> {
    /// It is of the current dialect already.
    AsIs(S),
    /// It was spliced.
    Upgraded(UpgradedLog<S>),
    /// It was replayed from jcode's v1 files.
    Replayed(jcode::V1Log<S>),
}

impl<S: ByteSource> CurrentLog<S> {
    /// The log as it stands, if it is of the current dialect.
    pub const fn as_is(&self) -> Option<&S> {
        match self {
            Self::AsIs(source) => Some(source),
            Self::Upgraded(_) | Self::Replayed(_) => None,
        }
    }

    /// The place in the file from which the byte at `offset` comes.
    pub fn origin(&self, offset: u64) -> u64 {
        match self {
            Self::AsIs(_) => offset,
            Self::Upgraded(log) => log.rope.origin(offset).map_or(offset, |(_, at)| at),
            Self::Replayed(log) => log.origin(offset).map_or(offset, |(_, at)| at),
        }
    }

    /// Findings about the log as presented, as findings about the file that the user has.
    #[must_use]
    pub fn at_origin(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        for finding in &mut findings {
            finding.byte_offset = finding.byte_offset.map(|offset| self.origin(offset));
        }
        if let Self::Upgraded(log) = self {
            findings.extend_from_slice(&log.mended);
            findings.sort_by_key(|finding| (finding.byte_offset, finding.code));
        }
        findings
    }
}

impl<S: ByteSource> ByteSource for CurrentLog<S> {
    fn len(&self) -> u64 {
        match self {
            Self::AsIs(source) => source.len(),
            Self::Upgraded(log) => log.rope.len(),
            Self::Replayed(log) => log.len(),
        }
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        match self {
            Self::AsIs(source) => source.read_at(offset, buffer),
            Self::Upgraded(log) => log.rope.read_at(offset, buffer),
            Self::Replayed(log) => log.read_at(offset, buffer),
        }
    }

    fn view(&self) -> Option<&[u8]> {
        match self {
            Self::AsIs(source) => source.view(),
            Self::Upgraded(_) | Self::Replayed(_) => None,
        }
    }

    fn lost_at(&self, offset: u64) -> Result<Option<Range<u64>>, SourceError> {
        match self {
            Self::AsIs(source) => source.lost_at(offset),
            Self::Upgraded(_) | Self::Replayed(_) => Ok(None),
        }
    }

    fn still_whole(&self) -> Result<(), SourceError> {
        match self {
            Self::AsIs(source) => source.still_whole(),
            Self::Upgraded(log) => log.rope.still_whole(),
            Self::Replayed(log) => log.still_whole(),
        }
    }
}

/// Presents a log, of which [`detect`] said what it is, as the current dialect.
///
/// # Errors
/// If its entries cannot be shown, the source cannot be read, or `tick` interrupts.
pub fn present<S: ByteSource>(
    source: S,
    detected: &Detected,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<CurrentLog<S>, PresentError> {
    detected.readable()?;
    for reader in READERS {
        if let Some(upgraded) = reader.present(&source, detected, tick)? {
            return Ok(CurrentLog::Upgraded(upgraded.over(source)));
        }
    }
    Ok(CurrentLog::AsIs(source))
}
