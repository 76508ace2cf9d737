//! The head of a file: the records in its first MiB, from which its kind is detected.
//!
//! Owns: which records are shown to dialects, and the count of entries of a log that lost its header.
//! Invariant: the head is a function of the first MiB; its header is the one that a scan finds.

use super::members::Members;
use crate::json::Fault;
use crate::json::walk::Walker;
use crate::log::{Fields, HEAD_BYTES, Header, LineReader, Opening, Outcome, Record};
use alloc::vec::Vec;

/// Most records that dialects are shown.
const SHOWN: usize = 40;

/// The kinds of entries that pi writes, by which a log without its header is recognised.
const KINDS: [&str; 11] = [
    "message",
    "model_change",
    "thinking_level_change",
    "compaction",
    "branch_summary",
    "custom",
    "custom_message",
    "label",
    "session_info",
    "usage",
    "context_edit",
];

/// The head of a file.
#[derive(Debug)]
pub(super) struct Head<'h> {
    /// The first bytes of the file: all of them, or one MiB.
    pub bytes: &'h [u8],
    /// Length of the file.
    pub len: u64,
    header: Option<Header>,
    records: Vec<Members<'h>>,
    /// Entries of pi's kinds with a usable id and a parent.
    entries: u64,
    /// Records without an id or a parent, so not entries.
    others: u64,
    cut: Option<Fields<'h>>,
    is_long_document: bool,
}

impl<'h> Head<'h> {
    /// Reads the head from the first bytes of a file with length `len`.
    #[must_use]
    pub(super) fn read(bytes: &'h [u8], len: u64) -> Self {
        let records = Vec::new();
        let mut head =
            Self { bytes, len, header: None, records, entries: 0, others: 0, cut: None, is_long_document: false };
        head.lines();
        if head.records.is_empty() && head.header.is_none() {
            head.document();
        }
        head
    }

    /// The header; every scan of the file finds the same one.
    #[must_use]
    pub(super) const fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// The first records: those before the header, or, without one, those of the whole head. The last one may be the
    /// start of a line that is longer than the head.
    #[must_use]
    pub(super) fn records(&self) -> &[Members<'h>] {
        &self.records
    }

    /// True for a log that lost its header: no header, and at least as many entries as other records.
    #[must_use]
    pub(super) const fn is_headless(&self) -> bool {
        self.header.is_none() && self.entries > 0 && self.entries >= self.others
    }

    /// True if the file begins with a header that does not end within the first MiB.
    #[must_use]
    pub(super) fn has_endless_header(&self) -> bool {
        self.entries == 0 && self.cut.is_some_and(|fields| fields.is_session())
    }

    /// True if no line is a record or begins like one.
    #[must_use]
    pub(super) fn has_no_record(&self) -> bool {
        self.header.is_none() && (self.records.is_empty() || self.is_long_document)
    }

    /// It is one object over many lines that does not end within the first MiB.
    #[must_use]
    pub(super) const fn is_long_document(&self) -> bool {
        self.is_long_document
    }

    /// True if the head is the whole file.
    #[must_use]
    pub(super) const fn is_all(&self) -> bool {
        self.bytes.len() as u64 == self.len
    }

    fn lines(&mut self) {
        let mut reader = LineReader::new();
        let (mut offset, mut searching) = (0, true);
        for (number, line) in (1..).zip(self.bytes.split_inclusive(|&byte| byte == b'\n')) {
            let content = line.strip_suffix(b"\n").unwrap_or(line);
            if content.len() == line.len() && !self.is_all() {
                self.cut(content, offset, number);
                return;
            }
            let end = offset + content.len() as u64;
            match reader.read(offset, number, content, searching) {
                Outcome::Blank => {}
                Outcome::Whole(record) => self.record(&record, end, &mut searching),
                Outcome::Broken(salvaged) => {
                    salvaged.records.iter().for_each(|record| self.record(record, end, &mut searching));
                }
            }
            if self.header.is_some() {
                return;
            }
            offset += line.len() as u64;
        }
    }

    fn record(&mut self, record: &Record<'h>, line_end: u64, searching: &mut bool) {
        if self.header.is_some() {
            return;
        }
        if *searching {
            match Opening::of(&record.fields, line_end) {
                Opening::Header => {
                    self.header = Some(Header::read(record));
                    return;
                }
                Opening::Over => *searching = false,
                Opening::Before => {}
            }
        }
        self.count(&record.fields);
        if self.records.len() < SHOWN {
            self.records.push(Members::of(record.bytes).at(record.offset, record.line));
        }
    }

    fn count(&mut self, fields: &Fields<'_>) {
        if fields.is_session() {
            return;
        }
        if is_entry(fields) {
            self.entries += 1;
        } else if !fields.is_linked() {
            self.others += 1;
        }
    }

    /// Reads the start of a line that ends behind the head.
    fn cut(&mut self, line: &'h [u8], offset: u64, number: u64) {
        let members = Members::of(line).at(offset, number);
        if members.is_empty() {
            return;
        }
        let mut fields = Fields::default();
        let start = line.iter().position(|&byte| byte == b'{').unwrap_or_default();
        let _ = Walker::new().walk_object(line, start, |key, value| fields.take(key, value));
        self.count(&fields);
        self.cut = Some(fields);
        if self.records.len() < SHOWN {
            self.records.push(members);
        }
    }

    /// A file that is one object over many lines is shown as one record; of a longer one its first members.
    fn document(&mut self) {
        let Some(start) = object_start(self.bytes) else { return };
        let is_document = match Walker::new().walk_object(self.bytes, start, |_, _| {}) {
            Ok(walked) => self.is_all() && self.bytes.get(walked.end..).unwrap_or_default().trim_ascii().is_empty(),
            Err(fault) => {
                self.is_long_document = !self.is_all() && fault == Fault::Ended;
                self.is_long_document
            }
        };
        if is_document {
            self.others += 1;
            self.records.push(Members::of(self.bytes));
        }
    }
}

/// Where an object begins before which only blanks or a byte order mark stand.
#[must_use]
pub(super) fn object_start(bytes: &[u8]) -> Option<usize> {
    let start = bytes.iter().position(|&byte| byte == b'{')?;
    let before = bytes.get(..start).unwrap_or_default();
    matches!(before.trim_ascii(), [] | b"\xEF\xBB\xBF").then_some(start)
}

/// True for an entry of one of pi's kinds, with a usable id and a parent.
#[must_use]
pub(super) fn is_entry(fields: &Fields<'_>) -> bool {
    fields.is_linked() && fields.usable_id().is_some() && KINDS.contains(&&*fields.kind_text())
}

/// True if the last bytes of a file hold an entry, behind their first line end.
#[must_use]
pub(super) fn has_entries(tail: &[u8]) -> bool {
    let mut reader = LineReader::new();
    tail.split(|&byte| byte == b'\n').skip(1).any(|line| match reader.read(HEAD_BYTES, 0, line, false) {
        Outcome::Blank => false,
        Outcome::Whole(record) => is_entry(&record.fields),
        Outcome::Broken(salvaged) => salvaged.records.iter().any(|record| is_entry(&record.fields)),
    })
}
