//! Times of v1 records, exact to the nanosecond, which is what jcode writes and what records are merged by.
//!
//! Owns: what counts as a time for jcode. Invariant: a token that is accepted is one that RFC 3339 readers accept.
//! Does not: keep times outside the years 1678 to 2261 apart; they order as the first or the last.

use crate::json::text;
use jiff::Timestamp;

/// Nanoseconds since 1970 of a string token that holds a time.
pub(super) fn nanoseconds(token: &[u8]) -> Option<i64> {
    // The longest has a fraction of many digits; what is longer is no time, and its length would not be kept.
    if token.len() > 250 {
        return None;
    }
    let text = text::string(token)?;
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let shaped = digit(0)
        && digit(18)
        && bytes.get(4) == Some(&b'-')
        && matches!(bytes.get(10), Some(b'T' | b't' | b' '))
        && !bytes.iter().any(|b| matches!(b, b'[' | b','));
    if !shaped {
        return None;
    }
    let time: Timestamp = text.parse().ok()?;
    let nanoseconds = time.as_nanosecond();
    Some(i64::try_from(nanoseconds).unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX }))
}
