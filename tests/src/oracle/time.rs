//! Timestamps. Owns the conversion of a field's value to Unix milliseconds. Accepted is RFC 3339 by its grammar (`T`
//! and `Z` in either case, any number of fraction digits, second 60 as a leap second, which counts as the second
//! before), rounded down; also with a blank for the `T`, and a zone without its colon. Integers with up to eleven
//! digits are seconds, from twelve digits on milliseconds. Everything else is no timestamp.

const DAY_MS: i64 = 86_400_000;

/// Unix milliseconds of an integer.
pub fn integer_ms(token: &str) -> Option<i64> {
    let value: i64 = token.parse().ok()?;
    let digits = value.to_string().trim_start_matches('-').len();
    Some(if digits <= 11 { value * 1000 } else { value })
}

/// Unix milliseconds of a date and time with a zone.
pub fn rfc3339_ms(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let year = number(bytes, 0, 4)?;
    let month = after(bytes, 4, b"-").and_then(|()| number(bytes, 5, 2))?;
    let day = after(bytes, 7, b"-").and_then(|()| number(bytes, 8, 2))?;
    let hour = after(bytes, 10, b"Tt ").and_then(|()| number(bytes, 11, 2))?;
    let minute = after(bytes, 13, b":").and_then(|()| number(bytes, 14, 2))?;
    let second = after(bytes, 16, b":").and_then(|()| number(bytes, 17, 2))?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (millis, zone) = fraction(&bytes[19..])?;
    let clock = ((hour * 60 + minute) * 60 + second.min(59)) * 1000 + millis;
    Some(days_since_1970(year, month, day) * DAY_MS + clock - offset_ms(zone)?)
}

/// Milliseconds of the optional fraction, and what follows it.
fn fraction(rest: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits) = rest.strip_prefix(b".") else {
        return Some((0, rest));
    };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // A point without digits leaves this too short.
    let padded = [&digits[..count], b"00"].concat();
    Some((number(&padded, 0, 3)?, &digits[count..]))
}

fn offset_ms(zone: &[u8]) -> Option<i64> {
    let sign = match zone {
        b"Z" | b"z" => return Some(0),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return None,
    };
    let minutes_at = if zone.get(3) == Some(&b':') { 4 } else { 3 };
    let (hours, minutes) = (number(zone, 1, 2)?, number(zone, minutes_at, 2)?);
    let well_formed = zone.len() == minutes_at + 2 && hours < 24 && minutes < 60;
    well_formed.then_some(sign * (hours * 60 + minutes) * 60_000)
}

fn after(bytes: &[u8], at: usize, one_of: &[u8]) -> Option<()> {
    one_of.contains(bytes.get(at)?).then_some(())
}

fn number(bytes: &[u8], at: usize, digits: usize) -> Option<i64> {
    bytes
        .get(at..at + digits)?
        .iter()
        .try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0')))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(is_leap(year)),
        _ => 31,
    }
}

/// Counts year by year and month by month: slow, but obviously right.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year_days = |year| 365 + i64::from(is_leap(year));
    let whole_years: i64 =
        if year >= 1970 { (1970..year).map(year_days).sum() } else { -(year..1970).map(year_days).sum::<i64>() };
    let whole_months: i64 = (1..month).map(|month| days_in_month(year, month)).sum();
    whole_years + whole_months + day - 1
}
