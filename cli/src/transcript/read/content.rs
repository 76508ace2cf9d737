//! Reads the content of a message into blocks.
//!
//! If you change this, then change its counterpart `host-wasm/inspector/src/worker/show/blocks.ts` too. The tests of
//! both use `tests/shown`.
//!
//! Owns: the kinds of content blocks, pi's and jcode's.
//! Invariant: no content is refused. Unknown content is shown by name.

use super::super::json::{Object, elements, pretty};
use super::super::model::{Block, Text};
use super::reading::{Reading, Shape, plain};
use jcode_session_core::json::text::string_lossy;

/// Fields of blocks that only programs need.
const QUIET: [(&str, Shape); 11] = [
    ("type", Shape::Text),
    ("id", Shape::Text),
    ("tool_use_id", Shape::Text),
    ("textSignature", Shape::Text),
    ("thinkingSignature", Shape::Text),
    ("thoughtSignature", Shape::Text),
    ("thought_signature", Shape::Text),
    ("signature", Shape::Text),
    ("encrypted_content", Shape::Text),
    ("status", Shape::Text),
    ("cache_control", Shape::Object),
];

/// The blocks of a message's content, which is a text or a list of blocks. In a tool's message, texts are its output.
pub(super) fn content(token: Option<&[u8]>, failed: bool, of_tool: bool) -> Vec<Block<'_>> {
    let said = |text| if of_tool { Block::Output { failed, text } } else { Block::Text(text) };
    let Some(token) = token else { return Vec::new() };
    if let Some(text) = string_lossy(token) {
        return vec![said(text)];
    }
    if token.first() != Some(&b'[') {
        return vec![Block::Data { name: "content".into(), text: pretty(token).into() }];
    }
    let mut blocks = Vec::new();
    for element in elements(token) {
        match Object::read(element) {
            Some(object) => block(object, element, &said, &mut blocks),
            None => blocks.push(Block::Data { name: "content".into(), text: plain(element) }),
        }
    }
    blocks
}

fn block<'a>(object: Object<'a>, token: &'a [u8], said: &dyn Fn(Text<'a>) -> Block<'a>, out: &mut Vec<Block<'a>>) {
    let kind = object.text("type").unwrap_or_default();
    let mut from = Reading::new(object);
    let known = match &*kind {
        "text" => from.text("text").map(said),
        "thinking" | "anthropic_thinking" | "reasoning" | "reasoning_trace" => thought(&mut from),
        "open_a_i_reasoning" => from.list("summary").map(|summary| {
            let summary: Vec<Text<'_>> = summary.into_iter().map(plain).collect();
            Block::Thinking(summary.join("\n\n").into())
        }),
        "toolCall" | "tool_use" => Some(call(&mut from, None)),
        "tool_result" => {
            let failed = from.is_true("is_error");
            out.extend(content(from.any("content"), failed, true));
            out.extend(from.rest(&QUIET));
            return;
        }
        "image" => image(&mut from),
        _ => None,
    };
    match known {
        Some(known) => {
            out.push(known);
            out.extend(from.text("argumentsError").map(|error| Block::Note(format!("arguments: {error}").into())));
            out.extend(from.rest(&QUIET));
        }
        None => out.push(Block::Data { name: kind, text: pretty(token).into() }),
    }
}

fn thought<'a>(from: &mut Reading<'a>) -> Option<Block<'a>> {
    let redacted = from.is_true("redacted");
    let text = from.text("thinking").or_else(|| from.text("text"))?;
    let hidden = redacted && text.trim().is_empty();
    Some(if hidden { Block::Note("thinking redacted".into()) } else { Block::Thinking(text) })
}

/// A tool call. `outcome` is given for a call that is recorded together with its end.
pub(super) fn call<'a>(from: &mut Reading<'a>, outcome: Option<Text<'a>>) -> Block<'a> {
    let given = from.any("arguments").or_else(|| from.any("input"));
    let arguments = match given.map(|token| (token, Object::read(token))) {
        Some((_, Some(object))) => {
            object.last_fields().into_iter().map(|(name, value)| (name.to_string().into(), plain(value))).collect()
        }
        Some((token, None)) => vec![("".into(), plain(token))],
        None => Vec::new(),
    };
    Block::Call { tool: from.text("name").unwrap_or_default(), arguments, outcome }
}

fn image<'a>(from: &mut Reading<'a>) -> Option<Block<'a>> {
    let source = from.object("source");
    let mut field = |name| from.text(name).or_else(|| source.as_ref()?.text(name));
    let mime = field("mimeType").or_else(|| field("media_type")).unwrap_or_default();
    field("data").map(|data| Block::Image { mime, data })
}
