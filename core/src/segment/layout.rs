//! Layout: where the bytes of a log with segments stand.
//!
//! Owns: the map from logical offsets to the log's own file and to segments.
//! Invariant: segments are contiguous. The first begins where the header ends, each next one where the one before it
//! ends.

use super::range::Segment;
use crate::storage::SealedExtent;
use alloc::vec::Vec;

/// A log with a range of its bytes in segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    segments: Vec<Segment>,
}

impl Layout {
    /// A layout with these segments; `None` if they are not contiguous, or there are none.
    #[must_use]
    pub fn new(segments: Vec<Segment>) -> Option<Self> {
        let joined = segments.iter().zip(segments.iter().skip(1)).all(|(one, next)| one.end() == next.from);
        let whole = segments.iter().all(|segment| segment.len > 0 && segment.from.checked_add(segment.len).is_some());
        (joined && whole && !segments.is_empty()).then_some(Self { segments })
    }

    /// The segments, in the order of the log.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The extent of the sealed part.
    #[must_use]
    pub fn sealed(&self) -> SealedExtent {
        SealedExtent { to: self.sealed_len(), segments: self.segments.len() as u64 }
    }

    /// Length of the header and of everything before it, which stay in the log's own file.
    #[must_use]
    pub fn header_len(&self) -> u64 {
        self.segments.first().map_or(0, |first| first.from)
    }

    /// Logical offset behind the last segment, where the log's own file continues.
    #[must_use]
    pub fn sealed_len(&self) -> u64 {
        self.segments.last().map_or(0, Segment::end)
    }

    /// Length of the log, from the length of its own file.
    #[must_use]
    pub fn logical_len(&self, own_len: u64) -> u64 {
        self.sealed_len().saturating_add(own_len.saturating_sub(self.header_len()))
    }

    /// The offset in the log's own file of a logical offset; `None` if the byte is in a segment.
    #[must_use]
    pub fn own_offset(&self, offset: u64) -> Option<u64> {
        if offset < self.header_len() {
            return Some(offset);
        }
        offset.checked_sub(self.sealed_len()).map(|behind| self.header_len() + behind)
    }

    /// The segment with the byte at a logical offset.
    pub(super) fn segment_at(&self, offset: u64) -> Option<&Segment> {
        let behind = self.segments.partition_point(|segment| segment.end() <= offset);
        self.segments.get(behind).filter(|segment| segment.from <= offset)
    }
}
