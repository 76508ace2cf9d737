//! Text for people: sizes, times, and harmless forms of text from logs.
//!
//! Owns: these forms.
//! Invariant: the result of [`visible`] holds no control character but LF and tab, so that a log cannot steer a
//! terminal.

use jcode_session_core::log::time::format as rfc3339;

/// Replaces control characters, and characters that reorder text, by visible escapes.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let reorders = matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
        if c == '\n' || c == '\t' || !(c.is_control() || reorders) {
            out.push(c);
        } else {
            out.extend(c.escape_unicode());
        }
    }
    out
}

/// A text on one line, harmless.
pub(super) fn one_line(text: &str) -> String {
    visible(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The start of a text on one line, at most `width` characters.
#[must_use]
pub fn shorten(text: &str, width: usize) -> String {
    let line = one_line(text);
    if line.chars().count() <= width {
        return line;
    }
    let mut short: String = line.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// A size with a binary unit.
#[must_use]
pub fn bytes(n: u64) -> String {
    indicatif::BinaryBytes(n).to_string()
}

/// A size in at most six characters, for columns.
#[must_use]
pub fn brief(n: u64) -> String {
    let (mut tenths, mut unit) = (u128::from(n) * 10, "");
    for next in ["K", "M", "G", "T", "P", "E"] {
        if tenths < 10_240 {
            break;
        }
        // Rounded up, so that no size of something is none.
        (tenths, unit) = (tenths.div_ceil(1024), next);
    }
    if unit.is_empty() || tenths >= 100 {
        format!("{}{unit}", tenths.div_ceil(10))
    } else {
        format!("{}.{}{unit}", tenths / 10, tenths % 10)
    }
}

/// `1 entry`, `2 entries`.
#[must_use]
pub fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", indicatif::HumanCount(n), if n == 1 { one } else { many })
}

/// How long ago a time was, in at most 10 characters; the day where that was more than a month, or is to come.
#[must_use]
pub fn ago(unix_ms: i64, now_ms: i64) -> String {
    const MINUTE: i64 = 60_000;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    match now_ms.saturating_sub(unix_ms) {
        past @ 0..MINUTE => format!("{}s ago", past / 1000),
        past @ MINUTE..HOUR => format!("{}m ago", past / MINUTE),
        past @ HOUR..DAY => format!("{}h ago", past / HOUR),
        past if (DAY..31 * DAY).contains(&past) => format!("{}d ago", past / DAY),
        _ => time(Some(unix_ms)).chars().take(10).collect(),
    }
}

/// A time for people, marked as one of UTC; a dash where there is none.
#[must_use]
pub fn time(unix_ms: Option<i64>) -> String {
    let text = unix_ms.and_then(rfc3339);
    text.map_or_else(|| "-".to_string(), |text| format!("{}Z", text.get(..19).unwrap_or(&text).replace('T', " ")))
}

#[cfg(test)]
mod tests {
    use super::brief;

    #[test]
    fn sizes_fit_their_columns() {
        let sizes = [0, 1, 1023, 1024, 1025, 10 << 10, 1023 << 10, (1 << 20) - 1, 1 << 20, 5 << 29, u64::MAX];
        let shown = sizes.map(brief);
        assert_eq!(shown, ["0", "1", "1023", "1.0K", "1.1K", "10K", "1023K", "1.0M", "1.0M", "2.5G", "16E"]);
    }
}
