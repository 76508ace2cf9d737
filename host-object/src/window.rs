//! The part of an object that is in memory.
//!
//! Owns: which range is fetched when bytes are missing.
//! Invariant: a reader that goes on, forwards or backwards, fetches each byte once and ever more at once, so that a
//! page costs few requests and few bytes, and a whole object not many requests. Memory holds [`MOST`] bytes and a read.

use std::ops::Range;

/// Most bytes that are fetched ahead, and kept.
const MOST: u64 = 4 << 20;

/// The part of an object that is in memory.
#[derive(Debug, Default)]
pub(crate) struct Window {
    start: u64,
    bytes: Vec<u8>,
    /// Bytes that were fetched at once last.
    step: u64,
}

impl Window {
    /// Bytes that are fetched at once at first.
    const FIRST: u64 = 256 << 10;

    const fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// What must be fetched of an object of `len` bytes before a range of it can be read.
    pub(crate) fn missing(&mut self, range: Range<u64>, len: u64) -> Option<Range<u64>> {
        if self.get(range.clone()).is_some() {
            return None;
        }
        let Range { start, end } = range;
        let grown = self.step.saturating_mul(2).clamp(Self::FIRST, MOST);
        let is_on = !self.bytes.is_empty() && start >= self.start && start <= self.end();
        let is_back = !self.bytes.is_empty() && start < self.start && self.start - start <= grown && end <= self.end();
        self.step = if is_on || is_back { grown } else { Self::FIRST };
        if is_back {
            return Some(start.min(self.start.saturating_sub(self.step))..self.start);
        }
        // What is there of the range is not fetched again.
        let from = if is_on { self.end() } else { start };
        Some(from..end.max(len.min(from + self.step)))
    }

    /// Takes what was fetched from `start` on, so that `range` can be read.
    pub(crate) fn take(&mut self, start: u64, mut bytes: Vec<u8>, range: &Range<u64>) {
        if start + bytes.len() as u64 == self.start {
            bytes.append(&mut self.bytes);
            bytes.truncate(count(MOST.max(range.end.saturating_sub(start))));
            (self.start, self.bytes) = (start, bytes);
        } else if start == self.end() && !self.bytes.is_empty() {
            self.bytes.append(&mut bytes);
            let over = (self.end() - self.start).saturating_sub(MOST).min(range.start - self.start);
            self.bytes.drain(..count(over));
            self.start += over;
        } else {
            (self.start, self.bytes) = (start, bytes);
        }
    }

    /// A range, if all of it is there.
    pub(crate) fn get(&self, range: Range<u64>) -> Option<&[u8]> {
        let at = |place: u64| usize::try_from(place.checked_sub(self.start)?).ok();
        self.bytes.get(at(range.start)?..at(range.end)?)
    }
}

fn count(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An object, what was fetched of it, and the window.
    struct Read {
        object: Vec<u8>,
        window: Window,
        fetched: Vec<Range<u64>>,
        longest: u64,
    }

    impl Read {
        fn new(len: u64) -> Self {
            let object = (0..len).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8).collect();
            Self { object, window: Window::default(), fetched: Vec::new(), longest: 0 }
        }

        fn read(&mut self, range: Range<u64>) {
            let of = |range: &Range<u64>| count(range.start)..count(range.end);
            if let Some(missing) = self.window.missing(range.clone(), self.object.len() as u64) {
                self.window.take(missing.start, self.object[of(&missing)].to_vec(), &range);
                self.fetched.push(missing);
            }
            assert!(self.window.get(range.clone()) == Some(&self.object[of(&range)]), "{range:?}");
            self.longest = self.longest.max(range.end - range.start);
            assert!(self.window.bytes.len() as u64 <= MOST + self.longest, "{range:?}");
        }

        fn bytes(&self) -> u64 {
            self.fetched.iter().map(|range| range.end - range.start).sum()
        }
    }

    #[test]
    fn reading_on_fetches_each_byte_once() {
        let len = 20 << 20;
        for forwards in [true, false] {
            let mut read = Read::new(len);
            for n in 0..len >> 15 {
                let start = if forwards { n << 15 } else { len - ((n + 1) << 15) };
                read.read(start..start + (1 << 15));
            }
            assert!(read.bytes() <= len + Window::FIRST, "{}", read.bytes());
            assert!(read.fetched.len() < 14, "{:?}", read.fetched);
        }
    }

    #[test]
    fn any_reads_give_the_objects_bytes() {
        let len = 12 << 20;
        let mut read = Read::new(len);
        let mut random = 7_u64;
        let mut next = |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below
        };
        let mut at = 0;
        for _ in 0..2000 {
            at = if next(4) == 0 { next(len) } else { (at + next(1 << 20)).saturating_sub(1 << 19).min(len - 1) };
            let most = if next(50) == 0 { len } else { 1 << 18 };
            let end = (at + 1 + next(most)).min(len);
            read.read(at..end);
        }
    }
}
