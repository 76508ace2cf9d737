//! Times as jcode writes them (chrono's RFC 3339: `Z`, and 0, 3, 6 or 9 fraction digits), and a check of the forms that
//! it reads. Calendar arithmetic counts days, so no crate is needed.

pub const SECOND: u64 = 1_000_000_000;

fn leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in(year: u64, month: u64) -> u64 {
    match month {
        2 => 28 + u64::from(leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Nanoseconds since 1970, as text.
pub fn format(ns: u64) -> String {
    let (seconds, fraction) = (ns / SECOND, ns % SECOND);
    let mut days = seconds / 86_400;
    let (mut year, mut month) = (1970, 1);
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    while days >= days_in(year, month) {
        days -= days_in(year, month);
        month += 1;
    }
    let (day, s) = (days + 1, seconds % 86_400);
    let fraction = match fraction {
        0 => String::new(),
        f if f % 1_000_000 == 0 => format!(".{:03}", f / 1_000_000),
        f if f % 1_000 == 0 => format!(".{:06}", f / 1_000),
        f => format!(".{f:09}"),
    };
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}{fraction}Z", s / 3600, s / 60 % 60, s % 60)
}

/// The digits `from..to` of `text` as a number; `None` if they are not all digits.
fn digits(text: &str, from: usize, to: usize) -> Option<u64> {
    let part = text.get(from..to)?;
    part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
}

/// Nanoseconds since 1970 of an RFC 3339 time; `None` for a text that jcode would not read as a time. Slightly stricter
/// than chrono (which also accepts odd spacing), because jcode never writes such times.
pub fn parse(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    let at = |i: usize| bytes.get(i).copied();
    let (year, month, day) = (digits(text, 0, 4)?, digits(text, 5, 7)?, digits(text, 8, 10)?);
    let (hour, minute, second) = (digits(text, 11, 13)?, digits(text, 14, 16)?, digits(text, 17, 19)?);
    let marks = at(4) == Some(b'-')
        && at(7) == Some(b'-')
        && matches!(at(10), Some(b'T' | b't' | b' '))
        && at(13) == Some(b':')
        && at(16) == Some(b':');
    let in_range = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !marks || !in_range {
        return None;
    }
    // A time before 1970 is valid; how far before does not matter here.
    let year = year.max(1970);
    let mut rest = text.get(19..)?;
    let mut fraction = 0;
    if let Some(tail) = rest.strip_prefix('.') {
        let n = tail.bytes().take_while(u8::is_ascii_digit).count();
        if n == 0 {
            return None;
        }
        let first_nine: String = tail[..n].chars().chain("000000000".chars()).take(9).collect();
        fraction = first_nine.parse().ok()?;
        rest = &tail[n..];
    }
    let offset: i64 = match rest {
        "Z" | "z" => 0,
        _ => {
            let sign = match rest.as_bytes().first()? {
                b'+' => 1,
                b'-' => -1,
                _ => return None,
            };
            let compact = rest[1..].replace(':', "");
            if compact.len() != 4 {
                return None;
            }
            let (h, m) = (digits(&compact, 0, 2)?, digits(&compact, 2, 4)?);
            if h > 23 || m > 59 {
                return None;
            }
            sign * (h * 3600 + m * 60) as i64
        }
    };
    let days: u64 = (1970..year).map(|y| 365 + u64::from(leap(y))).sum::<u64>()
        + (1..month).map(|m| days_in(year, m)).sum::<u64>()
        + day
        - 1;
    let seconds = (days * 86_400 + hour * 3600 + minute * 60 + second) as i64 - offset;
    // A year that nanoseconds cannot represent is still a valid time.
    Some(u64::try_from(seconds.max(0)).ok()?.saturating_mul(SECOND).saturating_add(fraction))
}
