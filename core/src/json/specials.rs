//! The special bytes of JSON strings: closing quotes, control characters, and escapes that need a check.
//!
//! Owns: the search for them, 64 bytes at a time as bit masks. The borrows of one subtraction show which backslashes
//! begin an escape (similar to simdjson's stage 1), so a text full of escapes costs no more than a plain one.
//! Invariant: while positions only grow, each block is classified at most once. The search must start inside a string,
//! and not in the middle of an escape.

use wide::u8x16;

const BLOCK: usize = 64;

/// The positions of special bytes in one text.
#[derive(Debug, Clone)]
pub(crate) struct Specials<'a> {
    bytes: &'a [u8],
    /// Start of the block described by `block`.
    base: usize,
    block: Block,
}

/// Bit masks of 64 bytes: one bit per byte, the first byte lowest.
#[derive(Debug, Clone, Copy, Default)]
struct Block {
    quotes: u64,
    backslashes: u64,
    /// Bytes that complete a two-byte escape if a backslash stands before them; 0 in blocks without backslashes.
    simple: u64,
    controls: u64,
}

impl<'a> Specials<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        // No block starts there, so the first search classifies one.
        Self { bytes, base: usize::MAX, block: Block::default() }
    }

    /// Position of the first special byte at or behind `at`: a closing quote, a control character, or the backslash of
    /// an escape that is longer than two bytes, invalid, or cut by a block's end.
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

    /// The special bytes of a string that continues at the lowest bit of `from`.
    #[inline]
    const fn stops(self, from: u64) -> u64 {
        let starts = escape_starts(self.backslashes & from);
        let plain = starts & (self.simple >> 1);
        ((self.quotes & !(plain << 1)) | self.controls | (starts & !plain)) & from
    }
}

/// The backslashes that begin an escape, if the byte before the first one begins none.
#[inline]
const fn escape_starts(backslashes: u64) -> u64 {
    const ODD: u64 = 0xAAAA_AAAA_AAAA_AAAA;
    // Each run of backslashes is subtracted from the bits behind it, and the borrow stops at the run's end. Whether the
    // run starts and ends at odd or even bits shows which of its backslashes are escaped themselves.
    let follows = backslashes << 1;
    ((follows | ODD).wrapping_sub(backslashes) ^ ODD) & backslashes
}

/// `/`, `b`, `f`, `n`, `r`, `t`; pairs that differ in one bit are compared together.
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
