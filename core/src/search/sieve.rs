//! Which lines may hold a text, told from their raw bytes.
//!
//! Owns: the forms in which a text stands in JSON. A line that is passed over does not hold it; one that is given may.
//! Invariant: a text stands in a line in its usual form, or one of its characters is written as an escape that need not
//! be one (`\u0041`, `\/`); both are looked for. What has no usual form takes no part.
//! Does not: decode lines.

use super::literal::{fold, is_cased};
use crate::json::text::write_string;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;
use memchr::memmem;

/// What is looked for in raw bytes; nothing if every line may hold what is searched for.
#[derive(Debug, Clone)]
pub(super) struct Sieve {
    part: Option<Part>,
}

/// A part of a text, without which it stands nowhere.
#[derive(Debug, Clone)]
struct Part {
    text: String,
    sensitive: bool,
    finder: Finder,
}

#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "there is one a word of a query")]
enum Finder {
    Exact(memmem::Finder<'static>),
    #[cfg(feature = "regex")]
    AnyCase(regex::bytes::Regex),
    #[cfg(not(feature = "regex"))]
    AnyCase(Vec<u8>, usize),
}

impl Sieve {
    /// Every line may hold it.
    #[cfg(feature = "regex")]
    pub(super) const fn everything() -> Self {
        Self { part: None }
    }

    /// The lines that may hold a text.
    pub(super) fn of(text: &str, sensitive: bool) -> Self {
        let parts = text.split(|c| !has_usual_form(c, sensitive));
        let part = parts.max_by_key(|part| part.len()).unwrap_or_default();
        Self { part: Part::new(part, sensitive) }
    }

    /// How few lines it lets through, as far as that can be told.
    pub(super) fn worth(&self) -> usize {
        self.part.as_ref().map_or(0, |part| part.text.len())
    }

    fn hides(&self, unit: u32) -> bool {
        let Some(part) = &self.part else { return true };
        match char::from_u32(unit) {
            // Half of a character beyond the first 65,536.
            None => part.text.chars().any(|c| c > '\u{ffff}'),
            Some(c) if part.sensitive => part.text.contains(c),
            Some(c) if !c.is_ascii() && is_cased(c) => true,
            Some(c) => part.text.chars().any(|own| fold(own) == fold(c)),
        }
    }
}

impl Part {
    fn new(text: &str, sensitive: bool) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let mut raw = Vec::new();
        write_string(&mut raw, text);
        let raw = raw.get(1..raw.len() - 1)?;
        let finder = if sensitive || !text.chars().any(is_cased) {
            Finder::Exact(memmem::Finder::new(raw).into_owned())
        } else {
            Finder::any_case(raw)?
        };
        Some(Self { text: text.into(), sensitive, finder })
    }
}

impl Finder {
    #[cfg(feature = "regex")]
    fn any_case(raw: &[u8]) -> Option<Self> {
        let pattern = regex::escape(core::str::from_utf8(raw).ok()?);
        let regex = regex::bytes::RegexBuilder::new(&pattern).case_insensitive(true).build();
        regex.ok().map(Self::AnyCase)
    }

    #[cfg(not(feature = "regex"))]
    fn any_case(raw: &[u8]) -> Option<Self> {
        Some(Self::AnyCase(raw.to_vec(), super::literal::rarest(raw)))
    }

    fn find(&self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Exact(finder) => finder.find(bytes),
            #[cfg(feature = "regex")]
            Self::AnyCase(regex) => regex.find(bytes).map(|found| found.start()),
            #[cfg(not(feature = "regex"))]
            Self::AnyCase(raw, rarest) => super::literal::find_ascii(bytes, raw, *rarest).map(|found| found.start),
        }
    }
}

/// The character stands in a string of JSON as it is, or as the one escape that is usual for it.
fn has_usual_form(c: char, sensitive: bool) -> bool {
    // What is no valid text is read as U+FFFD.
    let odd = c == char::REPLACEMENT_CHARACTER || c < ' ' && !matches!(c, '\n' | '\r' | '\t');
    // Letters whose other forms are long settled; without patterns only ASCII ones are found in either case.
    let settled = c.is_ascii() || cfg!(feature = "regex") && c < '\u{2000}';
    !odd && (sensitive || settled || !is_cased(c))
}

type Find<'s> = Box<dyn Fn(&[u8]) -> Option<usize> + 's>;

/// Gives the lines of `bytes` that may hold what one of the sieves looks for.
pub(super) fn lines<'s>(sieves: &[&'s Sieve], bytes: &'s [u8]) -> Lines<'s> {
    let everything = sieves.iter().any(|sieve| sieve.part.is_none());
    let parts = sieves.iter().filter_map(|sieve| sieve.part.as_ref());
    let mut finders: Vec<Find<'s>> = Vec::new();
    if !everything {
        finders.extend(parts.clone().map(|part| Box::new(|bytes: &[u8]| part.finder.find(bytes)) as Find<'s>));
        let sieves = sieves.to_vec();
        finders.push(Box::new(move |bytes| escape(bytes, |unit| sieves.iter().any(|sieve| sieve.hides(unit)))));
        if parts.clone().any(|part| part.text.contains('/')) {
            finders.push(Box::new(|bytes| memmem::find(bytes, b"\\/")));
        }
    }
    let finders = finders.into_iter().map(|find| (find, None)).collect();
    Lines { bytes, at: 0, everything, finders }
}

/// The first `\u` escape of a character that hides something.
fn escape(bytes: &[u8], hides: impl Fn(u32) -> bool) -> Option<usize> {
    memmem::find_iter(bytes, b"\\u").find(|&at| {
        let digits = bytes.get(at + 2..at + 6).and_then(|digits| core::str::from_utf8(digits).ok());
        digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).is_some_and(&hides)
    })
}

/// Lines that may hold something, as ranges of bytes without their LFs.
pub(super) struct Lines<'s> {
    bytes: &'s [u8],
    at: usize,
    everything: bool,
    /// Each with the place that it found last, at `at` or behind it; the end where there is none.
    finders: Vec<(Find<'s>, Option<usize>)>,
}

impl Iterator for Lines<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let at = self.at;
        let found = if self.everything {
            at
        } else {
            let end = self.bytes.len();
            for (find, place) in &mut self.finders {
                if place.is_none_or(|place| place < at) {
                    *place = Some(find(rest).map_or(end, |found| at + found));
                }
            }
            self.finders.iter().filter_map(|(_, place)| *place).min().filter(|&found| found < end)?
        };
        let before = self.bytes.get(at..found).unwrap_or_default();
        let start = memchr::memrchr(b'\n', before).map_or(at, |lf| at + lf + 1);
        let behind = self.bytes.get(found..).unwrap_or_default();
        let end = memchr::memchr(b'\n', behind).map_or(self.bytes.len(), |lf| found + lf);
        self.at = end + 1;
        Some(start..end)
    }
}
