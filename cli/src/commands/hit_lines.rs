//! Hits of a search as lines.
//!
//! Owns: their layout. On a terminal the hits of a session stand below its id, cut to the width around the match; a
//! program gets two whole lines a hit.
//! Invariant: text from a log cannot steer a terminal.

use crate::output::{Output, cut, shorten, style, time, visible, width};
use anyhow::Result;
use jcode_session_core::report::Neighbour;
use jcode_session_core::search::Found;
use jcode_session_native::search::Hit;
use std::io::Write;
use std::ops::Range;

/// Number of characters shown of an entry beside a hit.
pub(super) const BESIDE: usize = 120;
/// Before the snippet, for a program: as wide as a time and the blanks behind it.
const BELOW_TIME: usize = 22;
/// Before the snippet, on a terminal.
const BELOW_ID: usize = 4;

/// Prints hits.
pub(super) struct HitLines {
    columns: Option<usize>,
    /// Hits come with the entries around them.
    with_context: bool,
    /// The session of the hit before.
    session: Option<String>,
}

impl HitLines {
    pub(super) fn new(with_context: bool, output: &Output) -> Self {
        Self { columns: output.columns(), with_context, session: None }
    }

    /// Prints a hit, with entries before and behind it.
    pub(super) fn print(&mut self, hit: &Hit, around: &[Vec<Neighbour>; 2], output: &mut Output) -> Result<()> {
        let [before, after] = around;
        let faint = output.style(style::FAINT);
        if self.columns.is_some() && self.session.as_ref() != Some(&hit.session_id) {
            let (strong, id) = (output.style(style::STRONG), shorten(&hit.session_id, 60));
            let between = if self.session.is_some() { "\n" } else { "" };
            writeln!(output.data(), "{between}{strong}{id}{strong:#}")?;
            self.session = Some(hit.session_id.clone());
        }
        before.iter().try_for_each(|beside| self.beside(beside, output))?;
        match self.columns {
            Some(columns) => fitted(hit, columns, output)?,
            None => whole(hit, output)?,
        }
        after.iter().try_for_each(|beside| self.beside(beside, output))?;
        if self.with_context {
            writeln!(output.data(), "{faint}--{faint:#}")?;
        }
        Ok(())
    }

    fn beside(&self, beside: &Neighbour, output: &mut Output) -> Result<()> {
        let faint = output.style(style::FAINT);
        let who = speaker(beside.role.as_deref(), &beside.kind);
        let (at, id, text) = (time(beside.ts), visible(&beside.entry_id), shorten(&beside.text, BESIDE));
        let line = format!("{at}  {id}  {who}: {text}");
        match self.columns {
            Some(columns) => writeln!(output.data(), "{faint}  {}{faint:#}", cut(&line, columns - 2))?,
            None => writeln!(output.data(), "{faint}{line}{faint:#}")?,
        }
        Ok(())
    }
}

fn whole(hit: &Hit, output: &mut Output) -> Result<()> {
    let (strong, faint) = (output.style(style::STRONG), output.style(style::FAINT));
    let (at, id, entry) = (time(hit.found.ts), shorten(&hit.session_id, 60), visible(&hit.entry_id));
    let (who, snippet) = (who(&hit.found), marked(&hit.found, 0..hit.found.snippet.len(), output));
    writeln!(output.data(), "{at}  {strong}{id}{strong:#}  {entry}  {faint}{who}{faint:#}")?;
    writeln!(output.data(), "{:BELOW_TIME$}{snippet}", "")?;
    Ok(())
}

