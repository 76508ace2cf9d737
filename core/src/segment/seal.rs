//! Sealing: the older lines of a log into segments, and back.
//!
//! Owns: where segments end, and the order of steps, each of which ends with its sync: 1. the segments' files; 2. the
//! row; 3. the manifest; 4. the log's own file, header and rest, renamed over the old one.
//! Invariant: no byte of the logical log changes, so rows, sidecars and checkpoints stay true; until step 4 the log
//! is as it was, after it sealed. Run again, it goes on from where it was. Does not: lock.

use super::change::line_end;
use super::layout::{Layout, Segment};
use super::pack::pack;
use super::storage::Segmented;
use super::{Compress, Decompress, compress};
use crate::dialect::detect;
use crate::storage::FileSource;
use crate::storage::{Folder, Named, Place, PublishError, SealedExtent, Storage, StorageFile};
use crate::store::ledger::{Event, LedgerRow};
use crate::store::{SessionStore, StoreError, leaf};
use crate::write::line_start;
use alloc::string::String;
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
/// If the log cannot be read, or is none that is written.
pub fn plan<S: Storage>(session: &SessionStore<'_, S>, size: u64) -> Result<Plan, StoreError> {
    let Some(log) = &session.log else { return Err(StoreError::NothingLeft) };
    let sealed = session.storage.sealed(&log.file);
    let mut at = match sealed {
        Some(sealed) => sealed.to,
        None => header_len(log)?,
    };
    // A whole line stays: by it the layout is told, and no recovery cuts it.
    let last = line_start(log, log.len)?;
    let mut ranges = Vec::new();
    while log.len.saturating_sub(at) > size.max(1) {
        let end = line_end(log, at + size.max(1) - 1)?;
        if end >= last {
            break;
        }
        ranges.push(at..end);
        at = end;
    }
    Ok(Plan { ranges, len: log.len, sealed })
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
    session.resolve_pending(now_ms)?;
    session.storage.mend()?;
    let plan = plan(session, size)?;
    let Some(log) = session.log.as_ref().filter(|_| !plan.is_nothing()) else { return Ok(plan) };
    let mut segments = session.storage.view()?.layout.map_or_else(Vec::new, |layout| layout.segments().to_vec());
    for range in &plan.ranges {
        segments.push(pack(session.storage, log, range.clone(), with)?);
    }
    session.storage.sync_folder(Folder::Segments)?;
    session.storage.sync_folder(Folder::Store)?;
    let layout = Layout::new(segments).ok_or(StoreError::OtherLog { len: log.len })?;
    announce(session, Some(layout.sealed()), "sealed", now_ms)?;
    put(session, [0..layout.header_len(), layout.sealed_len()..plan.len], layout.segments())?;
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
    session.resolve_pending(now_ms)?;
    session.storage.mend()?;
    let Some(layout) = session.storage.view()?.layout else { return Ok(0) };
    compress::prove(session.storage, &layout)?;
    announce(session, None, "put back into one file", now_ms)?;
    put(session, [0..session.len(), 0..0], &[])?;
    Ok(layout.sealed_len() - layout.header_len())
}

/// Adds the row of a seal, unless it is there: a run before this one was interrupted.
pub(super) fn announce<S: Storage>(
    session: &mut SessionStore<'_, S>,
    sealed: Option<SealedExtent>,
    note: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    let Some(log) = &session.log else { return Err(StoreError::NothingLeft) };
    let now = session.state()?;
    let is_last = |row: &LedgerRow| {
        (row.event, row.sealed, row.note.as_str()) == (Event::Seal, sealed, note) && row.state().as_ref() == Some(&now)
    };
    if session.ledger_file.ledger.rows.last().cloned().is_some_and(|row| is_last(&row)) {
        return Ok(());
    }
    let mut row = LedgerRow::new(Event::Seal, now_ms, now.len, String::new(), note);
    row.branch_leaf = leaf(log);
    row.fingerprint = Some(now.fingerprint);
    row.sealed = sealed;
    session.ledger_file.add(session.storage, row)?;
    Ok(())
}

/// Writes what of the log stays in its own file, and puts that in place.
fn put<S: Storage + Clone, D: Decompress + Clone>(
    session: &mut SessionStore<'_, Segmented<S, D>>,
    stays: [Range<u64>; 2],
    segments: &[Segment],
) -> Result<(), StoreError> {
    let Some(log) = &session.log else { return Err(StoreError::NothingLeft) };
    if log.file.named()? != Named::Same(log.len) {
        return Err(PublishError::Changed { what: Place::Log }.into());
    }
    session.storage.restow(&log.file, stays, segments)?;
    session.reopen()
}

/// Bytes up to the end of the header's line.
fn header_len<F: StorageFile>(log: &FileSource<F>) -> Result<u64, StoreError> {
    Ok(line_end(log, detect(log)?.writable()?.end())?)
}
