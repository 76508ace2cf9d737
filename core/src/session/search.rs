//! Search: entries whose text holds a text.
//!
//! Owns: what counts as text of an entry: the string values of its line, decoded; keys do not count, nor does long
//! base64 (images). Letters match whatever their case, ASCII letters only their ASCII counterparts.
//! Invariant: how a writer escapes a text does not change what is found.
//! Does not: rank; hits come in log order, one an entry.

use super::locate::{Locator, Spot};
use super::{ReadError, Session};
use crate::json::text;
use crate::log::{LogScan, LogSink, Record, scan_until};
use crate::source::ByteSource;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::ControlFlow;
use memchr::memmem;

/// Characters shown before and after a match.
const BEFORE: usize = 48;
const AFTER: usize = 96;
/// A string of at least this length that is nothing but base64 is no text.
const BASE64: usize = 256;

/// What is searched for.
#[derive(Debug, Clone)]
pub struct Needle {
    text: Vec<char>,
    case_sensitive: bool,
    /// A part of it that stands in every line that holds it, unless that line has `\u` escapes.
    part: Vec<u8>,
    /// The byte of `part` to look for first: the rarest one.
    rarest: usize,
}

/// An entry that was found, and the text around the first match, on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The entry.
    pub spot: Spot,
    /// Its kind.
    pub kind: String,
    /// Text before the match.
    pub before: String,
    /// The match.
    pub found: String,
    /// Text behind it.
    pub after: String,
}

struct Match {
    offset: u64,
    kind: String,
    before: String,
    found: String,
    after: String,
}

impl Needle {
    /// A needle; `None` for an empty text, which is everywhere.
    #[must_use]
    pub fn new(text: &str, case_sensitive: bool) -> Option<Self> {
        let fold = |c: char| if case_sensitive { c } else { fold(c) };
        let chars: Vec<char> = text.chars().map(fold).collect();
        let plain = |c: char| {
            let escaped = c < ' ' || matches!(c, '"' | '\\' | '/' | '\u{7f}');
            let cased = !case_sensitive && !c.is_ascii() && (c.is_lowercase() || c.is_uppercase());
            !escaped && !cased
        };
        let parts = text.split(|c: char| !plain(c));
        let part = parts.max_by_key(|part| part.len()).unwrap_or_default().as_bytes().to_vec();
        let rarest = (0..part.len()).max_by_key(|&at| part.get(at).map_or(0, |&byte| rarity(byte))).unwrap_or(0);
        (!chars.is_empty()).then_some(Self { text: chars, case_sensitive, part, rarest })
    }

    /// False only if the line cannot hold the text.
    fn may_be_in(&self, line: &[u8]) -> bool {
        self.part.is_empty() || self.part_is_in(line) || memmem::find(line, b"\\u").is_some()
    }

    fn part_is_in(&self, line: &[u8]) -> bool {
        let Some(&byte) = self.part.get(self.rarest) else { return true };
        if self.case_sensitive || byte.to_ascii_lowercase() == byte.to_ascii_uppercase() && self.part.len() == 1 {
            return memmem::find(line, &self.part).is_some();
        }
        let (lower, upper) = (byte.to_ascii_lowercase(), byte.to_ascii_uppercase());
        memchr::memchr2_iter(lower, upper, line).any(|at| {
            let start = at.checked_sub(self.rarest);
            let there = start.and_then(|start| line.get(start..start + self.part.len()));
            there.is_some_and(|there| there.eq_ignore_ascii_case(&self.part))
        })
    }

    /// The first match in a text, as a range of its bytes.
    fn find_in(&self, text: &str) -> Option<(usize, usize)> {
        let same = |a: char, b: char| if self.case_sensitive { a == b } else { fold(a) == b };
        text.char_indices().find_map(|(start, _)| {
            let rest = text.get(start..)?;
            let mut chars = rest.char_indices();
            for &wanted in &self.text {
                if !same(chars.next()?.1, wanted) {
                    return None;
                }
            }
            Some((start, start + chars.next().map_or(rest.len(), |(at, _)| at)))
        })
    }

