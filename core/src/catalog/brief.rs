//! The log of another agent's session, as short as a list needs it.
//!
//! Owns: which of the texts that stand in the source are cut, and where.
//! Invariant: a summary of what is scanned is a summary of the whole log, but that the name of a model ends behind
//! [`KEPT`] bytes. A text is cut where its preview is complete, and stays a valid string.
//! Does not: cut what a dialect makes: ids, titles, numbers.

use super::message::PREVIEW_CHARS;
use crate::dialect::UpgradedLog;
use crate::log::{LogScan, LogSink};
use crate::source::{ByteSource, RopePart, SourceError};
use alloc::borrow::Cow;

/// Bytes of a longer text that are kept.
const KEPT: usize = 1024;
/// Bytes of the longest escape: a surrogate pair.
const ESCAPE: usize = 12;

/// Scans the log of another agent's session.
///
/// # Errors
/// If its source cannot be read.
pub(super) fn scan_brief<S: ByteSource>(log: &UpgradedLog<S>, sink: &mut dyn LogSink) -> Result<(), SourceError> {
    let mut scan = LogScan::new();
    for part in log.rope.parts() {
        let bytes = match part {
            RopePart::New(bytes) => Cow::Borrowed(bytes),
            RopePart::Original { source, offset, len } => shortened(source, offset, len)?,
        };
        if scan.push(&bytes, sink).is_break() {
            return Err(SourceError::Interrupted);
        }
    }
    if scan.finish(sink).1.is_break() {
        return Err(SourceError::Interrupted);
    }
    log.rope.still_whole()
}

/// A token of a source, shortened if it is a long one.
fn shortened<S: ByteSource>(source: &S, offset: u64, len: u64) -> Result<Cow<'_, [u8]>, SourceError> {
    let whole = usize::try_from(len).unwrap_or(usize::MAX);
    if whole > KEPT + ESCAPE {
        let start = source.bytes(offset, KEPT)?;
        let last = source.bytes(offset + len - 1, 1)?;
        match (start.first(), last.first()) {
            // Neither the arguments of a call nor the data of a custom entry are looked into.
            (Some(b'{'), Some(b'}')) => return Ok(Cow::Borrowed(b"{}")),
            (Some(b'['), Some(b']')) => return Ok(Cow::Borrowed(b"[]")),
            (Some(b'"'), Some(b'"')) => {
                if let Some(kept) = cut(&start) {
                    return Ok(Cow::Owned([kept, b"\""].concat()));
                }
            }
            _ => {}
        }
    }
    source.bytes(offset, whole)
}

/// The start of a string token without a part of an escape or of a character at its end; `None` if its preview may not
/// be complete.
fn cut(start: &[u8]) -> Option<&[u8]> {
    let (safe, end) = start.split_at_checked(start.len().checked_sub(ESCAPE)?)?;
    let mut kept = safe.len() + memchr::memchr(b'\\', end).unwrap_or(end.len());
    while kept > 0 && start.get(kept - 1).is_some_and(|&byte| byte == b'\\' || is_continuation(byte)) {
        kept -= 1;
    }
    // The first byte of what the loop took the rest of.
    if start.get(kept.checked_sub(1)?).is_some_and(|&byte| byte >= 0xC0) {
        kept -= 1;
    }
    let kept = start.get(..kept)?;
    fills_a_preview(kept).then_some(kept)
}

/// True if a preview that shows the start of a string shows nothing behind it.
fn fills_a_preview(start: &[u8]) -> bool {
    // Characters of Latin, Cyrillic, Chinese and so on, among whose first bytes is none of a space.
    let is_letter = |byte: u8| byte.is_ascii_graphic() || matches!(byte, 0xC3..=0xDF | 0xE4..=0xF4);
    let mut missing = PREVIEW_CHARS + 1;
    start.iter().any(|&byte| {
        match byte {
            // An escape may be of a space: `u` and four digits show nothing.
            b'\\' => missing += 5,
            byte if is_letter(byte) => missing -= 1,
            _ => {}
        }
        missing == 0
    })
}

const fn is_continuation(byte: u8) -> bool {
    matches!(byte, 0x80..=0xBF)
}
