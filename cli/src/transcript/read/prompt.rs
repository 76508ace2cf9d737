//! Reads what a system message changes: sections of the prompt and tools, by name.
//!
//! If you change this, then change its counterpart `host-wasm/inspector/src/worker/show/prompt.ts` too. The tests of
//! both use `tests/shown`.
//!
//! Owns: the distinction between added and removed parts.
//! Invariant: a removed part is shown as removed.

use super::super::json::Object;
use super::super::model::{Block, Text};
use super::reading::{Reading, plain};
use jcode_session_core::json::text::is_null;

/// Adds the sections and tools of a system message.
pub(super) fn prompt<'a>(from: &mut Reading<'a>, blocks: &mut Vec<Block<'a>>) {
    if let Some(sections) = from.object("sections") {
        for (name, token) in sections.last_fields() {
            blocks.push(if is_null(token) {
                Block::Note(format!("section removed: {name}").into())
            } else {
                Block::Part { what: "section", name: name.to_string().into(), text: plain(token) }
            });
        }
    }
    for token in from.list("toolsAdded").unwrap_or_default() {
        blocks.push(added(token));
    }
    for token in from.list("toolsRemoved").unwrap_or_default() {
        removed(token, blocks);
    }
}

/// An added tool with its whole declaration.
fn added(token: &[u8]) -> Block<'_> {
    let what = "tool added";
    let Some(tool) = Object::read(token) else {
        return Block::Part { what, name: plain(token), text: "".into() };
    };
    let mut tool = Reading::new(tool);
    let name = tool.text("name").unwrap_or_default();
    let mut text: Text<'_> = tool.text("description").unwrap_or_default();
    if let Some(Block::Fields { fields, .. }) = tool.rest(&[]) {
        for (name, value) in fields {
            let gap = if text.is_empty() { "" } else { "\n\n" };
            text.to_mut().push_str(&format!("{gap}{name}: {value}"));
        }
    }
    Block::Part { what, name, text }
}

/// A removed tool, given by its name or by an object with a name.
fn removed<'a>(token: &'a [u8], blocks: &mut Vec<Block<'a>>) {
    let mut fields = Object::read(token).map(Reading::new);
    let name = match &mut fields {
        Some(tool) => tool.text("name").unwrap_or_default(),
        None => plain(token),
    };
    blocks.push(Block::Note(format!("tool removed: {name}").into()));
    blocks.extend(fields.and_then(|tool| tool.rest(&[])));
}
