//! The text of a log around pieces of a source.
//!
//! Owns: the header's and the entries' fields around a payload, and what is copied and what is referred to.
//! Invariant: each entry is one line; what comes from the source is referred to, unless it is shorter than a reference.

use super::ids::session_id;
use crate::dialect::upgraded::UpgradedLog;
use crate::finding::Finding;
use crate::json::text::write_string;
use crate::log::{Header, time};
use crate::source::Rope;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Shorter tokens are copied.
const SHORT: usize = 64;

/// A record in its source: where a token of it stands.
#[derive(Debug, Clone, Copy)]
pub(in crate::dialect) struct Place<'r> {
    /// Offset of the record.
    pub(in crate::dialect) at: u64,
    /// The record.
    pub(in crate::dialect) bytes: &'r [u8],
}

/// The header of a log that shows a source.
#[derive(Debug, Clone, Default)]
pub(in crate::dialect) struct LogHeader {
    /// The session's id; empty if the source does not say it.
    pub(in crate::dialect) id: String,
    /// Unix milliseconds.
    pub(in crate::dialect) created_at: Option<i64>,
    /// Working directory; empty if unknown.
    pub(in crate::dialect) cwd: String,
    /// The session from which it was forked or spawned.
    pub(in crate::dialect) parent: Option<String>,
    /// It was run for its parent.
    pub(in crate::dialect) is_sub_agent: bool,
}

impl LogHeader {
    /// That of a sub-agent, whose file names the session that it works for.
    pub(in crate::dialect) fn of_agent(self, agent: &str) -> Self {
        if self.id.is_empty() {
            return Self { is_sub_agent: true, ..self };
        }
        let id = format!("{}.agent-{}", self.id, session_id(agent));
        Self { parent: Some(self.id), id, is_sub_agent: true, ..self }
    }

