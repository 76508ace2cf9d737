//! The strings of a JSON text, one after another.
//!
//! Owns: where they stand, and writing a text anew with other strings.
//! Invariant: the text is valid JSON, as [`super::walk`] checks; then every byte outside of the strings stays.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ops::Range;

/// The text with some strings replaced. `each` gets a string with its quotes, and the key of which it is the value
/// (empty for a key, and for an element of a list); it returns the token that takes the string's place.
pub fn rewritten<'t>(text: &'t [u8], mut each: impl FnMut(&[u8], &[u8]) -> Option<Vec<u8>>) -> Cow<'t, [u8]> {
    let mut out = Vec::new();
    let (mut copied, mut at) = (0, 0);
    let mut key: &[u8] = &[];
    while let Some(token) = next(text, at) {
        let string = text.get(token.clone()).unwrap_or_default();
        if let Some(other) = each(string, key) {
            out.extend_from_slice(text.get(copied..token.start).unwrap_or_default());
            out.extend_from_slice(&other);
            copied = token.end;
        }
        let behind = text.get(token.end..).unwrap_or_default();
        let is_key = behind.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
        key = if is_key { string.get(1..string.len() - 1).unwrap_or_default() } else { &[] };
        at = token.end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.extend_from_slice(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// The next string from a position outside of strings on, with its quotes.
fn next(text: &[u8], from: usize) -> Option<Range<usize>> {
    let start = from + memchr::memchr(b'"', text.get(from..)?)?;
    let mut at = start + 1;
    loop {
        let next = at + memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text.get(next) == Some(&b'"') {
            return Some(start..next + 1);
        }
        at = next + 2;
    }
}
