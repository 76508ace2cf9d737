//! Times of v1 records, exact to the nanosecond, which is what jcode writes and what records are merged by.
//!
//! Owns: what counts as a time for jcode: RFC 3339, with a fraction of any length.
//! Invariant: what is accepted here is accepted by the log's own reader of times, or has a longer fraction than it knows.
//! Does not: keep times outside the years 1678 to 2261 apart; they order as the first or the last.

use crate::json::text;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Nanoseconds since 1970 of a string token that holds a time.
pub(super) fn nanoseconds(token: &[u8]) -> Option<i64> {
    // What is longer is no time, and its length would not be kept.
    if token.len() > 250 {
        return None;
    }
    let text = text::string(token)?;
    let (head, tail) = text.as_bytes().split_first_chunk::<19>()?;
    let [y0, y1, y2, y3, b'-', mo0, mo1, b'-', d0, d1, b'T' | b't' | b' ', h0, h1, b':', mi0, mi1, b':', s0, s1] =
        *head
    else {
        return None;
    };
    let year = i16::try_from(number(&[y0, y1, y2, y3])?).ok()?;
    let small = |a: u8, b: u8| i8::try_from(number(&[a, b])?).ok();
    // A leap second counts as the second before it.
    let second = small(s0, s1).filter(|&second| second <= 60)?.min(59);
    let (fraction, zone) = fraction(tail)?;
    let minutes = offset(zone)?;
    let (month, day, hour, minute) = (small(mo0, mo1)?, small(d0, d1)?, small(h0, h1)?, small(mi0, mi1)?);
    let time = DateTime::new(year, month, day, hour, minute, second, fraction).ok()?;
    let nanoseconds = time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_nanosecond() - minutes * 60_000_000_000;
    Some(i64::try_from(nanoseconds).unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX }))
}

/// A number of digits only.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0u32, |value, &digit| {
        digit.is_ascii_digit().then(|| value.wrapping_mul(10).wrapping_add(u32::from(digit - b'0')))
    })
}

/// Nanoseconds of the fraction, if there is one, and what stands behind it.
fn fraction(tail: &[u8]) -> Option<(i32, &[u8])> {
    let Some(rest) = tail.strip_prefix(b".") else { return Some((0, tail)) };
    let digits = rest.iter().take_while(|digit| digit.is_ascii_digit()).count();
    let (digits, zone) = rest.split_at_checked(digits)?;
    if digits.is_empty() {
        return None;
    }
    let nine = digits.iter().copied().chain(core::iter::repeat(b'0')).take(9);
    let nanoseconds = nine.fold(0i32, |value, digit| value * 10 + i32::from(digit - b'0'));
    Some((nanoseconds, zone))
}

/// Minutes east of UTC.
fn offset(zone: &[u8]) -> Option<i128> {
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
    let minutes = i128::from(hours * 60 + minutes);
    Some(if sign == b'-' { -minutes } else { minutes })
}
