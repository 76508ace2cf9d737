//! Search within one session, in log order.
//!
//! Owns: pages of hits. Invariant: the same entries as a search over all sessions finds in this one.
//! Does not: rank.

use super::{Found, Gather, Search, lines_in};
use crate::session::{Locator, ReadError, Session};
use crate::source::{ByteSource, SourceError};
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// Bytes that are searched between two ticks.
const STEP: u64 = 1 << 20;

/// Up to `limit` entries that match, from the line at `from` on, and where to go on if there may be more.
///
/// # Errors
/// If the log cannot be read, or `tick`, which gets the bytes done, interrupts.
pub fn search_session<S: ByteSource, L: Locator>(
    session: &Session<S, L>,
    search: &Search,
    from: u64,
    limit: usize,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<(Vec<Found>, Option<u64>), ReadError> {
    let (log, header) = (session.log(), session.header().map(|header| header.offset));
    let mut gather = Gather::new(search);
    // What is found depends on edits behind it, and on calls before it.
    lines_in(log, 0..log.len(), &mut |offset, bytes| {
        gather.take(search.known_in(offset, bytes, header));
    })?;
    let mut found = Vec::new();
    let mut at = from;
    while at < log.len() && found.len() <= limit {
        let end = at.saturating_add(STEP).min(log.len());
        lines_in(log, at..end, &mut |offset, bytes| {
            found.extend(gather.take(search.lines(offset, bytes, header).without_known()));
        })?;
        if tick(end - at).is_break() {
            return Err(SourceError::Interrupted.into());
        }
        at = end;
    }
    found.extend(gather.finish(session, from..at)?);
    log.still_whole()?;
    found.sort_unstable_by_key(|found| found.offset);
    let behind = found.get(limit).map(|found| found.offset);
    found.truncate(limit);
    Ok((found, behind.or(Some(at).filter(|at| *at < log.len()))))
}
