//! Sealing: the older lines of a log into segments, and back.
//!
//! Owns: where segments end. Invariant: no byte of the logical log changes, so rows, sidecars and checkpoints stay true.
//! Run again after a crash, it goes on from what is in force.
//! Does not: lock, or know the steps of a change; [`super::change`] does.

use super::announce::{announce, begin};
use super::check::{Depth, trouble};
use super::layout::Layout;
use super::pack::pack;
use super::range::Segment;
use super::segmented::Segmented;
use super::witness::line_end;
use super::{Compress, Decompress};
use crate::dialect::detect;
use crate::source::ByteSource;
use crate::storage::{Folder, Named, Place, PublishError, SealedExtent, Storage, StorageFile};
use crate::store::{SessionStore, StoreError};
use crate::write::line_start;
use alloc::vec::Vec;
use core::ops::Range;

/// Bytes of a segment, unless something else is asked for.
pub const DEFAULT_SIZE: u64 = 64 << 20;

/// What a seal does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The new segments.
    pub ranges: Vec<Range<u64>>,
    /// Bytes of the log.
    pub len: u64,
    /// What stands in segments already.
    pub sealed: Option<SealedExtent>,
}

impl Plan {
    /// Too little stands outside of segments to make another one.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Bytes that move.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.ranges.iter().map(|range| range.end - range.start).sum()
    }
}

/// Says what [`run`] would do: segments of `size` bytes and the rest of the line in which they end, as many as leave
/// at least a whole line in the log's own file.
///
/// # Errors
/// If the log cannot be read, is none that is written, or it is not certain how it stands.
pub fn plan<S: Storage + Clone, D: Decompress + Clone>(
    session: &SessionStore<'_, Segmented<S, D>>,
    size: u64,
) -> Result<Plan, StoreError> {
    let Some(log) = &session.log else { return Err(StoreError::NothingLeft) };
    if log.uncertainty().is_some() {
        return Err(StoreError::Uncertain);
    }
    let sealed = log.sealed();
    let mut at = match sealed {
        Some(sealed) => sealed.to,
        None => header_len(log)?,
    };
    // A whole line stays: by it the layout is told, and no recovery cuts it.
    let last = line_start(log, log.len())?;
    let mut ranges = Vec::new();
    while log.len().saturating_sub(at) > size.max(1) {
        let end = line_end(log, at + size.max(1) - 1)?;
        if end >= last {
            break;
        }
        ranges.push(at..end);
        at = end;
    }
    Ok(Plan { ranges, len: log.len(), sealed })
}

/// Does it. The session shows the log as it is afterwards.
///
/// # Errors
/// As [`plan`], and what storage says; the log is then as it was, or sealed.
pub fn run<S: Storage + Clone, D: Decompress + Clone>(
    session: &mut SessionStore<'_, Segmented<S, D>>,
    size: u64,
    with: Option<&dyn Compress>,
    now_ms: i64,
) -> Result<Plan, StoreError> {
    let before = begin(session, now_ms)?;
    let plan = plan(session, size)?;
    let Some(log) = session.log.clone().filter(|_| !plan.is_nothing()) else { return Ok(plan) };
    let mut segments = before.map_or_else(Vec::new, |layout| layout.segments().to_vec());
    for range in &plan.ranges {
        segments.push(Segment::of(&log, range.clone())?);
    }
    let layout = Layout::new(segments).ok_or(StoreError::OtherLog { len: log.len() })?;
    announce(session, Some(layout.sealed()), "sealed", now_ms)?;
    let storage = session.storage;
    let write = |new: &[Segment]| {
        for segment in new {
            pack(&storage.inner, &log, segment, with)?;
        }
        Ok(storage.inner.sync_folder(Folder::Segments)?)
    };
    put(session, [0..layout.header_len(), layout.sealed_len()..plan.len], layout.segments(), write)?;
    Ok(plan)
}

/// Puts all bytes back into the log's own file, which then has no segments; how many bytes came back.
///
/// # Errors
/// If a segment is lost or damaged, or storage fails; the log is then as it was, or one file.
pub fn undo<S: Storage + Clone, D: Decompress + Clone>(
    session: &mut SessionStore<'_, Segmented<S, D>>,
    now_ms: i64,
) -> Result<u64, StoreError> {
    let Some(layout) = begin(session, now_ms)? else { return Ok(0) };
    for segment in layout.segments() {
        if let Some((form, how)) = trouble(session.storage, segment, Depth::Full, None)? {
            return Err(StoreError::Kept { what: segment.path(form), how });
        }
    }
    announce(session, None, "put back into one file", now_ms)?;
    put(session, [0..session.len(), 0..0], &[], |_| Ok(()))?;
    Ok(layout.sealed_len() - layout.header_len())
}

/// Writes what of the log stays in its own file, and puts that in place.
fn put<S: Storage + Clone, D: Decompress + Clone>(
    session: &mut SessionStore<'_, Segmented<S, D>>,
    stays: [Range<u64>; 2],
    segments: &[Segment],
    write: impl FnOnce(&[Segment]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let Some(log) = &session.log else { return Err(StoreError::NothingLeft) };
    if log.named()? != Named::Same(log.len()) {
        return Err(PublishError::Changed { what: Place::Log }.into());
    }
    session.storage.rewrite_own(log, stays, segments, write)?;
    session.reopen()
}

/// Bytes up to the end of the header's line.
fn header_len(log: &impl ByteSource) -> Result<u64, StoreError> {
    Ok(line_end(log, detect(log)?.writable()?.end())?)
}
