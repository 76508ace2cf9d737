//! Lines read ahead of a scan: the reading, which is nearly all of a scan's work, is done on any thread.
//!
//! Owns: how a log is cut into pieces, what a scan needs of a piece, and the contract of a host's [`Threads`].
//! Invariant: the sink of a scan gets the same calls, however the log is cut and whoever reads a piece. What depends on
//! the lines before (numbers, the header, whether a line is the last) is left to the scan.

use super::line::{LineReader, Outcome, Reading};
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// Threads of the host, which work ahead of the one that calls.
pub trait Threads {
    /// How many work at once. With one, nothing is read ahead.
    fn count(&self) -> usize;

    /// Bytes of a log in a piece, about.
    fn piece(&self) -> usize {
        PIECE
    }

    /// Calls `make` for each item, on any thread, and `take` with each result in the order of the items, on this thread.
    /// `Break` ends both. Only a few results wait to be taken at a time.
    fn in_order<I: Send, T: Send>(
        &self,
        items: impl Iterator<Item = I>,
        make: impl Fn(I) -> T + Sync,
        take: impl FnMut(T) -> ControlFlow<()>,
    ) -> ControlFlow<()>;
}

/// Bytes of a piece: as many as a scan takes at a time.
pub(super) const PIECE: usize = 1 << 20;

/// Only the thread that calls.
#[derive(Debug, Clone, Copy)]
pub struct OneThread;

impl Threads for OneThread {
    fn count(&self) -> usize {
        1
    }

    fn in_order<I: Send, T: Send>(
        &self,
        mut items: impl Iterator<Item = I>,
        make: impl Fn(I) -> T + Sync,
        mut take: impl FnMut(T) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        items.try_for_each(|item| take(make(item)))
    }
}

/// A piece of a log, whose lines were read as if they were all behind the first record.
#[derive(Debug)]
pub(super) struct ReadLines<'a> {
    /// Each line's length without its LF, and what it is. Line numbers are not known yet.
    pub(super) lines: Vec<(usize, Outcome<'a>)>,
    /// Bytes of the piece.
    pub(super) len: u64,
}

impl<'a> ReadLines<'a> {
    /// Reads `piece`, which stands at `offset` in the log and ends behind a LF.
    pub(super) fn of(reading: Reading, offset: u64, piece: &'a [u8]) -> Self {
        let mut reader = LineReader::for_scan(reading);
        let mut lines = Vec::new();
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', piece) {
            let line = piece.get(start..end).unwrap_or_default();
            lines.push((line.len(), reader.read(offset + start as u64, 0, line, false)));
            start = end + 1;
        }
        Self { lines, len: piece.len() as u64 }
    }
}

/// Cuts `bytes`, which end behind a LF, into pieces of about `size` bytes that end behind a LF; with the offset of each
/// in `bytes`. Bytes are looked at when their piece is asked for.
pub(super) fn cut(bytes: &[u8], size: usize) -> impl Iterator<Item = (u64, &[u8])> {
    let (mut at, mut rest) = (0, bytes);
    core::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let near = rest.get(size..).unwrap_or_default();
        let end = memchr::memchr(b'\n', near).map_or(rest.len(), |end| size + end + 1);
        let (piece, behind) = rest.split_at(end);
        let offset = at;
        at += end as u64;
        rest = behind;
        Some((offset, piece))
    })
}
