//! What the bytes of a log are: text, thinking, calls, output, pictures.
//!
//! Owns: the kind of each byte. A value is told by the type, the role or the name that stands beside it, as pi, jcode and
//! the agents whose logs are read write them.
//! Invariant: the kinds of a log add up to its length: what is framing, or is not known, is [`Kind::Other`]. Nothing is
//! refused: a damaged line is other bytes.
//! Does not: decode anything, or know records and dialects.

mod names;

use crate::json::walk::{Walker, elements};
use crate::source::{ByteSource, MAX_HELD, Pieces, SourceError};
use alloc::vec::Vec;
use core::ops::{AddAssign, ControlFlow};
use memchr::memmem;
use names::{
    CALL_NAMES, Fields, IMAGE_NAMES, OF_TOOL, OUTPUT_NAMES, RESULT_NAMES, TEXT_NAMES, THINKING_NAMES, of_type, text_of,
};
use serde::Serialize;

/// What bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Prompts, answers and summaries.
    Text,
    /// What the model thought.
    Thinking,
    /// Tool calls with their arguments, and commands that the person ran.
    ToolCalls,
    /// What tools gave back.
    ToolOutput,
    /// Pictures.
    Images,
    /// Everything else: names, ids, times, settings, punctuation.
    Other,
}

/// Bytes by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Bytes {
    /// Of [`Kind::Text`].
    pub text: u64,
    /// Of [`Kind::Thinking`].
    pub thinking: u64,
    /// Of [`Kind::ToolCalls`].
    pub tool_calls: u64,
    /// Of [`Kind::ToolOutput`].
    pub tool_output: u64,
    /// Of [`Kind::Images`].
    pub images: u64,
    /// Of [`Kind::Other`].
    pub other: u64,
}

/// The bytes of a log by kind.
///
/// `tick(bytes)` is called with the number of bytes done since the last call; `Break` interrupts.
///
/// # Errors
/// Fails if the source cannot be read, holds a line too long for memory, or `tick` interrupts.
pub fn measure(
    source: &(impl ByteSource + ?Sized),
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Bytes, SourceError> {
    let mut bytes = Bytes::default();
    // What of a line has been read.
    let mut carry: Vec<u8> = Vec::new();
    let mut pieces = Pieces::new(source, 0..source.len());
    let mut is_first = true;
    while let Some((offset, piece)) = pieces.read()? {
        let mut rest = piece;
        while let Some(lf) = memchr::memchr(b'\n', rest) {
            let (line, behind) = rest.split_at(lf + 1);
            rest = behind;
            let line = if carry.is_empty() {
                line
            } else {
                carry.extend_from_slice(line);
                &*carry
            };
            if core::mem::take(&mut is_first)
                && let Some(document) = document(source, line)?
            {
                source.still_whole()?;
                return Ok(document);
            }
            bytes += of_line(line);
            carry.clear();
        }
        carry.extend_from_slice(rest);
        let begun = (offset + piece.len() as u64).saturating_sub(carry.len() as u64);
        if carry.len() as u64 > MAX_HELD {
            return Err(SourceError::TooLong { offset: begun });
        }
        if tick(piece.len() as u64).is_break() {
            return Err(SourceError::Interrupted);
        }
    }
    bytes += of_line(&carry);
    source.still_whole()?;
    Ok(bytes)
}

/// The bytes of a document, if the first line only begins a value that all of the source is.
fn document(source: &(impl ByteSource + ?Sized), first: &[u8]) -> Result<Option<Bytes>, SourceError> {
    let content = first.trim_ascii();
    let is_begun = matches!(content.first(), Some(b'{' | b'[')) && Walker::new().skip_value(content, 0).is_err();
    if !is_begun || source.len() > MAX_HELD {
        return Ok(None);
    }
    let whole = source.bytes(0, usize::try_from(source.len()).unwrap_or(usize::MAX))?;
    let start = whole.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or_default();
    Ok(Walker::new().skip_value(&whole, start).is_ok().then(|| of_line(&whole)))
}

/// The bytes of one line by kind, framing included. A document of several lines counts as one.
#[must_use]
pub fn of_line(line: &[u8]) -> Bytes {
    let mut counter = Counter::default();
    let start = line.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or_default();
    // A line that is no value counts for nothing but its length.
    if let Ok(end) = Walker::new().skip_value(line, start) {
        counter.value(line.get(start..end).unwrap_or_default(), Within::Nothing, 0);
    }
    let known = counter.bytes.sum();
    counter.add(Kind::Other, (line.len() as u64).saturating_sub(known));
    counter.bytes
}

impl Bytes {
    /// All of them.
    #[must_use]
    pub const fn sum(&self) -> u64 {
        self.text + self.thinking + self.tool_calls + self.tool_output + self.images + self.other
    }
}

impl AddAssign for Bytes {
    fn add_assign(&mut self, more: Self) {
        self.text += more.text;
        self.thinking += more.thinking;
        self.tool_calls += more.tool_calls;
        self.tool_output += more.tool_output;
        self.images += more.images;
        self.other += more.other;
    }
}

/// What stands around a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// Nothing that says what a string is.
    Nothing,
    /// A name under which strings are text.
    Said,
}

