//! Times as users type them: RFC 3339, a day, or an age.
//!
//! Owns: parsing these forms into Unix milliseconds.
//! Invariant: days are UTC days.

use jcode_session_core::log::time::parse_text;
use jcode_session_native::os::host;

/// Parses the start of a period; a day means its first moment.
pub(crate) fn since(text: &str) -> Result<i64, String> {
    time(text, "T00:00:00Z")
}

/// Parses the end of a period; a day means its last moment.
pub(crate) fn until(text: &str) -> Result<i64, String> {
    time(text, "T23:59:59.999Z")
}

fn time(text: &str, of_day: &str) -> Result<i64, String> {
    let found = parse_text(text).or_else(|| parse_text(&format!("{text}{of_day}"))).or_else(|| age(text));
    found.ok_or_else(|| "write a time as 2026-01-31T12:00:00Z, a day as 2026-01-31, an age as 90m, 12h or 7d".into())
}

/// Parses an age, and returns the time that long ago.
fn age(text: &str) -> Option<i64> {
    let unit = match text.chars().last()? {
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return None,
    };
    let count: i64 = text.get(..text.len() - 1)?.parse().ok().filter(|count| *count >= 0)?;
    host::now_ms().checked_sub(count.checked_mul(unit * 1000)?)
}
