//! What an entry says, for a column of text.
//!
//! Owns: which text of an entry is its text: what was said or given back, a summary, a title, a label. Thoughts and calls
//! have no place in it.
//! Invariant: a text is cut between characters.

use crate::trajectory::{content_text, text};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::{Map, Value};

/// The role of an entry, if it is a message, and its words.
pub(super) fn of_entry(kind: &str, read: &Map<String, Value>) -> (Option<String>, String) {
    match read.get("message").and_then(Value::as_object) {
        Some(message_of) if kind == "message" => {
            let (role, said) = message(message_of);
            (Some(role), said)
        }
        _ => (None, entry(kind, read)),
    }
}

/// The role of a message, and its words. jcode keeps what tools gave back as messages of the user.
fn message(message: &Map<String, Value>) -> (String, String) {
    let role = text(message, "role");
    let blocks = match message.get("content") {
        Some(Value::Array(blocks)) => blocks,
        content => {
            let said = content_text(content);
            let said = if said.is_empty() { other(message) } else { said };
            return (role, said);
        }
    };
    let of = |kind: &str| {
        blocks
            .iter()
            .filter_map(Value::as_object)
            .filter(move |block| block.get("type").and_then(Value::as_str) == Some(kind))
            .collect::<Vec<_>>()
    };
    let said: Vec<String> = of("text").into_iter().map(|block| text(block, "text")).collect();
    let given: Vec<String> = of("tool_result").into_iter().map(|block| content_text(block.get("content"))).collect();
    if said.is_empty() && !given.is_empty() {
        return ("toolResult".to_owned(), given.join("\n\n"));
    }
    let said = said.join("\n\n");
    (role, if said.is_empty() { other(message) } else { said })
}

/// Words of a message beside its content.
fn other(message: &Map<String, Value>) -> String {
    let summary = text(message, "summary");
    if summary.is_empty() { text(message, "output") } else { summary }
}

/// The words of an entry that is no message.
fn entry(kind: &str, entry: &Map<String, Value>) -> String {
    match kind {
        "compaction" | "branch_summary" => text(entry, "summary"),
        "session_info" => text(entry, "name"),
        "label" => text(entry, "label"),
        "custom_message" => content_text(entry.get("content")),
        _ => String::new(),
    }
}

/// A text of at most `most` bytes.
pub(super) fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        let end = (0..=most).rev().find(|&at| text.is_char_boundary(at)).unwrap_or_default();
        text.truncate(end);
    }
    text
}
