//! Dialects: what a file is, and how a log of any dialect is presented in the current one, without copying unchanged
//! bytes.
//!
//! Owns: detection ([`detect`]), the dialects that are read (one folder each, behind the contract in `reader`), and the
//! log that each becomes (section 3.3 of `docs/format.md`). The result is a [`Rope`](crate::source::Rope): `migrate`
//! writes its bytes, readers read through it, and a dry run uses its length, so all see the same bytes.
//! Invariant: the result is a function of the input bytes. Upgrading an upgraded log changes nothing.
//! Does not: write, or change payloads beyond the fields that the dialect renames.

mod agents;
mod claude_code;
mod codex;
mod copilot;
mod cursor;
mod detect;
mod edit;
mod foreign;
mod gemini;
mod head;
pub(crate) mod ids;
pub mod jcode;
mod kind;
mod members;
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
pub use edit::{Edited, Edits};
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

/// True if a file that begins with these bytes may be jcode's snapshot: an object with an id, and with messages or a
/// creation time, without the sign of another agent. The file may be cut or broken anywhere behind these fields.
#[must_use]
pub fn may_be_snapshot(start: &[u8]) -> bool {
    let holds = |key: &[u8]| memchr::memmem::find(start, key).is_some();
    let is_object = start.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let has_fields = holds(b"\"id\"") && (holds(b"\"created_at\"") || holds(b"\"messages\""));
    let record = members::Members::of(start);
    is_object && has_fields && !READERS.iter().any(|reader| reader.has_sign(&record))
}

/// Why a log could not be presented.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresentError {
    /// Its entries cannot be shown.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The log cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// A log in the current dialect: unchanged or converted.
#[derive(Debug)]
pub enum CurrentLog<S> {
    /// The log itself, which is in the current dialect.
    AsIs(S),
    /// An upgraded log, or another agent's session.
    Upgraded(UpgradedLog<S>),
    /// A log replayed from jcode's v1 files.
    Replayed(jcode::V1Log<S>),
}

impl<S: ByteSource> CurrentLog<S> {
    /// The log itself, if it is in the current dialect.
    pub const fn as_is(&self) -> Option<&S> {
        match self {
            Self::AsIs(source) => Some(source),
            Self::Upgraded(_) | Self::Replayed(_) => None,
        }
    }

    /// The offset in the file of the byte at `offset` in the presented log.
    pub fn origin(&self, offset: u64) -> u64 {
        match self {
            Self::AsIs(_) => offset,
            Self::Upgraded(log) => log.rope.origin(offset).map_or(offset, |(_, at)| at),
            Self::Replayed(log) => log.origin(offset).map_or(offset, |(_, at)| at),
        }
    }

    /// Converts findings about the presented log to offsets in the file, and adds those of the conversion.
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

/// Presents a log in the current dialect; `detected` is the result of [`detect`].
///
/// # Errors
/// Fails if its entries cannot be shown, the source cannot be read, or `tick` interrupts.
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