    fn line(&self) -> Vec<u8> {
        let mut line = br#"{"type":"session","version":3"#.to_vec();
        if !self.id.is_empty() {
            line.extend_from_slice(br#","id":"#);
            write_string(&mut line, &self.id);
        }
        line.extend_from_slice(br#","timestamp":"#);
        write_string(&mut line, &time::format(self.created_at.unwrap_or_default()).unwrap_or_default());
        line.extend_from_slice(br#","cwd":"#);
        write_string(&mut line, &self.cwd);
        if let Some(parent) = &self.parent {
            line.extend_from_slice(br#","parentSession":"#);
            write_string(&mut line, parent);
        }
        if self.is_sub_agent {
            line.extend_from_slice(br#","metadata":{"subAgent":true}"#);
        }
        line.push(b'}');
        line
    }

    /// What a reader of the log finds.
    fn header(&self, len: u64) -> Header {
        Header {
            offset: 0,
            len,
            line: 1,
            session_id: Some(self.id.clone()).filter(|id| !id.is_empty()),
            version: 3,
            created_at: Some(self.created_at.unwrap_or_default()),
            cwd: Some(self.cwd.clone()),
            parent_session: self.parent.clone(),
        }
    }
}

/// What stands before an entry's payload.
#[derive(Debug, Clone, Copy)]
pub(in crate::dialect) struct EntryHead<'e> {
    /// Its kind.
    pub(in crate::dialect) kind: &'e str,
    /// Its id.
    pub(in crate::dialect) id: &'e str,
    /// Its parent; none for a root.
    pub(in crate::dialect) parent: Option<&'e str>,
    /// Unix milliseconds.
    pub(in crate::dialect) at: i64,
    /// The records that it comes from, by offset and length; at least one.
    pub(in crate::dialect) sources: &'e [(u64, u64)],
}

/// A log as it is written.
#[derive(Debug)]
pub(in crate::dialect) struct LogText {
    rope: Rope<()>,
    header: Header,
}

impl LogText {
    /// Begins a log.
    #[must_use]
    pub(in crate::dialect) fn new(header: &LogHeader) -> Self {
        let line = header.line();
        let mut rope = Rope::new(Vec::new());
        rope.push_new(&line);
        rope.push_new(b"\n");
        Self { rope, header: header.header(line.len() as u64) }
    }

    /// Begins an entry, up to its payload's first field.
    pub(in crate::dialect) fn begin(&mut self, head: EntryHead<'_>) {
        // As long as most are.
        let mut text = Vec::with_capacity(256);
        text.extend_from_slice(br#"{"type":"#);
        write_string(&mut text, head.kind);
        text.extend_from_slice(br#","id":"#);
        write_string(&mut text, head.id);
        text.extend_from_slice(br#","parentId":"#);
        match head.parent {
            Some(parent) => write_string(&mut text, parent),
            None => text.extend_from_slice(b"null"),
        }
        text.extend_from_slice(br#","timestamp":"#);
        write_string(&mut text, &time::format(head.at).unwrap_or_default());
        text.extend_from_slice(br#","source":"#);
        let span = |text: &mut Vec<u8>, (at, len): (u64, u64)| {
            text.push(b'[');
            push_number(text, at);
            text.push(b',');
            push_number(text, len);
            text.push(b']');
        };
        span(&mut text, head.sources.first().copied().unwrap_or_default());
        if head.sources.len() > 1 {
            for (n, part) in head.sources.iter().enumerate() {
                text.extend_from_slice(if n == 0 { br#","parts":["# } else { b"," });
                span(&mut text, *part);
            }
            text.push(b']');
        }
        text.push(b',');
        self.rope.push_new(&text);
    }

    /// Ends an entry.
    pub(in crate::dialect) fn end(&mut self) {
        self.rope.push_new(b"}\n");
    }

    /// Ends an entry whose payload is a title.
    pub(in crate::dialect) fn end_title(&mut self, title: &str) {
        self.text(r#""name":"#);
        self.string(title);
        self.end();
    }

    /// Ends a message and its entry; `at` is the message's own time.
    pub(in crate::dialect) fn end_message(&mut self, at: i64) {
        self.text(r#","timestamp":"#);
        self.number(at);
        self.text("}");
        self.end();
    }

    /// Text of ours.
    pub(in crate::dialect) fn text(&mut self, text: &str) {
        self.rope.push_new(text.as_bytes());
    }

    /// A text of ours as a JSON string.
    pub(in crate::dialect) fn string(&mut self, text: &str) {
        let mut token = Vec::new();
        write_string(&mut token, text);
        self.rope.push_new(&token);
    }

    /// A number.
    pub(in crate::dialect) fn number(&mut self, number: i64) {
        let mut text = Vec::with_capacity(20);
        if number < 0 {
            text.push(b'-');
        }
        push_number(&mut text, number.unsigned_abs());
        self.rope.push_new(&text);
    }

    /// A token of a record as it stands; a line break, which can only stand between two tokens, becomes a blank.
    pub(in crate::dialect) fn token(&mut self, of: Place<'_>, token: &[u8]) {
        if memchr::memchr(b'\n', token).is_some() {
            let blank = |&byte: &u8| if byte == b'\n' || byte == b'\r' { b' ' } else { byte };
            self.rope.push_new(&token.iter().map(blank).collect::<Vec<u8>>());
            return;
        }
        let start = (token.as_ptr() as usize).checked_sub(of.bytes.as_ptr() as usize);
        match start.filter(|start| token.len() >= SHORT && start + token.len() <= of.bytes.len()) {
            Some(start) => {
                let from = of.at + start as u64;
                self.rope.push_original(0, from, from + token.len() as u64);
            }
            None => self.rope.push_new(token),
        }
    }

    /// A token that must be a string; an empty one in the place of what is none.
    pub(in crate::dialect) fn string_token(&mut self, of: Place<'_>, token: Option<&[u8]>) {
        self.token(of, token.filter(|token| token.starts_with(b"\"")).unwrap_or(b"\"\""));
    }

    /// A whole custom entry whose data is the record, but for `apart`, an array in it whose elements have entries of
    /// their own.
    pub(in crate::dialect) fn custom(
        &mut self,
        head: EntryHead<'_>,
        custom_type: &str,
        record: Place<'_>,
        apart: Option<&[u8]>,
    ) {
        self.begin(EntryHead { kind: "custom", ..head });
        self.text(r#""customType":"#);
        self.string(custom_type);
        self.text(r#","data":"#);
        let data = record.bytes.trim_ascii();
        match apart.and_then(|apart| around(data, apart)) {
            Some((before, behind)) => {
                self.token(record, before);
                self.text("[]");
                self.token(record, behind);
            }
            None => self.token(record, data),
        }
        self.end();
    }

    /// The log, with what was found while its source was read.
    #[must_use]
    pub(in crate::dialect) fn finish(self, findings: Vec<Finding>) -> UpgradedLog<()> {
        UpgradedLog { rope: self.rope, mended: findings, header: Some(self.header) }
    }
}

/// Appends a number in decimal digits.
fn push_number(text: &mut Vec<u8>, number: u64) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    text.push(b'0' + u8::try_from(number % 10).unwrap_or_default());
}

/// What stands before and behind a part of some bytes.
fn around<'b>(bytes: &'b [u8], part: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let start = (part.as_ptr() as usize).checked_sub(bytes.as_ptr() as usize)?;
    Some((bytes.get(..start)?, bytes.get(start + part.len()..)?))
}