    fn find_in_record(&self, record: &Record<'_>) -> Option<Match> {
        if !self.may_be_in(record.bytes) {
            return None;
        }
        Strings { bytes: record.bytes, at: 0 }.find_map(|token| {
            let inner = token.get(1..token.len().saturating_sub(1)).unwrap_or_default();
            if is_base64(inner) || !self.may_be_in(inner) {
                return None;
            }
            let text = text::string_lossy(token)?;
            let (start, end) = self.find_in(&text)?;
            let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
            Some(Match {
                offset: record.offset,
                kind: record.fields.kind_text().into_owned(),
                before: ending(part(0, start)),
                found: one_line(part(start, end).chars(), usize::MAX),
                after: one_line(part(end, text.len()).chars(), AFTER),
            })
        })
    }
}

/// The string values of a record, as tokens.
struct Strings<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Strings<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let start = self.at + memchr::memchr(b'"', self.bytes.get(self.at..)?)?;
            let mut end = start + 1;
            loop {
                end += memchr::memchr2(b'"', b'\\', self.bytes.get(end..)?)?;
                if self.bytes.get(end) == Some(&b'"') {
                    break;
                }
                end += 2;
            }
            self.at = end + 1;
            let behind = self.bytes.get(self.at..).unwrap_or_default();
            // What a colon follows is a key.
            if behind.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b':') {
                return self.bytes.get(start..self.at);
            }
        }
    }
}

impl<S: ByteSource, L: Locator> Session<S, L> {
    /// Up to `limit` entries that hold `needle`, from the line at `from` on, and where to go on if there may be more.
    ///
    /// # Errors
    /// If the log cannot be read, or `tick`, which gets the bytes done, interrupts.
    pub fn search(
        &self,
        needle: &Needle,
        from: u64,
        limit: usize,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<(Vec<Hit>, Option<u64>), ReadError> {
        let mut sink = Search { needle, limit, found: Vec::new() };
        let scan = if from == 0 { LogScan::new() } else { LogScan::resume(from, 0, true) };
        let next =
            scan_until(&self.log, from.min(self.log.len())..self.log.len(), scan, &mut sink, tick)?.break_value();
        let mut hits = Vec::new();
        for Match { offset, kind, before, found, after } in sink.found {
            if let Some(spot) = self.at_offset(offset)? {
                hits.push(Hit { spot, kind, before, found, after });
            }
        }
        Ok((hits, next))
    }
}

struct Search<'n> {
    needle: &'n Needle,
    limit: usize,
    found: Vec<Match>,
}

impl LogSink for Search<'_> {
    type Break = u64;

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<Self::Break> {
        if self.found.len() >= self.limit {
            return ControlFlow::Break(entry.offset);
        }
        self.found.extend(self.needle.find_in_record(entry));
        ControlFlow::Continue(())
    }
}

/// The lower case of a letter, where that is one character.
fn fold(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(folded), None) if folded.is_ascii() == c.is_ascii() => folded,
        _ => c,
    }
}

/// How rarely a byte stands in text: the common ones of English and of code first.
fn rarity(byte: u8) -> usize {
    const COMMON: &[u8] = b"zqjxkvbywgpfmucdlhrsnioate ";
    let common = COMMON.iter().position(|&common| common == byte.to_ascii_lowercase());
    common.map_or(COMMON.len() + 1, |at| COMMON.len() - at)
}

fn is_base64(text: &[u8]) -> bool {
    let of_it = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'\\');
    text.len() >= BASE64 && text.iter().all(of_it)
}

/// Up to `max` characters on one line: runs of white space and control characters as one space.
fn one_line(chars: impl Iterator<Item = char>, max: usize) -> String {
    let mut line = String::new();
    for c in chars.take(max) {
        if !(c.is_whitespace() || c.is_control()) {
            line.push(c);
        } else if !line.ends_with(' ') {
            line.push(' ');
        }
    }
    line
}

/// The end of a text, on one line.
fn ending(text: &str) -> String {
    let start = text.char_indices().rev().take(BEFORE).last().map_or(text.len(), |(at, _)| at);
    one_line(text.get(start..).unwrap_or_default().chars(), BEFORE)
}
