//! Where in a text the bytes stand that matter inside a JSON string: its closing quote, control characters, and the
//! escapes that are worth a look.
//!
//! Owns: the search, 64 bytes at a time, as one bit a byte. Which backslashes begin an escape comes from the carries
//! of one subtraction (as in simdjson's stage 1), so that texts with an escape every few bytes (code, terminal output)
//! cost no more than plain ones.
//! Invariant: a block is classified at most once while positions only grow.
//! Does not: know about strings; the walk asks only from inside one, never from the middle of an escape.

use wide::u8x16;

const BLOCK: usize = 64;

/// The positions of special bytes in one text.
#[derive(Debug, Clone)]
pub(crate) struct Specials<'a> {
    bytes: &'a [u8],
    /// Start of the block that `block` describes.
    base: usize,
    block: Block,
}

/// What stands in 64 bytes, one bit a byte, the first byte lowest.
#[derive(Debug, Clone, Copy, Default)]
struct Block {
    quotes: u64,
    backslashes: u64,
    /// Bytes that complete an escape of two bytes. Only where there are backslashes.
    simple: u64,
    controls: u64,
}

impl<'a> Specials<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        // No block starts there, so that the first question classifies one.
        Self { bytes, base: usize::MAX, block: Block::default() }
    }

    /// Position of the first byte at or behind `at` that a string does not just contain: a quote that closes it, a
    /// control character, or the backslash of an escape that is longer than two bytes, wrong, or cut by a block's end.
    #[inline]
    pub(super) fn next(&mut self, at: usize) -> Option<usize> {
        let mut base = at & !(BLOCK - 1);
        if base != self.base {
            self.classify(base);
        }
        let mut stops = self.block.stops(u64::MAX << (at - base));
        while stops == 0 {
            base += BLOCK;
            if base >= self.bytes.len() {
                return None;
            }
            self.classify(base);
            stops = self.block.stops(u64::MAX);
        }
        Some(base + stops.trailing_zeros() as usize)
    }

    #[inline]
    fn classify(&mut self, base: usize) {
        self.base = base;
        let rest = self.bytes.get(base..).unwrap_or_default();
        self.block = match rest.first_chunk::<BLOCK>() {
            Some(block) => Block::of(block),
            None => {
                let mut block = [b' '; BLOCK];
                for (slot, &byte) in block.iter_mut().zip(rest) {
                    *slot = byte;
                }
                Block::of(&block)
            }
        };
    }
}

impl Block {
    #[inline]
    fn of(bytes: &[u8; BLOCK]) -> Self {
        let backslashes = mask(bytes, |part| part.simd_eq(u8x16::splat(b'\\')));
        let quotes = mask(bytes, |part| part.simd_eq(u8x16::splat(b'"')));
        let controls = mask(bytes, |part| part.max(u8x16::splat(0x1F)).simd_eq(u8x16::splat(0x1F)));
        let simple = if backslashes == 0 { 0 } else { backslashes | quotes | mask(bytes, completes_escape) };
        Self { quotes, backslashes, simple, controls }
    }

    /// Where a string that goes on with the lowest bit of `from` needs a look.
    #[inline]
    const fn stops(self, from: u64) -> u64 {
        let starts = escape_starts(self.backslashes & from);
        let plain = starts & (self.simple >> 1);
        ((self.quotes & !(plain << 1)) | self.controls | (starts & !plain)) & from
    }
}

/// The backslashes that begin an escape, given that the byte before the first one does not.
#[inline]
const fn escape_starts(backslashes: u64) -> u64 {
    const ODD: u64 = 0xAAAA_AAAA_AAAA_AAAA;
    // Every run of backslashes is subtracted from what follows it; the borrow stops at its end, and whether that bit
    // is odd or even tells, with where the run began, which of its backslashes are escaped themselves.
    let follows = backslashes << 1;
    ((follows | ODD).wrapping_sub(backslashes) ^ ODD) & backslashes
}

/// `/`, `b`, `f`, `n`, `r`, `t`: two at a time where they differ in one bit.
#[inline]
fn completes_escape(part: u8x16) -> u8x16 {
    let without = |bit: u8| part & u8x16::splat(!bit);
    without(0x10).simd_eq(u8x16::splat(b'b'))
        | without(0x08).simd_eq(u8x16::splat(b'f'))
        | part.simd_eq(u8x16::splat(b't'))
        | part.simd_eq(u8x16::splat(b'/'))
}

#[inline]
fn mask(bytes: &[u8; BLOCK], class: impl Fn(u8x16) -> u8x16) -> u64 {
    let (parts, _) = bytes.as_chunks::<16>();
    let bits = |(i, part): (usize, &[u8; 16])| u64::from(class(u8x16::new(*part)).to_bitmask()) << (16 * i);
    parts.iter().enumerate().map(bits).fold(0, |all, part| all | part)
}
