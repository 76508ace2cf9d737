//! Entries as parts of a trajectory.
//!
//! If you change which blocks are known, then change `cli/src/transcript/read` and `core/src/search/content.rs` too.
//!
//! Owns: which entries are steps, and whose: pi's messages and jcode's stored ones.
//! Invariant: what is no text, thought, call or result of a message stays with its step, in `extra`.

use super::content::{content_text, image, text};
use super::step::{Call, CallResult, Part, Source, Step, made_id};
use crate::log::time;
use crate::session::Usage;
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use serde_json::{Map, Value, json};

/// Fields of a message that have a place of their own in a step.
const PLACED: [&str; 10] =
    ["role", "content", "model", "usage", "token_usage", "toolCallId", "toolName", "isError", "timestamp", "id"];

/// The parts of an entry.
pub(super) fn parts(mut entry: Map<String, Value>, usage: Option<Usage>) -> Vec<Part> {
    let kind = text(&entry, "type");
    let at = timestamp(entry.get("timestamp"));
    let id = text(&entry, "id");
    match kind.as_str() {
        "message" => match entry.remove("message") {
            Some(Value::Object(message)) => of_message(message, &id, at, usage),
            other => {
                entry.extend(other.map(|message| ("message".to_owned(), message)));
                vec![Part::Beside(Value::Object(entry))]
            }
        },
        "custom_message" => vec![said(Source::System, content_text(entry.get("content")), at, &kind, &entry)],
        "compaction" | "branch_summary" => {
            let summary = text(&entry, "summary");
            for known in ["type", "id", "parentId", "timestamp", "summary"] {
                entry.remove(known);
            }
            vec![said(Source::System, summary, at, &kind, &entry)]
        }
        _ => vec![Part::Beside(Value::Object(entry))],
    }
}

/// A step of words alone, with the fields that are left.
fn said(source: Source, message: String, at: Option<String>, kind: &str, left: &Map<String, Value>) -> Part {
    let mut step = Step::new(source);
    step.message = message;
    step.at = at;
    step.extra.insert("kind".to_owned(), json!(kind));
    let fields =
        left.iter().filter(|(name, _)| !matches!(name.as_str(), "content" | "type" | "id" | "parentId" | "timestamp"));
    step.extra.extend(fields.map(|(name, value)| (name.clone(), value.clone())));
    Part::Step(Box::new(step))
}

fn of_message(mut message: Map<String, Value>, id: &str, at: Option<String>, usage: Option<Usage>) -> Vec<Part> {
    let role = text(&message, "role");
    let content = message.remove("content");
    let left = |message: &Map<String, Value>| -> Map<String, Value> {
        let fields = message.iter().filter(|(name, _)| !PLACED.contains(&name.as_str()));
        fields.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    match role.as_str() {
        "toolResult" => {
            let mut extra = left(&message);
            if message.get("isError") == Some(&Value::Bool(true)) {
                extra.insert("is_error".to_owned(), json!(true));
            }
            let call = Some(text(&message, "toolCallId")).filter(|id| !id.is_empty());
            vec![Part::Result(CallResult { call, content: content_text(content.as_ref()), extra })]
        }
        "assistant" => {
            let mut step = Step::new(Source::Agent);
            step.at = at;
            step.model = Some(text(&message, "model")).filter(|model| !model.is_empty());
            step.usage = usage;
            step.extra = left(&message);
            let results = fill(&mut step, content, id);
            let step = Part::Step(Box::new(step));
            core::iter::once(step).chain(results.into_iter().map(Part::Result)).collect()
        }
        "bashExecution" => {
            let mut step = Step::new(Source::User);
            step.at = at;
            step.message = format!("$ {}", text(&message, "command"));
            let output = text(&message, "output");
            step.extra = left(&message);
            step.extra.remove("command");
            step.extra.remove("output");
            step.results.push(CallResult { content: output, ..CallResult::default() });
            vec![Part::Step(Box::new(step))]
        }
        _ => {
            let is_user = role == "user" && !message.contains_key("display_role");
            let mut step = Step::new(if is_user { Source::User } else { Source::System });
            step.at = at;
            step.extra = left(&message);
            if role != "user" {
                step.extra.insert("role".to_owned(), json!(role));
            }
            if let Some(Value::String(summary)) = step.extra.remove("summary") {
                step.message = summary;
            }
            let results = fill(&mut step, content, id);
            let is_empty = step.message.is_empty() && step.extra.is_empty();
            let mut parts: Vec<Part> = results.into_iter().map(Part::Result).collect();
            // jcode stores what tools gave back as messages of the user.
            if !is_empty || parts.is_empty() {
                parts.push(Part::Step(Box::new(step)));
            }
            parts
        }
    }
}

/// Puts the blocks of a content into a step; the results of calls among them.
fn fill(step: &mut Step, content: Option<Value>, id: &str) -> Vec<CallResult> {
    let mut results = Vec::new();
    let mut others = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let blocks = match content {
        Some(Value::Array(blocks)) => blocks,
        Some(Value::String(text)) => {
            words.push(text);
            Vec::new()
        }
        Some(Value::Null) | None => Vec::new(),
        Some(other) => vec![other],
    };
    for block in blocks {
        let Value::Object(fields) = &block else {
            others.push(block);
            continue;
        };
        match text(fields, "type").as_str() {
            "text" => words.push(text(fields, "text")),
            "thinking" | "anthropic_thinking" | "reasoning" | "reasoning_trace" if step.source == Source::Agent => {
                let thought = Some(text(fields, "thinking")).filter(|thought| !thought.is_empty());
                let thought = thought.unwrap_or_else(|| text(fields, "text"));
                step.reasoning.extend(Some(thought).filter(|thought| !thought.is_empty()));
            }
            "toolCall" | "tool_use" if step.source == Source::Agent => {
                let number = step.calls.len() + 1;
                step.calls.push(call(fields, id, number));
            }
            "tool_result" => {
                let mut extra = Map::new();
                if fields.get("is_error") == Some(&Value::Bool(true)) {
                    extra.insert("is_error".to_owned(), json!(true));
                }
                let call = Some(text(fields, "tool_use_id")).filter(|id| !id.is_empty());
                results.push(CallResult { call, content: content_text(fields.get("content")), extra });
            }
            "image" => words.push(image(fields)),
            _ => others.push(block),
        }
    }
    if !words.is_empty() {
        step.message = words.join("\n\n");
    }
    if !others.is_empty() {
        step.extra.insert("content".to_owned(), Value::Array(others));
    }
    results
}

fn call(fields: &Map<String, Value>, entry: &str, number: usize) -> Call {
    let id = text(fields, "id");
    let is_named = !id.is_empty();
    let arguments = match fields.get("arguments").or_else(|| fields.get("input")) {
        Some(Value::Object(arguments)) => arguments.clone(),
        // Some programs keep what the model wrote: JSON in a string.
        Some(Value::String(text)) => match serde_json::from_str(text) {
            Ok(Value::Object(arguments)) => arguments,
            _ => core::iter::once(("input".to_owned(), json!(text))).collect(),
        },
        None | Some(Value::Null) => Map::new(),
        Some(other) => core::iter::once(("input".to_owned(), other.clone())).collect(),
    };
    let id = if is_named { id } else { made_id(entry, number) };
    Call { id, name: text(fields, "name"), arguments, is_named }
}

/// A time as the format has it.
fn timestamp(value: Option<&Value>) -> Option<String> {
    let value = value?;
    time::parse(format!("{value}").as_bytes()).and_then(time::format)
}
