//! Reads JSON objects and lists of a log one level at a time.
//!
//! Owns: fields by name and list elements, as raw tokens; and JSON laid out for people.
//! Invariant: nothing recurses or copies a payload. Of a repeated field the last one holds. Invalid Unicode (lone
//! surrogates, broken UTF-8) is shown as U+FFFD, so that it does not hide its entry.

use jcode_session_core::json::text;
use jcode_session_core::json::walk::Walker;
use std::borrow::Cow;
use std::collections::HashSet;

/// One level of an object.
#[derive(Debug)]
pub(crate) struct Object<'a>(Vec<(Cow<'a, str>, &'a [u8])>);

impl<'a> Object<'a> {
    /// The object at the start of `bytes`, after blanks and a byte order mark.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
        let mut fields = Vec::new();
        let walked = Walker::new().walk_object(bytes, 0, |key, value| {
            fields.extend(text::unescape(key).map(|key| (key, value)));
        });
        walked.ok().map(|_| Self(fields))
    }

    /// The raw value of a field; `None` if the field is absent or null.
    pub(crate) fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.fields().rev().find(|(key, _)| *key == name).map(|(_, value)| value).filter(|value| !text::is_null(value))
    }

    /// The value of a field that is a string.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name).and_then(text::string_lossy)
    }

    /// The value of a field that is an object.
    pub(crate) fn object(&self, name: &str) -> Option<Self> {
        self.get(name).and_then(Self::read)
    }

    /// The fields in order; of a repeated field only the last one.
    pub(crate) fn last_fields(&self) -> Vec<(&str, &'a [u8])> {
        let mut seen = HashSet::with_capacity(self.0.len());
        let mut fields: Vec<_> = self.fields().rev().filter(|(name, _)| seen.insert(*name)).collect();
        fields.reverse();
        fields
    }

    /// All fields, in order.
    pub(crate) fn fields(&self) -> impl DoubleEndedIterator<Item = (&str, &'a [u8])> {
        self.0.iter().map(|(key, value)| (&**key, *value))
    }
}

/// The raw elements of a list; empty if the token is no list.
pub(crate) fn elements(token: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut walker = Walker::new();
    let blank = |at: usize| at + token.get(at..).map_or(0, |rest| rest.len() - rest.trim_ascii_start().len());
    let mut at = if token.first() == Some(&b'[') { blank(1) } else { token.len() };
    while let Ok(end) = walker.skip_value(token, at) {
        found.push(token.get(at..end).unwrap_or_default());
        at = blank(end);
        if token.get(at) != Some(&b',') {
            break;
        }
        at = blank(at + 1);
    }
    found
}

/// Deeper levels are not indented, so that hostile nesting stays small.
const INDENTED: usize = 16;

/// Lays out a valid value, with one field or element per line.
pub(crate) fn pretty(token: &[u8]) -> String {
    let token = String::from_utf8_lossy(token);
    let mut out = String::with_capacity(token.len() + token.len() / 4);
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let mut chars = token.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        if depth <= INDENTED {
            out.push('\n');
            out.extend(std::iter::repeat_n("  ", depth));
        }
    };
    while let Some(c) = chars.next() {
        if in_string {
            out.push(c);
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '"' => {
                in_string = true;
                out.push(c);
            }
            '{' | '[' => {
                out.push(c);
                while chars.next_if(|c| c.is_ascii_whitespace()).is_some() {}
                if let Some(close) = chars.next_if(|c| matches!(c, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                // The opening brace began a new line if its content is indented.
                if depth < INDENTED {
                    line(&mut out, depth);
                }
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}
