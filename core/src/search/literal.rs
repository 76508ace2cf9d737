//! A literal in a text.
//!
//! Owns: when letters are the same: a letter and its lower case are, where that is one letter, ASCII ones only among
//! themselves. Nothing else is folded: no accents, no forms in which Unicode composes letters.
//! Invariant: a match begins and ends between characters.

use alloc::vec::Vec;
use core::ops::Range;
use memchr::memmem;

/// A literal.
#[derive(Debug, Clone)]
pub(super) struct Literal {
    how: How,
}

#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "there is one a word of a query")]
enum How {
    /// Byte by byte.
    Exact(memmem::Finder<'static>),
    /// ASCII letters in either case; `rarest` is the place of the byte that is looked for first.
    Ascii { text: Vec<u8>, rarest: usize },
    /// Folded characters.
    Chars(Vec<char>),
}

impl Literal {
    pub(super) fn new(text: &str, sensitive: bool) -> Self {
        let cased = |c: char| !c.is_ascii() && is_cased(c);
        let how = if sensitive || !text.chars().any(is_cased) {
            How::Exact(memmem::Finder::new(text.as_bytes()).into_owned())
        } else if text.chars().any(cased) {
            How::Chars(text.chars().map(fold).collect())
        } else {
            How::Ascii { text: text.as_bytes().to_vec(), rarest: rarest(text.as_bytes()) }
        };
        Self { how }
    }

    /// The first match that begins at `from` or behind it.
    pub(super) fn find(&self, text: &str, from: usize) -> Option<Range<usize>> {
        let rest = text.get(from..)?;
        let found = match &self.how {
            How::Exact(finder) => finder.find(rest.as_bytes()).map(|at| at..at + finder.needle().len()),
            How::Ascii { text, rarest } => find_ascii(rest.as_bytes(), text, *rarest),
            How::Chars(chars) => find_chars(rest, chars),
        };
        found.map(|found| from + found.start..from + found.end)
    }
}

/// ASCII letters in either case.
pub(super) fn find_ascii(text: &[u8], wanted: &[u8], rarest: usize) -> Option<Range<usize>> {
    let byte = *wanted.get(rarest)?;
    let (lower, upper) = (byte.to_ascii_lowercase(), byte.to_ascii_uppercase());
    let matches = |at: usize| {
        let start = at.checked_sub(rarest)?;
        let end = start + wanted.len();
        text.get(start..end)?.eq_ignore_ascii_case(wanted).then_some(start..end)
    };
    memchr::memchr2_iter(lower, upper, text).find_map(matches)
}

fn find_chars(text: &str, wanted: &[char]) -> Option<Range<usize>> {
    text.char_indices().find_map(|(start, _)| {
        let mut chars = text.get(start..)?.char_indices();
        for &c in wanted {
            if fold(chars.next()?.1) != c {
                return None;
            }
        }
        Some(start..chars.next().map_or(text.len(), |(at, _)| start + at))
    })
}

/// The lower case of a letter, where that is one character.
pub(super) fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(folded), None) if !folded.is_ascii() => folded,
        _ => c,
    }
}

/// The letter may have other forms that are the same to [`fold`].
pub(super) fn is_cased(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { c.is_lowercase() || c.is_uppercase() || fold(c) != c }
}

/// The place of the byte that stands most rarely in text: the common ones of English and of code come last.
pub(super) fn rarest(text: &[u8]) -> usize {
    const COMMON: &[u8] = b"zqjxkvbywgpfmucdlhrsnioate ";
    let common =
        |byte: u8| COMMON.iter().position(|&common| common == byte.to_ascii_lowercase()).map_or(0, |at| at + 1);
    (0..text.len()).min_by_key(|&at| text.get(at).map_or(0, |&byte| common(byte))).unwrap_or_default()
}
