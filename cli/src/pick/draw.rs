//! How the picker looks.
//!
//! Owns: the layout at every width: rows and preview beside each other, below each other where that is too narrow.
//! Invariant: what is drawn follows from the state, the preview and the size alone; text from logs is harmless and fitted.

use super::state::{Row, State};
use crate::output::{cut, fit, visible, width};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};
use unicode_width::UnicodeWidthChar;

/// From this many columns on, the preview stands beside the rows.
const BESIDE: u16 = 100;
/// From this many columns of a row on, its folder is shown, and its age.
const WITH_FOLDER: usize = 60;
const WITH_AGE: usize = 40;
const AGE: usize = 10;
const FOLDER: usize = 14;
const ID: usize = 8;
const LONG_ID: usize = 12;

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, state: &State, preview: &[String]) {
    let [prompt, middle, help] =
        Layout::vertical([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)]).areas(frame.area());
    draw_prompt(frame, prompt, state);
    let (rows, shown) = if middle.width >= BESIDE {
        let [rows, shown] = Layout::horizontal([Constraint::Percentage(50), Constraint::Percentage(50)]).areas(middle);
        (rows, Some((shown, Borders::LEFT)))
    } else if middle.height >= 8 {
        let [rows, shown] = Layout::vertical([Constraint::Percentage(45), Constraint::Percentage(55)]).areas(middle);
        (rows, Some((shown, Borders::TOP)))
    } else {
        (middle, None)
    };
    draw_rows(frame, rows, state);
    if let Some((area, borders)) = shown {
        let block = Block::new().borders(borders).border_style(faint());
        let inner = block.inner(area);
        frame.render_widget(block, area);
        draw_preview(frame, inner, preview);
    }
    let words = "enter chooses · esc leaves · ↑ ↓ move · words narrow";
    frame.render_widget(Paragraph::new(Line::styled(cut(words, help.width.into()), faint())), help);
}

fn faint() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

fn draw_prompt(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let count = format!("{} of {}", state.matching().len(), state.count());
    let room = usize::from(area.width).saturating_sub(width(&count) + 3);
    // The end of what was typed stays in sight.
    let query = visible(state.query()).replace(['\n', '\t'], " ");
    let query = ends_of(&query, room.saturating_sub(1));
    let at = 2 + width(query);
    let filled = format!("{query}{}", " ".repeat(room.saturating_sub(width(query))));
    let line =
        Line::from(vec![Span::styled("> ", faint()), Span::raw(filled), Span::styled(format!(" {count}"), faint())]);
    frame.render_widget(Paragraph::new(line), area);
    frame.set_cursor_position((area.x + u16::try_from(at).unwrap_or(area.width), area.y));
}

/// The end of a text that fits this many columns.
fn ends_of(text: &str, columns: usize) -> &str {
    let mut taken = 0;
    let fits = |c: char| {
        taken += c.width().unwrap_or_default();
        taken <= columns
    };
    let kept: usize = text
        .chars()
        .rev()
        .map_while({
            let mut fits = fits;
            move |c| fits(c).then_some(c.len_utf8())
        })
        .sum();
    text.get(text.len() - kept..).unwrap_or_default()
}

