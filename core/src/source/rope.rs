//! A rope: text spliced from ranges of other sources and from new bytes, presented as one source.
//!
//! Owns: the mapping from positions in the spliced text to positions in the originals.
//! Invariant: no piece is empty, and adjacent pieces of one original are merged, so an unchanged stretch costs one
//! piece. Bytes of originals are read on demand, never copied into the rope.

use super::{ByteSource, SourceError};
use alloc::vec::Vec;
use core::ops::Range;

/// Where a piece of a rope comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// Bytes of an original.
    Original {
        /// Number of the original source.
        source: u32,
        /// Offset of the piece in the original.
        offset: u64,
    },
    /// Bytes from this position of the rope's own new text.
    New(u64),
}

#[derive(Debug, Clone, Copy)]
struct Span {
    start: u64,
    piece: Piece,
}

/// A piece of a rope with its bytes, or where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RopePart<'r, S> {
    /// New bytes.
    New(&'r [u8]),
    /// Bytes of an original.
    Original {
        /// The original.
        source: &'r S,
        /// Offset of the first byte in it.
        offset: u64,
        /// Number of bytes.
        len: u64,
    },
}

/// A source made of pieces of other sources.
#[derive(Debug, Default)]
pub struct Rope<S> {
    sources: Vec<S>,
    spans: Vec<Span>,
    text: Vec<u8>,
    len: u64,
}

impl<S> Rope<S> {
    /// An empty rope over these originals.
    #[must_use]
    pub const fn new(sources: Vec<S>) -> Self {
        Self { sources, spans: Vec::new(), text: Vec::new(), len: 0 }
    }

    /// Puts the same text over other originals, for a rope that was planned before it could own them.
    #[must_use]
    pub fn over<T>(self, sources: Vec<T>) -> Rope<T> {
        Rope { sources, spans: self.spans, text: self.text, len: self.len }
    }

    /// The originals.
    #[must_use]
    pub fn sources(&self) -> &[S] {
        &self.sources
    }

    /// Appends the bytes `from..to` of original number `source`.
    pub fn push_original(&mut self, source: u32, from: u64, to: u64) {
        if to <= from {
            return;
        }
        let joins = self.spans.last().is_some_and(|last| {
            matches!(last.piece, Piece::Original { source: s, offset } if s == source && offset + (self.len - last.start) == from)
        });
        if !joins {
            self.spans.push(Span { start: self.len, piece: Piece::Original { source, offset: from } });
        }
        self.len += to - from;
    }

    /// Appends new bytes.
    pub fn push_new(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let at = self.text.len() as u64;
        if !self.spans.last().is_some_and(|last| matches!(last.piece, Piece::New(_))) {
            self.spans.push(Span { start: self.len, piece: Piece::New(at) });
        }
        self.text.extend_from_slice(bytes);
        self.len += bytes.len() as u64;
    }

    /// The original, and the offset in it, of the byte at `offset`; for new text, of the next original byte behind it.
    /// `None` behind the last original byte.
    #[must_use]
    pub fn origin(&self, offset: u64) -> Option<(u32, u64)> {
        let index = self.span_at(offset)?;
        self.spans.iter().skip(index).find_map(|span| match span.piece {
            Piece::Original { source, offset: at } => Some((source, at + offset.saturating_sub(span.start))),
            Piece::New(_) => None,
        })
    }

    /// All pieces in their order.
    pub(crate) fn parts(&self) -> impl Iterator<Item = RopePart<'_, S>> {
        self.spans.iter().enumerate().filter_map(|(index, span)| {
            let len = self.end_of(index) - span.start;
            Some(match span.piece {
                Piece::Original { source, offset } => {
                    RopePart::Original { source: self.sources.get(source as usize)?, offset, len }
                }
                Piece::New(at) => {
                    let from = usize::try_from(at).ok()?;
                    RopePart::New(self.text.get(from..)?.get(..usize::try_from(len).ok()?)?)
                }
            })
        })
    }

    /// The offset behind the span with this index.
    fn end_of(&self, index: usize) -> u64 {
        self.spans.get(index + 1).map_or(self.len, |next| next.start)
    }

    /// Index of the span that holds the byte at `offset`.
    fn span_at(&self, offset: u64) -> Option<usize> {
        if offset >= self.len {
            return None;
        }
        self.spans.partition_point(|span| span.start <= offset).checked_sub(1)
    }
}

impl<S: ByteSource> ByteSource for Rope<S> {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let wanted = offset.saturating_add(buffer.len() as u64);
        let short = SourceError::Shrank { wanted, actual: self.len };
        if wanted > self.len {
            return Err(short);
        }
        let mut index = self.span_at(offset).unwrap_or_default();
        let mut at = offset;
        let mut rest = buffer;
        while !rest.is_empty() {
            let span = self.spans.get(index).ok_or_else(|| short.clone())?;
            let end = self.end_of(index);
            let take = usize::try_from(end - at).unwrap_or(usize::MAX).min(rest.len());
            let (now, later) = rest.split_at_mut(take);
            match span.piece {
                Piece::Original { source, offset } => {
                    let original = self.sources.get(source as usize).ok_or_else(|| short.clone())?;
                    original.read_at(offset + (at - span.start), now)?;
                }
                Piece::New(start) => {
                    let from = usize::try_from(start + (at - span.start)).unwrap_or(usize::MAX);
                    let text = self.text.get(from..).and_then(|text| text.get(..take));
                    now.copy_from_slice(text.ok_or_else(|| short.clone())?);
                }
            }
            at += take as u64;
            rest = later;
            index += 1;
        }
        Ok(())
    }

    fn lost_at(&self, offset: u64) -> Result<Option<Range<u64>>, SourceError> {
        let Some(index) = self.span_at(offset) else { return Ok(None) };
        let Some(span) = self.spans.get(index) else { return Ok(None) };
        let Piece::Original { source, offset: from } = span.piece else { return Ok(None) };
        let Some(original) = self.sources.get(source as usize) else { return Ok(None) };
        let end = self.end_of(index);
        let lost = original.lost_at(from + (offset - span.start))?;
        let here = |at: u64| end.min(span.start + at.saturating_sub(from));
        Ok(lost.map(|lost| here(lost.start)..here(lost.end)))
    }

    fn met_lost(&self) -> bool {
        self.sources.iter().any(ByteSource::met_lost)
    }

    fn still_whole(&self) -> Result<(), SourceError> {
        self.sources.iter().try_for_each(ByteSource::still_whole)
    }
}
