//! Messages and their contents, as far as they hold text: read in one pass over a message.
//!
//! Owns: the fields of messages and of blocks, pi's and jcode's. Invariant: of a repeated field the last one holds;
//! nothing is refused. Does not: say what a text is; see [`super::text`].

use crate::json::text::{string, unescape};
use crate::json::walk::Walker;
use crate::json::{Cursor, Fault};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// What of a message may hold text, as raw tokens.
#[derive(Debug, Default)]
pub(super) struct Message<'a> {
    pub(super) role: Option<&'a [u8]>,
    pub(super) tool_name: Option<&'a [u8]>,
    pub(super) call_id: Option<&'a [u8]>,
    pub(super) command: Option<&'a [u8]>,
    pub(super) content: Vec<Part<'a>>,
    /// Calls that a tool made while it ran.
    pub(super) nested: Vec<Part<'a>>,
    /// Fields of which every string is text, in this order.
    pub(super) others: Vec<(usize, &'a [u8])>,
}

/// Fields of messages of which every string is text.
const OTHERS: [&str; 7] = ["output", "summary", "errorMessage", "details", "sections", "toolsAdded", "toolsRemoved"];

/// A part of a content.
#[derive(Debug)]
pub(super) enum Part<'a> {
    /// What was said, or printed by a tool.
    Said(&'a [u8]),
    /// What the model thought: a string, or a list of them.
    Thought(&'a [u8]),
    /// A tool call.
    Call { id: Option<&'a [u8]>, name: Option<&'a [u8]>, arguments: Option<&'a [u8]> },
    /// What the tool of a call gave back.
    Result { call: Option<&'a [u8]>, content: Vec<Part<'a>> },
    /// A block of another kind, whole.
    Other(&'a [u8]),
}

impl<'a> Message<'a> {
    /// Reads a message; `None` if it is no object.
    pub(super) fn read(token: &'a [u8]) -> Option<Self> {
        let mut message = Self::default();
        let mut walker = Walker::new();
        let mut cursor = Cursor::new(token, 0);
        let mut field = |key: &str, cursor: &mut Cursor<'a>| {
            let start = cursor.at;
            if key == "content" {
                message.content = content(cursor, &mut walker, true)?;
                return Ok(());
            }
            walker.walk_value(cursor)?;
            let value = cursor.since(start);
            match key {
                "role" => message.role = Some(value),
                "toolName" => message.tool_name = Some(value),
                "toolCallId" => message.call_id = Some(value),
                "command" => message.command = Some(value),
                "nestedCalls" => message.nested = nested(value),
                _ => {
                    if let Some(place) = OTHERS.iter().position(|other| *other == key) {
                        message.others.retain(|(other, _)| *other != place);
                        message.others.push((place, value));
                    }
                }
            }
            Ok(())
        };
        object(&mut cursor, &mut field).ok()?;
        message.others.sort_unstable();
        Some(message)
    }
}

impl<'a> Part<'a> {
    /// The parts of a content, which is a string or a list of blocks.
    pub(super) fn all(token: &'a [u8]) -> Vec<Self> {
        content(&mut Cursor::new(token, 0), &mut Walker::new(), true).unwrap_or_default()
    }
}

/// The content at the cursor. `outer`: not that of a tool's result, in which no further result is looked for.
fn content<'a>(cursor: &mut Cursor<'a>, walker: &mut Walker, outer: bool) -> Result<Vec<Part<'a>>, Fault> {
    let start = cursor.at;
    let mut parts = Vec::new();
    if cursor.peek()? != b'[' {
        walker.walk_value(cursor)?;
        let token = cursor.since(start);
        parts.push(if token.first() == Some(&b'"') { Part::Said(token) } else { Part::Other(token) });
        return Ok(parts);
    }
    let mut more = cursor.opens(b'[', b']')?;
    while more {
        if cursor.peek()? == b'{' {
            parts.extend(block(cursor, walker, outer)?);
        } else {
            let start = cursor.at;
            walker.walk_value(cursor)?;
            parts.push(Part::Other(cursor.since(start)));
        }
        more = cursor.goes_on(b']')?;
    }
    Ok(parts)
}

