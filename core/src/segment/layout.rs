//! Which bytes of a log stand where.
//!
//! Owns: the map from logical offsets to the log's own file and to segments. Invariant: segments join up: the first
//! begins where the header ends, each next one where the one before ends.

use super::range::Segment;
use crate::storage::SealedExtent;
use alloc::vec::Vec;

/// A log of which a range stands in segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    segments: Vec<Segment>,
}

impl Layout {
    /// A layout of these segments; `None` if they do not join up, or there are none.
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

    /// How much of the log stands in the segments.
    #[must_use]
    pub fn sealed(&self) -> SealedExtent {
        SealedExtent { to: self.sealed_len(), segments: self.segments.len() as u64 }
    }

    /// Bytes of the header and what stands before it, which stay in the log's own file.
    #[must_use]
    pub fn header_len(&self) -> u64 {
        self.segments.first().map_or(0, |first| first.from)
    }

    /// Logical offset behind the last segment: from here on the log's own file goes on.
    #[must_use]
    pub fn sealed_len(&self) -> u64 {
        self.segments.last().map_or(0, Segment::end)
    }

    /// Length of the log whose own file has this length.
    #[must_use]
    pub fn logical_len(&self, own_len: u64) -> u64 {
        self.sealed_len().saturating_add(own_len.saturating_sub(self.header_len()))
    }

    /// Offset in the log's own file; `None` for what stands in segments.
    #[must_use]
    pub fn own_offset(&self, offset: u64) -> Option<u64> {
        if offset < self.header_len() {
            return Some(offset);
        }
        offset.checked_sub(self.sealed_len()).map(|behind| self.header_len() + behind)
    }

    /// The segment that holds the byte at an offset.
    pub(super) fn segment_at(&self, offset: u64) -> Option<&Segment> {
        let behind = self.segments.partition_point(|segment| segment.end() <= offset);
        self.segments.get(behind).filter(|segment| segment.from <= offset)
    }
}
