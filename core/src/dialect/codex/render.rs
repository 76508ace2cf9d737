//! The text of each entry.
//!
//! Owns: what pi and jcode get to see of a record: roles, blocks, usage.
//! Invariant: one entry at a time is read; long texts stay in the source.
//! Does not: order entries; `plan` did.

use super::facts::{Fact, Facts, Kind, item};
use super::plan::{Entry, Plan, Response, Shape};
use crate::dialect::foreign::{EntryHead, LogText, Place, Source, arguments, image, picture_in, text_block};
use crate::dialect::members::{Members, Value};
use crate::json::text::string;
use crate::json::walk::Walker;
use crate::source::SourceError;
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
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
            Shape::Response(response) => self.response(response, out),
            Shape::Output(record, tool) => self.output(*record, tool, out),
            Shape::User(record) => self.user(*record, out),
            Shape::Compaction(record) => self.compaction(*record, out),
            Shape::Model(record, model) => {
                self.begin("model_change", &[*record], out);
                out.text(r#""provider":"#);
                out.string(self.provider());
                out.text(r#","modelId":"#);
                out.string(model);
                out.end();
                Ok(())
            }
            Shape::Title(record, title) => {
                self.begin("session_info", &[*record], out);
                out.end_title(title);
                Ok(())
            }
            Shape::Custom(record) => {
                let Some((fact, bytes)) = self.read(*record)? else { return Ok(()) };
                let name = if fact.name.is_empty() { "session_meta" } else { &*fact.name };
                let place = Place { at: fact.at, bytes: &bytes };
                out.custom(self.head("custom", &[(fact.at, fact.len)]), &format!("codex/{name}"), place, None);
                Ok(())
            }
        }
    }

    fn provider(&self) -> &'r str {
        if self.facts.provider.is_empty() { "openai" } else { &self.facts.provider }
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

    fn response(&self, response: &Response, out: &mut LogText) -> Result<(), SourceError> {
        self.begin("message", &response.parts, out);
        out.text(r#""message":{"role":"assistant","content":["#);
        let (mut is_first, mut calls) = (true, false);
        for &part in &response.parts {
            let Some((fact, bytes)) = self.read(part)? else { continue };
            let place = Place { at: fact.at, bytes: &bytes };
            calls |= matches!(fact.kind, Kind::Call { .. });
            part_blocks(out, place, &fact.kind, &mut is_first);
        }
        out.text(r#"],"api":"openai-responses","provider":"#);
        out.string(self.provider());
        out.text(r#","model":"#);
        out.string(&response.model);
        out.text(r#","usage":"#);
        response.usage.write(out);
        out.text(r#","stopReason":"#);
        out.string(if calls { "toolUse" } else { "stop" });
        out.end_message(self.entry.time);
        Ok(())
    }

    fn output(&self, record: usize, tool: &str, out: &mut LogText) -> Result<(), SourceError> {
        let Some((fact, bytes)) = self.read(record)? else { return Ok(()) };
        let item = item(&bytes);
        self.begin("message", &[record], out);
        out.text(r#""message":{"role":"toolResult","toolCallId":"#);
        out.string(&item.text("call_id"));
        out.text(r#","toolName":"#);
        out.string(tool);
        out.text(r#","content":["#);
        content(out, Place { at: fact.at, bytes: &bytes }, &item.value("output").unwrap_or_default(), &mut true);
        out.text(r#"],"isError":false"#);
        out.end_message(self.entry.time);
        Ok(())
    }

    fn user(&self, record: usize, out: &mut LogText) -> Result<(), SourceError> {
        let Some((fact, bytes)) = self.read(record)? else { return Ok(()) };
        let place = Place { at: fact.at, bytes: &bytes };
        self.begin("message", &[record], out);
        out.text(r#""message":{"role":"user","content":["#);
        let item = item(&bytes);
        let said = item.object("item");
        let told = item.value("content").or_else(|| item.value("message")).or_else(|| said.value("content"));
        content(out, place, &told.unwrap_or_default(), &mut true);
        out.text("]");
        out.end_message(self.entry.time);
        Ok(())
    }

    fn compaction(&self, record: usize, out: &mut LogText) -> Result<(), SourceError> {
        let Some((fact, bytes)) = self.read(record)? else { return Ok(()) };
        let item = item(&bytes);
        self.begin("compaction", &[record], out);
        out.text(r#""summary":"#);
        match item.get("message").filter(|message| message.len() > 2 && message.starts_with(b"\"")) {
            Some(message) => out.token(Place { at: fact.at, bytes: &bytes }, message),
            None => out.string(&summary(&item)),
        }
        out.text(r#","firstKeptEntryId":"#);
        out.string(&self.entry.id);
        out.text(r#","tokensBefore":0"#);
        out.end();
        Ok(())
    }
}

/// What the person said in the history that replaces all; the last of it is the summary.
fn summary(item: &Members<'_>) -> String {
    let history = item.elements("replacement_history");
    let mut texts = Vec::new();
    for entry in history.iter().filter(|entry| entry.text("role") == "user") {
        texts.extend(entry.get("content").and_then(string).map(|text| text.to_string()));
        let blocks = entry.elements("content").into_iter();
        texts.extend(blocks.map(|block| block.text("text").to_string()).filter(|text| !text.is_empty()));
    }
    if texts.is_empty() { String::from("(encrypted)") } else { texts.join("\n\n") }
}

fn comma(out: &mut LogText, is_first: &mut bool) {
    out.text(if core::mem::take(is_first) { "" } else { "," });
}

fn part_blocks(out: &mut LogText, place: Place<'_>, kind: &Kind, is_first: &mut bool) {
    let item = item(place.bytes);
    match kind {
        Kind::Reasoning { .. } => {
            for block in item.elements("summary") {
                comma(out, is_first);
                out.text(r#"{"type":"thinking","thinking":"#);
                out.string_token(place, block.get("text"));
                out.text("}");
            }
        }
        Kind::Call { id, tool } => {
            comma(out, is_first);
            out.text(r#"{"type":"toolCall","id":"#);
            out.string(id);
            out.text(r#","name":"#);
            out.string(tool);
            out.text(r#","arguments":"#);
            let token = item.get("arguments").or_else(|| item.get("input"));
            match token.and_then(string).as_deref().and_then(object) {
                Some(object) => out.text(&object),
                None => arguments(out, place, token),
            }
            out.text("}");
        }
        _ => {
            let said = item.value("content").or_else(|| item.value("message"));
            content(out, place, &said.unwrap_or_default(), is_first);
        }
    }
}

/// The object that a text is, on one line.
fn object(text: &str) -> Option<String> {
    let text = text.trim();
    let walked = Walker::new().walk_object(text.as_bytes(), 0, |_, _| {}).ok()?;
    // Between tokens alone a line may break.
    (walked.end == text.len()).then(|| text.replace(['\n', '\r'], " "))
}

/// Texts and pictures of a content.
fn content(out: &mut LogText, of: Place<'_>, content: &Value<'_>, is_first: &mut bool) {
    if content.token.starts_with(b"\"") {
        comma(out, is_first);
        text_block(out, of, Some(content.token));
        return;
    }
    for block in content.elements().iter().map(Value::members) {
        comma(out, is_first);
        match block.get("image_url").and_then(picture_in) {
            Some((mime, data)) => {
                let mime = format!("\"{mime}\"");
                image(out, of, None, Some(mime.as_bytes()), Some(data));
            }
            None if block.has("text") => text_block(out, of, block.get("text")),
            None => {
                let kind = block.text("type");
                out.text(r#"{"type":"text","text":"#);
                out.string(&format!("[{}]", if kind.is_empty() { "block" } else { &*kind }));
                out.text("}");
            }
        }
    }
}
