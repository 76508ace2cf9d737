//! A log with segments, as one source.
//!
//! Owns: opening and reading such a log, on any host.
//! Invariant: every offset is a logical one. Lost bytes read as line feeds, and the source remembers that it met some.
//! Nothing is written to segments.

use super::check::{self, Depth};
use super::in_force::{Detected, Uncertainty, detect};
use super::layout::Layout;
use super::reader::{Archive, Reader, blank};
use crate::finding::Finding;
use crate::source::{ByteSource, SourceError};
use crate::storage::SealedExtent;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicBool, Ordering};

/// The log's own file and its segments. Clones share the segments.
#[derive(Debug)]
pub struct SegmentedSource<O, A> {
    pub(super) own: O,
    pub(super) beside: Option<Arc<Beside<A>>>,
}

impl<O: Clone, A> Clone for SegmentedSource<O, A> {
    fn clone(&self) -> Self {
        Self { own: self.own.clone(), beside: self.beside.clone() }
    }
}

/// The archive and the layout beside the log's own file.
#[derive(Debug)]
pub(super) struct Beside<A> {
    pub(super) archive: A,
    pub(super) layout: Option<Layout>,
    uncertainty: Option<Uncertainty>,
    /// Logical length of the log up to the end of its witness.
    pub(super) told_len: u64,
    met_lost: AtomicBool,
}

impl<O, A> SegmentedSource<O, A> {
    /// A file without segments.
    pub const fn plain(own: O) -> Self {
        Self { own, beside: None }
    }

    /// The log's own file.
    #[must_use]
    pub const fn own(&self) -> &O {
        &self.own
    }

    /// The layout; `None` if the log is one plain file.
    #[must_use]
    pub fn layout(&self) -> Option<&Layout> {
        self.beside.as_ref()?.layout.as_ref()
    }

    /// Why the layout is uncertain, if it is.
    #[must_use]
    pub fn uncertainty(&self) -> Option<Uncertainty> {
        self.beside.as_ref()?.uncertainty
    }

    /// The extent of the sealed part, if there is one.
    #[must_use]
    pub fn sealed(&self) -> Option<SealedExtent> {
        self.layout().map(Layout::sealed)
    }

    /// Number of the log's bytes that were durable when it got its layout; 0 for a plain file. Recovery never cuts
    /// below it.
    #[must_use]
    pub fn durable_len(&self) -> u64 {
        match (&self.beside, self.layout()) {
            (Some(beside), Some(_)) if beside.uncertainty.is_none() => beside.told_len,
            (_, layout) => layout.map_or(0, Layout::sealed_len),
        }
    }

    /// Length of the log, from the length of its own file.
    #[must_use]
    pub fn logical_len(&self, own_len: u64) -> u64 {
        self.layout().map_or(own_len, |layout| layout.logical_len(own_len))
    }
}

impl<O: ByteSource, A: Archive> SegmentedSource<O, A> {
    /// Finds the segments of the log whose own file is `own` among the files of an archive.
    ///
    /// # Errors
    /// Fails if the log or a file beside it cannot be read.
    pub fn open(own: O, archive: A) -> Result<Self, SourceError> {
        let detected = detect(&own, &archive)?;
        Ok(Self::detected(own, archive, detected))
    }

    pub(super) fn detected(own: O, archive: A, detected: Detected) -> Self {
        let Detected { layout, uncertainty, witness_len, manifest, .. } = detected;
        if layout.is_none() && uncertainty.is_none() && manifest.is_none() {
            return Self::plain(own);
        }
        let told_len = layout.as_ref().map_or(witness_len, |layout| layout.logical_len(witness_len));
        let met_lost = AtomicBool::new(layout.is_none() && uncertainty == Some(Uncertainty::NoManifest));
        Self { own, beside: Some(Arc::new(Beside { archive, layout, uncertainty, told_len, met_lost })) }
    }

    /// Findings about how the log's bytes are stored.
    ///
    /// # Errors
    /// Fails if an existing file cannot be read.
    pub fn findings(&self, depth: Depth) -> Result<Vec<Finding>, SourceError> {
        let Some(beside) = &self.beside else { return Ok(Vec::new()) };
        check::check(beside.layout.as_ref(), beside.uncertainty, &beside.archive, depth)
    }
}

impl<A: Archive> Beside<A> {
    /// Fills `buffer` with bytes from a logical offset. False if some of them are lost and read as line feeds.
    fn read(
        &self,
        layout: &Layout,
        own: &impl ByteSource,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<bool, SourceError> {
        let (mut at, mut rest, mut whole) = (offset, buffer, true);
        while !rest.is_empty() {
            let segment = layout.segment_at(at);
            let until = match segment {
                Some(segment) => segment.end(),
                None if at < layout.header_len() => layout.header_len(),
                None => u64::MAX,
            };
            let take = usize::try_from(until - at).unwrap_or(usize::MAX).min(rest.len());
            let (now, later) = rest.split_at_mut(take);
            match (segment, layout.own_offset(at)) {
                (Some(segment), _) => {
                    let read = |reader: &mut Reader<_>| reader.read(&self.archive, segment, at - segment.from, now);
                    whole &= self.archive.with_reader(read)?;
                }
                (None, Some(own_offset)) => own.read_at(own_offset, now)?,
                (None, None) => blank(now),
            }
            at += take as u64;
            rest = later;
        }
        Ok(whole)
    }

    /// Records that bytes are lost, unless the log was replaced meanwhile; then the read fails, and its bytes may be in
    /// another layout.
    fn meet_lost(&self, own: &impl ByteSource) -> Result<(), SourceError> {
        own.still_whole()?;
        self.met_lost.store(true, Ordering::Relaxed);
        Ok(())
    }
}

impl<O: ByteSource, A: Archive> ByteSource for SegmentedSource<O, A> {
    fn len(&self) -> u64 {
        self.logical_len(self.own.len())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let (Some(beside), Some(layout)) = (&self.beside, self.layout()) else {
            return self.own.read_at(offset, buffer);
        };
        if beside.read(layout, &self.own, offset, buffer)? { Ok(()) } else { beside.meet_lost(&self.own) }
    }

    fn view(&self) -> Option<&[u8]> {
        if self.layout().is_some() { None } else { self.own.view() }
    }

    fn lost_at(&self, offset: u64) -> Result<Option<Range<u64>>, SourceError> {
        let (Some(beside), Some(segment)) = (&self.beside, self.layout().and_then(|layout| layout.segment_at(offset)))
        else {
            return Ok(None);
        };
        let held = beside.archive.with_reader(|reader| reader.held(&beside.archive, segment))?;
        let lost = segment.from + held..segment.end();
        if !lost.contains(&offset) {
            return Ok(None);
        }
        beside.meet_lost(&self.own)?;
        Ok(Some(lost))
    }

    fn met_lost(&self) -> bool {
        self.beside.as_ref().is_some_and(|beside| beside.met_lost.load(Ordering::Relaxed))
    }

    fn still_whole(&self) -> Result<(), SourceError> {
        self.own.still_whole()
    }
}
