//! A transcript as Markdown.
//!
//! Owns: the layout.
//! Invariant: text is unchanged, unless it could escape its place (an open fence, possibly live tags): then it stands
//! in a fence longer than any run of backticks in it. Names and titles are escaped and put on one line. What was said
//! or printed is neither folded nor shortened.

use super::Writer;
use super::diff::{Diff, edits};
use super::fences::{around, longest_run, tame};
use super::head::Head;
use super::model::{Block, Message, Voice, base64_len};
use crate::output::{bytes, shorten, time, visible};
use std::borrow::Cow;
use std::io::{self, Write};

/// Writes Markdown.
#[derive(Debug)]
pub(crate) struct Markdown<W> {
    out: W,
    /// The output is a terminal, so control characters are escaped.
    visible: bool,
}

impl<W: Write> Markdown<W> {
    /// Writes to `out`. With `visible`, control characters are written as visible escapes.
    pub(crate) const fn new(out: W, visible: bool) -> Self {
        Self { out, visible }
    }

    fn put(&mut self, text: &str) -> io::Result<()> {
        let text = if self.visible { Cow::Owned(visible(text)) } else { Cow::Borrowed(text) };
        self.out.write_all(text.as_bytes())
    }

    fn fenced(&mut self, text: &str) -> io::Result<()> {
        let fence = around(text);
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        for part in [&fence, "\n", text, end, &fence, "\n\n"] {
            self.put(part)?;
        }
        Ok(())
    }

    fn block(&mut self, block: &Block<'_>) -> io::Result<()> {
        match block {
            Block::Text(text) => match tame(text) {
                Some(text) => self.put(&format!("{}\n\n", text.trim_end_matches('\n'))),
                None => self.fenced(text),
            },
            Block::Thinking(text) => {
                self.put("*thinking*\n\n")?;
                self.fenced(text)
            }
            Block::Call { tool, arguments, outcome } => {
                let outcome = outcome.as_ref().map(|outcome| format!(" *{}*", inline(outcome, NOTE_WIDTH)));
                self.put(&format!("**Tool call** {}{}\n\n", code(tool), outcome.unwrap_or_default()))?;
                let (diffs, others) = edits(arguments);
                self.arguments(others)?;
                diffs.iter().try_for_each(|diff| self.diff(diff))
            }
            Block::Output { failed, text } => {
                let none = if text.is_empty() { " *no output*" } else { "" };
                self.put(&format!("**{}**{none}\n\n", if *failed { "Tool failed" } else { "Tool result" }))?;
                if text.is_empty() { Ok(()) } else { self.fenced(text) }
            }
            Block::Image { mime, data } => {
                let size = base64_len(data).map_or_else(|| "not base64".to_string(), bytes);
                self.put(&format!("*image: {}, {size}*\n\n", code(mime)))
            }
            Block::Note(text) => self.put(&format!("*{}*\n\n", inline(text, NOTE_WIDTH))),
            Block::Part { what, name, text } => {
                self.put(&format!("*{what}* {}\n\n", code(name)))?;
                if text.is_empty() { Ok(()) } else { self.fenced(text) }
            }
            Block::Fields { of, fields } => {
                if !of.is_empty() {
                    self.put(&format!("{}\n\n", code(of)))?;
                }
                self.arguments(fields.iter().collect())
            }
            Block::Data { name, text } => {
                self.put(&format!("{}\n\n", code(name)))?;
                self.fenced(text)
            }
        }
    }

    /// Writes a change on one line, followed by the blocks that need more.
    fn change(&mut self, name: &str, at: &str, blocks: &[Block<'_>]) -> io::Result<()> {
        let (notes, others): (Vec<_>, Vec<_>) = blocks.iter().partition(|block| matches!(block, Block::Note(_)));
        let notes = notes.into_iter().filter_map(|block| match block {
            Block::Note(text) => Some(inline(text, NOTE_WIDTH)),
            _ => None,
        });
        let notes: Vec<String> = notes.collect();
        self.put(&format!("*{name}: {} ({at})*\n\n", notes.join("; ")))?;
        others.into_iter().try_for_each(|block| self.block(block))
    }

    fn diff(&mut self, diff: &Diff) -> io::Result<()> {
        let text = diff.text();
        let fence = around(&text);
        self.put(&format!("{}\n\n{fence}diff\n{text}{fence}\n\n", diff.size()))
    }

    /// Writes one-line arguments together, and each other argument in its own fence.
    fn arguments(&mut self, arguments: Vec<&(Cow<'_, str>, Cow<'_, str>)>) -> io::Result<()> {
        let long = |value: &str| value.contains(['\n', '\r']);
        let short = arguments.iter().filter(|(name, value)| !long(value) && !long(name));
        let short: Vec<String> = short.map(|(name, value)| format!("{name}: {value}")).collect();
        if !short.is_empty() {
            self.fenced(&short.join("\n"))?;
        }
        for (name, value) in arguments.into_iter().filter(|(name, value)| long(value) || long(name)) {
            self.put(&format!("{}:\n\n", code(name)))?;
            self.fenced(value)?;
        }
        Ok(())
    }
}

impl<W: Write> Writer for Markdown<W> {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        let title = head.title.as_deref().map_or_else(|| "Session".into(), |title| inline(title, NAME_WIDTH));
        self.put(&format!("# {title}\n\n- session: {}\n", code(&head.id)))?;
        if let Some(cwd) = &head.cwd {
            self.put(&format!("- folder: {}\n", code(cwd)))?;
        }
        if let Some(parent) = &head.parent {
            self.put(&format!("- forked from: {}\n", code(parent)))?;
        }
        self.put(&format!("- time: {} to {}\n", time(head.began), time(head.ended)))?;
        if let Some(used) = &head.used {
            self.put(&format!("- used: {}\n", inline(used, NAME_WIDTH)))?;
        }
        self.put(&format!("- {}\n\n", head.entries))
    }

    fn message(&mut self, message: &Message<'_>, label: Option<&str>) -> io::Result<()> {
        let (name, at) = (inline(message.title(), NAME_WIDTH), time(message.at));
        if message.voice == Voice::Change {
            return self.change(&name, &at, &message.blocks);
        }
        let detail = message.detail.as_deref().map(|detail| format!(" {}", code(detail))).unwrap_or_default();
        let label = label.map(|label| format!(" · label: {}", inline(label, NAME_WIDTH))).unwrap_or_default();
        self.put(&format!("## {name}{detail} · {at}{label}\n\n"))?;
        message.blocks.iter().try_for_each(|block| self.block(block))
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Number of characters of a name or title that are shown.
const NAME_WIDTH: usize = 300;
/// Number of characters of a note that are shown.
const NOTE_WIDTH: usize = 2000;

/// Text on one line, at most `width` characters, with Markdown escaped.
fn inline(text: &str, width: usize) -> String {
    let mut out = String::new();
    for c in shorten(text, width).chars() {
        if "\\`*_{}[]<>#|~&!$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Text on one line as a code span that the text cannot close.
fn code(text: &str) -> String {
    let text = shorten(text, NAME_WIDTH);
    if text.is_empty() {
        return String::new();
    }
    let mark = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{mark}{pad}{text}{pad}{mark}")
}
