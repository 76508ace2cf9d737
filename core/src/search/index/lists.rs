//! Ascending numbers of blocks, as few bits as can be.
//!
//! Owns: the coding. Gaps are Rice codes (R. F. Rice, 1979): so many ones as the gap's high part, a zero, then its low
//! bits; what stands in more than half of the blocks is listed by where it does not.
//! Invariant: what is read is ascending and below the number of blocks, or nothing.

use alloc::vec::Vec;

/// A set of the blocks of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocks {
    words: Vec<u64>,
    count: u32,
}

impl Blocks {
    /// None of so many.
    #[must_use]
    pub fn none(count: u32) -> Self {
        Self { words: alloc::vec![0; count.div_ceil(64) as usize], count }
    }

    /// All of so many.
    #[must_use]
    pub fn all(count: u32) -> Self {
        let mut all = Self::none(count);
        all.invert();
        all
    }

    fn invert(&mut self) {
        let last = self.count % 64;
        self.words.iter_mut().for_each(|word| *word = !*word);
        if let Some(word) = self.words.last_mut().filter(|_| last > 0) {
            *word &= (1 << last) - 1;
        }
    }

    /// Adds a block; false if there is none with this number.
    fn add(&mut self, block: u32) -> bool {
        match self.words.get_mut(block as usize / 64).filter(|_| block < self.count) {
            Some(word) => *word |= 1 << (block % 64),
            None => return false,
        }
        true
    }

    pub(super) fn keep(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }

    pub(super) fn extend(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// True if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Those from `from` on, so many at most, ascending.
    pub fn among(&self, from: u32, count: u32) -> impl Iterator<Item = u32> + '_ {
        let end = from.saturating_add(count).min(self.count);
        let mut at = from;
        core::iter::from_fn(move || {
            while at < end {
                match self.words.get(at as usize / 64)? >> (at % 64) {
                    // Words without one are passed over.
                    0 => at = (at / 64 + 1) * 64,
                    word => {
                        let block = at + word.trailing_zeros();
                        at = block + 1;
                        return (block < end).then_some(block);
                    }
                }
            }
            None
        })
    }
}

/// Bits of the low part of a gap at most.
const MAX_LOW: u32 = 15;

/// How a list is coded: bits of the low part, and whether it lists where something does not stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Coding {
    low: u32,
    inverted: bool,
}

impl Coding {
    /// The five bits in front of a list.
    pub(super) const fn to_bits(self) -> u32 {
        self.low | (self.inverted as u32) << 4
    }

    pub(super) const fn from_bits(bits: u32) -> Self {
        Self { low: bits & MAX_LOW, inverted: bits >> 4 & 1 == 1 }
    }
}

/// Appends the code of ascending numbers below `count`.
pub(super) fn encode(numbers: &[u16], count: u32, out: &mut Vec<u8>) -> Coding {
    let inverted = numbers.len() as u32 * 2 > count;
    let others: Vec<u16>;
    let listed = if inverted {
        let mut there = numbers.iter().copied().peekable();
        others = (0..count).filter_map(|n| u16::try_from(n).ok()).filter(|n| there.next_if_eq(n).is_none()).collect();
        &others
    } else {
        numbers
    };
    let mean = count.checked_div(listed.len() as u32).unwrap_or_default();
    // The usual choice: the low part is about the mean gap times ln 2.
    let low = (mean * 7 / 10).checked_ilog2().unwrap_or_default().min(MAX_LOW - 1);
    let mut bits = BitWriter { out, held: 0, len: 0 };
    let mut next = 0;
    for &number in listed {
        let gap = u32::from(number) - next;
        bits.put_ones(gap >> low);
        bits.put(u64::from(gap & ((1 << low) - 1)) << 1, low + 1);
        next = u32::from(number) + 1;
    }
    bits.finish();
    Coding { low, inverted }
}

/// The blocks that a code lists; nothing if it is none.
pub(super) fn decode(bytes: &[u8], coding: Coding, count: u32) -> Option<Blocks> {
    let mut blocks = Blocks::none(count);
    let mut bits = BitReader { bytes, at: 0 };
    let mut next = 0_u32;
    while let Some(ones) = bits.ones() {
        let low = bits.take(coding.low)?;
        let gap = ones.checked_mul(1 << coding.low)?.checked_add(low)?;
        let number = next.checked_add(gap)?;
        if !blocks.add(number) {
            return None;
        }
        next = number + 1;
    }
    if coding.inverted {
        blocks.invert();
    }
    Some(blocks)
}

/// Bits from the lowest on.
struct BitWriter<'o> {
    out: &'o mut Vec<u8>,
    held: u64,
    len: u32,
}

impl BitWriter<'_> {
    /// Up to 32 bits.
    fn put(&mut self, bits: u64, count: u32) {
        self.held |= bits << self.len;
        self.len += count;
        while self.len >= 8 {
            self.out.push(self.held.to_le_bytes()[0]);
            self.held >>= 8;
            self.len -= 8;
        }
    }

    fn put_ones(&mut self, mut count: u32) {
        while count > 0 {
            let now = count.min(32);
            self.put((1 << now) - 1, now);
            count -= now;
        }
    }

    /// Ones to the end of the byte: no zero follows, so no number does.
    fn finish(mut self) {
        if self.len > 0 {
            self.put_ones(8 - self.len);
        }
    }
}

struct BitReader<'b> {
    bytes: &'b [u8],
    /// The next bit.
    at: usize,
}

impl BitReader<'_> {
    /// The next bits, at least 57 of them where there are so many; behind the end come ones.
    fn peek(&self) -> u64 {
        let rest = self.bytes.get(self.at / 8..).unwrap_or_default();
        let word = match rest.first_chunk::<8>() {
            Some(word) => u64::from_le_bytes(*word),
            None => {
                let mut word = [0xFF; 8];
                word.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
                u64::from_le_bytes(word)
            }
        };
        let used = self.at % 8;
        // What is shifted in must not look like zeros.
        word >> used | !(u64::MAX >> used)
    }

    /// The ones before the next zero, which is taken too; nothing if there is no zero.
    fn ones(&mut self) -> Option<u32> {
        let mut ones = 0_u32;
        loop {
            let found = (!self.peek()).trailing_zeros().min(56);
            self.at += found as usize;
            ones = ones.checked_add(found)?;
            if self.at >= self.bytes.len() * 8 {
                return None;
            }
            if found < 56 {
                self.at += 1;
                return Some(ones);
            }
        }
    }

    fn take(&mut self, count: u32) -> Option<u32> {
        let taken = u32::try_from(self.peek() & ((1 << count) - 1)).ok()?;
        self.at += count as usize;
        (self.at <= self.bytes.len() * 8).then_some(taken)
    }
}
