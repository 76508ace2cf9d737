//! Colours and lines of a text on a terminal.
//!
//! Owns: which parts of a text are set off, and how, and where it is wrapped. `pulldown-cmark` decides what is Markdown.
//! Invariant: without its escapes, what is painted is the text itself; what is wrapped has line ends in place of blanks,
//! and its code as it was. No style goes past the end of a line, where pagers would lose it.

use crate::output::{style, width};
use anstyle::{AnsiColor, Style};
use pulldown_cmark::{Event, Options, Parser, Tag};
use std::fmt::Write;
use std::ops::Range;

/// Code in a text.
const CODE: Style = AnsiColor::Cyan.on_default();
/// Styles inside of each other that are told apart; what is deeper looks like what it is in.
const DEEPEST: usize = 40;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing is set off.
    Plain,
    /// What was said.
    Markdown,
    /// All of it in this style.
    In(Style),
}

/// Appends a text.
pub(super) fn paint(text: &str, kind: Kind, out: &mut String) {
    match kind {
        Kind::Plain => out.push_str(text),
        Kind::In(style) => piece(text, style, out),
        Kind::Markdown => markdown(text, out),
    }
}

fn markdown(text: &str, out: &mut String) {
    let (mut at, mut open) = (0, vec![Style::new()]);
    let mut upto = |end: usize, style: Style| {
        piece(text.get(at..end).unwrap_or_default(), style, out);
        at = at.max(end);
    };
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        let now = open.last().copied().unwrap_or_default();
        match event {
            Event::Start(tag) => {
                upto(range.start, now);
                open.push(if open.len() < DEEPEST { over(now, of_tag(&tag)) } else { now });
            }
            Event::End(_) => {
                upto(range.end, now);
                open.pop();
            }
            Event::Code(_) => {
                upto(range.start, now);
                upto(range.end, over(now, CODE));
            }
            _ => {}
        }
    }
    upto(text.len(), Style::new());
}

/// Wraps long lines between words. Code stays as it is.
pub(super) fn wrap(text: &str, columns: usize) -> String {
    let code: Vec<Range<usize>> = Parser::new_ext(text, Options::ENABLE_TABLES)
        .into_offset_iter()
        .filter(|(event, _)| matches!(event, Event::Start(Tag::CodeBlock(_) | Tag::Table(_))))
        .map(|(_, range)| range)
        .collect();
    let (mut at, mut next) = (0, code.iter().peekable());
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        while next.peek().is_some_and(|range| range.end <= at) {
            next.next();
        }
        let is_code = next.peek().is_some_and(|range| range.start < at + line.len());
        if is_code || width(line) <= columns {
            out.push_str(line);
        } else {
            out.push_str(&textwrap::fill(line, options(line, columns)));
        }
        at += line.len();
    }
    out
}

/// Further lines of a list's item begin where its text does.
fn options(line: &str, columns: usize) -> textwrap::Options<'_> {
    const BLANKS: &str = "                                        ";
    let text = line.trim_start();
    let marker = text.split_inclusive(' ').next().filter(|marker| {
        let sign = marker.trim_end();
        matches!(sign, "-" | "*" | "+" | ">") || sign.strip_suffix('.').is_some_and(|n| n.parse::<u32>().is_ok())
    });
    let indent = (line.len() - text.len() + marker.map_or(0, str::len)).min(columns / 2).min(BLANKS.len());
    // Names and paths with hyphens stay whole.
    textwrap::Options::new(columns)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .subsequent_indent(BLANKS.get(..indent).unwrap_or_default())
}

const fn of_tag(tag: &Tag<'_>) -> Style {
    match tag {
        Tag::Heading { .. } | Tag::Strong | Tag::TableHead => style::STRONG,
        Tag::Emphasis => Style::new().italic(),
        Tag::BlockQuote(_) => style::FAINT,
        Tag::CodeBlock(_) => CODE,
        Tag::Link { .. } => Style::new().underline(),
        _ => Style::new(),
    }
}

/// A style inside of another.
fn over(outer: Style, inner: Style) -> Style {
    inner.effects(outer.get_effects() | inner.get_effects()).fg_color(inner.get_fg_color().or(outer.get_fg_color()))
}

fn piece(text: &str, style: Style, out: &mut String) {
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        let _ = match line.trim().is_empty() || style == Style::new() {
            true => write!(out, "{line}{end}"),
            false => write!(out, "{style}{line}{style:#}{end}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn painted(text: &str) -> String {
        let mut out = String::new();
        paint(text, Kind::Markdown, &mut out);
        out
    }

    #[test]
    fn markdown_is_set_off_where_it_stands() {
        let code = |text: &str| format!("{CODE}{text}{CODE:#}");
        assert_eq!(painted("run `ls -l` now"), format!("run {} now", code("`ls -l`")));
        let strong = style::STRONG;
        assert_eq!(painted("# One\ntwo\n"), format!("{strong}# One{strong:#}\ntwo\n"));
        assert_eq!(
            painted("```sh\nls\n\ncd\n```\nend"),
            format!("{}\n{}\n\n{}\n{}\nend", code("```sh"), code("ls"), code("cd"), code("```"))
        );
    }

    #[test]
    fn lines_are_wrapped_between_words() {
        assert_eq!(wrap("one two three\nfour\n", 8), "one two\nthree\nfour\n");
        assert_eq!(wrap("- one two three", 9), "- one two\n  three");
        let code = "```\none two three four\n```\n";
        assert_eq!(wrap(&format!("{code}one two three"), 8), format!("{code}one two\nthree"));
        assert_eq!(wrap("https://example.org/path", 8), "https://example.org/path");
        assert_eq!(wrap("名前の変更 名前の", 10), "名前の変更\n名前の");
    }

    proptest! {
        #[test]
        fn wrapping_keeps_all_words(text in "([#*_`>~-]|[ \n]|[a-cé漢]{1,9}|1\\. |```){0,60}", columns in 1_usize..30) {
            let words = |text: &str| text.split_whitespace().map(str::to_string).collect::<Vec<_>>();
            prop_assert_eq!(words(&wrap(&text, columns)), words(&text));
        }

        /// Also what is no Markdown, or half of it.
        #[test]
        fn nothing_is_taken_away(text in "([#*_`>~\\[\\]()|!-]|[ \n\t]|[a-cé漢]|1\\. |https://a|```|&amp;){0,60}") {
            let painted = painted(&text);
            prop_assert_eq!(anstream::adapter::strip_str(&painted).to_string(), text);
            for line in painted.lines() {
                let opened = line.matches("\u{1b}[").count() - line.matches("\u{1b}[0m").count();
                prop_assert_eq!(opened > 0, line.contains("\u{1b}[0m"), "{:?}", line);
            }
        }
    }
}
