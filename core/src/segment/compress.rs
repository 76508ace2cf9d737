//! Compression and decompression of segments.
//!
//! Owns: the order of steps for each segment: the file in its new form is written, synced and renamed, its folder is
//! synced, and the file is read again and compared with the digest; only then the old file is removed.
//! Invariant: the layout stays the same, because either form of a segment counts. A crash leaves the old form, both, or
//! the new one, and the next run continues. It can be stopped until a segment has its new form, and before the next one.

use super::announce::{announce, begin};
use super::check::{Depth, trouble};
use super::pack::pack;
use super::range::{Form, Segment};
use super::segmented::{Segmented, SegmentedFile};
use super::{Compress, Decompress};
use crate::source::{SourceError, Tick, Watched, tell};
use crate::storage::{Folder, Place, Storage};
use crate::store::{SessionStore, StoreError};
use alloc::vec::Vec;

/// How many segments got their other form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Converted {
    /// Those that got it.
    pub segments: u64,
    /// Those that stay as they were, because it was stopped.
    pub left: u64,
}

/// Compresses all segments of a log, until `tick` stops it.
///
/// # Errors
/// Fails if a segment is lost or damaged, or storage fails; all bytes then exist in one form or the other.
pub fn run<S: Storage + Clone, D: Decompress + Clone>(
    session: &mut SessionStore<'_, Segmented<S, D>>,
    with: &dyn Compress,
    now_ms: i64,
    tick: &mut Tick<'_>,
) -> Result<Converted, StoreError> {
    convert(session, Form::Compressed, Some(with), now_ms, tick)
}

/// Decompresses all segments of a log, until `tick` stops it.
///
/// # Errors
/// Same errors as [`run`].
pub fn undo<S: Storage + Clone, D: Decompress + Clone>(
    session: &mut SessionStore<'_, Segmented<S, D>>,
    now_ms: i64,
    tick: &mut Tick<'_>,
) -> Result<Converted, StoreError> {
    convert(session, Form::Plain, None, now_ms, tick)
}

fn convert<S: Storage + Clone, D: Decompress + Clone>(
    session: &mut SessionStore<'_, Segmented<S, D>>,
    to: Form,
    with: Option<&dyn Compress>,
    now_ms: i64,
    tick: &mut Tick<'_>,
) -> Result<Converted, StoreError> {
    let Some(layout) = begin(session, now_ms)? else { return Ok(Converted::default()) };
    let storage = session.storage;
    let from = if to == Form::Plain { Form::Compressed } else { Form::Plain };
    let mut waiting = Vec::new();
    for segment in layout.segments() {
        if is_there(storage, segment, from)? {
            waiting.push(segment);
        }
    }
    let Some(log) = session.log.clone().filter(|_| !waiting.is_empty()) else { return Ok(Converted::default()) };
    let note = if to == Form::Plain { "segments decompressed" } else { "segments compressed" };
    announce(session, Some(layout.sealed()), note, now_ms)?;
    let mut done = 0;
    for segment in &waiting {
        match convert_one(storage, &log, segment, (from, to), with, tick) {
            Err(StoreError::Source(SourceError::Interrupted)) => break,
            converted => converted?,
        }
        done += 1;
    }
    storage.sync_folder(Folder::Segments)?;
    Ok(Converted { segments: done, left: waiting.len() as u64 - done })
}

fn convert_one<S: Storage + Clone, D: Decompress + Clone>(
    storage: &Segmented<S, D>,
    log: &SegmentedFile<S, D>,
    segment: &Segment,
    (from, to): (Form, Form),
    with: Option<&dyn Compress>,
    tick: &mut Tick<'_>,
) -> Result<(), StoreError> {
    // An interrupted run leaves both forms; a complete file in the new form stays.
    if wrong(storage, segment, to)?.is_some() {
        if let Some(how) = wrong(storage, segment, from)? {
            return Err(StoreError::Kept { what: segment.path(from), how });
        }
        tell(tick, segment.len)?;
        if let Some(name) = segment.name(to)
            && is_there(storage, segment, to)?
        {
            storage.set_aside(&name)?;
        }
        pack(&storage.inner, &Watched::new(log, tick), segment, with)?;
        storage.sync_folder(Folder::Segments)?;
        if wrong(storage, segment, to)?.is_some() {
            return Err(StoreError::Compression);
        }
    }
    if let Some(name) = segment.name(from) {
        storage.inner.remove(&Place::Segment(name))?;
    }
    Ok(())
}

fn is_there<S: Storage, D>(storage: &Segmented<S, D>, segment: &Segment, form: Form) -> Result<bool, StoreError> {
    let Some(name) = segment.name(form) else { return Ok(false) };
    Ok(storage.inner.stamp(&Place::Segment(name))?.is_some())
}

/// The damage of the segment's file in one form.
fn wrong<S: Storage, D: Decompress>(
    storage: &Segmented<S, D>,
    segment: &Segment,
    form: Form,
) -> Result<Option<&'static str>, StoreError> {
    Ok(trouble(storage, segment, Depth::Full, Some(form))?.map(|(_, how)| how))
}