/// The fields of a block that are read.
#[derive(Default)]
struct Block<'a> {
    kind: Option<&'a [u8]>,
    id: Option<&'a [u8]>,
    call: Option<&'a [u8]>,
    name: Option<&'a [u8]>,
    text: Option<&'a [u8]>,
    thinking: Option<&'a [u8]>,
    summary: Option<&'a [u8]>,
    arguments: Option<&'a [u8]>,
    input: Option<&'a [u8]>,
    content: Option<&'a [u8]>,
}

fn block<'a>(cursor: &mut Cursor<'a>, walker: &mut Walker, outer: bool) -> Result<Option<Part<'a>>, Fault> {
    let start = cursor.at;
    let mut block = Block::default();
    object(cursor, &mut |key, cursor| {
        let start = cursor.at;
        walker.walk_value(cursor)?;
        let slot = match key {
            "type" => &mut block.kind,
            "id" => &mut block.id,
            "tool_use_id" => &mut block.call,
            "name" => &mut block.name,
            "text" => &mut block.text,
            "thinking" => &mut block.thinking,
            "summary" => &mut block.summary,
            "arguments" => &mut block.arguments,
            "input" => &mut block.input,
            "content" => &mut block.content,
            _ => return Ok(()),
        };
        *slot = Some(cursor.since(start)).filter(|value| *value != b"null");
        Ok(())
    })?;
    let token = cursor.since(start);
    let kind = block.kind.and_then(string).unwrap_or_default();
    Ok(match &*kind {
        "text" => block.text.map(Part::Said),
        "thinking" | "anthropic_thinking" | "reasoning" | "reasoning_trace" => {
            block.thinking.or(block.text).map(Part::Thought)
        }
        "open_a_i_reasoning" => block.summary.map(Part::Thought),
        "toolCall" | "tool_use" => {
            Some(Part::Call { id: block.id, name: block.name, arguments: block.arguments.or(block.input) })
        }
        "tool_result" if outer => {
            let inner = |token| content(&mut Cursor::new(token, 0), walker, false).unwrap_or_default();
            Some(Part::Result { call: block.call, content: block.content.map(inner).unwrap_or_default() })
        }
        "image" => None,
        _ => Some(Part::Other(token)),
    })
}

/// Calls that a tool made while it ran.
fn nested(token: &[u8]) -> Vec<Part<'_>> {
    let mut calls = None;
    fields(token, |key, value| {
        if key == "calls" {
            calls = Some(value);
        }
    });
    let mut found = Vec::new();
    for part in calls.map(Part::all).unwrap_or_default() {
        let Part::Other(call) = part else { continue };
        let (mut name, mut arguments) = (None, None);
        fields(call, |key, value| match &*key {
            "name" => name = Some(value),
            "arguments" | "input" => arguments = Some(value),
            _ => {}
        });
        found.push(Part::Call { id: None, name, arguments });
    }
    found
}

/// Gives the fields of an object, keys decoded; false if it is none. A key that is no valid text is still the name of a
/// text.
pub(super) fn fields<'a>(token: &'a [u8], mut each: impl FnMut(Cow<'a, str>, &'a [u8])) -> bool {
    let start = token.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or_default();
    let walked = Walker::new().walk_object(token, start, |key, value| {
        each(unescape(key).unwrap_or_else(|| String::from_utf8_lossy(key)), value);
    });
    walked.is_ok()
}

type OnField<'f, 'a> = dyn FnMut(&str, &mut Cursor<'a>) -> Result<(), Fault> + 'f;

/// Goes through the object at the cursor; `field` moves the cursor behind each value.
fn object<'a>(cursor: &mut Cursor<'a>, field: &mut OnField<'_, 'a>) -> Result<(), Fault> {
    let mut more = cursor.opens(b'{', b'}')?;
    while more {
        let key = cursor.key()?;
        // A key that is no valid text is none that is known.
        let key = if key.contains(&b'\\') { unescape(key) } else { core::str::from_utf8(key).ok().map(Cow::Borrowed) };
        field(key.as_deref().unwrap_or_default(), cursor)?;
        more = cursor.goes_on(b'}')?;
    }
    Ok(())
}
