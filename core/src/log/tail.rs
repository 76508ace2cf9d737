//! The last entries of the active path, read backwards from the end of a log.
//!
//! Owns: the first page of a session without an index, by a number of entries or back to one of them, at a cost that
//! follows the page, not the log.
//! Invariant: the result equals that of a full build. Where only the start of the log could decide (a parent that
//! stands later, or is missing), there is no result, and the caller runs a full build.
//! Does not: present older dialects, because their ids depend on the start of the log.

use super::line::{LineReader, Outcome};
use super::{Record, shown_len};
use crate::source::{ByteSource, SourceError};
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// Place of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Offset of its record.
    pub offset: u64,
    /// Length of its record, without LF.
    pub len: u64,
}

/// Bytes of the first step backwards; each step doubles, up to [`MAX_STEP`].
const FIRST_STEP: u64 = 64 * 1024;
const MAX_STEP: u64 = 8 << 20;
/// Beyond this many bytes a full build is cheaper.
const GIVE_UP: u64 = 64 << 20;

/// The last `count` entries of the path from the root to the last entry of the log, in path order; `None` if a full
/// build is needed. `from`: the header's offset; records before it are no entries.
///
/// # Errors
/// Fails if the source cannot be read.
pub fn last_of_active_path(
    source: &(impl ByteSource + ?Sized),
    from: u64,
    count: usize,
) -> Result<Option<Vec<Span>>, SourceError> {
    Ok(walk_back(source, from, Until::Count(count))?.map(Walk::in_path_order))
}

/// The same from the entry with this id on; `None` too if the path does not lead through it.
///
/// # Errors
/// Fails if the source cannot be read.
pub fn active_path_from(
    source: &(impl ByteSource + ?Sized),
    from: u64,
    id: &str,
) -> Result<Option<Vec<Span>>, SourceError> {
    let walk = walk_back(source, from, Until::Id(id))?;
    Ok(walk.filter(|walk| walk.is_there).map(Walk::in_path_order))
}

/// Walks until it has what is asked for, or the root; `None` if a full build is needed.
fn walk_back<'u>(
    source: &(impl ByteSource + ?Sized),
    from: u64,
    until: Until<'u>,
) -> Result<Option<Walk<'u>>, SourceError> {
    let mut walk = Walk { wanted: Wanted::Last, found: Vec::new(), until, is_there: false };
    let mut reader = LineReader::new();
    let mut step = FIRST_STEP;
    // The bytes `start..start + held.len()` are in memory; all bytes behind them are done.
    let end = shown_len(source)?;
    let mut start = end;
    let mut held: Vec<u8> = Vec::new();
    loop {
        while let Some(lf) = memchr::memrchr(b'\n', held.get(..held.len().saturating_sub(1)).unwrap_or_default()) {
            let line = held.split_off(lf + 1);
            if walk.line(&mut reader, start + lf as u64 + 1, &line).is_break() {
                return Ok(Some(walk));
            }
        }
        if start <= from || end - start > GIVE_UP {
            break;
        }
        let take = step.min(start - from);
        step = (step * 2).min(MAX_STEP);
        start -= take;
        let mut more = source.read_vec(start, usize::try_from(take).unwrap_or_default())?;
        more.extend_from_slice(&held);
        held = more;
    }
    if start <= from && walk.line(&mut reader, start, &held).is_break() {
        return Ok(Some(walk));
    }
    Ok(None)
}

enum Wanted {
    /// The last entry, whatever its id.
    Last,
    /// The nearest entry with this id.
    Id(String),
    /// Nothing more: the root was reached.
    Nothing,
}

/// How far back is asked for.
enum Until<'u> {
    Count(usize),
    Id(&'u str),
}

struct Walk<'u> {
    wanted: Wanted,
    /// Last entry first.
    found: Vec<Span>,
    until: Until<'u>,
    /// What was asked for is among them.
    is_there: bool,
}

impl Walk<'_> {
    fn line(&mut self, reader: &mut LineReader, offset: u64, line: &[u8]) -> ControlFlow<()> {
        let bytes = line.strip_suffix(b"\n").unwrap_or(line);
        match reader.read(offset, 0, bytes, false) {
            Outcome::Blank => ControlFlow::Continue(()),
            Outcome::Whole(record) => self.record(&record),
            Outcome::Broken(salvaged) => salvaged.records.iter().rev().try_for_each(|record| self.record(record)),
        }
    }

    fn record(&mut self, record: &Record<'_>) -> ControlFlow<()> {
        if record.fields.is_session() {
            return ControlFlow::Continue(());
        }
        let matches = match &self.wanted {
            Wanted::Last => true,
            Wanted::Id(id) => record.fields.usable_id().as_deref() == Some(id),
            Wanted::Nothing => false,
        };
        if matches {
            self.found.push(Span { offset: record.offset, len: record.bytes.len() as u64 });
            self.is_there = match self.until {
                Until::Count(count) => self.found.len() == count,
                Until::Id(id) => record.fields.usable_id().as_deref() == Some(id),
            };
            self.wanted = match record.fields.parent_text() {
                Some(parent) => Wanted::Id(parent.into_owned()),
                None => Wanted::Nothing,
            };
        }
        if self.is_there || matches!(self.wanted, Wanted::Nothing) {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn in_path_order(mut self) -> Vec<Span> {
        self.found.reverse();
        self.found
    }
}
