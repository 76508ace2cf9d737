//! The newest lines of a writer, held in memory to rescue them from a log that another program cuts.
//!
//! Owns: the amount that is held.
//! Invariant: lines are whole and in the order of writing, and the newest are always among them.

use alloc::vec::Vec;

/// Bytes held at least, if so many were written; at most twice as many are, or one longer group.
const HELD: usize = 1 << 20;

/// The held lines, each with its LF.
#[derive(Debug, Default)]
pub(super) struct RecentLines(Vec<u8>);

impl RecentLines {
    /// Adds whole lines.
    pub(super) fn push(&mut self, lines: &[u8]) {
        if self.0.len() + lines.len() > 2 * HELD {
            // Rarely, so that each line is moved at most once.
            let over = (self.0.len() + lines.len()).saturating_sub(HELD).min(self.0.len());
            let rest = self.0.get(over..).unwrap_or_default();
            let line = memchr::memchr(b'\n', rest).map_or(self.0.len(), |at| over + at + 1);
            self.0.drain(..line);
        }
        self.0.extend_from_slice(lines);
    }

    /// The lines, each with its LF.
    pub(super) fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split_inclusive(|&b| b == b'\n')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;

    #[test]
    fn holds_the_newest_lines_whole() {
        let mut recent = RecentLines::default();
        let line = |n: usize| format!("{n:>99}\n");
        let all = 5 * HELD / 100;
        for n in 0..all {
            recent.push(line(n).as_bytes());
        }
        let held: Vec<&[u8]> = recent.lines().collect();
        assert!((HELD / 100 - 1..=2 * HELD / 100).contains(&held.len()), "{}", held.len());
        let expected: Vec<String> = (all - held.len()..all).map(line).collect();
        assert!(held.iter().zip(&expected).all(|(held, line)| *held == line.as_bytes()));
    }

    #[test]
    fn a_group_longer_than_all_that_is_held_stays() {
        let mut recent = RecentLines::default();
        recent.push(b"old\n");
        let long = [&[b'x'; 3 * HELD][..], b"\n"].concat();
        recent.push(&long);
        assert_eq!(recent.lines().collect::<Vec<_>>(), [long.as_slice()]);
    }
}
