//! Single JSON tokens: decoding of strings, reading of integers, writing of string literals.
//!
//! Owns: string escapes in both directions.
//! Invariant: a token without escapes is borrowed, never copied. The syntax of tokens was checked by [`super::walk`].

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// The text of a string token (with its quotes); `None` if it is not a string, or not valid Unicode (invalid UTF-8,
/// lone surrogates).
#[must_use]
pub fn string(token: &[u8]) -> Option<Cow<'_, str>> {
    let inner = token.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    unescape(inner)
}

/// Like [`string`], but with U+FFFD in place of invalid Unicode: for display, not for comparison.
#[must_use]
pub fn string_lossy(token: &[u8]) -> Option<Cow<'_, str>> {
    let inner = token.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    match core::str::from_utf8(inner) {
        Ok(text) => Some(decode(text).0),
        Err(_) => Some(Cow::Owned(decode(&String::from_utf8_lossy(inner)).0.into_owned())),
    }
}

/// Decodes the text between the quotes of a string token; `None` if it is not valid Unicode.
#[must_use]
pub fn unescape(inner: &[u8]) -> Option<Cow<'_, str>> {
    let (text, exact) = decode(core::str::from_utf8(inner).ok()?);
    exact.then_some(text)
}

/// Decodes escapes. An escape that is no character becomes U+FFFD and makes the flag false.
fn decode(text: &str) -> (Cow<'_, str>, bool) {
    if memchr::memchr(b'\\', text.as_bytes()).is_none() {
        return (Cow::Borrowed(text), true);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut exact = true;
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        let (plain, escape) = (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default());
        decoded.push_str(plain);
        let mut chars = escape.chars();
        let simple = match chars.next() {
            Some('u') => {
                let (c, used) = unicode(escape);
                exact &= c.is_some();
                decoded.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
                rest = escape.get(used..).unwrap_or_default();
                continue;
            }
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some(other) => other,
            None => break,
        };
        decoded.push(simple);
        rest = chars.as_str();
    }
    decoded.push_str(rest);
    (Cow::Owned(decoded), exact)
}

/// The character of `uXXXX` (or of a surrogate pair `uXXXX\uXXXX`) at the start of `escape`, and its length.
fn unicode(escape: &str) -> (Option<char>, usize) {
    let unit = |at: usize| u32::from_str_radix(escape.get(at..at + 4)?, 16).ok();
    let Some(first) = unit(1) else { return (None, 1) };
    let second = if escape.get(5..7) == Some("\\u") { unit(7) } else { None };
    match (first, second) {
        (0xD800..=0xDBFF, Some(low @ 0xDC00..=0xDFFF)) => {
            (char::from_u32(0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00)), 11)
        }
        _ => (char::from_u32(first), 5),
    }
}

/// The value of an integer token that fits `i64`; `None` for one with fraction or exponent.
#[must_use]
pub fn integer(token: &[u8]) -> Option<i64> {
    core::str::from_utf8(token).ok()?.parse().ok()
}

/// True for the token `null`.
#[must_use]
pub fn is_null(token: &[u8]) -> bool {
    token == b"null"
}

/// True for a byte that must be escaped in a string as a control character.
pub(crate) const fn is_control(byte: u8) -> bool {
    byte < b' '
}

/// Appends a control character as its escape.
pub(crate) fn write_control(out: &mut Vec<u8>, byte: u8) {
    const HEX: [u8; 16] = *b"0123456789abcdef";
    out.extend_from_slice(b"\\u00");
    out.extend([byte >> 4, byte & 15].iter().filter_map(|&digit| HEX.get(usize::from(digit))));
}

/// Appends `text` as a JSON string literal with its quotes.
pub fn write_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    // Fast path: almost every text is plain.
    if !text.bytes().any(|b| b < b' ' || b == b'"' || b == b'\\') {
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return;
    }
    for c in text.chars() {
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            c if c < ' ' => write_control(out, c as u8),
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}
