//! Witnesses: the starts of two versions of the log's own file, by which their layouts are recognised.
//!
//! Owns: the length of the witnesses.
//! Invariant: a witness ends with a line and contains the header and, if there is one, at least one more line, so that
//! no recovery of the log cuts it.

use crate::source::{ByteSource, SourceError};
use crate::store::LogState;

/// A witness of each file; `None` if `must` is set and no start tells the two apart.
pub(super) fn witnesses(
    old: &dyn ByteSource,
    new: &dyn ByteSource,
    must: bool,
) -> Result<Option<(LogState, LogState)>, SourceError> {
    let (mut old_len, mut new_len) = (two_lines(old)?, two_lines(new)?);
    loop {
        let (before, after) = (LogState::of(old, old_len)?, LogState::of(new, new_len)?);
        let old_as_new = after.begins(old)? && new_len >= old_len;
        let new_as_old = before.begins(new)? && old_len > new_len;
        if !must || !old_as_new && !new_as_old {
            return Ok(Some((before, after)));
        }
        if new_len < new.len() {
            new_len = line_end(new, new_len.saturating_mul(2))?;
        } else if old_as_new && old_len < old.len() {
            old_len = line_end(old, old_len.saturating_mul(2))?;
        } else {
            return Ok(None);
        }
    }
}

/// Length of the header's line and the next one.
fn two_lines(own: &dyn ByteSource) -> Result<u64, SourceError> {
    line_end(own, line_end(own, 0)?)
}

/// Offset behind the first LF at or behind `from`, or the end of the source.
pub(super) fn line_end(source: &(impl ByteSource + ?Sized), from: u64) -> Result<u64, SourceError> {
    let mut at = from;
    while at < source.len() {
        let take = (source.len() - at).min(64 << 10);
        let bytes = source.read_vec(at, usize::try_from(take).unwrap_or_default())?;
        if let Some(found) = memchr::memchr(b'\n', &bytes) {
            return Ok(at + found as u64 + 1);
        }
        at += take;
    }
    Ok(source.len())
}
