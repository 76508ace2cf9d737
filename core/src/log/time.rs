//! Times in logs: RFC 3339 strings or integers of Unix milliseconds.
//!
//! Owns: reading and writing them. Invariant: milliseconds are floored, also before 1970.
//! Does not: know what time it is; clocks are passed in by hosts.

use crate::json::text;
use alloc::string::String;
use jiff::Timestamp;

/// Unix milliseconds of a raw `timestamp` token.
#[must_use]
pub fn parse(token: &[u8]) -> Option<i64> {
    if token.first() == Some(&b'"') {
        return parse_text(&text::string(token)?);
    }
    text::integer(token)
}

/// Unix milliseconds of an RFC 3339 text.
#[must_use]
pub fn parse_text(text: &str) -> Option<i64> {
    let time: Timestamp = text.parse().ok()?;
    i64::try_from(time.as_nanosecond().div_euclid(1_000_000)).ok()
}

/// RFC 3339 in UTC with milliseconds, as pi writes it; `None` for a time outside the years that it can name.
#[must_use]
pub fn format(unix_ms: i64) -> Option<String> {
    let time = Timestamp::from_millisecond(unix_ms).ok()?;
    Some(alloc::format!("{time:.3}"))
}
