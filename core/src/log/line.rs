//! One line: a whole record, blank, or damaged.
//!
//! Owns: the classification of a single line.
//! Invariant: the result depends only on the line's bytes and on whether a record stood before it, so lines can be read
//! in any order, also backwards from the end.

use super::salvage::{self, Accept, Salvaged};
use super::{Fields, Places, Record, controls};
use crate::json::tape::Tape;
use crate::json::text::is_control;
use crate::json::walk::{Walked, Walker};
use crate::json::{Fault, is_space};
use alloc::sync::Arc;

/// The classification of a line.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one at a time, and nearly always the large one")]
pub enum Outcome<'a> {
    /// Only JSON white space.
    Blank,
    /// One whole record.
    Whole(Record<'a>),
    /// Anything else; the list of salvaged records may be empty.
    Broken(Salvaged<'a>),
}

impl Outcome<'_> {
    /// Sets the number of the line.
    pub(super) fn number(&mut self, line: u64) {
        match self {
            Self::Blank => {}
            Self::Whole(record) => record.line = line,
            Self::Broken(salvaged) => salvaged.records.iter_mut().for_each(|record| record.line = line),
        }
    }
}

/// What a scan wants of each line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    /// Decides which objects in a broken line are records.
    pub(super) accept: Accept,
    /// Check the UTF-8 of every record, which indexing does not need.
    pub(super) full: bool,
    /// Keep the places of what is in each record, for a reader that looks at more than its fields.
    pub(super) places: bool,
}

/// Classifies lines; keeps only scratch space between them.
#[derive(Debug)]
pub struct LineReader {
    walker: Walker,
    pub(super) reading: Reading,
}

impl Default for LineReader {
    fn default() -> Self {
        Self::for_scan(Reading { accept: salvage::ENTRIES, full: false, places: false })
    }
}

impl LineReader {
    /// A reader with empty scratch space.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn for_scan(reading: Reading) -> Self {
        Self { walker: Walker::new(), reading }
    }

    /// Classifies the line `bytes` (without its LF), which stands at `offset` and has the number `line`.
    ///
    /// `first`: no record stood before it, so a header may be salvaged from it.
    pub fn read<'a>(&mut self, offset: u64, line: u64, bytes: &'a [u8], first: bool) -> Outcome<'a> {
        let (offset, bytes) = match bytes.strip_prefix(b"\xEF\xBB\xBF") {
            Some(rest) if offset == 0 => (3, rest),
            _ => (offset, bytes),
        };
        let Some(start) = bytes.iter().position(|&b| !is_space(b)) else { return Outcome::Blank };
        let fault = match self.object(bytes, start) {
            Ok((fields, places, walked)) => {
                if bytes.get(walked.end..).unwrap_or_default().iter().all(|&b| is_space(b)) {
                    let (lone_surrogate, invalid_utf8) = (walked.lone_surrogate, self.is_invalid(bytes));
                    return Outcome::Whole(Record {
                        offset,
                        bytes,
                        line,
                        fields,
                        places,
                        lone_surrogate,
                        invalid_utf8,
                    });
                }
                None
            }
            Err(fault) => Some(fault),
        };
        let mut salvaged = salvage::salvage((&mut self.walker, self.reading.accept), offset, line, bytes, first);
        for record in &mut salvaged.records {
            record.invalid_utf8 = self.is_invalid(record.bytes);
        }
        let at_control = matches!(fault, Some(Fault::Invalid(at)) if bytes.get(at).copied().is_some_and(is_control));
        salvaged.raw_controls = at_control && salvaged.records.is_empty() && controls::escaped(bytes, first).is_some();
        Outcome::Broken(salvaged)
    }

    /// Reads the object that begins at `bytes[start]`, with the places of what is in it if they are wanted.
    fn object<'a>(&mut self, bytes: &'a [u8], start: usize) -> Result<(Fields<'a>, Places<'a>, Walked), Fault> {
        if !self.reading.places {
            let (fields, walked) = Fields::read(&mut self.walker, bytes, start)?;
            return Ok((fields, None, walked));
        }
        let (tape, walked) = Tape::read(bytes, start)?;
        let mut fields = Fields::default();
        tape.level(tape.top()).for_each(|(_, node)| fields.take(node.key, node.value));
        Ok((fields, Some(Arc::new(tape)), walked))
    }

    fn is_invalid(&self, record: &[u8]) -> bool {
        self.reading.full && simdutf8::basic::from_utf8(record).is_err()
    }
}
