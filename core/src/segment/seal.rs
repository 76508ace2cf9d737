//! Sealing: moves older lines of a log into segments, and back.
//!
//! Owns: where segments end.
//! Invariant: no byte of the logical log changes, so sidecars and checkpoints stay valid. A run after a crash continues
//! from the layout in force. It can be stopped until the log's own file is replaced, and the same layout is then in force.
//! Does not: lock, or define the steps of a change; see [`super::change`].

use super::announce::{announce, begin};
use super::check::{Depth, trouble};
use super::layout::Layout;
use super::pack::pack;
use super::range::Segment;
use super::segmented::{Segmented, SegmentedFile};
use super::witness::line_end;
use super::{Compress, Decompress};
use crate::dialect::detect;
use crate::source::{ByteSource, Tick, Watched, tell};
use crate::storage::{Folder, Named, Place, PublishError, SealedExtent, Storage, StorageFile};
use crate::store::{SessionStore, StoreError};
use crate::write::line_start;
use alloc::vec::Vec;
use core::ops::Range;

/// Default size of a segment in bytes.
pub const DEFAULT_SIZE: u64 = 64 << 20;

/// How often a seal, its reversal or a change of form reads the log at most, for who shows its progress.
pub const PASSES: u64 = 2;

/// The effects of a seal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The new segments.
    pub ranges: Vec<Range<u64>>,
    /// Length of the log in bytes.
    pub len: u64,
    /// The part that is already sealed.
    pub sealed: Option<SealedExtent>,
}

impl Plan {
    /// True if too few bytes stand outside segments for a new one.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Number of bytes that move.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.ranges.iter().map(|range| range.end - range.start).sum()
    }
}

/// Plans a seal, without writing: segments of `size` bytes, each extended to the end of its last line. At least one
/// whole line stays in the log's own file.
///
/// # Errors
/// Fails if the log cannot be read, is not one that is written, or its layout is uncertain.
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
    // One whole line stays: it is part of the layout's witness, and no recovery cuts it.
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

/// Runs the seal; the session shows the new log afterwards.
///
/// # Errors
/// Same errors as [`plan`], and any storage error; the log is then unchanged or sealed. If `tick` stops it, the log is
/// unchanged.
pub fn run<S: Storage + Clone, D: Decompress + Clone>(
    session: &mut SessionStore<'_, Segmented<S, D>>,
    size: u64,
    with: Option<&dyn Compress>,
    now_ms: i64,
    tick: &mut Tick<'_>,
) -> Result<Plan, StoreError> {
    let before = begin(session, now_ms)?;
    let plan = plan(session, size)?;
    let Some(log) = session.log.clone().filter(|_| !plan.is_nothing()) else { return Ok(plan) };
    let log = Watched::new(&log, tick);
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
    put(session, &log, [0..layout.header_len(), layout.sealed_len()..plan.len], layout.segments(), write)?;
    Ok(plan)
}

/// Moves all bytes back into the log's own file, which then has no segments; returns how many.
///
/// # Errors
/// Fails if a segment is lost or damaged, or storage fails; the log is then unchanged or one file. If `tick` stops it, the
/// log is unchanged.
pub fn undo<S: Storage + Clone, D: Decompress + Clone>(
    session: &mut SessionStore<'_, Segmented<S, D>>,
    now_ms: i64,
    tick: &mut Tick<'_>,
) -> Result<u64, StoreError> {
    let Some(layout) = begin(session, now_ms)? else { return Ok(0) };
    for segment in layout.segments() {
        if let Some((form, how)) = trouble(session.storage, segment, Depth::Full, None)? {
            return Err(StoreError::Kept { what: segment.path(form), how });
        }
        tell(tick, segment.len)?;
    }
    announce(session, None, "put back into one file", now_ms)?;
    let Some(log) = session.log.clone() else { return Err(StoreError::NothingLeft) };
    put(session, &Watched::new(&log, tick), [0..log.len(), 0..0], &[], |_| Ok(()))?;
    Ok(layout.sealed_len() - layout.header_len())
}

/// Writes the part of the log that stays in its own file, and replaces that file.
fn put<S: Storage + Clone, D: Decompress + Clone>(
    session: &mut SessionStore<'_, Segmented<S, D>>,
    log: &Watched<'_, SegmentedFile<S, D>>,
    stays: [Range<u64>; 2],
    segments: &[Segment],
    write: impl FnOnce(&[Segment]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    if log.source.named()? != Named::Same(log.len()) {
        return Err(PublishError::Changed { what: Place::Log }.into());
    }
    session.storage.rewrite_own(log, stays, segments, write)?;
    session.reopen()
}

/// Length up to the end of the header's line.
fn header_len(log: &impl ByteSource) -> Result<u64, StoreError> {
    Ok(line_end(log, detect(log)?.writable()?.end())?)
}
