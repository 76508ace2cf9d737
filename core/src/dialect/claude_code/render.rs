//! The text of each entry.
//!
//! Owns: what pi and jcode get to see of a record: roles, blocks, usage.
//! Invariant: one entry at a time is read; long texts stay in the source. A block of an unknown kind is named, and stands
//! in the record that the entry names.
//! Does not: order entries; `plan` did.

use super::facts::{Fact, Facts, Kind};
use super::plan::{Entry, Plan, Shape};
use crate::dialect::foreign::{EntryHead, LogText, Place, Source, Usage, arguments, image, text_block};
use crate::dialect::members::Members;
use crate::json::text::{integer, string};
use crate::source::SourceError;
use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;

/// Writes all entries.
///
/// # Errors
/// If the source cannot be read.
pub(super) fn render(source: Source<'_>, facts: &Facts, plan: &Plan, out: &mut LogText) -> Result<(), SourceError> {
    plan.entries.iter().try_for_each(|entry| Renderer { source, facts, plan, entry }.write(out))
}

/// A record, and its bytes.
type Part<'r> = (&'r Fact, Cow<'r, [u8]>);

struct Renderer<'r> {
    source: Source<'r>,
    facts: &'r Facts,
    plan: &'r Plan,
    entry: &'r Entry,
}

impl<'r> Renderer<'r> {
    fn write(&self, out: &mut LogText) -> Result<(), SourceError> {
        match &self.entry.shape {
            Shape::Message(parts) => self.message(parts, out),
            Shape::Result { record, number, tool } => self.result(*record, *number, tool, out),
            Shape::User(record) => self.user(*record, out),
            Shape::Queued(record) => self.queued(*record, out),
            Shape::Compaction { boundary, summary, kept } => self.compaction(*boundary, *summary, *kept, out),
            Shape::Title(record, title) => {
                self.begin("session_info", &[*record], out);
                out.end_title(title);
                Ok(())
            }
            Shape::Custom(record) => {
                let Some((fact, bytes)) = self.read(*record)? else { return Ok(()) };
                let place = Place { at: fact.at, bytes: &bytes };
                let sources = [(fact.at, fact.len)];
                out.custom(self.head("custom", &sources), &fact.custom_type(), place, None);
                Ok(())
            }
            Shape::Leaf(record) => {
                self.begin("custom", &[*record], out);
                out.text(r#""customType":"claude-code/leaf","data":{"leaf":"#);
                match self.entry.parent_id(&self.plan.entries) {
                    Some(parent) => out.string(parent),
                    None => out.text("null"),
                }
                out.text("}");
                out.end();
                Ok(())
            }
        }
    }

    fn read(&self, record: usize) -> Result<Option<Part<'r>>, SourceError> {
        let Some(fact) = self.facts.all.get(record) else { return Ok(None) };
        Ok(Some((fact, self.source.record(fact.at, fact.len)?)))
    }

