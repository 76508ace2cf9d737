//! What is noted of a block: the grams of the lines that begin in it, and what could hide a text from them.
//!
//! Owns: blocks, grams, marks. Invariant: noted is at least what any text that is searched in these lines is made of.
//! A string that is base64 as a whole is no text, and noted of it is nothing.
//! Does not: say what a search needs; see [`super::need`].

use crate::search::runs::lines_in;
use crate::search::text::{BASE64, is_base64};
use crate::source::{ByteSource, SourceError};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;
use memchr::memmem;

/// Bytes of a log that are a block: it has the lines that begin in them.
pub const BLOCK: u64 = 16 << 10;

/// Grams fall into so many buckets.
const BUCKET_BITS: u32 = 18;
const GRAM_BUCKETS: u32 = 1 << BUCKET_BITS;
/// Behind those, a bucket for each ASCII character that is written as a `\u` escape.
const ESCAPED: u32 = GRAM_BUCKETS;
/// Any other character is.
pub(super) const OTHER_ESCAPED: u32 = ESCAPED + 128;
/// `\/`, for a character that is usually not escaped.
pub(super) const SLASH: u32 = OTHER_ESCAPED + 1;
/// An edit of another entry, which may put any text there.
pub(super) const EDIT: u32 = SLASH + 1;
/// The two letters that are no ASCII and that patterns take for ASCII ones in another case.
pub(super) const LONG_S_OR_KELVIN: u32 = EDIT + 1;
/// Number of buckets.
pub(super) const BUCKETS: u32 = LONG_S_OR_KELVIN + 1;

/// The bucket of a gram, its bytes folded and one behind the other.
const fn bucket(gram: u32) -> u32 {
    // Fibonacci hashing: Knuth, The Art of Computer Programming, 6.4.
    gram.wrapping_mul(0x9E37_79B1) >> (32 - BUCKET_BITS)
}

/// The bucket of an ASCII character that is written as an escape.
pub(super) fn escaped(c: char) -> Option<u32> {
    c.is_ascii().then(|| ESCAPED + u32::from(c))
}

/// The buckets of all grams of raw bytes.
pub(super) fn buckets(raw: &[u8]) -> impl Iterator<Item = u32> + '_ {
    let gram = |bytes: &[u8]| bytes.iter().fold(0, |gram, byte| gram << 8 | u32::from(byte.to_ascii_lowercase()));
    raw.windows(3).map(move |bytes| bucket(gram(bytes)))
}

const WORDS: usize = GRAM_BUCKETS as usize / 64;

/// Notes what the lines of a block are made of.
#[derive(Debug)]
pub struct BlockGrams {
    seen: Box<[u64; WORDS]>,
    marks: Vec<u32>,
}

impl Default for BlockGrams {
    fn default() -> Self {
        Self::new()
    }
}

impl BlockGrams {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self { seen: Box::new([0; WORDS]), marks: Vec::new() }
    }

    /// Notes whole lines.
    pub fn add(&mut self, lines: &[u8]) {
        let mut from = 0;
        let mut quote = None;
        for end in memchr::memchr_iter(b'"', lines) {
            if let Some(start) = quote.replace(end)
                && is_no_text(lines, start + 1..end)
            {
                self.add_plain(lines.get(from..=start).unwrap_or_default());
                from = end;
            }
        }
        self.add_plain(lines.get(from..).unwrap_or_default());
        self.mark(lines);
    }

    fn add_plain(&mut self, bytes: &[u8]) {
        let Some((&[a, b], rest)) = bytes.split_first_chunk() else { return };
        let mut gram = u32::from(a.to_ascii_lowercase()) << 8 | u32::from(b.to_ascii_lowercase());
        for byte in rest {
            gram = gram << 8 & 0xFF_FFFF | u32::from(byte.to_ascii_lowercase());
            let bucket = bucket(gram);
            if let Some(word) = self.seen.get_mut(bucket as usize / 64) {
                *word |= 1 << (bucket % 64);
            }
        }
    }

    fn mark(&mut self, lines: &[u8]) {
        for at in memmem::find_iter(lines, b"\\u") {
            let digits = lines.get(at + 2..at + 6).and_then(|digits| core::str::from_utf8(digits).ok());
            let Some(unit) = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) else { continue };
            self.marks.push(char::from_u32(unit).and_then(escaped).unwrap_or(OTHER_ESCAPED));
        }
        let signs: [(&[u8], u32); 4] = [
            (b"\\/", SLASH),
            (b"context_edit", EDIT),
            ("\u{17f}".as_bytes(), LONG_S_OR_KELVIN),
            ("\u{212a}".as_bytes(), LONG_S_OR_KELVIN),
        ];
        let there = signs.iter().filter(|(sign, _)| memmem::find(lines, sign).is_some());
        self.marks.extend(there.map(|(_, mark)| *mark));
        self.marks.sort_unstable();
        self.marks.dedup();
    }

    /// Appends the buckets of what was noted, ascending, and forgets it.
    pub fn take(&mut self, out: &mut Vec<u32>) {
        for (word, first) in self.seen.iter_mut().zip((0..).step_by(64)) {
            let mut left = core::mem::take(word);
            while left != 0 {
                out.push(first + left.trailing_zeros());
                left &= left - 1;
            }
        }
        out.append(&mut self.marks);
    }
}

/// What stands between two quotes is a string of nothing but base64: no text, whatever follows in a line that is broken.
fn is_no_text(lines: &[u8], inner: Range<usize>) -> bool {
    // Most strings are short.
    if inner.len() < BASE64 {
        return false;
    }
    let is_quoted = inner.start.checked_sub(2).and_then(|before| lines.get(before)) == Some(&b'\\');
    let text = lines.get(inner).unwrap_or_default();
    let ends = |text: &[u8]| memchr::memchr2(b'\\', b'\n', text).is_some();
    let start = text.get(..16).unwrap_or_default();
    // Told by its first bytes in nearly all cases.
    let may_be = start.starts_with(b"data:") || !start.iter().any(|byte| matches!(byte, b' ' | b'\\' | b'.' | b'<'));
    may_be && !is_quoted && !ends(text) && core::str::from_utf8(text).is_ok_and(is_base64)
}

/// The buckets of each block in a range of blocks of a log, one after the other.
///
/// # Errors
/// If the log cannot be read.
pub fn blocks_in(
    log: &(impl ByteSource + ?Sized),
    blocks: Range<u32>,
    grams: &mut BlockGrams,
    each: &mut dyn FnMut(&mut BlockGrams),
) -> Result<(), SourceError> {
    for block in blocks {
        let start = u64::from(block) * BLOCK;
        lines_in(log, start..start + BLOCK, &mut |_, lines| grams.add(lines))?;
        each(grams);
    }
    Ok(())
}
