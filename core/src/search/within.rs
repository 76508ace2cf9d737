//! Search within one session, in log order, slice by slice.
//!
//! Owns: slices of hits, and whether a log can hold any.
//! Invariant: the same entries as a search over all sessions finds in this one, however the log is cut into slices.
//! Does not: rank.

use super::{Found, Gather, Known, Search, lines_in};
use crate::log::shown_len;
use crate::session::{Locator, ReadError, Session};
use crate::source::{ByteSource, SourceError};
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// Bytes that are searched between two ticks.
pub(super) const STEP: u64 = 4 << 20;

/// The part of a log that one call searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// Offset from which on lines are searched.
    pub from: u64,
    /// Maximum number of hits.
    pub limit: usize,
    /// Bytes after which the call returns, rounded up to a few MiB.
    pub bytes: u64,
}

/// The entries of a slice that match, and where to go on if there may be more. `known` is of the whole log, for a
/// search with the same filter.
///
/// # Errors
/// If the log cannot be read, or `tick`, which gets the bytes done, interrupts.
pub fn search_session<S: ByteSource, L: Locator>(
    session: &Session<S, L>,
    search: &Search,
    known: &Known,
    slice: Slice,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<(Vec<Found>, Option<u64>), ReadError> {
    let (log, header) = (session.log(), session.header().map(|header| header.offset));
    let len = shown_len(log)?;
    let mut gather = Gather::new(search);
    // What is found depends on edits behind it, and on calls before it.
    gather.take(known.part.clone());
    let mut found = Vec::new();
    let mut at = slice.from;
    let enough = slice.from.saturating_add(slice.bytes).min(len);
    while at < enough && found.len() <= slice.limit {
        let end = at.saturating_add(STEP).min(len);
        lines_in(log, at..end, &mut |offset, bytes| {
            found.extend(gather.take(search.lines_but_known(offset, bytes, header)));
        })?;
        if tick(end - at).is_break() {
            return Err(SourceError::Interrupted.into());
        }
        at = end;
    }
    found.extend(gather.finish(session, slice.from..at)?);
    log.still_whole()?;
    found.sort_unstable_by_key(|found| found.offset);
    let behind = found.get(slice.limit).map(|found| found.offset);
    found.truncate(slice.limit);
    Ok((found, behind.or(Some(at).filter(|at| *at < len))))
}

/// False only if no entry of the log matches. Needs no index, and ends at the first line that may match.
///
/// # Errors
/// As [`search_session`].
pub fn may_be_within<S: ByteSource, L: Locator>(
    session: &Session<S, L>,
    search: &Search,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<bool, ReadError> {
    let (log, header) = (session.log(), session.header().map(|header| header.offset));
    let len = shown_len(log)?;
    let mut at = 0;
    let mut may_be = false;
    while at < len && !may_be {
        let end = at.saturating_add(STEP).min(len);
        lines_in(log, at..end, &mut |offset, bytes| {
            may_be = may_be || search.may_find(&search.lines(offset, bytes, header));
        })?;
        if tick(end - at).is_break() {
            return Err(SourceError::Interrupted.into());
        }
        at = end;
    }
    Ok(may_be)
}
