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
    let time: Timestamp = text.parse().ok().or_else(|| without_tiny_digits(text)?.parse().ok())?;
    i64::try_from(time.as_nanosecond().div_euclid(1_000_000)).ok()
}

/// RFC 3339 has any number of digits behind the point; those behind the ninth are less than a nanosecond.
#[cold]
fn without_tiny_digits(text: &str) -> Option<String> {
    let (clock, rest) = text.split_once('.')?;
    let zone = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let digits = rest.get(..zone.min(9))?;
    (zone > 9).then(|| alloc::format!("{clock}.{digits}{}", rest.get(zone..).unwrap_or_default()))
}

/// RFC 3339 in UTC with milliseconds, as pi writes it; `None` for a time outside the years that it can name.
#[must_use]
pub fn format(unix_ms: i64) -> Option<String> {
    let time = Timestamp::from_millisecond(unix_ms).ok()?;
    Some(alloc::format!("{time:.3}"))
}
