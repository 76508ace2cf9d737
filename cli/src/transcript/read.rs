//! Reads the line of an entry into the view model.
//!
//! If you change this, then change its counterpart `host-wasm/inspector/src/worker/show/entry.ts` too. The tests of
//! both use `tests/shown`.
//!
//! Owns: what is shown of each kind of entry, without a look at other entries.
//! Invariant: no line is refused, and every message has at least one block. Unknown content is shown by name.

mod content;
mod message;
mod prompt;
mod reading;
mod usage;

use super::json::{Object, pretty};
use super::model::{Block, Message, Text, Voice};
use content::content;
use jcode_session_core::log::time;
use prompt::prompt;
use reading::{Reading, Shape, plain};
use usage::usage;

/// Fields of entries that only programs need.
const QUIET: [(&str, Shape); 13] = [
    ("type", Shape::Text),
    ("id", Shape::Text),
    ("parentId", Shape::Text),
    ("parent_id", Shape::Text),
    ("timestamp", Shape::Text),
    ("timestamp", Shape::Number),
    ("v1", Shape::Flag),
    ("batch", Shape::Number),
    ("source", Shape::List),
    ("display", Shape::Flag),
    ("fromHook", Shape::Flag),
    ("firstKeptEntryId", Shape::Text),
    ("fromId", Shape::Text),
];
/// Fields that every entry has.
const OWN: [&str; 5] = ["type", "id", "parentId", "parent_id", "timestamp"];

impl<'a> Message<'a> {
    /// Reads an entry.
    pub(crate) fn read(line: &'a [u8]) -> Self {
        let Some(entry) = Object::read(line) else { return Self::unreadable(line) };
        let kind = entry.text("type").unwrap_or_default();
        let mut message = Self {
            id: entry.text("id").unwrap_or_default(),
            at: entry.get("timestamp").and_then(time::parse),
            voice: Voice::Change,
            name: kind.clone(),
            detail: None,
            blocks: Vec::new(),
        };
        let mut from = Reading::new(entry);
        let inner = if kind == "message" { from.object("message") } else { None };
        match inner {
            Some(inner) => message.said(inner),
            None if message.noted(&kind, &mut from) => {}
            None => {
                message.voice = Voice::Data;
                message.blocks = vec![Block::Data { name: "entry".into(), text: pretty(line.trim_ascii()).into() }];
                return message;
            }
        }
        message.blocks.extend(from.rest(&QUIET));
        settle(&mut message.blocks, &from, &OWN);
        message
    }

    fn unreadable(line: &'a [u8]) -> Self {
        let blocks = vec![Block::Data { name: "line".into(), text: String::from_utf8_lossy(line) }];
        Self { id: "".into(), at: None, voice: Voice::Data, name: "unreadable".into(), detail: None, blocks }
    }

    /// Reads any entry but a message. Returns false for an unknown kind.
    fn noted(&mut self, kind: &str, from: &mut Reading<'a>) -> bool {
        self.voice = match kind {
            "custom_message" => Voice::System,
            "compaction" | "branch_summary" => Voice::Summary,
            "custom" => Voice::Data,
            _ => Voice::Change,
        };
        self.blocks = match kind {
            "custom_message" => {
                self.detail = from.text("customType");
                let mut blocks = content(from.any("content"), false, false);
                blocks.extend(from.named("details"));
                blocks
            }
            "compaction" | "branch_summary" => summary(from),
            "model_change" => {
                let (provider, model) = (from.text("provider"), from.text("modelId"));
                note(&[provider, model], " ")
            }
            "thinking_level_change" => note(&[from.text("thinkingLevel")], ""),
            "session_info" => note(&[Some(from.text("name").unwrap_or_else(|| "name removed".into()))], ""),
            "label" => {
                let label = from.text("label").unwrap_or_else(|| "label removed".into());
                note(&[from.text("targetId"), Some(label)], ": ")
            }
            "usage" => {
                let mut blocks = note(&[from.text("kind")], "");
                blocks.extend(note(&[from.text("provider"), from.text("model")], " "));
                blocks.extend(usage(from));
                blocks.extend(note(&[from.text("note")], ""));
                blocks
            }
            "context_edit" => edit(from),
            "custom" => {
                self.detail = from.text("customType");
                let name = self.detail.clone().unwrap_or_else(|| "data".into());
                from.any("data").map(|data| Block::Data { name, text: plain(data) }).into_iter().collect()
            }
            _ => return false,
        };
        true
    }
}

/// The blocks of an edit of an earlier entry.
fn edit<'a>(from: &mut Reading<'a>) -> Vec<Block<'a>> {
    let left_out = from.is_null("replacement");
    let replacement = from.object("replacement");
    if !left_out && replacement.is_none() {
        return Vec::new();
    }
    let target = from.text("targetId").unwrap_or_default();
    let Some(replacement) = replacement else {
        return vec![Block::Note(format!("{target}: left out of the context").into())];
    };
    let mut replacement = Reading::new(replacement);
    let mut blocks = vec![Block::Note(format!("{target}: replaced").into())];
    blocks.extend(content(replacement.any("content"), false, false));
    blocks.extend(replacement.rest(&[]));
    blocks
}

/// The blocks of a summary, which replaces earlier entries.
fn summary<'a>(from: &mut Reading<'a>) -> Vec<Block<'a>> {
    let mut blocks: Vec<Block<'a>> = from.text("summary").map(Block::Text).into_iter().collect();
    let tokens = from.number("tokensBefore").map(|tokens| format!("{tokens} tokens before"));
    blocks.extend(note(&[tokens.map(Into::into)], ""));
    blocks.extend(usage(from));
    blocks.extend(from.named("details"));
    if let Some(system) = from.object("systemMessage") {
        let mut system = Reading::new(system);
        system.text("role");
        blocks.extend(content(system.any("content"), false, false));
        prompt(&mut system, &mut blocks);
        blocks.extend(system.rest(&QUIET));
    }
    blocks
}

/// A note of those texts that are present.
fn note<'a>(texts: &[Option<Text<'a>>], between: &str) -> Vec<Block<'a>> {
    let texts: Vec<&str> = texts.iter().flatten().map(|text| &**text).filter(|text| !text.is_empty()).collect();
    if texts.is_empty() { Vec::new() } else { vec![Block::Note(texts.join(between).into())] }
}

/// Removes blank blocks. If none is left, shows all fields but these.
fn settle<'a>(blocks: &mut Vec<Block<'a>>, from: &Reading<'a>, but: &[&str]) {
    blocks.retain(|block| !block.is_blank());
    if blocks.is_empty() {
        blocks.push(from.all_but(but).unwrap_or_else(|| Block::Note("empty".into())));
    }
}
