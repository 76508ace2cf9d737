//! From the line of an entry to what a reader sees of it.
//!
//! Owns: what of each kind and block is shown, for pi's messages and for jcode's stored ones.
//! Invariant: no line is refused; what is not known is shown by name, with its JSON.
//! Does not: look at other entries.

use super::json::{Object, elements, pretty};
use super::model::{Block, Message, Text, Voice};
use jcode_session_core::json::text::string_lossy;
use jcode_session_core::log::time;

impl<'a> Message<'a> {
    /// Reads an entry.
    pub(crate) fn read(line: &'a [u8]) -> Self {
        let Some(entry) = Object::read(line) else {
            let text = String::from_utf8_lossy(line);
            let blocks = vec![Block::Data { name: "line".into(), text }];
            return Self {
                id: "".into(),
                at: None,
                voice: Voice::Data,
                name: "unreadable".into(),
                detail: None,
                blocks,
            };
        };
        let kind = entry.text("type").unwrap_or_default();
        let mut message = Self {
            id: entry.text("id").unwrap_or_default(),
            at: entry.get("timestamp").and_then(time::parse),
            voice: Voice::Change,
            name: kind.clone(),
            detail: None,
            blocks: Vec::new(),
        };
        match (&*kind, entry.object("message")) {
            ("message", Some(inner)) => message.said(&inner),
            _ => message.noted(&kind, &entry, line),
        }
        message
    }

    /// A message of the conversation.
    fn said(&mut self, inner: &Object<'a>) {
        self.name = inner.text("role").unwrap_or_else(|| "message".into());
        self.detail = inner.text("model");
        let failed = inner.is_true("isError");
        self.blocks = content(inner.get("content"), failed, self.name == "toolResult");
        self.voice = match &*self.name {
            "user" => Voice::User,
            "assistant" => Voice::Assistant,
            "toolResult" => Voice::Tool,
            "bashExecution" => {
                let command = inner.text("command").map(|command| ("command".into(), command));
                self.blocks.push(Block::Call { tool: "shell".into(), arguments: command.into_iter().collect() });
                let exit = inner.get("exitCode").map(String::from_utf8_lossy);
                let failed = exit.as_ref().is_some_and(|code| code != "0") || inner.is_true("cancelled");
                self.blocks.extend(inner.text("output").map(|text| Block::Output { failed, text }));
                self.blocks.extend(exit.filter(|_| failed).map(|code| Block::Note(format!("exit code {code}").into())));
                Voice::Tool
            }
            "branchSummary" | "compactionSummary" => {
                self.blocks.extend(inner.text("summary").map(Block::Text));
                Voice::Summary
            }
            "custom" | "hookMessage" => {
                self.detail = inner.text("customType");
                Voice::System
            }
            _ => Voice::System,
        };
        if self.voice == Voice::Tool && self.detail.is_none() {
            self.detail = inner.text("toolName");
        }
        // jcode stores what its tools print, and what it says itself, as messages of the user.
        if let Some(shown_as) = inner.text("display_role") {
            self.voice = Voice::System;
            self.name = shown_as;
        } else if self.voice == Voice::User && self.only_output() {
            self.voice = Voice::Tool;
            self.name = "tool".into();
        }
        self.blocks.extend(inner.text("errorMessage").map(|error| Block::Note(format!("error: {error}").into())));
    }

    fn only_output(&self) -> bool {
        let printed = |block: &Block<'_>| matches!(block, Block::Output { .. } | Block::Image { .. });
        self.blocks.iter().any(|block| matches!(block, Block::Output { .. })) && self.blocks.iter().all(printed)
    }

