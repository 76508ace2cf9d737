//! The text of an entry, by field: the one meaning of what is searched.
//!
//! Owns: which strings of an entry are text, what each of them is, and which tool it belongs to.
//! Invariant: only strings are text, decoded, never base64; keys are none. Nothing is decoded before somebody asks.
//! Does not: apply edits, or match.
//! If you change this, then change section 10 of `docs/format.md` and the oracle, `tests/src/oracle/search.rs`.

use super::content::{Message, Part};
use crate::dialect::field;
use crate::json::text::{string, string_lossy};
use crate::log::{LineReader, Outcome, Record};
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// A prompt or an answer.
    Text,
    /// What the model thought.
    Thinking,
    /// The name of a tool.
    Tool,
    /// An argument of a tool call, or a command that the person ran.
    Arguments,
    /// What a tool printed.
    Output,
    /// What extensions and the program itself put in, and what is not known.
    Custom,
    /// A label.
    Label,
    /// A title of the session.
    Title,
    /// A summary of a branch or of what was compacted.
    Summary,
}

impl Field {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Thinking => "thinking",
            Self::Tool => "tool",
            Self::Arguments => "arguments",
            Self::Output => "output",
            Self::Custom => "custom",
            Self::Label => "label",
            Self::Title => "title",
            Self::Summary => "summary",
        }
    }
}

/// The tool that a text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ToolOf<'a> {
    /// None.
    No,
    /// The one with this name.
    Named(&'a [u8]),
    /// The person's shell.
    Shell,
    /// That of the call with this id, which stands in another entry.
    OfCall(&'a [u8]),
}

impl ToolOf<'_> {
    /// Its name, if the entry itself tells it.
    pub(super) fn name(self) -> Option<String> {
        match self {
            Self::No | Self::OfCall(_) => None,
            Self::Named(name) => string(name).map(Cow::into_owned),
            Self::Shell => Some("bash".into()),
        }
    }
}

/// One text of an entry: a string token of its line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) field: Field,
    pub(super) token: &'a [u8],
    pub(super) tool: ToolOf<'a>,
}

impl<'a> Piece<'a> {
    /// The text; nothing where it is base64.
    pub(super) fn text(&self) -> Option<Cow<'a, str>> {
        string_lossy(self.token).filter(|text| !text.is_empty() && !is_base64(text))
    }
}

/// An entry's role and texts.
#[derive(Debug, Default)]
pub(super) struct EntryText<'a> {
    pub(super) role: Option<Cow<'a, str>>,
    pub(super) pieces: Vec<Piece<'a>>,
}

/// Fields of entries of unknown kinds that are no text.
const OWN: [&str; 5] = ["type", "id", "parentId", "parent_id", "timestamp"];

impl<'a> EntryText<'a> {
    /// The texts of an entry, in the order of its line; of a repeated field the last one holds.
    pub(super) fn of(record: &Record<'a>) -> Self {
        let mut entry = Self::default();
        let custom = |name: &str| match name {
            "title" | "custom_title" => Field::Title,
            _ => Field::Custom,
        };
        match &*record.fields.kind_text() {
            "message" => match record.fields.message.map(|token| (token, Message::read(token))) {
                Some((_, Some(message))) => entry.said(message),
                Some((token, None)) => entry.strings(Field::Custom, token),
                None => {}
            },
            "custom_message" => {
                for part in field(record.bytes, "content").map(Part::all).unwrap_or_default() {
                    entry.part(&part, Field::Custom, ToolOf::No);
                }
                entry.named(record, "details", Field::Custom);
            }
            "compaction" | "branch_summary" => {
                entry.named(record, "summary", Field::Summary);
                entry.named(record, "details", Field::Summary);
                entry.named(record, "systemMessage", Field::Custom);
            }
            "custom" if record.fields.custom_type.and_then(string).as_deref() == Some("jcode/meta") => {
                entry.fields_of(record.fields.data.unwrap_or_default(), &[], custom);
            }
            "custom" => entry.strings(Field::Custom, record.fields.data.unwrap_or_default()),
            "label" => entry.strings(Field::Label, record.fields.label.unwrap_or_default()),
            "session_info" => entry.strings(Field::Title, record.fields.name.unwrap_or_default()),
            // What an edit puts in is text of the entry that it edits.
            "context_edit" | "model_change" | "thinking_level_change" | "usage" => {}
            _ => entry.fields_of(record.bytes, &OWN, |_| Field::Custom),
        }
        entry
    }

    fn said(&mut self, message: Message<'a>) {
        self.role = message.role.and_then(string_lossy);
        let (of_content, tool) = match self.role.as_deref() {
            Some("user" | "assistant") => (Field::Text, ToolOf::No),
            Some("toolResult") => (
                Field::Output,
                match (message.tool_name, message.call_id) {
                    (Some(name), _) => ToolOf::Named(name),
                    (None, Some(id)) => ToolOf::OfCall(id),
                    (None, None) => ToolOf::No,
                },
            ),
            Some("bashExecution") => (Field::Output, ToolOf::Shell),
            Some("branchSummary" | "compactionSummary") => (Field::Summary, ToolOf::No),
            _ => (Field::Custom, ToolOf::No),
        };
        if of_content == Field::Output {
            self.push(Field::Tool, message.tool_name, tool);
            self.push(Field::Arguments, message.command, tool);
        }
        for part in &message.content {
            self.part(part, of_content, tool);
        }
        for call in &message.nested {
            self.part(call, of_content, tool);
        }
        for (_, token) in message.others {
            strings(token, |token| self.pieces.push(Piece { field: of_content, token, tool }));
        }
    }

