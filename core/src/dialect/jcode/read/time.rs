//! Times of v1 records, exact to the nanosecond, which is what jcode writes and what records are merged by.
//!
//! Owns: which of a log's times are times for jcode: RFC 3339 strings.
//! Invariant: what is accepted here is accepted by the log's own reader of times.
//! Does not: keep times outside the years 1678 to 2261 apart; they order as the first or the last.

use crate::json::text;
use crate::log::time;

/// Nanoseconds since 1970 of a string token that holds a time.
pub(in crate::dialect::jcode) fn nanoseconds(token: &[u8]) -> Option<i64> {
    // What is longer is no time, and its length would not be kept.
    if token.len() > 250 {
        return None;
    }
    let nanoseconds = time::nanoseconds(&text::string(token)?)?;
    Some(i64::try_from(nanoseconds).unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX }))
}