/// Levels that are looked into; deeper ones belong to what is around them.
const DEPTH: u32 = 16;

#[derive(Default)]
struct Counter {
    bytes: Bytes,
    walker: Walker,
}

impl Counter {
    fn add(&mut self, kind: Kind, bytes: u64) {
        *match kind {
            Kind::Text => &mut self.bytes.text,
            Kind::Thinking => &mut self.bytes.thinking,
            Kind::ToolCalls => &mut self.bytes.tool_calls,
            Kind::ToolOutput => &mut self.bytes.tool_output,
            Kind::Images => &mut self.bytes.images,
            Kind::Other => &mut self.bytes.other,
        } += bytes;
    }

    /// Counts what is known of a value.
    fn value(&mut self, token: &[u8], within: Within, depth: u32) {
        if depth == DEPTH {
            return;
        }
        match token.first() {
            Some(b'"') if within == Within::Said => self.add(Kind::Text, token.len() as u64),
            Some(b'[') => elements(token).into_iter().for_each(|element| self.value(element, within, depth + 1)),
            Some(b'{') => self.object(token, depth),
            _ => {}
        }
    }

    fn object(&mut self, token: &[u8], depth: u32) {
        let fields = self.fields(token);
        if let Some(kind) = of_type(&fields) {
            return self.whole(token, kind, depth);
        }
        match text_of(&fields, "role").as_deref() {
            Some("toolResult" | "tool" | "function") => {
                for (name, value) in fields {
                    if OF_TOOL.contains(&name) {
                        self.whole(value, Kind::ToolOutput, depth);
                    }
                }
                return;
            }
            Some("bashExecution") => {
                for (name, value) in fields {
                    match name {
                        "command" => self.whole(value, Kind::ToolCalls, depth),
                        "output" => self.whole(value, Kind::ToolOutput, depth),
                        _ => {}
                    }
                }
                return;
            }
            _ => {}
        }
        // Gemini marks a part of text as thought.
        let is_thought = fields.iter().any(|(name, value)| *name == "thought" && *value == b"true");
        for (name, value) in fields {
            let is = |names: &[&str]| names.contains(&name);
            if is(&THINKING_NAMES) || is_thought && name == "text" {
                self.whole(value, Kind::Thinking, depth);
            } else if is(&CALL_NAMES) {
                self.whole(value, Kind::ToolCalls, depth);
            } else if is(&OUTPUT_NAMES) {
                self.whole(value, Kind::ToolOutput, depth);
            } else if is(&IMAGE_NAMES) {
                self.whole(value, Kind::Images, depth);
            } else {
                self.value(value, if is(&TEXT_NAMES) { Within::Said } else { Within::Nothing }, depth + 1);
            }
        }
    }

    /// Counts all of a value as one kind, without pictures and results in it.
    fn whole(&mut self, token: &[u8], kind: Kind, depth: u32) {
        let before = self.bytes.sum();
        if kind != Kind::Images {
            self.exceptions(token, kind, depth + 1);
        }
        let inner = self.bytes.sum() - before;
        self.add(kind, token.len() as u64 - inner);
    }

    fn exceptions(&mut self, token: &[u8], kind: Kind, depth: u32) {
        let may_hold = kind == Kind::ToolCalls
            || memmem::find(token, b"image").is_some()
            || memmem::find(token, b"inlineData").is_some();
        if depth >= DEPTH || !may_hold {
            return;
        }
        match token.first() {
            Some(b'[') => elements(token).into_iter().for_each(|element| self.exceptions(element, kind, depth + 1)),
            Some(b'{') => {
                let fields = self.fields(token);
                if of_type(&fields) == Some(Kind::Images) {
                    return self.add(Kind::Images, token.len() as u64);
                }
                for (name, value) in fields {
                    if IMAGE_NAMES.contains(&name) {
                        self.add(Kind::Images, value.len() as u64);
                    } else if kind == Kind::ToolCalls && RESULT_NAMES.contains(&name) {
                        self.whole(value, Kind::ToolOutput, depth);
                    } else {
                        self.exceptions(value, kind, depth + 1);
                    }
                }
            }
            _ => {}
        }
    }

    fn fields<'a>(&mut self, token: &'a [u8]) -> Fields<'a> {
        let mut fields = Vec::new();
        let _ = self.walker.walk_object(token, 0, |key, value| {
            // Names that are known have no escapes.
            if let Ok(key) = core::str::from_utf8(key) {
                fields.push((key, value));
            }
        });
        fields
    }
}
