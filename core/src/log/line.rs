//! One line: whole record, blank, or damaged.
//!
//! Owns: the judgement of a single line. Invariant: it depends on the line's bytes alone (and on whether a record
//! stood before it), so that lines can be judged in any order, also backwards from the end.
//! Does not: remember anything between lines but scratch space.

use super::salvage::{self, Accept, Salvaged};
use super::{Fields, Record, controls};
use crate::json::text::is_control;
use crate::json::walk::Walker;
use crate::json::{Fault, is_space};

/// What a line is.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one at a time, and nearly always the large one")]
pub enum Outcome<'a> {
    /// Nothing but JSON white space.
    Blank,
    /// One whole record.
    Whole(Record<'a>),
    /// Anything else; the salvaged records may be empty.
    Broken(Salvaged<'a>),
}

/// Judges lines.
#[derive(Debug)]
pub struct LineReader {
    walker: Walker,
    accept: Accept,
}

impl Default for LineReader {
    fn default() -> Self {
        Self::accepting(salvage::ENTRIES)
    }
}

impl LineReader {
    /// A reader with empty scratch space.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A reader of other records than a log's: `accept` says which objects in a broken line are records.
    #[must_use]
    pub(crate) fn accepting(accept: Accept) -> Self {
        Self { walker: Walker::new(), accept }
    }

    /// Judges the line `bytes` (without its LF), which stands at `offset` as number `line`.
    ///
    /// `first`: no record stood before it, so that a header may be salvaged from it.
    pub fn read<'a>(&mut self, offset: u64, line: u64, bytes: &'a [u8], first: bool) -> Outcome<'a> {
        let (offset, bytes) = match bytes.strip_prefix(b"\xEF\xBB\xBF") {
            Some(rest) if offset == 0 => (3, rest),
            _ => (offset, bytes),
        };
        let Some(start) = bytes.iter().position(|&b| !is_space(b)) else { return Outcome::Blank };
        let mut fields = Fields::default();
        let walked = self.walker.walk_object(bytes, start, |key, value| fields.take(key, value));
        if let Ok(walked) = walked
            && bytes.get(walked.end..).unwrap_or_default().iter().all(|&b| is_space(b))
        {
            return Outcome::Whole(Record { offset, bytes, line, fields, lone_surrogate: walked.lone_surrogate });
        }
        let mut salvaged = salvage::salvage((&mut self.walker, self.accept), offset, line, bytes, first);
        let at_control = matches!(walked, Err(Fault::Invalid(at)) if bytes.get(at).copied().is_some_and(is_control));
        salvaged.raw_controls = at_control && salvaged.records.is_empty() && controls::escaped(bytes, first).is_some();
        Outcome::Broken(salvaged)
    }
}
