//! An entry as a person reads it in a terminal.
//!
//! Owns: its layout there. Invariant: nothing from the log reaches the terminal unescaped.
//! Does not: page; long thoughts, arguments and outputs are cut, `export` has them whole.

use super::model::{Block, Message};
use crate::output::{Output, shorten, style, time, visible};
use anyhow::Result;
use std::io::Write;

/// Characters of a tool's arguments or result that are shown.
const TOOL_WIDTH: usize = 160;

/// Prints an entry.
pub(crate) fn entry(line: &[u8], output: &mut Output) -> Result<()> {
    let message = Message::read(line);
    let (s, f) = (output.style(style::STRONG), output.style(style::FAINT));
    let (name, id, at) = (visible(&message.name), shorten(&message.id, 60), time(message.at));
    writeln!(output.data(), "{s}{name}{s:#} {f}{id} {at}{f:#}")?;
    for block in &message.blocks {
        writeln!(output.data(), "  {}", visible(&text(block)).replace('\n', "\n  "))?;
    }
    writeln!(output.data())?;
    Ok(())
}

fn text(block: &Block<'_>) -> String {
    match block {
        Block::Text(text) | Block::Note(text) => text.to_string(),
        Block::Thinking(text) => format!("[thinking] {}", shorten(text, TOOL_WIDTH)),
        Block::Call { tool, arguments } => {
            let given: Vec<String> = arguments.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("[tool call] {tool} {}", shorten(&given.join(" "), TOOL_WIDTH))
        }
        Block::Output { failed, text } => {
            let what = if *failed { "tool failed" } else { "tool result" };
            format!("[{what}] {}", shorten(text, TOOL_WIDTH))
        }
        Block::Image { mime, .. } => format!("[image] {mime}"),
        Block::Data { name, text } => format!("[{name}] {}", shorten(text, TOOL_WIDTH)),
    }
}
