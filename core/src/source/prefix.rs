//! The first bytes of a source, up to the length that its reader knows.
//!
//! Owns: the cut at that length, because an open file may have grown beyond it.

use super::{ByteSource, SourceError};
use core::ops::Range;

/// The first `len` bytes of `source`.
#[derive(Debug, Clone)]
pub(crate) struct Prefix<S> {
    pub(crate) source: S,
    pub(crate) len: u64,
}

impl<S: ByteSource> ByteSource for Prefix<S> {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        self.source.read_at(offset, buffer)
    }

    fn view(&self) -> Option<&[u8]> {
        self.source.view()?.get(..usize::try_from(self.len).ok()?)
    }

    fn lost_at(&self, offset: u64) -> Result<Option<Range<u64>>, SourceError> {
        self.source.lost_at(offset)
    }

    fn met_lost(&self) -> bool {
        self.source.met_lost()
    }

    fn still_whole(&self) -> Result<(), SourceError> {
        self.source.still_whole()
    }
}
