//! Times in logs: RFC 3339 strings or integers of Unix milliseconds.
//!
//! Owns: reading and writing them. Invariant: milliseconds are floored, also before 1970.
//! Does not: know what time it is; clocks are passed in by hosts.

use crate::json::text;
use alloc::string::String;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

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
    if let Some(time) = plain(text) {
        return Some(time);
    }
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

/// The form that nearly every entry has, `2026-01-31T23:59:59.999Z`; `None` for all others, also where they are valid.
fn plain(text: &str) -> Option<i64> {
    let &[
        y1,
        y2,
        y3,
        y4,
        b'-',
        mo1,
        mo2,
        b'-',
        d1,
        d2,
        b'T',
        h1,
        h2,
        b':',
        mi1,
        mi2,
        b':',
        s1,
        s2,
        b'.',
        f1,
        f2,
        f3,
        b'Z',
    ] = text.as_bytes()
    else {
        return None;
    };
    let pair = |tens, ones| i8::try_from(number(&[tens, ones])?).ok();
    let date = Date::new(number(&[y1, y2, y3, y4])?, pair(mo1, mo2)?, pair(d1, d2)?).ok()?;
    let millis = i32::from(number(&[f1, f2, f3])?);
    let time = Time::new(pair(h1, h2)?, pair(mi1, mi2)?, pair(s1, s2)?, millis * 1_000_000).ok()?;
    Some(Offset::UTC.to_timestamp(date.to_datetime(time)).ok()?.as_millisecond())
}

fn number(digits: &[u8]) -> Option<i16> {
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i16::from(digit - b'0')))
}

/// RFC 3339 in UTC with milliseconds, as pi writes it; `None` for a time outside the years that it can name.
#[must_use]
pub fn format(unix_ms: i64) -> Option<String> {
    let time = Timestamp::from_millisecond(unix_ms).ok()?;
    Some(alloc::format!("{time:.3}"))
}