fn fitted(hit: &Hit, columns: usize, output: &mut Output) -> Result<()> {
    let faint = output.style(style::FAINT);
    let at = time(hit.found.ts);
    let left = format!("  {at}  {}", cut(&hit.entry_id, columns.saturating_sub(width(&at) + 4)));
    let who = cut(&who(&hit.found), columns.saturating_sub(width(&left) + 2));
    writeln!(output.data(), "{left}  {faint}{who}{faint:#}")?;
    let shown = window(&hit.found, columns - BELOW_ID);
    let end = |is_cut: bool| if is_cut { "…" } else { "" };
    let (before, behind) = (end(shown.start > 0), end(shown.end < hit.found.snippet.len()));
    let snippet = marked(&hit.found, shown, output);
    writeln!(output.data(), "{:BELOW_ID$}{before}{snippet}{behind}", "")?;
    Ok(())
}

fn who(found: &Found) -> String {
    format!("{}, {}", speaker(found.role.as_deref(), &found.kind), found.field.name())
}

fn speaker(role: Option<&str>, kind: &str) -> String {
    shorten(role.unwrap_or(kind), 40)
}

/// So much of the snippet as fits the columns, with the first match in its first half.
fn window(found: &Found, columns: usize) -> Range<usize> {
    // Two columns for what says that it was cut.
    let columns = columns.saturating_sub(2);
    let text = &found.snippet;
    let (first, len) = found.matches.first().copied().unwrap_or_default();
    if columns_of(text) <= columns {
        return 0..text.len();
    }
    let before = columns.saturating_sub(columns_of(text.get(first..first + len).unwrap_or_default())).min(columns / 3);
    let mut start = first;
    let mut taken = 0;
    for (at, c) in text.get(..first).unwrap_or_default().char_indices().rev() {
        taken += columns_of(c.encode_utf8(&mut [0; 4]));
        if taken > before {
            break;
        }
        start = at;
    }
    let (mut end, mut taken) = (start, 0);
    for (at, c) in text.get(start..).unwrap_or_default().char_indices() {
        taken += columns_of(c.encode_utf8(&mut [0; 4]));
        if taken > columns {
            break;
        }
        end = start + at + c.len_utf8();
    }
    start..end
}

/// Columns of a text as it is shown on one line.
fn columns_of(text: &str) -> usize {
    width(&on_one_line(text))
}

fn on_one_line(text: &str) -> String {
    visible(text).replace(['\n', '\t'], " ")
}

/// A part of the snippet on one line, with its matches marked.
fn marked(found: &Found, shown: Range<usize>, output: &Output) -> String {
    let mark = output.style(style::BAD);
    let mut line = String::new();
    let mut at = shown.start;
    let plain = |from: usize, to: usize| on_one_line(found.snippet.get(from..to).unwrap_or_default());
    for &(start, len) in found.matches.iter().filter(|(_, len)| *len > 0) {
        // Matches of several words can overlap.
        let (start, end) = (start.max(at), (start + len).min(shown.end));
        if start < end {
            line.push_str(&plain(at, start));
            line.push_str(&format!("{mark}{}{mark:#}", plain(start, end)));
            at = end;
        }
    }
    line.push_str(&plain(at, shown.end));
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use jcode_session_core::search::{Case, Query, Search};

    fn found(text: &str) -> Found {
        let line = serde_json::json!({"type": "message", "id": "e", "message": {"role": "user", "content": text}});
        let search = Search::new(Query::literals(&["needle"], Case::Smart).expect("a query"), Default::default());
        let mut gather = jcode_session_core::search::Gather::new(&search);
        gather.take(search.lines(0, format!("{line}\n").as_bytes(), None)).remove(0)
    }

    #[test]
    fn what_is_shown_fits_and_holds_the_match() {
        for (text, columns) in
            [("hay ".repeat(30) + "needle" + &" hay".repeat(30), 46), ("名前".repeat(20) + "needle", 30)]
        {
            let found = found(&text);
            let shown = window(&found, columns);
            let text = found.snippet.get(shown).expect("between characters");
            assert!(text.contains("needle") && columns_of(text) <= columns - 2, "{text}");
        }
        let short = found("a needle\nin hay");
        assert_eq!((window(&short, 40), on_one_line(&short.snippet)), (0..15, "a needle in hay".into()));
    }
}
