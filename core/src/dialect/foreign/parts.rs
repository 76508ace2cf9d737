//! What a content is made of, in the two forms that agents keep it: Google's parts and Anthropic's blocks.
//!
//! Owns: the names of both forms. Invariant: whatever stands in a content is one of these kinds; a text alone is one part.
//! Does not: decide what becomes of a part.

use crate::dialect::members::{Members, Value};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// A part of a content; tokens as they stand.
#[derive(Debug)]
pub(in crate::dialect) enum ContentPart<'p> {
    Text(Option<&'p [u8]>),
    Thought(Option<&'p [u8]>),
    Call {
        id: Cow<'p, str>,
        tool: Cow<'p, str>,
        arguments: Option<&'p [u8]>,
    },
    /// What a call gave.
    Result {
        call: Cow<'p, str>,
        output: Value<'p>,
        is_error: bool,
    },
    Picture {
        data: Option<&'p [u8]>,
        mime: Option<&'p [u8]>,
    },
    /// Of another kind, which is named.
    Other(Cow<'p, str>),
}

/// The parts of a content: of an array its elements, of anything else itself.
pub(in crate::dialect) fn content_parts<'p>(content: &Value<'p>) -> Vec<ContentPart<'p>> {
    match content.token.first() {
        Some(b'"' | b'{') => alloc::vec![part(content)],
        _ => content.elements().iter().map(part).collect(),
    }
}

fn part<'p>(value: &Value<'p>) -> ContentPart<'p> {
    if value.token.starts_with(b"\"") {
        return ContentPart::Text(Some(value.token));
    }
    let part = value.members();
    let is_text = |token: &&[u8]| token.starts_with(b"\"");
    if let Some(text) = part.get("text").filter(is_text) {
        let is_thought = part.get("thought") == Some(b"true") || part.text("type") == "reasoning";
        return if is_thought { ContentPart::Thought(Some(text)) } else { ContentPart::Text(Some(text)) };
    }
    for name in ["functionCall", "functionResponse", "inlineData"] {
        if part.has(name) {
            return google(name, &part.object(name));
        }
    }
    anthropic(&part)
}

fn google<'p>(kind: &str, part: &Members<'p>) -> ContentPart<'p> {
    match kind {
        "functionCall" => {
            ContentPart::Call { id: part.text("id"), tool: part.text("name"), arguments: part.get("args") }
        }
        "functionResponse" => {
            let response = part.object("response");
            let is_error = response.has("error") && !response.has("output");
            ContentPart::Result { call: part.text("id"), output: part.value("response").unwrap_or_default(), is_error }
        }
        _ => ContentPart::Picture { data: part.get("data"), mime: part.get("mimeType") },
    }
}

fn anthropic<'p>(part: &Members<'p>) -> ContentPart<'p> {
    let kind = part.text("type");
    let picture = part.object("source");
    match &*kind {
        "thinking" => ContentPart::Thought(part.get("thinking")),
        "tool_use" => ContentPart::Call { id: part.text("id"), tool: part.text("name"), arguments: part.get("input") },
        "tool_result" => ContentPart::Result {
            call: part.text("tool_use_id"),
            output: part.value("content").unwrap_or_default(),
            is_error: part.get("is_error") == Some(b"true"),
        },
        "image" if picture.has("data") => {
            ContentPart::Picture { data: picture.get("data"), mime: picture.get("media_type") }
        }
        _ if kind.is_empty() => ContentPart::Other(part.first_name().unwrap_or(Cow::Borrowed("block"))),
        _ => ContentPart::Other(kind),
    }
}
