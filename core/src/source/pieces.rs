//! A range of a source, read piece by piece.
//!
//! Owns: the single read buffer.
//! Invariant: pieces follow each other without gaps; all but the last have [`PIECE`] bytes. They do not end at line
//! ends.

use super::{ByteSource, MAX_HELD, SourceError};
use alloc::vec::Vec;
use core::ops::Range;

/// Size of a piece in bytes.
pub const PIECE: u64 = 1 << 20;

/// The unread rest of a range.
#[derive(Debug)]
pub struct Pieces<'s, S: ?Sized> {
    source: &'s S,
    range: Range<u64>,
    buffer: Vec<u8>,
    /// Lost bytes so far.
    lost: u64,
}

impl<'s, S: ByteSource + ?Sized> Pieces<'s, S> {
    /// The pieces of `range`.
    pub const fn new(source: &'s S, range: Range<u64>) -> Self {
        Self { source, range, buffer: Vec::new(), lost: 0 }
    }

    /// The next piece and its offset; `None` at the end of the range.
    ///
    /// # Errors
    /// Same errors as [`ByteSource::read_at`], and [`SourceError::Lost`] if more than [`MAX_HELD`] bytes are lost.
    pub fn read(&mut self) -> Result<Option<(u64, &[u8])>, SourceError> {
        let at = self.range.start;
        let left = self.range.end.saturating_sub(at).min(PIECE);
        if left == 0 {
            return Ok(None);
        }
        // Checked before the allocation: an untrusted range must not reserve memory for bytes that do not exist.
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
