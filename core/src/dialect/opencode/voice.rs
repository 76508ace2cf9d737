//! What rows of OpenCode say.
//!
//! Owns: parts of both schemas: texts, thoughts, tools with what they gave, files; and the steps of a response.
//! Invariant: a step begins with `step-start`, but for one that would be empty. Does not: order rows; `rows` does.

use crate::dialect::foreign::{Blocks, Outcome, Usage, Voice};
use crate::dialect::members::{Members, Value};
use crate::json::text::{integer, string};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// A part of a message.
pub(super) type Piece<'r> = Members<'r>;

/// The parts of a row: of the first schema rows of their own, of the second the content.
pub(super) fn pieces<'r>(row: &Members<'r>) -> Vec<Piece<'r>> {
    if row.has("parts") {
        return row.elements("parts").iter().map(|part| part.object("data")).collect();
    }
    row.object("data").elements("content")
}

/// How many steps a response has, at least one.
pub(super) fn step_count(pieces: &[Piece<'_>]) -> usize {
    let said = pieces.iter().zip(numbered(pieces)).filter(|(piece, _)| is_said(piece));
    said.map(|(_, step)| step + 1).max().unwrap_or(1)
}

fn is_said(piece: &Piece<'_>) -> bool {
    matches!(&*piece.text("type"), "text" | "reasoning" | "tool")
}

/// The step of each part.
fn numbered(pieces: &[Piece<'_>]) -> Vec<usize> {
    let (mut step, mut is_empty) = (0, true);
    let of = |piece: &Piece<'_>| {
        if piece.text("type") == "step-start" && !is_empty {
            (step, is_empty) = (step + 1, true);
        }
        is_empty &= !is_said(piece);
        step
    };
    pieces.iter().map(of).collect()
}

/// A call, and what it gave.
pub(super) struct Tool<'r> {
    pub(super) step: usize,
    pub(super) id: Cow<'r, str>,
    pub(super) name: Cow<'r, str>,
    input: Option<&'r [u8]>,
    pub(super) output: Option<Value<'r>>,
    failed: bool,
}

/// The calls among parts.
pub(super) fn tools<'r>(pieces: &[Piece<'r>]) -> Vec<Tool<'r>> {
    let tools = pieces.iter().zip(numbered(pieces)).filter(|(piece, _)| piece.text("type") == "tool");
    tools.map(|(piece, step)| tool(piece, step)).collect()
}

fn tool<'r>(piece: &Piece<'r>, step: usize) -> Tool<'r> {
    let nothing = || Value::from(br#""""#.as_slice());
    let state = piece.object("state");
    let either = |one: &str, other: &str| if piece.has(one) { piece.text(one) } else { piece.text(other) };
    let failed = state.text("status") == "error";
    let output = match &*state.text("status") {
        "completed" => Some(state.value("output").or_else(|| state.value("content")).unwrap_or_else(nothing)),
        "error" => Some(state.value("error").unwrap_or_else(nothing)),
        _ => None,
    };
    Tool { step, id: either("callID", "id"), name: either("tool", "name"), input: state.get("input"), output, failed }
}

/// The messages.
pub(super) struct Messages;

impl Voice for Messages {
    fn agent(&self) -> &'static str {
        "opencode"
    }

    fn provider(&self) -> (&'static str, &'static str) {
        ("openai-completions", "opencode")
    }

    fn kind<'r>(&self, row: &Members<'r>) -> Cow<'r, str> {
        match &*row.text("type") {
            "opencode_session" => Cow::Borrowed("session"),
            "opencode_state" => Cow::Borrowed("state"),
            "opencode_message" => Cow::Borrowed("message"),
            "opencode_session_message" => row.text("message_type"),
            _ => row.text("type"),
        }
    }

    fn response<'r>(&self, blocks: &mut Blocks<'_>, row: &Members<'r>, number: usize) -> Outcome<'r> {
        let pieces = pieces(row);
        let steps = numbered(&pieces);
        let is_last = number + 1 == step_count(&pieces);
        let data = row.object("data");
        let mut tokens = data.object("tokens");
        for piece in pieces.iter().zip(steps).filter(|(_, step)| *step == number).map(|(piece, _)| piece) {
            match &*piece.text("type") {
                "text" => blocks.text(piece.get("text")),
                "reasoning" => blocks.thought(piece.get("text")),
                "tool" => {
                    let tool = tool(piece, number);
                    blocks.call(&tool.id, &tool.name, tool.input);
                }
                "step-finish" if piece.has("tokens") => tokens = piece.object("tokens"),
                _ => {}
            }
        }
        let error = data.object("error");
        let failed = is_last && !error.text("name").is_empty();
        Outcome {
            usage: usage(&tokens),
            stop: match &*error.text("name") {
                _ if !failed => "",
                "MessageAbortedError" => "aborted",
                _ => "error",
            },
            error: error.object("data").get("message").filter(|_| failed),
        }
    }

    fn result(&self, blocks: &mut Blocks<'_>, row: &Members<'_>, number: usize) -> bool {
        let tools = tools(&pieces(row));
        let Some(tool) = tools.get(number) else { return false };
        blocks.output(tool.output.as_ref().unwrap_or(&Value::default()));
        tool.failed
    }

    fn user(&self, blocks: &mut Blocks<'_>, row: &Members<'_>) {
        let data = row.object("data");
        if let Some(text) = data.get("text") {
            blocks.text(Some(text));
        }
        for piece in pieces(row) {
            match &*piece.text("type") {
                "text" if piece.get("ignored") != Some(b"true") => blocks.text(piece.get("text")),
                "file" => match piece.get("url").and_then(picture) {
                    Some((mime, data)) => blocks.picture(mime, data),
                    None => blocks.own_text(&alloc::format!("[file {}]", piece.text("filename"))),
                },
                _ => {}
            }
        }
    }

    fn summary<'r>(&self, row: &Members<'r>) -> Cow<'r, str> {
        let data = row.object("data");
        if let Some(summary) = data.get("summary").and_then(string) {
            return summary;
        }
        let texts = pieces(row).into_iter().filter(|piece| piece.text("type") == "text");
        let texts: Vec<String> = texts.map(|piece| piece.text("text").into_owned()).collect();
        Cow::Owned(texts.join("\n"))
    }
}

fn usage(tokens: &Members<'_>) -> Usage {
    let number = |of: &Members<'_>, name: &str| of.get(name).and_then(integer).unwrap_or_default();
    let cache = tokens.object("cache");
    Usage {
        input: number(tokens, "input"),
        output: number(tokens, "output").saturating_add(number(tokens, "reasoning")),
        cache_read: number(&cache, "read"),
        cache_write: number(&cache, "write"),
    }
}

/// Type and data of a picture that stands in its address.
fn picture(url: &[u8]) -> Option<(&str, &[u8])> {
    crate::dialect::foreign::picture_in(url).filter(|(mime, _)| mime.starts_with("image/"))
}