fn draw_rows(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let height = usize::from(area.height).max(1);
    // The marked row is in sight, and what stands around it does not jump.
    let first = (state.at() / height) * height;
    let lines = state.matching().enumerate().skip(first).take(height).map(|(at, row)| {
        let line = format!(
            "{} {}",
            if at == state.at() { "▌" } else { " " },
            text_of(row, usize::from(area.width).saturating_sub(3))
        );
        let style = if at == state.at() {
            Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED)
        } else {
            Style::new()
        };
        Line::styled(line, style)
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}

/// A row in exactly this many columns, title first.
fn text_of(row: &Row, columns: usize) -> String {
    let mut rest = String::new();
    if columns >= WITH_FOLDER {
        rest.push_str(&format!("  {}", fit(&row.folder, FOLDER)));
    }
    if columns >= WITH_AGE {
        rest.push_str(&format!("  {:>AGE$}", row.age));
    }
    let id = if columns >= WITH_FOLDER { LONG_ID } else { ID };
    rest.push_str(&format!("  {}", fit(&row.short, id)));
    let agent = if row.agent.is_empty() { String::new() } else { format!("  {}", row.agent) };
    let title = fit(&format!("{}{agent}", row.title), columns.saturating_sub(width(&rest)));
    // Where not even this fits, the terminal's edge cuts it.
    format!("{title}{rest}")
}

/// The end of the preview: the last entries are what one looks for.
fn draw_preview(frame: &mut Frame<'_>, area: Rect, preview: &[String]) {
    let columns = usize::from(area.width).saturating_sub(1).max(1);
    let lines: Vec<String> = preview.iter().flat_map(|line| wrapped(line, columns)).collect();
    let first = lines.len().saturating_sub(area.height.into());
    let shown = lines.into_iter().skip(first).map(|line| Line::raw(format!(" {line}")));
    frame.render_widget(Paragraph::new(shown.collect::<Vec<_>>()), area);
}

/// A line in pieces of at most this many columns, broken at blanks where there are any; all as far in as the first.
fn wrapped(line: &str, columns: usize) -> Vec<String> {
    let text = line.trim_start();
    let indent = " ".repeat((line.len() - text.len()).min(columns / 2));
    let room = columns.saturating_sub(indent.len());
    let mut lines = Vec::new();
    let mut rest = text;
    loop {
        let mut taken = 0;
        let over = rest.char_indices().find(|(_, c)| {
            taken += c.width().unwrap_or_default();
            taken > room
        });
        let Some((end, _)) = over else {
            lines.push(format!("{indent}{rest}").trim_end().to_string());
            return lines;
        };
        // A character that is wider than all there is stands alone.
        let end = if end == 0 { rest.chars().next().map_or(1, char::len_utf8) } else { end };
        let (piece, _) = rest.split_at(end);
        let end = piece.rfind(' ').filter(|at| *at > 0).map_or(end, |at| at + 1);
        let (piece, behind) = rest.split_at(end);
        lines.push(format!("{indent}{}", piece.trim_end()));
        if behind.is_empty() {
            return lines;
        }
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::Key;
    use super::*;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    fn drawn(columns: u16, lines: u16, keys: &[Key]) -> Vec<String> {
        let row = |at: usize| Row {
            id: format!("{at:08}-whole"),
            short: format!("{at:08}"),
            title: format!("Session {at}\u{1b}[2J 名前の変更"),
            folder: "garden-app".into(),
            agent: if at == 1 { "codex".into() } else { String::new() },
            age: format!("{at}h ago"),
            ..Row::default()
        };
        let mut state = State::new((0..30).map(row).collect(), "");
        for key in keys {
            state.press(*key);
        }
        let preview = ["user e1".to_string(), format!("  {}", "many words ".repeat(20)), "the last line".into()];
        let mut terminal = Terminal::new(TestBackend::new(columns, lines)).expect("no terminal is needed");
        terminal.draw(|frame| draw(frame, &state, &preview)).expect("drawn");
        let buffer = terminal.backend().buffer().clone();
        (0..lines).map(|y| (0..columns).map(|x| buffer[(x, y)].symbol().to_string()).collect::<String>()).collect()
    }

    #[test]
    fn rows_and_preview_are_there_at_every_width() {
        for (columns, lines) in [(50, 20), (80, 24), (140, 40), (20, 6), (3, 3), (1, 1)] {
            let drawn = drawn(columns, lines, &[Key::Down]);
            let all = drawn.join("\n");
            assert!(!all.contains('\u{1b}'), "{columns}: {all}");
            if columns >= 50 {
                assert!(drawn[0].starts_with("> ") && drawn[0].trim_end().ends_with("30 of 30"), "{all}");
                assert!(drawn[1].contains("Session 0") && drawn[2].contains("▌ Session 1"), "{all}");
                assert!(drawn[2].contains("00000001") && all.contains("the last line"), "{all}");
            }
        }
        // Folders, ages and ids stand right under each other.
        let places = |drawn: &[String], text: &str| -> Vec<usize> {
            drawn[1..4].iter().filter_map(|line| Some(width(line.split_once(text)?.0))).collect()
        };
        let wide = drawn(140, 40, &[]);
        for text in ["garden-app", "0000000"] {
            assert!(matches!(places(&wide, text)[..], [a, b, c] if a == b && b == c), "{}", wide.join("\n"));
        }
    }

    #[test]
    fn the_marked_row_is_in_sight() {
        let drawn = drawn(80, 24, &[Key::Last]).join("\n");
        assert!(drawn.contains("▌ Session 29"), "{drawn}");
    }

    #[test]
    fn long_lines_are_broken_at_blanks() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("  one two three", 10), ["  one two", "  three"]);
        assert_eq!(wrapped("  abcdefghij", 6), ["  abcd", "  efgh", "  ij"]);
        assert_eq!(wrapped("名前", 1), ["名", "前"]);
        assert_eq!(wrapped("", 5), [""]);
    }
}
