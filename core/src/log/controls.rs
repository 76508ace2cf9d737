//! Lines that are records but for raw control characters in their strings: what a program writes that does not escape
//! a tab.
//!
//! Owns: which lines those are, and their escaped form.
//! Invariant: the escaped line differs from the old one in nothing but these bytes, and is one record whose type, id,
//! parent and time had none of them. Does not: know other lines; whether the id is free is for whoever repairs.

use super::Fields;
use crate::json::is_space;
use crate::json::text::{is_control, write_control};
use crate::json::walk::Walker;
use alloc::vec::Vec;

/// The line with its raw control characters escaped, if that makes a record of it. `first`: no record stood before
/// it, so that it may be the header.
#[must_use]
pub fn escaped(line: &[u8], first: bool) -> Option<Vec<u8>> {
    let text = escape(line)?;
    let start = text.iter().position(|&byte| !is_space(byte))?;
    let mut fields = Fields::default();
    let walked = Walker::new().walk_object(&text, start, |key, value| fields.take(key, value)).ok()?;
    let is_alone = text.get(walked.end..)?.iter().all(|&byte| is_space(byte));
    // A header of another version would make another log of this one.
    let is_header = || first && fields.version == Some(b"3");
    let is_record = if fields.is_session() { is_header() } else { fields.looks_like_entry() && is_whole(&fields) };
    (is_alone && is_record).then_some(text)
}

/// The damage is not in the fields that place the record.
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
    // What was not copied yet begins here.
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
