//! The text of the entries of an outline.
//!
//! Owns: the fields around what an agent's records say. Invariant: one record at a time is read; long texts stay in the
//! source. Does not: know any agent: its [`Voice`] says what its records say.

use super::blocks::Blocks;
use super::entry::Entry;
use super::message::Usage;
use super::outline::{Outline, Shape, Show, Span};
use super::records::Source;
use super::text::{EntryHead, LogHeader, LogText, Place};
use crate::dialect::members::Members;
use crate::dialect::upgraded::UpgradedLog;
use crate::finding::Finding;
use crate::source::SourceError;
use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;

/// What is known of a response besides what it says.
#[derive(Debug, Default)]
pub(in crate::dialect) struct Outcome<'r> {
    pub(in crate::dialect) usage: Usage,
    /// Why it ended; empty: it made calls, or was done.
    pub(in crate::dialect) stop: &'static str,
    /// What went wrong, as a token.
    pub(in crate::dialect) error: Option<&'r [u8]>,
}

/// What an agent's records say.
pub(in crate::dialect) trait Voice {
    /// The agent, as `list` names it.
    fn agent(&self) -> &'static str;

    /// The interface and the provider of its models, as pi names them.
    fn provider(&self) -> (&'static str, &'static str);

    /// The kind of a record.
    fn kind<'r>(&self, record: &Members<'r>) -> Cow<'r, str> {
        record.text("type")
    }

    /// The member of a record that is shown in entries of its own, so that it is left out of the record's.
    fn shown_apart<'r>(&self, _record: &Members<'r>) -> Option<&'r [u8]> {
        None
    }

    /// Writes what the response with this number says.
    fn response<'r>(&self, blocks: &mut Blocks<'_>, record: &Members<'r>, number: usize) -> Outcome<'r>;

    /// Writes the result with this number; true if the call failed.
    fn result(&self, blocks: &mut Blocks<'_>, record: &Members<'_>, number: usize) -> bool;

    /// Writes what the model is told.
    fn user(&self, blocks: &mut Blocks<'_>, record: &Members<'_>);

    /// The text that takes the place of what was compacted.
    fn summary<'r>(&self, _record: &Members<'r>) -> Cow<'r, str> {
        Cow::Borrowed("")
    }
}

/// The log of an outline, with what was found while its source was read.
///
/// # Errors
/// If the source cannot be read.
pub(in crate::dialect) fn log_of(
    header: &LogHeader,
    outline: &Outline,
    source: Source<'_>,
    voice: &dyn Voice,
    findings: Vec<Finding>,
) -> Result<UpgradedLog<()>, SourceError> {
    let (all, mut text) = (&outline.entries, LogText::new(header));
    all.iter().try_for_each(|entry| Renderer { voice, all, entry }.write(source, &mut text))?;
    Ok(text.finish(findings))
}

struct Renderer<'r> {
    voice: &'r dyn Voice,
    all: &'r [Entry<Shape>],
    entry: &'r Entry<Shape>,
}

impl Renderer<'_> {
    fn write(&self, source: Source<'_>, out: &mut LogText) -> Result<(), SourceError> {
        let (at, len) = self.shown();
        match &self.entry.shape.show {
            Show::Model(model) => self.model(model, out),
            Show::Title(title) => {
                self.begin("session_info", out);
                out.end_title(title);
            }
            Show::Leaf => self.leaf(out),
            show => {
                let bytes = source.record(at, len)?;
                let place = Place { at, bytes: &bytes };
                let record = Members::of(&bytes);
                match show {
                    Show::Response { model, number } => self.response(place, &record, (model, *number), out),
                    Show::Result { number, call } => {
                        self.begin("message", out);
                        out.text(r#""message":{"role":"toolResult","toolCallId":"#);
                        out.string(&call.id);
                        out.text(r#","toolName":"#);
                        out.string(&call.tool);
                        out.text(r#","content":["#);
                        let failed = self.voice.result(&mut Blocks::new(out, place), &record, *number);
                        out.text(if failed { r#"],"isError":true"# } else { r#"],"isError":false"# });
                        out.end_message(self.entry.time);
                    }
                    Show::User { is_injected } => {
                        self.begin("message", out);
                        out.text(if *is_injected { r#""injected":true,"# } else { "" });
                        out.text(r#""message":{"role":"user","content":["#);
                        self.voice.user(&mut Blocks::new(out, place), &record);
                        out.text("]");
                        out.end_message(self.entry.time);
                    }
                    Show::Compaction { tokens } => {
                        self.begin("compaction", out);
                        out.text(r#""summary":"#);
                        out.string(&self.voice.summary(&record));
                        out.text(r#","firstKeptEntryId":"#);
                        out.string(&self.entry.id);
                        out.text(r#","tokensBefore":"#);
                        out.number(*tokens);
                        out.end();
                    }
                    _ => self.custom(place, &record, out),
                }
            }
        }
        Ok(())
    }

    /// The record that is shown.
    fn shown(&self) -> Span {
        self.entry.shape.sources.last().copied().unwrap_or_default()
    }

    fn head<'h>(&'h self, kind: &'h str) -> EntryHead<'h> {
        self.entry.head(self.all, kind, &self.entry.shape.sources)
    }

    fn begin(&self, kind: &str, out: &mut LogText) {
        out.begin(self.head(kind));
    }

    fn response(&self, place: Place<'_>, record: &Members<'_>, (model, number): (&str, usize), out: &mut LogText) {
        let (api, provider) = self.voice.provider();
        self.begin("message", out);
        out.text(r#""message":{"role":"assistant","content":["#);
        let mut blocks = Blocks::new(out, place);
        let outcome = self.voice.response(&mut blocks, record, number);
        // One that failed is not sent again, and results would stand without their calls.
        let stop = match outcome.stop {
            _ if blocks.has_calls() => "toolUse",
            "" => "stop",
            stop => stop,
        };
        for (name, value) in [(r#"],"api":"#, api), (r#","provider":"#, provider), (r#","model":"#, model)] {
            out.text(name);
            out.string(value);
        }
        out.text(r#","usage":"#);
        outcome.usage.write(out);
        out.text(r#","stopReason":"#);
        out.string(stop);
        if let Some(error) = outcome.error {
            out.text(r#","errorMessage":"#);
            out.string_token(place, Some(error));
        }
        out.end_message(self.entry.time);
    }

    fn model(&self, model: &str, out: &mut LogText) {
        self.begin("model_change", out);
        out.text(r#""provider":"#);
        out.string(self.voice.provider().1);
        out.text(r#","modelId":"#);
        out.string(model);
        out.end();
    }

    fn leaf(&self, out: &mut LogText) {
        self.begin("custom", out);
        out.text(r#""customType":"#);
        out.string(&format!("{}/leaf", self.voice.agent()));
        out.text(r#","data":{"leaf":"#);
        match self.entry.parent_id(self.all) {
            Some(parent) => out.string(parent),
            None => out.text("null"),
        }
        out.text("}");
        out.end();
    }

    fn custom(&self, place: Place<'_>, record: &Members<'_>, out: &mut LogText) {
        let kind = self.voice.kind(record);
        let name = format!("{}/{}", self.voice.agent(), if kind.is_empty() { "unknown" } else { &*kind });
        out.custom(self.head("custom"), &name, place, self.voice.shown_apart(record));
    }
}
