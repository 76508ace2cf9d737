//! Which pieces of a log a push puts.
//!
//! Owns: what is kept of chains that are in the store, the rule by which small pieces are merged, and where the rest is
//! cut.
//! Invariant: kept pieces and new ones are the log, and each piece is whole lines. A log that grows by small pushes has
//! a number of pieces that grows with the logarithm of their number, up to [`LARGEST`].

use super::chain::{Chain, Piece};
use super::state::{Digest, State};
use crate::source::{ByteSource, SourceError};
use alloc::vec::Vec;

/// Most bytes of a piece, but for one longer line.
pub const LARGEST: u64 = 8 << 20;
/// Bytes that are looked through at once for the end of a line.
const STEP: u64 = 64 << 10;

/// What a push keeps of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Pieces that are there.
    pub kept: Vec<Piece>,
    /// Where new pieces begin.
    pub from: State,
}

/// Plans the push of a log of `len` bytes. `state_at` gives the digest of its state at the end of each piece of `chains`
/// that is not longer than the log; of chains that share equally much with it the first counts.
#[must_use]
pub fn plan(chains: &[&Chain], len: u64, state_at: &dyn Fn(u64) -> Option<Digest>) -> Planned {
    let mut shared: (u64, &[Piece]) = (0, &[]);
    for chain in chains {
        let is_ours = |piece: &&Piece| piece.end() <= len && state_at(piece.end()) == Some(piece.state);
        // A state names all bytes before it, so that the last one that agrees is enough.
        let count = chain.pieces.iter().rposition(|piece| is_ours(&piece)).map_or(0, |last| last + 1);
        let pieces = chain.pieces.get(..count).unwrap_or_default();
        let end = pieces.last().map_or(0, Piece::end);
        if end > shared.0 {
            shared = (end, pieces);
        }
    }
    let mut kept = shared.1.to_vec();
    let mut from = shared.0;
    while from < len
        && let Some(last) = kept.pop_if(|last| last.len <= len - from && len - last.from <= LARGEST)
    {
        from = last.from;
    }
    let state = kept.last().map_or_else(State::empty, |last| State { len: last.end(), digest: last.state });
    Planned { kept, from: state }
}

/// Where the lines from `from` to `end`, which is the end of a line, are cut: the ends of the pieces.
///
/// # Errors
/// Fails if the log cannot be read.
pub fn cuts(log: &(impl ByteSource + ?Sized), from: u64, end: u64) -> Result<Vec<u64>, SourceError> {
    let mut ends = Vec::new();
    let mut at = from;
    while at < end {
        at = match end - at {
            ..=LARGEST => end,
            _ => match last_line_end(log, at, at + LARGEST)? {
                Some(cut) => cut,
                None => next_line_end(log, at + LARGEST, end)?,
            },
        };
        ends.push(at);
    }
    Ok(ends)
}

/// The end of the last line that ends in `from..to`.
fn last_line_end(log: &(impl ByteSource + ?Sized), from: u64, to: u64) -> Result<Option<u64>, SourceError> {
    let mut at = to;
    while at > from {
        let start = at.saturating_sub(STEP).max(from);
        let bytes = log.bytes(start, usize::try_from(at - start).unwrap_or_default())?;
        if let Some(lf) = memchr::memrchr(b'\n', &bytes) {
            return Ok(Some(start + lf as u64 + 1));
        }
        at = start;
    }
    Ok(None)
}

/// The end of the first line that ends behind `from`.
fn next_line_end(log: &(impl ByteSource + ?Sized), from: u64, end: u64) -> Result<u64, SourceError> {
    let mut at = from;
    while at < end {
        let take = STEP.min(end - at);
        let bytes = log.bytes(at, usize::try_from(take).unwrap_or_default())?;
        if let Some(lf) = memchr::memchr(b'\n', &bytes) {
            return Ok(at + lf as u64 + 1);
        }
        at += take;
    }
    Ok(end)
}

/// The length of the whole lines in the first `len` bytes of a log.
///
/// # Errors
/// Fails if the log cannot be read.
pub fn whole_lines(log: &(impl ByteSource + ?Sized), len: u64) -> Result<u64, SourceError> {
    Ok(last_line_end(log, 0, len)?.unwrap_or(0))
}
