//! Export of an imported session as a snapshot that jcode loads.
//!
//! Owns: the mapping of pi's messages to jcode's; the results of calls that follow one another become one user message.
//! Invariant: only blocks that jcode knows are written, because an unknown one would cost jcode the whole session.
//! Texts are copied unchanged, with their escapes. Memory holds one entry and the results that wait for it.
//! Does not: export logs that come from jcode; see [`super::export()`].

use super::export_error::ExportError;
use crate::dialect::Edited;
use crate::dialect::jcode::compare::past;
use crate::dialect::splice::field;
use crate::json::text::{string, write_string};
use crate::json::walk::elements;
use crate::source::ByteSource;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

/// Values outside the messages, as tokens.
struct Facts {
    title: Option<Vec<u8>>,
    model: Option<Vec<u8>>,
    updated: Option<Vec<u8>>,
}

/// Writes the snapshot of an imported log to `out`. `header`: its header line; `agent`: the agent from which it was
/// imported.
///
/// # Errors
/// Same errors as [`super::export()`].
pub(super) fn export<S: ByteSource, E>(
    log: &S,
    header: &[u8],
    agent: &str,
    path: impl Iterator<Item = Range<u64>> + Clone,
    out: &mut dyn FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), ExportError<E>> {
    let facts = facts(log, path.clone())?;
    let mut text = Vec::new();
    let mut put = |name: &str, value: &[u8]| {
        text.extend_from_slice(if text.is_empty() { b"{" } else { b"," });
        write_string(&mut text, name);
        text.push(b':');
        text.extend_from_slice(value);
    };
    let quoted = |name: &str| field(header, name).filter(|token| token.starts_with(b"\""));
    let created = quoted("timestamp").unwrap_or(b"\"1970-01-01T00:00:00.000Z\"");
    put("id", quoted("id").unwrap_or(b"\"\""));
    quoted("parentSession").into_iter().for_each(|parent| put("parent_id", parent));
    facts.title.iter().for_each(|title| put("title", title));
    put("created_at", created);
    put("updated_at", facts.updated.as_deref().unwrap_or(created));
    let mut key = Vec::new();
    write_string(&mut key, agent);
    put("provider_key", &key);
    facts.model.iter().for_each(|model| put("model", model));
    quoted("cwd").filter(|cwd| cwd.len() > 2).into_iter().for_each(|cwd| put("working_dir", cwd));
    put("status", b"\"Closed\"");
    for flag in ["is_canary", "is_debug", "saved"] {
        put(flag, b"false");
    }
    put("messages", b"[");
    out(&text).map_err(ExportError::Output)?;
    let mut messages = Messages { out, is_first: true, results: Vec::new(), head: Vec::new() };
    let edits = past::edits(log, path.clone()).map_err(ExportError::Source)?;
    for range in path {
        let mut line = Vec::new();
        past::entry(log, range, |record| {
            if record.fields.kind_text() == "message" {
                line = match edits.apply(record.bytes) {
                    Edited::No => record.bytes.to_vec(),
                    Edited::Replaced { line, .. } => line,
                    Edited::LeftOut { .. } => Vec::new(),
                };
            }
        })
        .map_err(ExportError::Source)?;
        if !line.is_empty() {
            messages.entry(&line).map_err(ExportError::Output)?;
        }
    }
    messages.flush().map_err(ExportError::Output)?;
    (messages.out)(b"]}").map_err(ExportError::Output)?;
    log.still_whole().map_err(ExportError::Source)
}

fn facts<S: ByteSource, E>(log: &S, path: impl Iterator<Item = Range<u64>>) -> Result<Facts, ExportError<E>> {
    let mut facts = Facts { title: None, model: None, updated: None };
    let text =
        |token: Option<&[u8]>| token.filter(|token| token.starts_with(b"\"") && token.len() > 2).map(<[u8]>::to_vec);
    for range in path {
        let at = range.start;
        let is_entry = past::entry(log, range, |record| match &*record.fields.kind_text() {
            "session_info" => facts.title = text(record.fields.name).or(facts.title.take()),
            "message" => {
                facts.updated = text(record.fields.timestamp).or(facts.updated.take());
                let model = record.fields.message.and_then(|message| field(message, "model"));
                facts.model = text(model).or(facts.model.take());
            }
            _ => {}
        })
        .map_err(ExportError::Source)?;
        if !is_entry {
            return Err(ExportError::NoEntry { offset: at });
        }
    }
    Ok(facts)
}

struct Messages<'o, E> {
    out: &'o mut dyn FnMut(&[u8]) -> Result<(), E>,
    is_first: bool,
    /// Blocks of results, written before the next message.
    results: Vec<u8>,
    /// Start of their message, with id and time of the first result.
    head: Vec<u8>,
}

