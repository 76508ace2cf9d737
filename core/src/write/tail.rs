//! The end of a log, read backwards.
//!
//! Owns: finding the start of the last line, and the last entry, which is the default parent of a new one.
//! Invariant: the cost follows the last lines, not the log.

use crate::log::{LineReader, Outcome, id_of, is_number, shown_len};
use crate::source::{ByteSource, SourceError};
use alloc::string::String;
use alloc::vec::Vec;

const WINDOW: u64 = 16 * 1024;

/// Start of the line that ends at `end`, the position of its LF, or of the missing one.
///
/// # Errors
/// Fails if the log cannot be read.
pub fn line_start(log: &impl ByteSource, end: u64) -> Result<u64, SourceError> {
    let mut at = end;
    let mut window = WINDOW;
    while at > 0 {
        let from = at.saturating_sub(window);
        let bytes = log.read_vec(from, usize::try_from(at - from).unwrap_or_default())?;
        if let Some(found) = memchr::memrchr(b'\n', &bytes) {
            return Ok(from + found as u64 + 1);
        }
        at = from;
        // The window doubles, so that long lines take few reads.
        window = (window * 2).min(1 << 20);
    }
    Ok(0)
}

/// The id of the last entry that has a usable one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LastId {
    pub(crate) text: String,
    /// The log has the id as a number.
    pub(crate) is_number: bool,
}

/// The id of the last shown entry with a usable id. `log` must end behind an LF. `from`: the header's offset; records
/// before it are no entries.
pub(crate) fn last_id(log: &impl ByteSource, from: u64) -> Result<Option<LastId>, SourceError> {
    let mut reader = LineReader::new();
    let mut behind = shown_len(log)?;
    while behind > from {
        let end = behind - 1;
        if let Some(lost) = log.lost_at(end)? {
            behind = lost.start;
            continue;
        }
        let start = line_start(log, end)?;
        let line = log.read_vec(start, usize::try_from(end - start).unwrap_or_default())?;
        let records = match reader.read(start, 0, &line, start == 0) {
            Outcome::Blank => Vec::new(),
            Outcome::Whole(record) => alloc::vec![record],
            Outcome::Broken(salvaged) => salvaged.records,
        };
        let entries = records.iter().rev().filter(|record| !record.fields.is_session());
        if let Some(token) = entries.filter_map(|record| record.fields.id).find(|token| id_of(token).is_some()) {
            let is_number = is_number(token);
            return Ok(id_of(token).map(|id| LastId { text: id.into_owned(), is_number }));
        }
        behind = start;
    }
    Ok(None)
}
