//! The blocks of a message, one behind the other.
//!
//! Owns: what becomes of each part of a content: texts, thoughts, calls and pictures blocks of their kind, what has no
//! counterpart a text that names it.
//! Invariant: what is written is a list of whole blocks. Does not: know whose message it is.

use super::message::{arguments, image, text_block};
use super::parts::{ContentPart, content_parts};
use super::text::{LogText, Place};
use crate::dialect::members::Value;
use crate::json::text::string;
use alloc::format;
use alloc::string::String;

/// The blocks of one message, as they are written.
pub(in crate::dialect) struct Blocks<'b> {
    out: &'b mut LogText,
    /// The record that they come from.
    pub(in crate::dialect) of: Place<'b>,
    is_first: bool,
    has_calls: bool,
}

impl<'b> Blocks<'b> {
    pub(in crate::dialect) const fn new(out: &'b mut LogText, of: Place<'b>) -> Self {
        Self { out, of, is_first: true, has_calls: false }
    }

    /// A call is among them.
    pub(in crate::dialect) const fn has_calls(&self) -> bool {
        self.has_calls
    }

    fn next(&mut self) {
        self.out.text(if core::mem::take(&mut self.is_first) { "" } else { "," });
    }

    /// A text, as it stands in the record.
    pub(in crate::dialect) fn text(&mut self, token: Option<&[u8]>) {
        self.next();
        text_block(self.out, self.of, token);
    }

    /// A text that is made.
    pub(in crate::dialect) fn own_text(&mut self, text: &str) {
        self.next();
        self.out.text(r#"{"type":"text","text":"#);
        self.out.string(text);
        self.out.text("}");
    }

    /// A thought, as it stands in the record.
    pub(in crate::dialect) fn thought(&mut self, token: Option<&[u8]>) {
        self.next();
        self.out.text(r#"{"type":"thinking","thinking":"#);
        self.out.string_token(self.of, token);
        self.out.text("}");
    }

    /// A thought that is made.
    pub(in crate::dialect) fn own_thought(&mut self, text: &str) {
        self.next();
        self.out.text(r#"{"type":"thinking","thinking":"#);
        self.out.string(text);
        self.out.text("}");
    }

    /// A call of a tool.
    pub(in crate::dialect) fn call(&mut self, id: &str, tool: &str, with: Option<&[u8]>) {
        self.next();
        self.has_calls = true;
        self.out.text(r#"{"type":"toolCall","id":"#);
        self.out.string(id);
        self.out.text(r#","name":"#);
        self.out.string(tool);
        self.out.text(r#","arguments":"#);
        arguments(self.out, self.of, with);
        self.out.text("}");
    }

    /// A picture whose data stands within a token.
    pub(in crate::dialect) fn picture(&mut self, mime: &str, data: &[u8]) {
        self.next();
        image(self.out, self.of, None, Some(format!("\"{mime}\"").as_bytes()), Some(data));
    }

    /// What a response says, calls included.
    pub(in crate::dialect) fn said(&mut self, content: &Value<'_>) {
        for part in content_parts(content) {
            match part {
                ContentPart::Call { id, tool, arguments } => self.call(&id, &tool, arguments),
                ContentPart::Thought(token) => self.thought(token),
                part => self.part(part),
            }
        }
    }

    /// What a message says besides calls and results, which stand elsewhere.
    pub(in crate::dialect) fn told(&mut self, content: &Value<'_>) {
        content_parts(content).into_iter().for_each(|part| self.part(part));
    }

    /// What a call gave: a text, parts, or an object that holds it or is it.
    pub(in crate::dialect) fn output(&mut self, output: &Value<'_>) {
        if output.token.starts_with(b"{") {
            let members = output.members();
            let held = ["output", "error", "content"].into_iter().find_map(|name| members.get(name));
            match held.filter(|held| held.starts_with(b"\"")) {
                Some(text) => self.text(Some(text)),
                None => self.own_text(&on_one_line(output.token)),
            }
            return;
        }
        for part in content_parts(output) {
            match part {
                ContentPart::Result { output, .. } => self.output(&output),
                ContentPart::Call { tool, .. } => self.named(&tool),
                part => self.part(part),
            }
        }
    }

    /// What the result with this number in a content gave; whether its call failed, if there is one.
    pub(in crate::dialect) fn result(&mut self, content: &Value<'_>, number: usize) -> Option<bool> {
        let results = content_parts(content).into_iter().filter_map(|part| match part {
            ContentPart::Result { output, is_error, .. } => Some((output, is_error)),
            _ => None,
        });
        let (output, is_error) = { results }.nth(number)?;
        self.output(&output);
        Some(is_error)
    }

    /// A part as a text or a picture; calls and results stand elsewhere.
    pub(in crate::dialect) fn part(&mut self, part: ContentPart<'_>) {
        match part {
            ContentPart::Text(token) => self.text(token),
            ContentPart::Picture { data, mime } => {
                self.next();
                image(self.out, self.of, data, mime, None);
            }
            ContentPart::Thought(token) => self.text(token),
            ContentPart::Other(kind) => self.named(&kind),
            ContentPart::Call { .. } | ContentPart::Result { .. } => {}
        }
    }

    /// What has no counterpart.
    fn named(&mut self, kind: &str) {
        self.own_text(&format!("[{kind}]"));
    }
}

/// A value as a text without line breaks, which stand between its tokens alone.
fn on_one_line(value: &[u8]) -> String {
    String::from_utf8_lossy(value).replace(['\n', '\r'], " ")
}

/// The texts of a content, one behind the other.
pub(in crate::dialect) fn texts(content: &Value<'_>) -> String {
    let mut all = String::new();
    for part in content_parts(content) {
        let ContentPart::Text(Some(token)) = part else { continue };
        if !all.is_empty() {
            all.push('\n');
        }
        all.push_str(&string(token).unwrap_or_default());
    }
    all
}
