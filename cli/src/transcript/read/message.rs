//! Reads messages of the conversation.
//!
//! If you change this, then change its counterpart `host-wasm/inspector/src/worker/show/message.ts` too. The tests of
//! both use `tests/shown`.
//!
//! Owns: what is shown of each role, for pi's messages and for jcode's stored ones.
//! Invariant: a message with any field besides its role is never shown as empty. Unknown content is shown by name.

use super::super::json::Object;
use super::super::model::{Block, Message, Voice};
use super::content::{call, content};
use super::prompt::prompt;
use super::reading::{Reading, Shape, plain};
use super::settle;
use super::usage::usage;

/// Fields of messages that only programs need.
const QUIET: [(&str, Shape); 20] = [
    ("role", Shape::Text),
    ("timestamp", Shape::Number),
    ("timestamp", Shape::Text),
    ("id", Shape::Text),
    ("api", Shape::Text),
    ("provider", Shape::Text),
    ("responseModel", Shape::Text),
    ("responseId", Shape::Text),
    ("thinkingLevel", Shape::Text),
    ("providerThinkingLevel", Shape::Text),
    ("stopReason", Shape::Text),
    ("rawStopReason", Shape::Text),
    ("endTurn", Shape::Flag),
    ("usage", Shape::Object),
    ("token_usage", Shape::Object),
    ("durationMs", Shape::Number),
    ("tool_duration_ms", Shape::Number),
    ("toolCallId", Shape::Text),
    ("display", Shape::Flag),
    ("fromId", Shape::Text),
];

impl<'a> Message<'a> {
    /// Reads a message.
    pub(super) fn said(&mut self, inner: Object<'a>) {
        let mut from = Reading::new(inner);
        let role = from.text("role").unwrap_or_else(|| "message".into());
        self.detail = from.text(match &*role {
            "toolResult" => "toolName",
            "custom" | "hookMessage" => "customType",
            _ => "model",
        });
        let failed = from.is_true("isError");
        self.blocks = content(from.any("content"), failed, role == "toolResult");
        self.voice = match &*role {
            "user" => Voice::User,
            "assistant" => Voice::Assistant,
            "toolResult" => {
                self.blocks.extend(nested_calls(&mut from));
                self.blocks.extend(usage(&mut from));
                Voice::Tool
            }
            "bashExecution" => {
                shell(&mut from, &mut self.blocks);
                Voice::Tool
            }
            "branchSummary" | "compactionSummary" => {
                self.blocks.extend(from.text("summary").map(Block::Text));
                Voice::Summary
            }
            "system" => {
                prompt(&mut from, &mut self.blocks);
                Voice::System
            }
            _ => Voice::System,
        };
        self.name = role;
        // jcode stores output of tools, and its own messages, as messages of the user.
        if let Some(shown_as) = from.text("display_role") {
            self.voice = Voice::System;
            self.name = shown_as;
        } else if self.voice == Voice::User && self.only_output() {
            self.voice = Voice::Tool;
            self.name = "tool".into();
        }
        self.blocks.extend(from.named("details"));
        self.blocks.extend(stop(&mut from));
        self.blocks.extend(from.named("deferred"));
        self.blocks.extend(from.rest(&QUIET));
        settle(&mut self.blocks, &from, &["role", "content"]);
    }

    fn only_output(&self) -> bool {
        let printed = |block: &Block<'_>| matches!(block, Block::Output { .. } | Block::Image { .. });
        self.blocks.iter().any(|block| matches!(block, Block::Output { .. })) && self.blocks.iter().all(printed)
    }
}

/// A command that the person ran.
fn shell<'a>(from: &mut Reading<'a>, blocks: &mut Vec<Block<'a>>) {
    let command = from.text("command").map(|command| ("command".into(), command));
    blocks.push(Block::Call { tool: "shell".into(), arguments: command.into_iter().collect(), outcome: None });
    let cancelled = from.is_true("cancelled");
    let exit = from.number("exitCode").filter(|code| code != "0");
    let failed = cancelled || exit.is_some();
    blocks.extend(from.text("output").map(|text| Block::Output { failed, text }));
    let mut note = |text: String| blocks.push(Block::Note(text.into()));
    if let Some(code) = exit {
        note(format!("exit code {code}"));
    }
    if cancelled {
        note("cancelled".into());
    }
    if from.is_true("truncated") {
        note("output cut".into());
    }
    if let Some(path) = from.text("fullOutputPath") {
        note(format!("all of the output: {path}"));
    }
    if from.is_true("excludeFromContext") {
        note("kept out of the context".into());
    }
}

/// The calls that a tool made while it ran.
fn nested_calls<'a>(from: &mut Reading<'a>) -> Vec<Block<'a>> {
    let Some(nested) = from.object("nestedCalls") else { return Vec::new() };
    let mut nested = Reading::new(nested);
    let mut blocks = Vec::new();
    for token in nested.list("calls").unwrap_or_default() {
        let Some(record) = Object::read(token) else {
            blocks.push(Block::Data { name: "nested call".into(), text: plain(token) });
            continue;
        };
        let mut record = Reading::new(record);
        let status = record.text("status").unwrap_or_default();
        let took = record.number("durationMs").map(|ms| format!(", {ms} ms")).unwrap_or_default();
        let left_out = record.number("argumentsBytes").map(|size| format!(", {size} bytes of arguments left out"));
        let error = record.text("error").map(|error| format!(": {error}")).unwrap_or_default();
        let outcome = format!("nested, {status}{took}{}{error}", left_out.unwrap_or_default());
        blocks.push(call(&mut record, Some(outcome.into())));
        blocks.extend(record.rest(&[("id", Shape::Text)]));
    }
    if nested.flag("complete") == Some(false) {
        blocks.push(Block::Note("not all nested calls are recorded in full".into()));
    }
    blocks.extend(nested.rest(&[]));
    blocks
}

/// Why an answer ended, if it did not end normally.
fn stop<'a>(from: &mut Reading<'a>) -> Option<Block<'a>> {
    let reason = from.text("stopReason").filter(|reason| !matches!(&**reason, "stop" | "toolUse"));
    let raw = from.text("rawStopReason").filter(|_| reason.is_some()).map(|raw| format!(" ({raw})"));
    let words = match (reason, from.text("errorMessage")) {
        (None, None) => return None,
        (None, Some(error)) => format!("error: {error}"),
        (Some(reason), Some(error)) => format!("{reason}{}: {error}", raw.unwrap_or_default()),
        (Some(reason), None) => format!("stopped: {reason}{}", raw.unwrap_or_default()),
    };
    Some(Block::Note(words.into()))
}
