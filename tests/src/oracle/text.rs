//! Decoding of one JSON string. Owns the meaning of the bytes between two quotes: escapes are decoded; invalid UTF-8
//! and lone surrogates are tolerated and recorded. The validator finds the closing quote.

/// A decoded JSON string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text, with U+FFFD for everything that cannot be decoded.
    pub lossy: String,
    /// The raw bytes were not UTF-8.
    pub invalid_utf8: bool,
    /// An escape named one half of a surrogate pair without the other.
    pub lone_surrogate: bool,
}

impl Text {
    /// The text, if all of it could be decoded.
    pub fn sound(&self) -> Option<&str> {
        (!self.invalid_utf8 && !self.lone_surrogate).then_some(self.lossy.as_str())
    }
}

/// Decodes the bytes between the quotes. Returns `None` if they are no JSON string even with invalid UTF-8 and lone
/// surrogates allowed (a raw control character, an unknown or incomplete escape).
pub fn decode(raw: &[u8]) -> Option<Text> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut lone_surrogate = false;
    let mut at = 0;
    while at < raw.len() {
        match raw[at] {
            b'\\' if raw.get(at + 1) == Some(&b'u') => {
                let (decoded, used) = unicode_escape(raw, at)?;
                lone_surrogate |= decoded.is_none();
                let decoded = decoded.unwrap_or(char::REPLACEMENT_CHARACTER);
                bytes.extend_from_slice(decoded.encode_utf8(&mut [0; 4]).as_bytes());
                at += used;
            }
            b'\\' => {
                bytes.push(simple_escape(*raw.get(at + 1)?)?);
                at += 2;
            }
            0x00..=0x1f => return None,
            byte => {
                bytes.push(byte);
                at += 1;
            }
        }
    }
    // A decoded escape is a whole character, so it neither completes nor breaks the bytes beside it.
    let invalid_utf8 = std::str::from_utf8(&bytes).is_err();
    let lossy = String::from_utf8_lossy(&bytes).into_owned();
    Some(Text { lossy, invalid_utf8, lone_surrogate })
}

/// The character of the `\uXXXX` at `at` (two of them for a pair; `None` for a lone half), and the number of bytes
/// used.
fn unicode_escape(raw: &[u8], at: usize) -> Option<(Option<char>, usize)> {
    let unit = code_unit(raw, at)?;
    if let 0xd800..=0xdbff = unit
        && let Some(low @ 0xdc00..=0xdfff) = code_unit(raw, at + 6)
    {
        let scalar = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        return Some((char::from_u32(scalar), 12));
    }
    Some((char::from_u32(unit), 6))
}

/// The value of the `\uXXXX` at `at`, if there is one.
fn code_unit(raw: &[u8], at: usize) -> Option<u32> {
    let digits = raw.get(at..at + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |value, &digit| Some(value * 16 + (digit as char).to_digit(16)?))
}

fn simple_escape(byte: u8) -> Option<u8> {
    Some(match byte {
        b'"' | b'\\' | b'/' => byte,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => return None,
    })
}
