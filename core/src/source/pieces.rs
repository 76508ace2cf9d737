//! A range of a source, a piece at a time.
//!
//! Owns: the one buffer that is read into. Invariant: the pieces follow each other without a gap; all but the last
//! have [`PIECE`] bytes. Does not: end at line ends.

use super::{ByteSource, MAX_HELD, SourceError};
use alloc::vec::Vec;
use core::ops::Range;

/// Bytes of a piece.
pub const PIECE: u64 = 1 << 20;

/// What is left of a range.
#[derive(Debug)]
pub struct Pieces<'s, S: ?Sized> {
    source: &'s S,
    range: Range<u64>,
    buffer: Vec<u8>,
    /// Bytes so far that are lost.
    lost: u64,
}

impl<'s, S: ByteSource + ?Sized> Pieces<'s, S> {
    /// The pieces of these bytes.
    pub const fn new(source: &'s S, range: Range<u64>) -> Self {
        Self { source, range, buffer: Vec::new(), lost: 0 }
    }

    /// The next piece and its offset; `None` behind the last.
    ///
    /// # Errors
    /// As [`ByteSource::read_at`], or [`SourceError::Lost`] if too much is.
    pub fn read(&mut self) -> Result<Option<(u64, &[u8])>, SourceError> {
        let at = self.range.start;
        let left = self.range.end.saturating_sub(at).min(PIECE);
        if left == 0 {
            return Ok(None);
        }
        // Checked before the allocation: a range from outside must not make us reserve what is not there.
        let wanted = at.saturating_add(left);
        if wanted > self.source.len() {
            return Err(SourceError::Shrank { wanted, actual: self.source.len() });
        }
        if let Some(lost) = self.source.lost_at(at)? {
            self.lost += lost.end.min(wanted) - at;
            if self.lost > MAX_HELD || lost.end - at > MAX_HELD {
                return Err(SourceError::Lost { offset: at });
            }
        }
        self.buffer.resize(usize::try_from(left).unwrap_or_default(), 0);
        self.source.read_at(at, &mut self.buffer)?;
        self.range.start = wanted;
        Ok(Some((at, &self.buffer)))
    }
}
