//! Which bytes of a log stand where.
//!
//! Owns: the map from logical offsets to the log's file and to segments. Invariant: segments join up: the first
//! begins where the header ends, each next one where the one before ends.
//! Does not: know how a segment is stored; that is [`super::Reader`].

use super::reader::{Archive, Reader, blank};
use crate::source::{ByteSource, SourceError};
use crate::storage::{Name, SealedExtent};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;
use serde::{Deserialize, Serialize};

/// How the bytes of a segment are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As they are: `<from>-<len>.jsonl`.
    Plain,
    /// In the seekable format of Zstandard: `<from>-<len>.jsonl.zst`.
    Compressed,
}

impl Form {
    const fn ending(self) -> &'static str {
        match self {
            Self::Plain => "jsonl",
            Self::Compressed => "jsonl.zst",
        }
    }
}

/// A sealed range of a log, in whole lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Logical offset of its first byte.
    pub from: u64,
    /// Bytes.
    pub len: u64,
    /// BLAKE3 of those bytes in hex; empty where only the file's name is known.
    pub digest: String,
}

impl Segment {
    /// Logical offset behind its last byte.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.from.saturating_add(self.len)
    }

    /// The name of its file. Both forms of a segment hold the same bytes, and either will do.
    #[must_use]
    pub fn name(&self, form: Form) -> Option<Name> {
        Name::new(&format!("{}-{}.{}", self.from, self.len, form.ending()))
    }

    /// A name under which its file is set aside, beside `others` files that were before.
    #[must_use]
    pub(super) fn name_aside(&self, form: Form, others: u32) -> Option<Name> {
        if others == 0 {
            return self.name(form);
        }
        Name::new(&format!("{}-{}.{others}.{}", self.from, self.len, form.ending()))
    }

    /// Reads the name of a segment's file.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let range = name.strip_suffix(".zst").unwrap_or(name).strip_suffix(".jsonl")?;
        let (from, len) = range.split_once('-')?;
        let (from, len): (u64, u64) = (from.parse().ok()?, len.parse().ok()?);
        from.checked_add(len)?;
        Some(Self { from, len, digest: String::new() })
    }
}

/// A log of which a range stands in segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    segments: Vec<Segment>,
}

impl Layout {
    /// How much of the log stands in the segments.
    #[must_use]
    pub fn sealed(&self) -> SealedExtent {
        SealedExtent { to: self.sealed_len(), segments: self.segments.len() as u64 }
    }

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

    /// The run of lost bytes in one segment around a logical offset.
    ///
    /// # Errors
    /// If a segment cannot be read.
    pub fn lost_at<A: Archive>(&self, reader: &mut Reader<A>, offset: u64) -> Result<Option<Range<u64>>, SourceError> {
        let segment = self.segments.get(self.segments.partition_point(|segment| segment.end() <= offset));
        match segment.filter(|segment| segment.from <= offset) {
            Some(segment) => {
                let lost = segment.from + reader.held(segment)?..segment.end();
                Ok(lost.contains(&offset).then_some(lost))
            }
            None => Ok(None),
        }
    }

    /// Fills `buffer` from a logical offset on. False if some of it is lost, and reads as line feeds.
    ///
    /// # Errors
    /// If the log's own file or a segment cannot be read.
    pub fn read<A: Archive>(
        &self,
        own: &(impl ByteSource + ?Sized),
        reader: &mut Reader<A>,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<bool, SourceError> {
        let (mut at, mut rest, mut whole) = (offset, buffer, true);
        while !rest.is_empty() {
            let segment = self.segments.get(self.segments.partition_point(|segment| segment.end() <= at));
            let until = match segment {
                Some(segment) if segment.from <= at => segment.end(),
                Some(segment) => segment.from,
                None => u64::MAX,
            };
            let take = usize::try_from(until - at).unwrap_or(usize::MAX).min(rest.len());
            let (now, later) = rest.split_at_mut(take);
            match (segment.filter(|segment| segment.from <= at), self.own_offset(at)) {
                (Some(segment), _) => whole &= reader.read(segment, at - segment.from, now)?,
                (None, Some(own_offset)) => own.read_at(own_offset, now)?,
                (None, None) => blank(now),
            }
            at += take as u64;
            rest = later;
        }
        Ok(whole)
    }
}
