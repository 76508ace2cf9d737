//! The tree of a session, drawn like `git log --graph`: one line for each run of entries between branch points.
//!
//! Owns: the order of the runs, their rails, and the content of a line.
//! Invariant: the active path stands at the left; other branches stand below the run that they leave. The cost depends
//! on the number of branches, not of entries.

use crate::output::{Output, ago, cut, fit, style, width};
use crate::transcript::model::Message;
use anyhow::Result;
use jcode_session_core::session::{Node, Outline};
use jcode_session_native::os::host;
use jcode_session_native::session::Session;
use std::collections::BTreeSet;
use std::io::Write;

/// Number of columns if there is no terminal.
const COLUMNS: usize = 100;
/// From this many columns on a line has times, and the longest name of a branch.
const WITH_TIMES: usize = 80;
const NAME: usize = 16;
/// Maximum columns of rails: deeper branches are drawn no further to the right.
const RAILS: usize = 24;
/// Number of runs whose first words are read. Reading the rest would take long and help nobody.
const WITH_WORDS: usize = 2000;
/// Number of entries at the start of a run that are searched for a prompt.
const FIRST: usize = 6;
/// Bytes of a line that are read for its words.
const LINE: u64 = 64 * 1024;

/// A run to be drawn.
struct Row {
    node: usize,
    /// Rails before its mark.
    rails: String,
    /// Rails before what stands below it.
    below: String,
}

/// Prints the runs of a session.
pub(super) fn draw(session: &Session, output: &mut Output) -> Result<()> {
    let outline = session.outline()?;
    let children = children(&outline);
    let ends: Vec<&str> = outline.nodes.iter().map(|node| node.id.as_str()).collect();
    let keys = session.short_keys(&ends)?;
    let active: BTreeSet<usize> = outline.up(outline.active).collect();
    let mut rows: Vec<Row> = Vec::new();
    let roots = (0..outline.nodes.len()).filter(|&at| outline.nodes.get(at).is_some_and(|node| node.parent.is_none()));
    rows.extend(roots.map(|node| Row { node, rails: String::new(), below: String::new() }));
    rows.reverse();
    let lines = Lines { columns: output.columns().unwrap_or(COLUMNS), now_ms: host::now_ms() };
    let mut drawn = 0;
    while let Some(row) = rows.pop() {
        let Some(node) = outline.nodes.get(row.node) else { continue };
        let words = if drawn < WITH_WORDS { words(session, node)? } else { String::new() };
        drawn += 1;
        let key = keys.get(row.node).map_or(node.id.as_str(), String::as_str);
        let mark = if node.leaf && outline.active == Some(row.node) { '*' } else { '●' };
        lines.print(&row, node, &words, (mark, key), output)?;
        let below = children.get(row.node).map_or(&[][..], Vec::as_slice);
        // The branch that goes on at the left: that of the active path, else the last.
        let main = below.iter().copied().find(|child| active.contains(child)).or(below.last().copied());
        rows.extend(main.map(|node| Row { node, rails: row.below.clone(), below: row.below.clone() }));
        for &node in below.iter().rev().filter(|child| Some(**child) != main) {
            let is_deep = width(&row.below) >= RAILS;
            let deeper = if is_deep { row.below.clone() } else { format!("{}│ ", row.below) };
            rows.push(Row { node, rails: format!("{}├─", row.below), below: deeper });
        }
    }
    Ok(())
}

/// The runs that begin below each run, in log order.
fn children(outline: &Outline) -> Vec<Vec<usize>> {
    let mut children = vec![Vec::new(); outline.nodes.len()];
    for (at, node) in outline.nodes.iter().enumerate() {
        if let Some(of) = node.parent.and_then(|parent| children.get_mut(parent)) {
            of.push(at);
        }
    }
    let begins = |at: &usize| outline.nodes.get(*at).and_then(|node| node.runs.first()).map(|run| run.start);
    children.iter_mut().for_each(|of| of.sort_by_key(begins));
    children
}

/// What all lines have in common.
struct Lines {
    columns: usize,
    now_ms: i64,
}

impl Lines {
    /// One line: rails, mark, words, the branch's name, how many entries, when the last one was, and its key.
    fn print(&self, row: &Row, node: &Node, words: &str, (mark, key): (char, &str), output: &mut Output) -> Result<()> {
        let mut rest = format!("  {:>6}", node.len());
        if self.columns >= WITH_TIMES {
            let at = node.ts.map(|ts| ago(ts, self.now_ms)).unwrap_or_default();
            rest.push_str(&format!("  {at:>10}"));
        }
        // Short keys stand in a column of their own, without blanks behind them.
        let key = fit(key, width(key).max(8).min(self.columns / 3));
        let name = node.name.as_deref().map(|name| format!("  {}", cut(name, NAME))).unwrap_or_default();
        let taken = width(&row.rails) + 2 + width(&name) + width(&rest) + 2 + width(&key);
        let words = fit(words, self.columns.saturating_sub(taken));
        let (s, f, g) = (output.style(style::STRONG), output.style(style::FAINT), output.style(style::GOOD));
        let (rails, key) = (&row.rails, key.trim_end());
        writeln!(output.data(), "{f}{rails}{f:#}{s}{mark}{s:#} {words}{g}{name}{g:#}{f}{rest}  {key}{f:#}")?;
        Ok(())
    }
}

/// The topic of a run: the first prompt near its start, else the start of its first entry.
fn words(session: &Session, node: &Node) -> Result<String> {
    let first = node.runs.iter().cloned().flatten().take(FIRST);
    let lines: Vec<Vec<u8>> = session.listed(first, LINE)?.into_iter().filter_map(|entry| entry.line).collect();
    let read: Vec<Message<'_>> = lines.iter().map(|line| Message::read(line)).collect();
    let other = || read.first().map(|first| first.words().unwrap_or(&first.name));
    Ok(read.iter().find_map(Message::prompt).or_else(other).unwrap_or_default().to_string())
}
