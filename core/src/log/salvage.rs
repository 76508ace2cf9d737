//! Salvage: records inside broken lines.
//!
//! If you change the rule, then change `tests/src/oracle/salvage.rs` and section 3.5 of `docs/format.md` too.
//!
//! Owns: which objects in a broken line are records. Payloads contain objects that look like entries, so an object
//! counts only if the line itself shows that it stands at the top level: in a chain of whole objects from the line's
//! start, or in a chain of whole objects that ends at the line's end. Each needs `type`, `id`, `timestamp` and a parent
//! field at its own top level; for another agent's source, [`Accept`] decides.
//! Invariant: salvaged records do not overlap and come in line order. The work is linear in the line's length, however
//! deep it nests.

use super::{DamageCode, Fields, Record};
use crate::json::Fault;
use crate::json::is_space;
use crate::json::walk::Walker;
use alloc::vec::Vec;

/// The result of salvaging a broken line.
#[derive(Debug)]
pub struct Salvaged<'a> {
    /// Start of the line, behind a byte order mark.
    pub offset: u64,
    /// The records in line order.
    pub records: Vec<Record<'a>>,
    /// The line's damage, unless it is the last line of the log and torn.
    pub code: DamageCode,
    /// Start of the torn rest, if only the line's end is torn off when the line is the last of the log.
    pub torn_rest: Option<u64>,
    /// Only blanks and NUL bytes stand outside the records.
    pub all_recovered: bool,
    /// No record was found, and escaping the raw control characters in its strings would make the line a record.
    pub raw_controls: bool,
}

/// Decides whether an object in a broken line is a record, from its fields, its bytes, and whether it stands in a chain
/// from the line's start, where no payload can be.
pub(crate) type Accept = fn(&Fields<'_>, &[u8], bool) -> bool;

/// The rule for records of a log.
pub(super) const ENTRIES: Accept = |fields, _, _| fields.looks_like_entry();

struct Found<'a> {
    start: usize,
    end: usize,
    fields: Fields<'a>,
    lone_surrogate: bool,
}

pub(super) fn salvage<'a>(
    (walker, accept): (&mut Walker, Accept),
    offset: u64,
    line: u64,
    bytes: &'a [u8],
    first: bool,
) -> Salvaged<'a> {
    let mut found = chain_from_start(walker, accept, bytes, first);
    let head_end = found.last().map_or(0, |last| last.end);
    let head_count = found.len();
    let tail = chain_to_end(walker, accept, bytes, head_end);
    found.extend(tail.into_iter().rev());

    let has_nul = bytes.contains(&0);
    let all_recovered = outside(bytes, &found).all(is_filler);
    let code = if all_recovered && has_nul && outside(bytes, &found).any(|b| b == 0) {
        DamageCode::NulRun
    } else if !found.is_empty() {
        DamageCode::FusedRecords
    } else if has_nul {
        DamageCode::NulRun
    } else {
        DamageCode::InvalidJson
    };
    let torn_rest = match code {
        DamageCode::InvalidJson => Some(offset),
        DamageCode::FusedRecords if !all_recovered && found.len() == head_count => {
            let rest = bytes.iter().skip(head_end).position(|&b| !is_space(b)).unwrap_or_default();
            Some(offset + (head_end + rest) as u64)
        }
        _ => None,
    };
    let records = found
        .into_iter()
        .map(|f| Record {
            offset: offset + f.start as u64,
            bytes: bytes.get(f.start..f.end).unwrap_or_default(),
            line,
            fields: f.fields,
            places: None,
            lone_surrogate: f.lone_surrogate,
            invalid_utf8: false,
        })
        .collect();
    Salvaged { offset, records, code, torn_rest, all_recovered, raw_controls: false }
}

/// Whole records from the first byte on, each directly behind the one before it.
fn chain_from_start<'a>(walker: &mut Walker, accept: Accept, bytes: &'a [u8], first: bool) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        while bytes.get(at).copied().is_some_and(is_space) {
            at += 1;
        }
        if bytes.get(at) != Some(&b'{') {
            return found;
        }
        let Ok(record) = object_at(walker, bytes, at) else { return found };
        let header = first && found.is_empty() && record.fields.is_session();
        if !header && !accept(&record.fields, bytes.get(at..record.end).unwrap_or_default(), true) {
            return found;
        }
        at = record.end;
        found.push(record);
    }
}

/// Whole records before the line's end, each ending where the next one starts; last one first.
fn chain_to_end<'a>(walker: &mut Walker, accept: Accept, bytes: &'a [u8], from: usize) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    let mut end = trimmed_end(bytes, from, bytes.len());
    while let Some(start) = object_start(bytes.get(from..end).unwrap_or_default()) {
        let start = from + start;
        match object_at(walker, bytes.get(..end).unwrap_or_default(), start) {
            Ok(record)
                if record.end == end && accept(&record.fields, bytes.get(start..end).unwrap_or_default(), false) =>
            {
                found.push(record);
            }
            _ => break,
        }
        end = trimmed_end(bytes, from, start);
    }
    found
}

/// The start of the object that ends with `text`, if there is one.
///
/// No string is open behind an object, so reading backwards from there shows which quotes open and close strings. Each
/// end has one possible start, and each byte is read once.
fn object_start(text: &[u8]) -> Option<usize> {
    let mut at = text.strip_suffix(b"}")?.len();
    let mut open = 1_usize;
    while open > 0 {
        at = at.checked_sub(1)?;
        match text.get(at)? {
            b'}' | b']' => open += 1,
            b'{' | b'[' => open -= 1,
            b'"' => at = string_start(text.get(..at)?)?,
            _ => {}
        }
    }
    Some(at)
}

/// The start of the string whose closing quote stands behind `text`: the last quote that is not escaped.
fn string_start(text: &[u8]) -> Option<usize> {
    memchr::memrchr_iter(b'"', text).find(|&quote| {
        let before = text.get(..quote).unwrap_or_default();
        let escapes = before.iter().rev().take_while(|&&byte| byte == b'\\').count();
        escapes % 2 == 0
    })
}

fn object_at<'a>(walker: &mut Walker, bytes: &'a [u8], start: usize) -> Result<Found<'a>, Fault> {
    let (fields, walked) = Fields::read(walker, bytes, start)?;
    Ok(Found { start, end: walked.end, fields, lone_surrogate: walked.lone_surrogate })
}

fn trimmed_end(bytes: &[u8], from: usize, end: usize) -> usize {
    let kept = bytes.get(from..end).unwrap_or_default().iter().rposition(|&b| !is_filler(b));
    kept.map_or(from, |last| from + last + 1)
}

const fn is_filler(byte: u8) -> bool {
    is_space(byte) || byte == 0
}

/// The bytes of the line that belong to no record.
fn outside<'a>(bytes: &'a [u8], found: &'a [Found<'_>]) -> impl Iterator<Item = u8> + 'a {
    let starts = core::iter::once(0).chain(found.iter().map(|f| f.end));
    let ends = found.iter().map(|f| f.start).chain(core::iter::once(bytes.len()));
    starts.zip(ends).flat_map(|(start, end)| bytes.get(start..end).unwrap_or_default().iter().copied())
}
