//! Lines that fit the width of a terminal.
//!
//! Owns: the width of standard output, and cutting or filling texts to a width, in columns.
//! Invariant: a fitted text is one line without control characters.

use super::text::one_line;
use std::io;
use terminal_size::{Width, terminal_size_of};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The smallest width for which lines are laid out.
const LEAST: usize = 50;

/// Columns of the terminal at standard output; `None` if it is no terminal.
pub(super) fn columns() -> Option<usize> {
    terminal_size_of(io::stdout()).map(|(Width(columns), _)| usize::from(columns).max(LEAST))
}

/// Number of columns of a text.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// The start of a text on one line, at most this many columns wide. Ends in an ellipsis if it is cut.
#[must_use]
pub fn cut(text: &str, columns: usize) -> String {
    let line = one_line(text);
    if line.width() <= columns {
        return line;
    }
    let mut short = String::new();
    let mut taken = 1;
    for c in line.chars() {
        taken += c.width().unwrap_or_default();
        if taken > columns {
            break;
        }
        short.push(c);
    }
    if columns > 0 {
        short.push('…');
    }
    short
}

/// Like [`cut`], but filled with blanks to exactly this many columns.
#[must_use]
pub fn fit(text: &str, columns: usize) -> String {
    let mut line = cut(text, columns);
    line.extend(std::iter::repeat_n(' ', columns.saturating_sub(line.width())));
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_and_filled_by_columns() {
        assert_eq!(cut("one\n  two", 7), "one two");
        assert_eq!(cut("one two", 6), "one t…");
        assert_eq!(cut("名前の変更", 5), "名前…");
        assert_eq!(cut("anything", 0), "");
        assert_eq!(fit("名前", 6), "名前  ");
        assert_eq!(fit("名前の変更", 6), "名前… ");
        assert_eq!(cut("\u{1b}[2J", 20), "\\u{1b}[2J");
    }
}
