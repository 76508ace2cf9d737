//! An entry in a terminal.
//!
//! Owns: the layout: what is set off, and that what was said is wrapped between words.
//! Invariant: nothing from the log reaches the terminal unescaped. Long thinking, arguments, outputs and prompts are
//! cut where [`Extent::Short`] is asked for.

use super::diff::edits;
use super::model::{Block, Message, Text, Voice};
use super::painted::{Kind, paint, wrap};
use crate::output::{Output, cut, shorten, style, time, visible, width};
use anstyle::{AnsiColor, Style};
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
/// Before all that an entry holds.
const INDENT: &str = "  ";
const FAINT: Kind = Kind::In(style::FAINT);
/// Lines that an edit takes away.
const REMOVED: Style = AnsiColor::Red.on_default();

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
    let (s, f) = (output.style(of_voice(message.voice)), output.style(style::FAINT));
    let (name, id, at) = (visible(message.title()), shorten(&message.id, NAME_WIDTH), time(message.at));
    let taken = width(&name) + width(&id) + width(&at) + 3;
    let left = output.columns().map_or(NAME_WIDTH, |columns| columns.saturating_sub(taken).min(NAME_WIDTH));
    let detail = message.detail.as_ref().filter(|detail| !detail.is_empty());
    let detail = detail.map(|detail| format!(" {}", cut(detail, left))).unwrap_or_default();
    writeln!(output.data(), "{s}{name}{s:#} {f}{id} {at}{f:#}{detail}")?;
    let page = Page { extent, columns: output.columns().map(|columns| columns.saturating_sub(INDENT.len())) };
    let is_coloured = output.is_coloured();
    for block in &message.blocks {
        let pieces = match block {
            // A note is no part of what was said.
            Block::Note(text) if message.voice != Voice::Change => vec![(Kind::Plain, format!("({text})"))],
            block => page.pieces(block),
        };
        let mut text = String::from(INDENT);
        for (kind, piece) in pieces {
            paint(&visible(&piece), if is_coloured { kind } else { Kind::Plain }, &mut text);
        }
        writeln!(output.data(), "{}", text.replace('\n', &format!("\n{INDENT}")))?;
    }
    writeln!(output.data())?;
    Ok(())
}

/// The name of who speaks in a colour of its own, so that turns are seen at a glance.
const fn of_voice(voice: Voice) -> Style {
    let color = match voice {
        Voice::User => AnsiColor::Green,
        Voice::Assistant => AnsiColor::Blue,
        Voice::Tool => AnsiColor::Yellow,
        Voice::Summary => AnsiColor::Magenta,
        Voice::System | Voice::Change | Voice::Data => return style::STRONG,
    };
    color.on_default().bold()
}

/// Parts of a text, and what each is.
type Pieces = Vec<(Kind, String)>;

/// How an entry is laid out.
struct Page {
    extent: Extent,
    /// What was said is wrapped to so many columns.
    columns: Option<usize>,
}

impl Page {
    fn pieces(&self, block: &Block<'_>) -> Pieces {
        let extent = self.extent;
        let labelled = |label: String, text: String| vec![(FAINT, label), (Kind::Plain, text)];
        match block {
            Block::Text(text) => vec![(Kind::Markdown, self.wrapped(text))],
            Block::Note(text) => vec![(Kind::Plain, text.to_string())],
            Block::Thinking(text) => vec![(FAINT, format!("[thinking] {}", self.wrapped(&extent.of(text))))],
            Block::Call { tool, arguments, outcome } => self.call(tool, arguments, outcome.as_deref()),
            Block::Output { failed, text } => {
                let text = if text.trim().is_empty() { "no output".into() } else { extent.of(text) };
                match failed {
                    true => vec![(Kind::In(style::BAD), "[tool failed] ".into()), (Kind::Plain, text)],
                    false => labelled("[tool result] ".into(), text),
                }
            }
            Block::Image { mime, .. } => labelled("[image] ".into(), mime.to_string()),
            Block::Part { what: "section", name, text } => labelled(format!("[section {name}]"), section(text, extent)),
            Block::Part { what, name, text } => labelled(format!("[{what} {name}] "), extent.of(text)),
            Block::Fields { of, fields } => vec![(Kind::Plain, fields_of(of, fields, extent))],
            Block::Data { name, text } => labelled(format!("[{name}] "), extent.of(text)),
        }
    }

    /// A text with its lines as wide as the page.
    fn wrapped(&self, text: &str) -> String {
        self.columns.map_or_else(|| text.to_string(), |columns| wrap(text, columns))
    }

    fn call(&self, tool: &str, arguments: &[(Text<'_>, Text<'_>)], outcome: Option<&str>) -> Pieces {
        let (diffs, others) = edits(arguments);
        let given: Vec<String> = others.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        let outcome = outcome.map(|outcome| format!(" ({})", self.extent.of(outcome)));
        let given = self.extent.of(&given.join(" "));
        let given = format!("{given}{}", outcome.unwrap_or_default());
        let mut pieces = vec![
            (FAINT, "[tool call] ".into()),
            (Kind::In(style::STRONG), tool.to_string()),
            (Kind::Plain, " ".into()),
        ];
        pieces.push((Kind::Plain, given.trim_end().to_string()));
        for diff in diffs {
            pieces.push((Kind::Plain, format!(" {}", diff.size())));
            if self.extent == Extent::Whole {
                pieces.extend(diff.lines.iter().map(|(mark, line)| (of_mark(*mark), format!("\n{mark}{line}"))));
            }
        }
        pieces
    }
}

const fn of_mark(mark: char) -> Kind {
    match mark {
        '+' => Kind::In(style::GOOD),
        '-' => Kind::In(REMOVED),
        _ => Kind::Plain,
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
