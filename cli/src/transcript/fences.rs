//! Code fences, by the rules of CommonMark.
//!
//! Owns: fences that can hold any text, and the check whether a text is tame, that is, can stand in a Markdown page
//! without a fence. No more of Markdown is parsed.
//! Invariant: a tame text leaves no fence open and contains no live tag. A doubtful text is not tame.

use memchr::{memchr2_iter, memchr3};

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Text outside of fences.
    Prose(&'a str),
    /// The lines inside a fence.
    Code(&'a str),
}

/// A fence that the text cannot close: longer than any run of backticks in the text.
pub(super) fn around(text: &str) -> String {
    "`".repeat(longest_run(text).max(2) + 1)
}

/// The length of the longest run of backticks.
pub(super) fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// Splits a text at the fences that stand at the start of a line. A fence that is never closed extends to the end.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut open: Option<&str> = None;
    let mut start = 0;
    let mut at = 0;
    for line in lines(text) {
        let next = at + line.len();
        match (open, fence(line)) {
            (None, Some((mark, _))) => {
                parts.extend(text.get(start..at).filter(|part| !part.is_empty()).map(Part::Prose));
                (open, start) = (Some(mark), next);
            }
            (Some(mark), Some(end)) if closes(mark, end) => {
                parts.extend(text.get(start..at).map(Part::Code));
                (open, start) = (None, next);
            }
            _ => {}
        }
        at = next;
    }
    let rest = text.get(start..).filter(|part| !part.is_empty());
    parts.extend(rest.map(if open.is_some() { Part::Code } else { Part::Prose }));
    parts
}

/// The lines with their line ends. A carriage return ends a line too.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut start = 0;
    let ends = memchr2_iter(b'\n', b'\r', text.as_bytes()).map(|at| at + 1).chain([text.len()]);
    ends.filter_map(move |end| text.get(std::mem::replace(&mut start, end)..end)).filter(|line| !line.is_empty())
}

/// The fence at the start of a line, and the rest of the line.
fn fence(line: &str) -> Option<(&str, &str)> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = line.trim_start_matches(mark);
    let fence = line.strip_suffix(rest)?;
    (fence.len() >= 3 && !(mark == '`' && rest.contains('`'))).then_some((fence, rest))
}

/// True if this fence closes the one that `open` began.
fn closes(open: &str, (mark, rest): (&str, &str)) -> bool {
    mark.starts_with(open) && rest.trim_matches([' ', '\t', '\r', '\n']).is_empty()
}

/// The text in a form that can stand in a page: unchanged, except for backslashes before live tags. `None` if the text
/// must be fenced.
pub(super) fn tame(text: &str) -> Option<String> {
    let mut tame = String::with_capacity(text.len());
    let mut open: Option<&str> = None;
    let mut tags = false;
    let mut doubtful = false;
    for line in lines(text) {
        let starts = fence(line);
        match (open, starts) {
            (None, Some((mark, _))) => open = Some(mark),
            (Some(mark), Some(end)) if closes(mark, end) => open = None,
            (Some(_), None) if hidden_fence(line) => return None,
            (Some(_), _) => {}
            (None, None) if hidden_fence(line) => return None,
            (None, None) => {
                let (found, doubt) = prose(line, &mut tame);
                tags |= found;
                doubtful |= doubt;
                continue;
            }
        }
        tame.push_str(line);
    }
    // A code span over several lines may hide which tags are code and which are live.
    (open.is_none() && !(tags && doubtful)).then_some(tame)
}

/// Whether a line holds an indented fence, or one in a list or quote. Its end depends on that block.
fn hidden_fence(line: &str) -> bool {
    let inner = line.trim_start_matches(|c: char| c.is_whitespace() || c.is_ascii_digit() || ">-*+.)".contains(c));
    inner.starts_with("```") || inner.starts_with("~~~")
}

/// Adds a line of prose. Returns whether it has tags, and whether it is unclear which parts are code.
fn prose(line: &str, out: &mut String) -> (bool, bool) {
    let mut tags = false;
    let mut doubtful = false;
    let mut rest = line;
    while let Some(at) = memchr3(b'`', b'<', b'\\', rest.as_bytes()) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let run = from.len() - from.trim_start_matches('`').len();
        let used = if run > 0 {
            let span = span(from, run);
            let inside = span.and_then(|len| from.get(..len)).unwrap_or_default();
            // In a table a bar ends the cell, even inside a code span.
            doubtful |= span.is_none() || inside.contains('|');
            tags |= inside.contains('<');
            span.unwrap_or(run)
        } else if let Some(after) = from.strip_prefix('\\') {
            doubtful |= after.starts_with('`');
            1
        } else {
            if from[1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c)) {
                tags = true;
                // After a backslash, our backslash would be the escaped one, and the tag would be live.
                doubtful |= out.ends_with('\\');
                out.push('\\');
            }
            1
        };
        out.push_str(&from[..used]);
        rest = &from[used..];
    }
    out.push_str(rest);
    (tags, doubtful)
}

/// The length of the code span at the start of `text`, including its marks of `run` backticks.
fn span(text: &str, run: usize) -> Option<usize> {
    let mut at = run;
    loop {
        at += text.get(at..)?.find('`')?;
        let rest = text.get(at..)?;
        let found = rest.len() - rest.trim_start_matches('`').len();
        at += found;
        if found == run {
            return Some(at);
        }
    }
}
