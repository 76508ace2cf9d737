//! The head of a file: the records in its first MiB, from which its kind is detected.
//!
//! Owns: which records are shown to dialects, and the count of entries of a log that lost its header.
//! Invariant: the head is a function of the first MiB; its header is the one that a scan finds.

use crate::json::tape::{Level, Node, Tape};
use crate::json::walk::{Walker, elements};
use crate::json::{Fault, text};
use crate::log::{Fields, HEAD_BYTES, Header, LineReader, Opening, Outcome, Record};
use alloc::borrow::Cow;
use alloc::sync::Arc;
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
            self.records.push(Members { line: record.line, ..Members::of(record.bytes).at(record.offset) });
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
        let members = Members { line: number, ..Members::of(line).at(offset) };
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

/// The complete members of a record, in order, and of what is in it.
#[derive(Debug, Default, Clone)]
pub(super) struct Members<'m> {
    tape: Arc<Tape<'m>>,
    level: Level,
    /// Offset of the record.
    pub offset: u64,
    /// Length of the record.
    pub len: u64,
    /// Number of its line, from 1.
    pub line: u64,
}

impl<'m> Members<'m> {
    /// Reads the object that begins with the first brace; empty if there is none.
    #[must_use]
    pub(super) fn of(object: &'m [u8]) -> Self {
        let start = object.iter().position(|&byte| byte == b'{');
        let tape = start.map(|start| Tape::of(object, start)).unwrap_or_default();
        Self { level: tape.top(), tape: Arc::new(tape), len: object.len() as u64, ..Self::default() }
    }

    /// Those of a record that was read, whose walk is not done again.
    #[must_use]
    pub(super) fn of_record(record: &Record<'m>) -> Self {
        let Some(tape) = &record.places else { return Self::of(record.bytes) };
        Self { level: tape.top(), tape: Arc::clone(tape), len: record.bytes.len() as u64, ..Self::default() }
    }

    fn at(self, offset: u64) -> Self {
        Self { offset, ..self }
    }

    /// An object of these members, which no record has.
    pub(super) fn made(members: &[(&'static str, &'m [u8])]) -> Self {
        let tape = Tape::made(members);
        Self { level: tape.top(), tape: Arc::new(tape), ..Self::default() }
    }

    /// The member of this name; the last one of repeated members.
    fn node(&self, name: &str) -> Option<(u32, &Node<'m>)> {
        self.tape.level(self.level).filter(|(_, node)| is_key(node.key, name)).last()
    }

    /// The raw value of a member; the last one of repeated members.
    #[must_use]
    pub(super) fn get(&self, name: &str) -> Option<&'m [u8]> {
        self.node(name).map(|(_, node)| node.value)
    }

    /// True if there is a member of this name.
    #[must_use]
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// True if there are none.
    #[must_use]
    fn is_empty(&self) -> bool {
        self.tape.level(self.level).next().is_none()
    }

    /// The name of its first member.
    #[must_use]
    pub(super) fn first_name(&self) -> Option<Cow<'m, str>> {
        self.tape.level(self.level).next().map(|(_, node)| text::unescape(node.key).unwrap_or_default())
    }

    /// The text of a member; empty if it has none.
    #[must_use]
    pub(super) fn text(&self, name: &str) -> Cow<'m, str> {
        self.get(name).and_then(text::string).unwrap_or_default()
    }

    /// A member, with the places of what is in it.
    #[must_use]
    pub(super) fn value(&self, name: &str) -> Option<Value<'m>> {
        self.node(name).map(|(number, node)| self.value_at(number, node))
    }

    fn value_at(&self, number: u32, node: &Node<'m>) -> Value<'m> {
        let within = node.is_open.then(|| (Arc::clone(&self.tape), self.tape.within(number)));
        Value { token: node.value, within }
    }

    /// The members of a member that is an object; else empty.
    #[must_use]
    pub(super) fn object(&self, name: &str) -> Self {
        self.value(name).unwrap_or_default().members()
    }

    /// The members of each element of a member that is an array; else none.
    pub(super) fn elements(&self, name: &str) -> Vec<Self> {
        self.value(name).unwrap_or_default().elements().iter().map(Value::members).collect()
    }
}

/// A value of a record, and of what is in it.
#[derive(Debug, Default, Clone)]
pub(super) struct Value<'m> {
    /// As it stands.
    pub token: &'m [u8],
    /// Where what is in it stands, if that is kept.
    within: Option<(Arc<Tape<'m>>, Level)>,
}

impl<'m> Value<'m> {
    /// Its members if it is an object; else none.
    pub(super) fn members(&self) -> Members<'m> {
        match &self.within {
            _ if !self.token.starts_with(b"{") => Members::default(),
            Some((tape, level)) => {
                Members { tape: Arc::clone(tape), level: *level, len: self.token.len() as u64, ..Members::default() }
            }
            None => Members::of(self.token),
        }
    }

    /// Its elements if it is an array; else none.
    pub(super) fn elements(&self) -> Vec<Self> {
        match &self.within {
            _ if !self.token.starts_with(b"[") => Vec::new(),
            Some((tape, level)) => {
                let of = Members { tape: Arc::clone(tape), level: *level, ..Members::default() };
                tape.level(*level).map(|(number, node)| of.value_at(number, node)).collect()
            }
            None => elements(self.token).into_iter().map(Self::from).collect(),
        }
    }
}

/// A value of which nothing is known.
impl<'m> From<&'m [u8]> for Value<'m> {
    fn from(token: &'m [u8]) -> Self {
        Self { token, within: None }
    }
}

/// Whether a raw key is this name.
fn is_key(key: &[u8], name: &str) -> bool {
    if key.len() <= name.len() {
        return key == name.as_bytes();
    }
    // Only an escape makes a key longer than its name; before the first one it is as the name is.
    let may_be = key.first() == name.as_bytes().first() || key.first() == Some(&b'\\');
    may_be && memchr::memchr(b'\\', key).is_some() && text::unescape(key).is_some_and(|key| key == name)
}
