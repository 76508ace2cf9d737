//! What the picker knows: the sessions, what was typed, which of them match, and which one is marked.
//!
//! Owns: what each key does.
//! Invariant: the marked row is one that matches, as long as any does. No terminal, no clock, no file.

use frizbee::{Config, Matcher};
use std::path::PathBuf;

/// A session to choose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Row {
    /// The whole id.
    pub(crate) id: String,
    /// As much of it as means this session alone.
    pub(crate) short: String,
    pub(crate) path: PathBuf,
    pub(crate) title: String,
    pub(crate) folder: String,
    /// Empty for sessions of jcode and pi.
    pub(crate) agent: String,
    /// When it was written last, in words.
    pub(crate) age: String,
}

/// A key, by what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Char(char),
    Erase,
    EraseWord,
    EraseAll,
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Choose,
    Leave,
}

/// What a key led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    GoesOn,
    Chosen,
    Left,
}

/// The picker, without its terminal.
#[derive(Debug)]
pub(crate) struct State {
    rows: Vec<Row>,
    /// What of each row is searched.
    texts: Vec<String>,
    query: String,
    /// Rows that match, the best first; all in their order where nothing is asked for.
    matching: Vec<usize>,
    /// Place of the marked row among them.
    at: usize,
}

/// Rows that a page moves by.
const PAGE: usize = 10;

impl State {
    pub(crate) fn new(rows: Vec<Row>, query: &str) -> Self {
        let text = |row: &Row| format!("{} {} {} {}", row.title, row.folder, row.agent, row.id);
        let texts = rows.iter().map(text).collect();
        let mut state = Self { rows, texts, query: query.to_string(), matching: Vec::new(), at: 0 };
        state.search();
        state
    }

    /// Does what a key means.
    pub(crate) fn press(&mut self, key: Key) -> Outcome {
        let last = self.matching.len().saturating_sub(1);
        match key {
            Key::Char(c) => self.edit(|query| query.push(c)),
            Key::Erase => self.edit(|query| {
                query.pop();
            }),
            Key::EraseWord => self.edit(|query| {
                let kept = query.trim_end().rfind(char::is_whitespace).map_or(0, |at| at + 1);
                query.truncate(kept);
            }),
            Key::EraseAll => self.edit(String::clear),
            Key::Up => self.at = self.at.saturating_sub(1),
            Key::Down => self.at = (self.at + 1).min(last),
            Key::PageUp => self.at = self.at.saturating_sub(PAGE),
            Key::PageDown => self.at = (self.at + PAGE).min(last),
            Key::First => self.at = 0,
            Key::Last => self.at = last,
            Key::Choose if self.marked().is_some() => return Outcome::Chosen,
            Key::Choose => {}
            Key::Leave => return Outcome::Left,
        }
        Outcome::GoesOn
    }

    fn edit(&mut self, change: impl FnOnce(&mut String)) {
        let before = self.query.clone();
        change(&mut self.query);
        if self.query != before {
            self.search();
        }
    }

    fn search(&mut self) {
        self.at = 0;
        self.matching = if self.query.trim().is_empty() {
            (0..self.rows.len()).collect()
        } else {
            // Rows that match as well stay in their order.
            let found = Matcher::from_query(&self.query, &Config::default()).match_list(&self.texts);
            found.into_iter().filter_map(|found| usize::try_from(found.index).ok()).collect()
        };
    }

    pub(crate) fn query(&self) -> &str {
        &self.query
    }

    /// Number of all sessions.
    pub(crate) const fn count(&self) -> usize {
        self.rows.len()
    }

    /// The rows that match, in the order in which they are shown.
    pub(crate) fn matching(&self) -> impl ExactSizeIterator<Item = &Row> {
        self.matching.iter().map(|row| &self.rows[*row])
    }

    /// Place of the marked row among those that match.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// The marked row.
    pub(crate) fn marked(&self) -> Option<&Row> {
        self.rows.get(*self.matching.get(self.at)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(query: &str) -> State {
        let row = |(id, title, folder): (&str, &str, &str)| Row {
            id: id.into(),
            title: title.into(),
            folder: folder.into(),
            ..Row::default()
        };
        let rows =
            [("1a", "Add a dark mode", "garden"), ("2b", "Invoice rounding", "shop"), ("3c", "Dark soups", "kitchen")];
        State::new(rows.map(row).to_vec(), query)
    }

    fn ids(state: &State) -> Vec<&str> {
        state.matching().map(|row| row.id.as_str()).collect()
    }

    fn press(state: &mut State, keys: impl IntoIterator<Item = Key>) -> Outcome {
        keys.into_iter().fold(Outcome::GoesOn, |_, key| state.press(key))
    }

    #[test]
    fn what_is_typed_narrows_the_rows_and_what_is_erased_widens_them() {
        let mut state = some("");
        assert_eq!(ids(&state), ["1a", "2b", "3c"]);
        press(&mut state, "dark".chars().map(Key::Char));
        // What begins with it comes first.
        assert_eq!(ids(&state), ["3c", "1a"]);
        press(&mut state, " kit".chars().map(Key::Char));
        assert_eq!(ids(&state), ["3c"]);
        press(&mut state, [Key::EraseWord]);
        assert_eq!((state.query(), ids(&state)), ("dark ", vec!["3c", "1a"]));
        press(&mut state, [Key::EraseAll]);
        assert_eq!(ids(&state), ["1a", "2b", "3c"]);
        assert_eq!(ids(&some("ivcrd")), ["2b"]);
    }

    #[test]
    fn the_mark_stays_among_the_rows_that_match() {
        let mut state = some("");
        assert_eq!(press(&mut state, [Key::Down, Key::Down, Key::Down, Key::Down]), Outcome::GoesOn);
        assert_eq!(state.marked().map(|row| &*row.id), Some("3c"));
        press(&mut state, [Key::Char('g'), Key::Char('a')]);
        assert_eq!(state.marked().map(|row| &*row.id), Some("1a"));
        press(&mut state, [Key::EraseAll, Key::Last, Key::PageUp, Key::PageDown]);
        assert_eq!(state.at(), 2);
        assert_eq!(press(&mut state, [Key::Choose]), Outcome::Chosen);
        press(&mut state, "zzz".chars().map(Key::Char));
        assert_eq!(state.marked(), None);
        assert_eq!(press(&mut state, [Key::Choose]), Outcome::GoesOn);
        assert_eq!(press(&mut state, [Key::Up, Key::Leave]), Outcome::Left);
    }
}
