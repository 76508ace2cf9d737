//! Reads one element of a session's array as an [`Entry`].
//!
//! Owns: the step that snapshot and journal share: walk, type check, places of id and time.
//! Invariant: the element is walked once.

use crate::dialect::jcode::ReplayError;
use crate::dialect::jcode::read::array::Array;
use crate::dialect::jcode::read::check::{Check, Seen};
use crate::dialect::jcode::read::entry::{Entry, Kind, NO_TIME, Odd, TimeAt};
use crate::dialect::jcode::read::time;
use crate::json::Cursor;
use crate::json::Fault;

/// An element that was read.
#[derive(Debug)]
pub(in crate::dialect::jcode) struct Element {
    pub(in crate::dialect::jcode) entry: Entry,
    pub(in crate::dialect::jcode) time: i64,
    /// Its type fits, so jcode would read it.
    pub(in crate::dialect::jcode) fits: bool,
}

/// Reads the element at the cursor. `base` is the offset of the cursor's text in the source.
pub(in crate::dialect::jcode) fn read(
    check: &mut Check,
    cursor: &mut Cursor<'_>,
    array: Array,
    source: u8,
    base: u64,
) -> Result<Result<Element, ReplayError>, Fault> {
    let start = cursor.at;
    let seen = check.element(cursor, array.element(), array.time_field())?;
    let offset = base + start as u64;
    Ok(make(seen, start, cursor.since(start), array, source).ok_or(ReplayError::TooLarge { offset }).map(
        |mut element| {
            element.entry.at = offset;
            element
        },
    ))
}

fn make(seen: Seen, start: usize, bytes: &[u8], array: Array, source: u8) -> Option<Element> {
    let small = |n: usize| u32::try_from(n).ok();
    let mut entry = Entry::new(Kind::of(array), source, 0, small(bytes.len())?);
    let mut nanoseconds = NO_TIME;
    if let Some(time) = seen.time {
        let token = bytes.get(time.start - start..time.end - start).unwrap_or_default();
        nanoseconds = time::nanoseconds(token).unwrap_or(NO_TIME);
        if let Ok(len) = u8::try_from(token.len()) {
            (entry.time, entry.time_len) = (TimeAt::Own(small(time.start - start)?), len);
        }
    }
    if array == Array::Messages
        && let Some(id) = seen.id
    {
        (entry.id_at, entry.id_len) = (small(id.start - start)?, small(id.len())?);
    }
    let text = simdutf8::basic::from_utf8(bytes).is_ok();
    entry.odd = match text {
        false => Odd::Bytes,
        true if memchr::memchr2(b'\n', b'\r', bytes).is_some() => Odd::Lines,
        true => Odd::No,
    };
    Some(Element { entry, time: nanoseconds, fits: seen.fits && text })
}
