//! An entry in a terminal.
//!
//! Owns: the layout.
//! Invariant: nothing from the log reaches the terminal unescaped. Long thinking, arguments, outputs and prompts are
//! cut where [`Extent::Short`] is asked for.

use super::diff::edits;
use super::model::{Block, Message, Text, Voice};
use crate::output::{Output, shorten, style, time, visible};
use anyhow::Result;
use std::io::Write;

/// Number of characters of a tool's arguments or result that are shown.
const TOOL_WIDTH: usize = 160;
/// Number of characters of a section of the prompt that are shown.
const SECTION_WIDTH: usize = 2000;
/// Number of characters of a name that are shown.
const NAME_WIDTH: usize = 60;
/// Number of fields of one object that are shown.
const MOST_FIELDS: usize = 20;

/// How much of long texts is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// What a line holds.
    Short,
    /// All, with the lines as they are.
    Whole,
}

/// Prints an entry.
pub(crate) fn entry(message: &Message<'_>, extent: Extent, output: &mut Output) -> Result<()> {
    let (s, f) = (output.style(style::STRONG), output.style(style::FAINT));
    let (name, id, at) = (visible(&message.name), shorten(&message.id, NAME_WIDTH), time(message.at));
    let detail = message.detail.as_ref().filter(|detail| !detail.is_empty());
    let detail = detail.map(|detail| format!(" {}", shorten(detail, NAME_WIDTH))).unwrap_or_default();
    writeln!(output.data(), "{s}{name}{s:#} {f}{id} {at}{f:#}{detail}")?;
    for block in &message.blocks {
        let text = match block {
            // A note is no part of what was said.
            Block::Note(text) if message.voice != Voice::Change => format!("({text})"),
            block => text(block, extent),
        };
        writeln!(output.data(), "  {}", visible(&text).replace('\n', "\n  "))?;
    }
    writeln!(output.data())?;
    Ok(())
}

fn text(block: &Block<'_>, extent: Extent) -> String {
    match block {
        Block::Text(text) | Block::Note(text) => text.to_string(),
        Block::Thinking(text) => format!("[thinking] {}", extent.of(text)),
        Block::Call { tool, arguments, outcome } => {
            let (diffs, others) = edits(arguments);
            let given: Vec<String> = others.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
            let outcome = outcome.as_ref().map(|outcome| format!(" ({})", extent.of(outcome)));
            let given = extent.of(&given.join(" "));
            let call = format!("[tool call] {tool} {given}{}", outcome.unwrap_or_default());
            diffs.iter().fold(call.trim_end().to_string(), |call, diff| match extent {
                Extent::Short => format!("{call} {}", diff.size()),
                Extent::Whole => format!("{call} {}\n{}", diff.size(), diff.text().trim_end()),
            })
        }
        Block::Output { failed, text } => {
            let what = if *failed { "tool failed" } else { "tool result" };
            let text = if text.trim().is_empty() { "no output".into() } else { extent.of(text) };
            format!("[{what}] {text}")
        }
        Block::Image { mime, .. } => format!("[image] {mime}"),
        Block::Part { what: "section", name, text } => format!("[section {name}]{}", section(text, extent)),
        Block::Part { what, name, text } => format!("[{what} {name}] {}", extent.of(text)),
        Block::Fields { of, fields } => fields_of(of, fields, extent),
        Block::Data { name, text } => format!("[{name}] {}", extent.of(text)),
    }
}

impl Extent {
    /// As much of a text as is shown; several lines begin below what they belong to.
    fn of(self, text: &str) -> String {
        match self {
            Self::Short => shorten(text, TOOL_WIDTH),
            Self::Whole if text.trim_end().contains('\n') => format!("\n{}", text.trim_end()),
            Self::Whole => text.to_string(),
        }
    }
}

/// A short section on the line of its name, a long one below it.
fn section(text: &str, extent: Extent) -> String {
    if text.len() <= TOOL_WIDTH && !text.contains('\n') {
        return format!(" {text}");
    }
    let cut = text.char_indices().nth(SECTION_WIDTH).map(|(at, _)| at).filter(|_| extent == Extent::Short);
    let shown = text.get(..cut.unwrap_or(text.len())).unwrap_or_default().trim_end();
    format!("\n  {}{}", shown.replace('\n', "\n  "), if cut.is_some() { "…" } else { "" })
}

/// Fields, one per line.
fn fields_of(of: &str, fields: &[(Text<'_>, Text<'_>)], extent: Extent) -> String {
    let most = if extent == Extent::Short { MOST_FIELDS } else { usize::MAX };
    let shown = fields.iter().take(most);
    let mut lines: Vec<String> = shown
        .map(|(name, value)| {
            let (name, value) = (shorten(name, NAME_WIDTH), extent.of(value));
            if of.is_empty() { format!("[{name}] {value}") } else { format!("{name}: {value}") }
        })
        .collect();
    if let Some(left) = fields.len().checked_sub(most).filter(|left| *left > 0) {
        lines.push(format!("… and {left} more"));
    }
    match &*lines {
        _ if of.is_empty() => lines.join("\n"),
        [line] => format!("[{of}] {line}"),
        _ => format!("[{of}]\n  {}", lines.join("\n  ")),
    }
}
