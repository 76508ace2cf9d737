//! Escapes text from a log for HTML.
//!
//! Owns: escaping for text and for attribute values in double quotes, and fragments of links.
//! Invariant: escaped text holds no `<`, `>`, `&`, `"` or `'`, and no character that a browser would drop, obey, or use
//! to reorder its neighbours. So it is safe both as text and as a value. Colour sequences of terminals are removed. A
//! run without special characters is written in one piece.

use std::fmt::Write as _;
use std::io::{self, Write};

/// First bytes of characters that may need a replacement.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut byte = 0;
    while byte < special.len() {
        special[byte] = byte < 0x20 && byte != 0x0A && byte != 0x09
            || matches!(byte as u8, b'<' | b'>' | b'&' | b'"' | b'\'' | 0x7F | 0xC2 | 0xE2);
        byte += 1;
    }
    special
};

/// Writes `text`, escaped.
pub(super) fn escape(text: &str, out: &mut impl Write) -> io::Result<()> {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|&byte| SPECIAL[usize::from(byte)]) {
        let (before, from) = rest.split_at(at);
        out.write_all(before)?;
        let (len, instead) = replacement(from);
        match instead {
            Some(Instead::Text(text)) => out.write_all(text.as_bytes())?,
            Some(Instead::Code(code)) => write!(out, "\\u{{{code:x}}}")?,
            None => out.write_all(&from[..len])?,
        }
        rest = &from[len..];
    }
    out.write_all(rest)
}

enum Instead {
    Text(&'static str),
    /// The code point of the character, shown as text.
    Code(u32),
}

/// The replacement of the first character of `from`, and the length of that character.
fn replacement(from: &[u8]) -> (usize, Option<Instead>) {
    let text = |text| (1, Some(Instead::Text(text)));
    match *from {
        [b'<', ..] => text("&lt;"),
        [b'>', ..] => text("&gt;"),
        [b'&', ..] => text("&amp;"),
        [b'"', ..] => text("&quot;"),
        [b'\'', ..] => text("&#39;"),
        [b'\r', b'\n', ..] => text(""),
        [0x1B, b'[', ref rest @ ..] if let Some(len) = color(rest) => (2 + len, Some(Instead::Text(""))),
        [b'\r', ..] => text("\n"),
        // C1 controls, and characters that reorder text.
        [0xC2, low @ 0x80..=0x9F, ..] => (2, Some(Instead::Code(u32::from(low)))),
        [0xE2, 0x80, low @ (0x8E | 0x8F | 0xAA..=0xAE), ..] => (3, Some(Instead::Code(0x1F80 + u32::from(low)))),
        [0xE2, 0x81, low @ 0xA6..=0xA9, ..] => (3, Some(Instead::Code(0x1FC0 + u32::from(low)))),
        [0xC2 | 0xE2, ..] => (1, None),
        [control, ..] => (1, Some(Instead::Code(u32::from(control)))),
        [] => (0, None),
    }
}

/// The length of a terminal's colour sequence after its `ESC [`.
fn color(rest: &[u8]) -> Option<usize> {
    let end = rest.iter().position(|byte| !byte.is_ascii_digit() && *byte != b';')?;
    (rest.get(end) == Some(&b'm')).then_some(end + 1)
}

/// The fragment of a link to the element with this id.
pub(super) fn fragment(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