    fn head<'h>(&'h self, kind: &'h str, sources: &'h [(u64, u64)]) -> EntryHead<'h> {
        self.entry.head(&self.plan.entries, kind, sources)
    }

    fn begin(&self, kind: &str, records: &[usize], out: &mut LogText) {
        let spans = records.iter().filter_map(|&record| self.facts.all.get(record));
        let sources: Vec<(u64, u64)> = spans.map(|fact| (fact.at, fact.len)).collect();
        out.begin(self.head(kind, &sources));
    }

    fn message(&self, parts: &[usize], out: &mut LogText) -> Result<(), SourceError> {
        let mut records = Vec::new();
        for &part in parts {
            records.extend(self.read(part)?);
        }
        let response = Response::of(&records);
        self.begin("message", parts, out);
        out.text(r#""message":{"role":"assistant","content":["#);
        for (n, (place, block)) in response.blocks.iter().enumerate() {
            out.text(if n == 0 { "" } else { "," });
            assistant_block(out, *place, block);
        }
        out.text(r#"],"api":"anthropic-messages","provider":"anthropic","model":"#);
        match response.model {
            Some((place, model)) => out.string_token(place, Some(model)),
            None => out.text(r#""""#),
        }
        out.text(r#","usage":"#);
        response.usage.write(out);
        out.text(r#","stopReason":"#);
        out.string(response.stop_reason());
        if let Some((place, error)) = response.error() {
            out.text(r#","errorMessage":"#);
            out.string_token(place, Some(error));
        }
        out.end_message(self.entry.time);
        Ok(())
    }

    fn result(&self, record: usize, number: usize, tool: &str, out: &mut LogText) -> Result<(), SourceError> {
        let Some((fact, bytes)) = self.read(record)? else { return Ok(()) };
        let place = Place { at: fact.at, bytes: &bytes };
        let blocks = Members::of(&bytes).object("message").elements("content");
        let is_result = |block: &Members<'_>| &*block.text("type") == "tool_result";
        let block = { blocks }.into_iter().filter(is_result).nth(number).unwrap_or_default();
        self.begin("message", &[record], out);
        out.text(r#""message":{"role":"toolResult","toolCallId":"#);
        out.string_token(place, block.get("tool_use_id"));
        out.text(r#","toolName":"#);
        out.string(tool);
        out.text(r#","content":["#);
        content_blocks(out, place, &block, "content");
        out.text(r#"],"isError":"#);
        out.text(if block.get("is_error") == Some(b"true") { "true" } else { "false" });
        out.end_message(self.entry.time);
        Ok(())
    }

    fn user(&self, record: usize, out: &mut LogText) -> Result<(), SourceError> {
        let Some((fact, bytes)) = self.read(record)? else { return Ok(()) };
        let place = Place { at: fact.at, bytes: &bytes };
        let injected = matches!(fact.kind, Kind::User { is_injected: true, .. });
        self.begin("message", &[record], out);
        if injected {
            out.text(r#""injected":true,"#);
        }
        self.told(out, place, &Members::of(&bytes).object("message"), "content");
        Ok(())
    }

    fn queued(&self, record: usize, out: &mut LogText) -> Result<(), SourceError> {
        let Some((fact, bytes)) = self.read(record)? else { return Ok(()) };
        self.begin("message", &[record], out);
        let attachment = Members::of(&bytes).object("attachment");
        self.told(out, Place { at: fact.at, bytes: &bytes }, &attachment, "prompt");
        Ok(())
    }

    /// Writes the message whose content is the member `name` of `of`.
    fn told(&self, out: &mut LogText, place: Place<'_>, of: &Members<'_>, name: &str) {
        out.text(r#""message":{"role":"user","content":"#);
        if let Some(text) = of.get(name).filter(|content| content.starts_with(b"\"")) {
            out.token(place, text);
        } else {
            out.text("[");
            content_blocks(out, place, of, name);
            out.text("]");
        }
        out.end_message(self.entry.time);
    }

    fn compaction(
        &self,
        boundary: usize,
        summary: usize,
        kept: Option<usize>,
        out: &mut LogText,
    ) -> Result<(), SourceError> {
        let records = [boundary, summary];
        let records = if boundary == summary { records.get(..1).unwrap_or_default() } else { records.as_slice() };
        self.begin("compaction", records, out);
        let Some((fact, bytes)) = self.read(summary)? else { return Ok(()) };
        let place = Place { at: fact.at, bytes: &bytes };
        let message = Members::of(&bytes).object("message");
        out.text(r#""summary":"#);
        if let Some(text) = message.get("content").filter(|content| content.starts_with(b"\"")) {
            out.token(place, text);
        } else {
            let blocks = message.elements("content").into_iter();
            let texts: Vec<_> =
                blocks.filter_map(|block| block.get("text").and_then(string)).map(Cow::into_owned).collect();
            out.string(&texts.join("\n"));
        }
        let kept = kept.and_then(|kept| self.plan.entries.get(kept)).unwrap_or(self.entry);
        out.text(r#","firstKeptEntryId":"#);
        out.string(&kept.id);
        out.text(r#","tokensBefore":"#);
        let tokens = self.facts.all.get(boundary).map(|fact| &fact.kind);
        out.number(if let Some(Kind::Boundary { tokens, .. }) = tokens { *tokens } else { 0 });
        out.end();
        Ok(())
    }
}

/// A response from its parts.
#[derive(Default)]
struct Response<'p> {
    blocks: Vec<(Place<'p>, Members<'p>)>,
    model: Option<(Place<'p>, &'p [u8])>,
    usage: Usage,
    stop: Option<Cow<'p, str>>,
    is_error: bool,
}

impl<'p> Response<'p> {
    fn of(parts: &'p [Part<'p>]) -> Self {
        let mut response = Self::default();
        for (fact, bytes) in parts {
            response.part(Place { at: fact.at, bytes });
        }
        response
    }

    fn part(&mut self, place: Place<'p>) {
        let record = Members::of(place.bytes);
        let message = record.object("message");
        self.is_error |= record.get("isApiErrorMessage") == Some(b"true");
        if let Some(model) = message.get("model") {
            self.model = Some((place, model));
        }
        self.stop = message.get("stop_reason").and_then(string).or(self.stop.take());
        let usage = message.object("usage");
        let number = |name: &str| usage.get(name).and_then(integer).unwrap_or_default();
        // A later part counts what an earlier one counted.
        let Usage { input, output, cache_read, cache_write } = self.usage;
        self.usage = Usage {
            input: input.max(number("input_tokens")),
            output: output.max(number("output_tokens")),
            cache_read: cache_read.max(number("cache_read_input_tokens")),
            cache_write: cache_write.max(number("cache_creation_input_tokens")),
        };
        let content = message.get("content").unwrap_or_default();
        if content.starts_with(b"\"") {
            self.block(place, Members::made(&[("type", br#""text""#), ("text", content)]));
        }
        for block in message.elements("content") {
            self.block(place, block);
        }
    }

    /// Adds a block; one that an earlier one is the beginning of takes its place.
    fn block(&mut self, place: Place<'p>, block: Members<'p>) {
        let same = self.blocks.iter_mut().find(|(_, old)| is_beginning(old, &block));
        match same {
            Some(old) => *old = (place, block),
            None => self.blocks.push((place, block)),
        }
    }

    fn stop_reason(&self) -> &'static str {
        let calls = self.blocks.iter().any(|(_, block)| &*block.text("type") == "tool_use");
        match self.stop.as_deref() {
            _ if self.is_error => "error",
            Some("max_tokens" | "model_context_window_exceeded") => "length",
            _ if calls => "toolUse",
            _ => "stop",
        }
    }

    /// What went wrong, in the words of the program.
    fn error(&self) -> Option<(Place<'p>, &'p [u8])> {
        let (place, block) = self.blocks.first().filter(|_| self.is_error)?;
        Some((*place, block.get("text")?))
    }
}

/// `old` is `new` as it was before more of it came.
fn is_beginning(old: &Members<'_>, new: &Members<'_>) -> bool {
    let kind = old.get("type");
    if kind.is_none() || kind != new.get("type") {
        return false;
    }
    let begins = |name: &str| {
        let (old, new) = (old.get(name).unwrap_or_default(), new.get(name).unwrap_or_default());
        let text = old.strip_suffix(b"\"").unwrap_or(old);
        text.len() > 1 && new.starts_with(text)
    };
    match &*old.text("type") {
        "text" => begins("text"),
        "thinking" => begins("thinking"),
        "tool_use" => old.has("id") && old.get("id") == new.get("id"),
        _ => false,
    }
}

fn assistant_block(out: &mut LogText, of: Place<'_>, block: &Members<'_>) {
    match &*block.text("type") {
        "text" => text_block(out, of, block.get("text")),
        "thinking" => {
            out.text(r#"{"type":"thinking","thinking":"#);
            out.string_token(of, block.get("thinking"));
            if let Some(signature) = block.get("signature").filter(|token| token.len() > 2) {
                out.text(r#","thinkingSignature":"#);
                out.string_token(of, Some(signature));
            }
            out.text("}");
        }
        "redacted_thinking" => {
            out.text(r#"{"type":"thinking","thinking":"","redacted":true,"thinkingSignature":"#);
            out.string_token(of, block.get("data"));
            out.text("}");
        }
        "tool_use" => {
            out.text(r#"{"type":"toolCall","id":"#);
            out.string_token(of, block.get("id"));
            out.text(r#","name":"#);
            out.string_token(of, block.get("name"));
            out.text(r#","arguments":"#);
            arguments(out, of, block.get("input"));
            out.text("}");
        }
        other => named(out, other),
    }
}

/// What a user or a tool says in the member `name` of `within`: texts and pictures; results stand in entries of their
/// own.
fn content_blocks(out: &mut LogText, of: Place<'_>, within: &Members<'_>, name: &str) {
    if let Some(text) = within.get(name).filter(|content| content.starts_with(b"\"")) {
        text_block(out, of, Some(text));
        return;
    }
    let mut is_first = true;
    for block in within.elements(name) {
        let kind = block.text("type");
        if kind == "tool_result" {
            continue;
        }
        out.text(if core::mem::take(&mut is_first) { "" } else { "," });
        let picture = block.object("source");
        match &*kind {
            "text" => text_block(out, of, block.get("text")),
            "image" if picture.has("data") => image(out, of, picture.get("data"), picture.get("media_type"), None),
            other => named(out, other),
        }
    }
}

/// A block that has no counterpart.
fn named(out: &mut LogText, kind: &str) {
    out.text(r#"{"type":"text","text":"#);
    out.string(&format!("[{}]", if kind.is_empty() { "block" } else { kind }));
    out.text("}");
}
