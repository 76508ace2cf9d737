//! Where in a text the bytes stand that matter inside a JSON string: quotes, backslashes and control characters.
//!
//! Owns: the search, 64 bytes at a time, as one bit a byte. Texts with an escape every few bytes (code, terminal
//! output) then cost one bit scan an escape instead of a fresh search.
//! Invariant: a block is classified at most once while positions only grow.
//! Does not: know about strings; the walk asks only from inside one.

use wide::u8x16;

const BLOCK: usize = 64;

/// The positions of special bytes in one text.
#[derive(Debug, Clone)]
pub(crate) struct Specials<'a> {
    bytes: &'a [u8],
    /// Start of the block that `mask` describes.
    base: usize,
    mask: u64,
}

impl<'a> Specials<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        // No block starts there, so that the first question classifies one.
        Self { bytes, base: usize::MAX, mask: 0 }
    }

    /// Position of the first special byte at or behind `at`.
    #[inline]
    pub(super) fn next(&mut self, at: usize) -> Option<usize> {
        let mut base = at & !(BLOCK - 1);
        if base != self.base {
            self.classify(base);
        }
        let mut mask = self.mask & (u64::MAX << (at - base));
        while mask == 0 {
            base += BLOCK;
            if base >= self.bytes.len() {
                return None;
            }
            self.classify(base);
            mask = self.mask;
        }
        Some(base + mask.trailing_zeros() as usize)
    }

    #[inline]
    fn classify(&mut self, base: usize) {
        self.base = base;
        let rest = self.bytes.get(base..).unwrap_or_default();
        self.mask = match rest.first_chunk::<BLOCK>() {
            Some(block) => classify(block),
            None => {
                let mut block = [b' '; BLOCK];
                for (slot, &byte) in block.iter_mut().zip(rest) {
                    *slot = byte;
                }
                classify(&block)
            }
        };
    }
}

#[inline]
fn classify(block: &[u8; BLOCK]) -> u64 {
    let (parts, _) = block.as_chunks::<16>();
    let mut mask = 0;
    for (i, part) in parts.iter().enumerate() {
        let bytes = u8x16::new(*part);
        let control = bytes.max(u8x16::splat(0x1F)).simd_eq(u8x16::splat(0x1F));
        let hits = bytes.simd_eq(u8x16::splat(b'"')) | bytes.simd_eq(u8x16::splat(b'\\')) | control;
        mask |= u64::from(hits.to_bitmask()) << (16 * i);
    }
    mask
}
