//! What messages of Gemini CLI say.
//!
//! Owns: contents, thoughts, and calls with their results, which stand in the message that made them.
//! Invariant: a call has an id. Does not: order messages; `states` does.

use crate::dialect::foreign::{Blocks, Call, ContentPart, Outcome, Usage, Voice, content_parts, texts};
use crate::dialect::members::{Members, Value};
use crate::json::text::integer;
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The calls of a message, and what each gave.
pub(super) fn answers<'r>(message: &Members<'r>) -> Vec<(Call, Option<&'r [u8]>)> {
    let calls = message.elements("toolCalls").into_iter();
    let answer = |(number, call): (usize, Members<'r>)| {
        let (id, tool) = (call.text("id"), call.text("name"));
        let id = if id.is_empty() { format!("{tool}-{number}").into() } else { (&*id).into() };
        let result = call.get("result").filter(|result| *result != b"null");
        (Call { id, tool: (&*tool).into() }, result)
    };
    calls.enumerate().map(answer).collect()
}

/// Texts that the program puts where a prompt would stand.
const INJECTED: [&str; 2] = ["<session_context>", "<hook_context>"];

/// Nobody typed it.
pub(super) fn is_injected(content: &Value<'_>) -> bool {
    let text = texts(content);
    INJECTED.iter().any(|start| text.trim_start().starts_with(start))
}

/// The messages.
pub(super) struct Messages;

impl Voice for Messages {
    fn agent(&self) -> &'static str {
        "gemini"
    }

    fn provider(&self) -> (&'static str, &'static str) {
        ("google-generative-ai", "google")
    }

    fn kind<'r>(&self, record: &Members<'r>) -> Cow<'r, str> {
        let change = ["$set", "$rewindTo"].into_iter().find(|name| record.has(name));
        match change {
            Some(change) => Cow::Borrowed(change),
            None if record.has("type") => record.text("type"),
            None => Cow::Borrowed("session"),
        }
    }

    fn shown_apart<'r>(&self, record: &Members<'r>) -> Option<&'r [u8]> {
        let of = if record.has("$set") { record.object("$set") } else { record.clone() };
        of.value("messages").filter(|messages| !messages.elements().is_empty()).map(|messages| messages.token)
    }

    fn response<'r>(&self, blocks: &mut Blocks<'_>, record: &Members<'r>, _: usize) -> Outcome<'r> {
        for thought in record.elements("thoughts") {
            let (subject, text) = (thought.text("subject"), thought.text("description"));
            let parts: Vec<String> = [(!subject.is_empty()).then(|| format!("**{subject}**")), Some(text.into_owned())]
                .into_iter()
                .flatten()
                .filter(|part| !part.is_empty())
                .collect();
            blocks.own_thought(&parts.join("\n"));
        }
        let content = record.value("content").unwrap_or_default();
        // The calls that stand in the content are those with their results.
        if content.token != b"\"\"" {
            blocks.told(&content);
        }
        for (call, (Call { id, tool }, _)) in record.elements("toolCalls").into_iter().zip(answers(record)) {
            blocks.call(&id, &tool, call.get("args"));
        }
        Outcome { usage: usage(&record.object("tokens")), ..Outcome::default() }
    }

    fn result(&self, blocks: &mut Blocks<'_>, record: &Members<'_>, number: usize) -> bool {
        let call = record.elements("toolCalls").into_iter().nth(number).unwrap_or_default();
        let result = call.value("result").unwrap_or_default();
        blocks.output(&result);
        let failed =
            content_parts(&result).iter().any(|part| matches!(part, ContentPart::Result { is_error: true, .. }));
        failed || matches!(&*call.text("status"), "error" | "cancelled")
    }

    fn user(&self, blocks: &mut Blocks<'_>, record: &Members<'_>) {
        blocks.told(&record.value("content").unwrap_or_default());
    }
}

fn usage(tokens: &Members<'_>) -> Usage {
    let number = |name: &str| tokens.get(name).and_then(integer).unwrap_or_default();
    let cached = number("cached");
    Usage {
        input: number("input").saturating_sub(cached).max(0),
        output: number("output").saturating_add(number("thoughts")),
        cache_read: cached,
        cache_write: 0,
    }
}
