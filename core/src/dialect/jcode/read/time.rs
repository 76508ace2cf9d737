//! Times of v1 records, to the nanosecond, as jcode writes them; records are merged by them.
//!
//! Owns: which times jcode accepts: RFC 3339 strings.
//! Invariant: the log's own reader accepts every time that is accepted here. Times outside the years 1678 to 2261 do
//! not fit and all count as the first or the last one.

use crate::json::text;
use crate::log::time;

/// Nanoseconds since 1970 of a string token with a time.
pub(in crate::dialect::jcode) fn nanoseconds(token: &[u8]) -> Option<i64> {
    // A longer token is no time, and its length would not fit `Entry::time_len`.
    if token.len() > 250 {
        return None;
    }
    let nanoseconds = time::nanoseconds(&text::string(token)?)?;
    Some(i64::try_from(nanoseconds).unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX }))
}