impl<E> Messages<'_, E> {
    fn entry(&mut self, line: &[u8]) -> Result<(), E> {
        let message = field(line, "message").unwrap_or_default();
        let role = field(message, "role").and_then(string).unwrap_or_default();
        let content = field(message, "content").unwrap_or_default();
        match &*role {
            "toolResult" => {
                if self.results.is_empty() {
                    self.head = head(line, "user");
                } else {
                    self.results.push(b',');
                }
                result(&mut self.results, message, content);
                Ok(())
            }
            "user" | "assistant" => {
                self.flush()?;
                let mut blocks = Vec::new();
                content_of(&mut blocks, content, &role);
                self.write(&head(line, &role), &blocks)
            }
            _ => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<(), E> {
        if self.results.is_empty() {
            return Ok(());
        }
        let (head, results) = (core::mem::take(&mut self.head), core::mem::take(&mut self.results));
        self.write(&head, &results)
    }

    fn write(&mut self, head: &[u8], blocks: &[u8]) -> Result<(), E> {
        if !core::mem::take(&mut self.is_first) {
            (self.out)(b",")?;
        }
        (self.out)(head)?;
        (self.out)(blocks)?;
        (self.out)(b"]}")
    }
}

fn head(line: &[u8], role: &str) -> Vec<u8> {
    let mut head = br#"{"id":"#.to_vec();
    let id = field(line, "id").and_then(string).map(|id| id.to_string()).unwrap_or_default();
    write_string(&mut head, &id);
    head.extend_from_slice(br#","role":"#);
    write_string(&mut head, role);
    if let Some(time) = field(line, "timestamp").filter(|time| time.starts_with(b"\"")) {
        head.extend_from_slice(br#","timestamp":"#);
        head.extend_from_slice(time);
    }
    head.extend_from_slice(br#","content":["#);
    head
}

/// Appends an object with these fields; an absent value becomes an empty string.
fn object(out: &mut Vec<u8>, kind: &str, fields: &[(&str, Option<&[u8]>)]) {
    if !out.is_empty() {
        out.push(b',');
    }
    out.extend_from_slice(br#"{"type":"#);
    write_string(out, kind);
    for (name, token) in fields {
        out.push(b',');
        write_string(out, name);
        out.push(b':');
        out.extend_from_slice(token.unwrap_or(b"\"\""));
    }
    out.push(b'}');
}

fn content_of(out: &mut Vec<u8>, content: &[u8], role: &str) {
    if content.starts_with(b"\"") {
        object(out, "text", &[("text", Some(content))]);
        return;
    }
    for block in elements(content) {
        let text = |name: &str| field(block, name).filter(|token| token.starts_with(b"\""));
        match &*field(block, "type").and_then(string).unwrap_or_default() {
            "text" => object(out, "text", &[("text", text("text"))]),
            "image" => object(out, "image", &[("media_type", text("mimeType")), ("data", text("data"))]),
            "thinking" if role == "assistant" => {
                let thinking = text("thinking");
                let is_redacted = field(block, "redacted").is_some_and(|token| token == b"true");
                match text("thinkingSignature").filter(|signature| signature.len() > 2 && !is_redacted) {
                    Some(signature) => {
                        object(out, "anthropic_thinking", &[("thinking", thinking), ("signature", Some(signature))]);
                    }
                    None if thinking.is_some_and(|thinking| thinking.len() > 2) => {
                        object(out, "reasoning", &[("text", thinking)]);
                    }
                    None => {}
                }
            }
            "toolCall" => {
                let input = field(block, "arguments").unwrap_or(b"{}");
                object(out, "tool_use", &[("id", text("id")), ("name", text("name")), ("input", Some(input))]);
            }
            _ => {}
        }
    }
}

/// Appends a result; its texts are joined, because jcode accepts only one.
fn result(out: &mut Vec<u8>, message: &[u8], content: &[u8]) {
    let mut joined = b"\"".to_vec();
    for block in elements(content) {
        let kind = field(block, "type").and_then(string).map(String::from).unwrap_or_default();
        if joined.len() > 1 {
            joined.extend_from_slice(b"\\n");
        }
        match field(block, "text").filter(|token| token.starts_with(b"\"")) {
            Some(text) => joined.extend_from_slice(text.get(1..text.len() - 1).unwrap_or_default()),
            None if kind == "image" => joined.extend_from_slice(b"[image]"),
            None => {}
        }
    }
    joined.push(b'"');
    let mut block = Vec::new();
    let id = field(message, "toolCallId").filter(|token| token.starts_with(b"\""));
    let is_error = field(message, "isError").unwrap_or(b"false");
    object(&mut block, "tool_result", &[("tool_use_id", id), ("content", Some(&joined)), ("is_error", Some(is_error))]);
    out.extend_from_slice(&block);
}
