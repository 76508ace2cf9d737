//! Times in logs: RFC 3339 strings, or integers of Unix seconds or milliseconds.
//!
//! If you change which values are times, then change `tests/src/oracle/time.rs` and section 3.2 of `docs/format.md`
//! too.
//!
//! Owns: reading and writing of times; the calendar is the library `jiff`'s. Every entry has a time, so this grammar
//! replaces a general parser, which would be slower and would enlarge the inspector's page.
//! Invariant: milliseconds are floored, also before 1970; a leap second counts as the second before it.

use crate::json::text;
use alloc::string::String;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

/// Integers with a smaller absolute value are seconds. The value itself is the year 5138 in seconds and March 1973 in
/// milliseconds; no session is that far away either way.
const FIRST_MILLISECONDS: u64 = 100_000_000_000;

/// Unix milliseconds of a raw `timestamp` token.
#[must_use]
pub fn parse(token: &[u8]) -> Option<i64> {
    if token.first() == Some(&b'"') {
        return parse_text(&text::string(token)?);
    }
    let integer = text::integer(token)?;
    Some(if integer.unsigned_abs() < FIRST_MILLISECONDS { integer * 1000 } else { integer })
}

/// Unix milliseconds of an RFC 3339 text.
#[must_use]
pub fn parse_text(text: &str) -> Option<i64> {
    let (second, nanosecond) = seconds(text)?;
    Some(second * 1000 + i64::from(nanosecond) / 1_000_000)
}

/// Nanoseconds since 1970 of an RFC 3339 text. Digits of the fraction behind the ninth are dropped.
#[must_use]
pub fn nanoseconds(text: &str) -> Option<i128> {
    let (second, nanosecond) = seconds(text)?;
    Some(i128::from(second) * 1_000_000_000 + i128::from(nanosecond))
}

/// Whole seconds since 1970, floored, and the nanoseconds of the fraction.
fn seconds(text: &str) -> Option<(i64, i32)> {
    let (head, tail) = text.as_bytes().split_first_chunk::<19>()?;
    let [y0, y1, y2, y3, b'-', mo0, mo1, b'-', d0, d1, b'T' | b't' | b' ', h0, h1, b':', mi0, mi1, b':', s0, s1] =
        *head
    else {
        return None;
    };
    let small = |tens, ones| i8::try_from(number(&[tens, ones])?).ok();
    let second = small(s0, s1).filter(|&second| second <= 60)?.min(59);
    let (fraction, zone) = fraction(tail)?;
    let date = Date::new(number(&[y0, y1, y2, y3])?, small(mo0, mo1)?, small(d0, d1)?).ok()?;
    let time = Time::new(small(h0, h1)?, small(mi0, mi1)?, second, 0).ok()?;
    let in_utc = Offset::UTC.to_timestamp(date.to_datetime(time)).ok()?;
    Some((in_utc.as_second() - minutes_east(zone)? * 60, fraction))
}

/// The number that at most four digits make; `None` if a byte is no digit.
fn number(digits: &[u8]) -> Option<i16> {
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i16::from(digit - b'0')))
}

/// The nanoseconds of a fraction (0 without one), and the bytes behind it.
fn fraction(tail: &[u8]) -> Option<(i32, &[u8])> {
    let Some(rest) = tail.strip_prefix(b".") else { return Some((0, tail)) };
    let digits = rest.iter().take_while(|digit| digit.is_ascii_digit()).count();
    let (digits, zone) = rest.split_at_checked(digits)?;
    if digits.is_empty() {
        return None;
    }
    let nine = digits.iter().copied().chain(core::iter::repeat(b'0')).take(9);
    Some((nine.fold(0, |value, digit| value * 10 + i32::from(digit - b'0')), zone))
}

fn minutes_east(zone: &[u8]) -> Option<i64> {
    let (sign, hours, minutes) = match *zone {
        [b'Z' | b'z'] => return Some(0),
        [sign @ (b'+' | b'-'), h0, h1, b':', m0, m1] | [sign @ (b'+' | b'-'), h0, h1, m0, m1] => {
            (sign, number(&[h0, h1])?, number(&[m0, m1])?)
        }
        _ => return None,
    };
    if hours > 23 || minutes > 59 {
        return None;
    }
    let minutes = i64::from(hours * 60 + minutes);
    Some(if sign == b'-' { -minutes } else { minutes })
}

/// RFC 3339 in UTC with milliseconds, as pi writes it; `None` for a time outside the years 0 to 9999.
#[must_use]
pub fn format(unix_ms: i64) -> Option<String> {
    let time = Offset::UTC.to_datetime(jiff::Timestamp::from_millisecond(unix_ms).ok()?);
    let (year, month, day) = (time.year(), time.month(), time.day());
    let (hour, minute, second, millis) = (time.hour(), time.minute(), time.second(), time.millisecond());
    let text = || alloc::format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z");
    (year >= 0).then(text)
}
