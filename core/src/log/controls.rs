//! Lines that would be records if their strings had no raw control characters, as written by a program that does not
//! escape tabs.
//!
//! Owns: the rule for such lines, and their escaped form.
//! Invariant: the escaped line differs from the old one only in these characters, and is exactly one record, whose
//! type, id and parent contained none.

use super::Fields;
use crate::json::is_space;
use crate::json::text::{is_control, write_control};
use crate::json::walk::Walker;
use alloc::vec::Vec;

/// The line with its raw control characters escaped, if that makes it a record. `first`: no record stood before it, so
/// it may be the header.
#[must_use]
pub fn escaped(line: &[u8], first: bool) -> Option<Vec<u8>> {
    let text = escape(line)?;
    let start = text.iter().position(|&byte| !is_space(byte))?;
    let (fields, walked) = Fields::read(&mut Walker::new(), &text, start).ok()?;
    let is_alone = text.get(walked.end..)?.iter().all(|&byte| is_space(byte));
    // A header with another version would turn this log into another format.
    let is_header = || first && fields.version == Some(b"3");
    let is_record = if fields.is_session() { is_header() } else { fields.looks_like_entry() && is_whole(&fields) };
    (is_alone && is_record).then_some(text)
}

/// True if type, id and parent hold no control characters, and id, parent and time can be used.
fn is_whole(fields: &Fields<'_>) -> bool {
    let entry = fields.entry();
    let has_none = |text: &str| !text.bytes().any(is_control);
    let can_be_used = entry.id.is_some() && entry.bad().next().is_none();
    can_be_used
        && [&Some(fields.kind_text()), &entry.id, &entry.parent].into_iter().flatten().all(|text| has_none(text))
}

/// JSON text with the control characters in its strings escaped; `None` if there are none.
fn escape(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut in_string, mut behind_backslash) = (false, false);
    // Start of the bytes that are not copied yet.
    let mut rest = 0;
    for (at, &byte) in text.iter().enumerate() {
        if in_string && is_control(byte) {
            if behind_backslash {
                return None;
            }
            out.extend_from_slice(text.get(rest..at)?);
            write_control(&mut out, byte);
            rest = at + 1;
        }
        in_string ^= byte == b'"' && !behind_backslash;
        behind_backslash = in_string && byte == b'\\' && !behind_backslash;
    }
    out.extend_from_slice(text.get(rest..)?);
    (rest > 0).then_some(out)
}