    fn part(&mut self, part: &Part<'a>, said: Field, tool: ToolOf<'a>) {
        match part {
            Part::Said(token) => self.push(said, Some(token), tool),
            Part::Thought(token) => strings(token, |token| self.push(Field::Thinking, Some(token), tool)),
            Part::Call { name, arguments, .. } => {
                let tool = name.map_or(ToolOf::No, ToolOf::Named);
                self.push(Field::Tool, *name, tool);
                let arguments = arguments.unwrap_or_default();
                strings(arguments, |token| self.push(Field::Arguments, Some(token), tool));
            }
            Part::Result { call, content } => {
                let tool = call.map_or(ToolOf::No, ToolOf::OfCall);
                for part in content {
                    self.part(part, Field::Output, tool);
                }
            }
            Part::Other(token) => {
                let field = if said == Field::Output { said } else { Field::Custom };
                let start = self.pieces.len();
                self.fields_of(token, &["type", "id"], |_| field);
                for piece in self.pieces.iter_mut().skip(start) {
                    piece.tool = tool;
                }
            }
        }
    }

    /// A token, if it is a string.
    fn push(&mut self, field: Field, token: Option<&'a [u8]>, tool: ToolOf<'a>) {
        if let Some(token) = token.filter(|token| token.first() == Some(&b'"')) {
            self.pieces.push(Piece { field, token, tool });
        }
    }

    fn named(&mut self, record: &Record<'a>, name: &str, of: Field) {
        self.strings(of, field(record.bytes, name).unwrap_or_default());
    }

    fn strings(&mut self, field: Field, token: &'a [u8]) {
        strings(token, |token| self.push(field, Some(token), ToolOf::No));
    }

    /// The strings in an object's fields, but for those of the names `but`; in what is no object, all.
    fn fields_of(&mut self, object: &'a [u8], but: &[&str], field: impl Fn(&str) -> Field) {
        let mut fields = Vec::new();
        if !super::content::fields(object, |key, value| fields.push((key, value))) {
            return self.strings(field(""), object);
        }
        let last: BTreeMap<&str, usize> = fields.iter().zip(0..).map(|((key, _), at)| (&**key, at)).collect();
        for (at, (key, value)) in fields.iter().enumerate() {
            if !but.contains(&&**key) && last.get(&**key) == Some(&at) {
                self.strings(field(key), value);
            }
        }
    }
}

/// Gives the string values in a value that is valid, at any depth; keys are none.
pub(super) fn strings<'a>(token: &'a [u8], mut each: impl FnMut(&'a [u8])) {
    let mut at = 0;
    while let Some(start) = token.get(at..).and_then(|rest| memchr::memchr(b'"', rest)).map(|found| at + found) {
        let mut end = start + 1;
        loop {
            match token.get(end..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
                None => return,
                Some(found) if token.get(end + found) == Some(&b'"') => {
                    end += found;
                    break;
                }
                Some(found) => end += found + 2,
            }
        }
        at = end + 1;
        let behind = token.get(at..).unwrap_or_default();
        // What a colon follows is a key.
        if behind.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b':') {
            each(token.get(start..at).unwrap_or_default());
        }
    }
}

/// Bytes of a text from which on it may be base64.
pub(super) const BASE64: usize = 256;

/// A long text of nothing but base64, or a data address of it. All three classes of its letters stand in anything so
/// long that was encoded; a word that is repeated, or digits, are text.
pub(super) fn is_base64(text: &str) -> bool {
    let encoded = match text.strip_prefix("data:").and_then(|address| address.split_once(";base64,")) {
        Some((kind, encoded)) if !kind.contains(char::is_whitespace) => encoded,
        _ => text,
    };
    if encoded.len() < BASE64 {
        return false;
    }
    let bytes = encoded.as_bytes();
    let of_it =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'\r' | b'\n');
    bytes.iter().all(of_it)
        && bytes.iter().any(u8::is_ascii_uppercase)
        && bytes.iter().any(u8::is_ascii_lowercase)
        && bytes.iter().any(u8::is_ascii_digit)
}

/// What is searched of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// Its kind.
    pub kind: String,
    /// The role of its message.
    pub role: Option<String>,
    /// Time, Unix milliseconds.
    pub ts: Option<i64>,
    /// Its texts, in the order of its line.
    pub texts: Vec<(Field, String)>,
}

/// What is searched of an entry, by its line as it stands; `None` for a line that is no entry.
#[must_use]
pub fn texts(line: &[u8]) -> Option<Texts> {
    let mut reader = LineReader::new();
    let Outcome::Whole(record) = reader.read(0, 0, line, false) else { return None };
    let EntryText { role, pieces } = EntryText::of(&record);
    let texts = pieces.iter().filter_map(|piece| Some((piece.field, piece.text()?.into_owned()))).collect();
    let role = role.map(Cow::into_owned);
    Some(Texts { kind: record.fields.kind_text().into_owned(), role, ts: record.fields.time(), texts })
}