    /// Any other entry.
    fn noted(&mut self, kind: &str, entry: &Object<'a>, line: &'a [u8]) {
        let text = |name: &str| entry.text(name);
        let note = |text: Text<'a>| vec![Block::Note(text)];
        self.blocks = match kind {
            "custom_message" => {
                self.voice = Voice::System;
                self.detail = text("customType");
                content(entry.get("content"), false, false)
            }
            "compaction" | "branch_summary" => {
                self.voice = Voice::Summary;
                text("summary").map(Block::Text).into_iter().collect()
            }
            "model_change" => {
                let (provider, model) = (text("provider").unwrap_or_default(), text("modelId").unwrap_or_default());
                note(format!("{provider} {model}").trim().to_string().into())
            }
            "thinking_level_change" => note(text("thinkingLevel").unwrap_or_default()),
            "session_info" => note(text("name").unwrap_or_default()),
            "label" => {
                let target = text("targetId").unwrap_or_default();
                note(match text("label") {
                    Some(label) => format!("{target}: {label}").into(),
                    None => format!("{target}: label removed").into(),
                })
            }
            "custom" => {
                self.voice = Voice::Data;
                self.detail = text("customType");
                let name = self.detail.clone().unwrap_or_else(|| "data".into());
                entry.get("data").map(|data| Block::Data { name, text: plain(data) }).into_iter().collect()
            }
            _ => {
                self.voice = Voice::Data;
                vec![Block::Data { name: "entry".into(), text: pretty(line.trim_ascii()).into() }]
            }
        };
    }
}

/// The blocks of a message's content, which is a text or a list of blocks. Texts of a tool's message are its output.
fn content(token: Option<&[u8]>, failed: bool, of_tool: bool) -> Vec<Block<'_>> {
    let said = |text| if of_tool { Block::Output { failed, text } } else { Block::Text(text) };
    let Some(token) = token else { return Vec::new() };
    if let Some(text) = string_lossy(token) {
        return vec![said(text)];
    }
    if token.first() != Some(&b'[') {
        return vec![Block::Data { name: "content".into(), text: pretty(token).into() }];
    }
    let mut blocks = Vec::new();
    for element in elements(token) {
        match Object::read(element) {
            Some(object) => block(&object, element, &said, &mut blocks),
            None => blocks.push(Block::Data { name: "content".into(), text: plain(element) }),
        }
    }
    blocks
}

fn block<'a>(object: &Object<'a>, token: &'a [u8], said: &dyn Fn(Text<'a>) -> Block<'a>, out: &mut Vec<Block<'a>>) {
    let kind = object.text("type").unwrap_or_default();
    let known = match &*kind {
        "text" => object.text("text").map(said),
        "thinking" | "anthropic_thinking" | "reasoning" | "reasoning_trace" => {
            object.text("thinking").or_else(|| object.text("text")).map(Block::Thinking)
        }
        "open_a_i_reasoning" => {
            let summary = object.get("summary").map(elements).unwrap_or_default();
            let summary: Vec<Text<'_>> = summary.into_iter().map(plain).collect();
            Some(Block::Thinking(summary.join("\n\n").into()))
        }
        "toolCall" | "tool_use" => {
            let token = object.get("arguments").or_else(|| object.get("input"));
            let tool = object.text("name").unwrap_or_default();
            Some(Block::Call { tool, arguments: token.map(arguments).unwrap_or_default() })
        }
        "tool_result" => {
            out.extend(content(object.get("content"), object.is_true("is_error"), true));
            return;
        }
        "image" => {
            let source = object.object("source");
            let field = |name: &str| object.text(name).or_else(|| source.as_ref()?.text(name));
            let mime = field("mimeType").or_else(|| field("media_type")).unwrap_or_default();
            field("data").map(|data| Block::Image { mime, data })
        }
        _ => None,
    };
    out.push(known.unwrap_or_else(|| Block::Data { name: kind, text: pretty(token).into() }));
}

fn arguments(token: &[u8]) -> Vec<(Text<'_>, Text<'_>)> {
    match Object::read(token) {
        Some(object) => object.fields().map(|(name, value)| (name.to_string().into(), plain(value))).collect(),
        None => vec![("".into(), plain(token))],
    }
}

/// A string as its text, anything else as JSON.
fn plain(token: &[u8]) -> Text<'_> {
    string_lossy(token).unwrap_or_else(|| pretty(token).into())
}
