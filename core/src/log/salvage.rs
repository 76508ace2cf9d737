//! Records inside broken lines.
//!
//! Owns: which objects in a broken line are records. Payloads hold objects that look like entries, so an object
//! counts only where the line itself shows that it stands at the top:
//! a chain of whole objects from the line's start, or a chain of whole objects that ends at the line's end.
//! Every one has `type`, `id`, `timestamp` and a parent field at its own top level.
//! Invariant: salvaged records do not overlap, come in line order, and are found in bounded work.
//! Does not: repair anything.

use super::line::is_space;
use super::{DamageCode, Fields, Record};
use crate::json::walk::{Fault, Walker};
use alloc::vec::Vec;

/// What a broken line holds.
#[derive(Debug)]
pub struct Salvaged<'a> {
    /// Where the line starts, behind a byte order mark.
    pub offset: u64,
    /// The records in line order.
    pub records: Vec<Record<'a>>,
    /// What the line is, if it is not the last of the log.
    pub code: DamageCode,
    /// Where the damage is, if the line is the last of the log and only its end is torn off.
    pub torn_rest: Option<u64>,
    /// Nothing but blanks and NUL bytes stands outside the records.
    pub all_recovered: bool,
}

/// How many bytes may be walked for each byte of the line before salvage gives up: nested objects are walked once
/// a level, and real payloads are a few levels deep.
const WORK_PER_BYTE: usize = 64;
const WORK_FLOOR: usize = 1 << 20;

struct Found<'a> {
    start: usize,
    end: usize,
    fields: Fields<'a>,
    lone_surrogate: bool,
}

pub(super) fn salvage<'a>(walker: &mut Walker, offset: u64, line: u64, bytes: &'a [u8], first: bool) -> Salvaged<'a> {
    let mut found = chain_from_start(walker, bytes, first);
    let head_end = found.last().map_or(0, |last| last.end);
    let head_count = found.len();
    let tail = chain_to_end(walker, bytes, head_end);
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
            lone_surrogate: f.lone_surrogate,
        })
        .collect();
    Salvaged { offset, records, code, torn_rest, all_recovered }
}

/// Whole records from the first byte on, each directly behind the one before.
fn chain_from_start<'a>(walker: &mut Walker, bytes: &'a [u8], first: bool) -> Vec<Found<'a>> {
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
        if !header && !record.fields.looks_like_entry() {
            return found;
        }
        at = record.end;
        found.push(record);
    }
}

/// Whole records in front of the line's end, each ending where the one behind it starts; last one first.
fn chain_to_end<'a>(walker: &mut Walker, bytes: &'a [u8], from: usize) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    let mut end = trimmed_end(bytes, from, bytes.len());
    let mut work = bytes.len().saturating_mul(WORK_PER_BYTE).saturating_add(WORK_FLOOR);
    let mut before = end;
    while let Some(start) = memchr::memrchr(b'{', bytes.get(from..before).unwrap_or_default()) {
        let start = from + start;
        before = start;
        let (spent, record) = match object_at(walker, bytes.get(..end).unwrap_or_default(), start) {
            Ok(record) => (record.end - start, Some(record)),
            Err(Fault::Invalid(at)) => (at - start, None),
            Err(Fault::Ended) => (end - start, None),
        };
        if let Some(record) = record.filter(|r| r.end == end && r.fields.looks_like_entry()) {
            end = trimmed_end(bytes, from, start);
            before = end;
            found.push(record);
        }
        work = work.saturating_sub(spent);
        if work == 0 {
            break;
        }
    }
    found
}

fn object_at<'a>(walker: &mut Walker, bytes: &'a [u8], start: usize) -> Result<Found<'a>, Fault> {
    let mut fields = Fields::default();
    let walked = walker.walk_object(bytes, start, |key, value| fields.take(key, value))?;
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
