//! `gemini`: sessions of Gemini CLI, as lines that are messages and changes, and, older, as one document.
//!
//! Owns: the sign of such a file, and the steps to a log: which messages there were (`states`), and what they say
//! (`voice`).
//! Invariant: a message is one entry, whichever of its states came last; every record is an entry, or a part of one.
//! Does not: know the working directory: the file names a digest of it alone.

mod states;
mod voice;

use super::foreign::{AgentDialect, Source, log_of, read_records};
use super::members::Members;
use super::upgraded::UpgradedLog;
use crate::finding::Finding;
use crate::json::walk::Walker;
use crate::log::{Dialect, Fields};
use crate::source::{ByteSource, SourceError};
use alloc::vec::Vec;
use core::ops::ControlFlow;
use states::States;

/// Gemini CLI.
pub(super) struct Gemini;

impl AgentDialect for Gemini {
    const DIALECT: Dialect = Dialect::Gemini;

    /// The first line, or the one document: a session of a project; or a line that only this agent writes.
    fn has_sign(record: &Members<'_>) -> bool {
        let times = record.has("startTime") && record.has("lastUpdated");
        let session = record.has("sessionId") && (record.has("projectHash") || times) && !record.has("type");
        let change = record.has("$set") || record.has("$rewindTo");
        let answer = record.text("type") == "gemini" && record.has("id") && record.has("content");
        session || change || answer && !record.has("parentId") && !record.has("data")
    }

    fn log(
        source: &dyn ByteSource,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<UpgradedLog<()>, SourceError> {
        let mut states = States::default();
        let findings = read(source, tick, &mut states)?;
        let (header, outline) = states.outline();
        log_of(&header, &outline, Source(source), &voice::Messages, findings)
    }
}

/// Behind a broken record only a message with its time counts: a payload may look like any other line.
fn is_record(fields: &Fields<'_>, bytes: &[u8], from_start: bool) -> bool {
    let is_message = fields.kind.is_some() && fields.id.is_some() && fields.timestamp.is_some();
    let record = || Members::of(bytes);
    if from_start { is_message || Gemini::has_sign(&record()) } else { is_message && record().has("content") }
}

fn read(
    source: &dyn ByteSource,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    states: &mut States,
) -> Result<Vec<Finding>, SourceError> {
    let bytes = if begins_document(source)? {
        source.bytes(0, usize::try_from(source.len()).unwrap_or_default())?
    } else {
        (&[]).into()
    };
    if let Some((start, end)) = object(&bytes) {
        let document = bytes.get(start..end).unwrap_or_default();
        states.take(start as u64, document, &Members::of(document));
        return Ok(Vec::new());
    }
    drop(bytes);
    read_records(source, is_record, tick, &mut |record| {
        states.take(record.offset, record.bytes, &Members::of_record(record));
    })
}

/// The first line that is not blank begins an object that it does not end.
fn begins_document(source: &dyn ByteSource) -> Result<bool, SourceError> {
    let start = source.bytes(0, usize::try_from(source.len().min(FIRST)).unwrap_or_default())?;
    let from = start.iter().position(|&byte| byte == b'{').unwrap_or(start.len());
    let rest = start.get(from..).unwrap_or_default();
    let Some(end) = memchr::memchr(b'\n', rest) else { return Ok(false) };
    let line = rest.get(..end).unwrap_or_default();
    Ok(Walker::new().walk_object(line, 0, |_, _| {}).is_err_and(|fault| fault == crate::json::Fault::Ended))
}

/// So far a document is looked for: its first line is short.
const FIRST: u64 = 4096;

/// Where the first object stands, if it is whole.
fn object(bytes: &[u8]) -> Option<(usize, usize)> {
    let start = bytes.iter().position(|&byte| byte == b'{')?;
    let end = Walker::new().walk_object(bytes, start, |_, _| {}).ok()?.end;
    Some((start, end))
}
