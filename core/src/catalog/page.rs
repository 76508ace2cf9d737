//! Order, pages and filters of a list.
//!
//! Owns: the order (newest first, ties by id, then by path), the cursor, and the filters.
//! Invariant: the order is total, so pages neither skip nor repeat a session. A session that changes between two pages
//! moves, the others stay.

use super::SessionSummary;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::{Ordering, Reverse};

/// A place in a list, given by the time, id and path of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Its time in lists, Unix milliseconds.
    pub list_time: i64,
    /// Its id.
    pub session_id: String,
    /// Its path, in the host's bytes.
    pub path: Vec<u8>,
}

/// Compares the places of two sessions in a list.
#[must_use]
pub fn order(a: (&SessionSummary, &[u8]), b: (&SessionSummary, &[u8])) -> Ordering {
    key(a).cmp(&key(b))
}

fn key<'k>((summary, path): (&'k SessionSummary, &'k [u8])) -> (Reverse<i64>, &'k str, &'k [u8]) {
    (Reverse(summary.list_time()), &summary.session_id, path)
}

impl Cursor {
    /// The place of a session.
    #[must_use]
    pub fn at(summary: &SessionSummary, path: &[u8]) -> Self {
        Self { list_time: summary.list_time(), session_id: summary.session_id.clone(), path: path.to_vec() }
    }

    /// True if a session comes after this place.
    #[must_use]
    pub fn is_before(&self, session: (&SessionSummary, &[u8])) -> bool {
        key(session) > (Reverse(self.list_time), &self.session_id, &self.path)
    }
}

/// Conditions on the sessions of a list; the default passes all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Working directory: all names of one folder; `None`: any.
    pub cwd: Option<Vec<String>>,
    /// A tag.
    pub tag: Option<String>,
    /// The agent that wrote the session, also before an import; `jcode` for all others.
    pub agent: Option<String>,
    /// The session was saved by the user, or was not.
    pub saved: Option<bool>,
    /// Name of jcode's status.
    pub status: Option<String>,
    /// A session of a debugging run, or none.
    pub debug: Option<bool>,
    /// One of these sessions, by their ids.
    pub ids: Option<BTreeSet<String>>,
    /// Words in title, first prompt, preview, id or short name, whatever their case.
    pub text: Option<String>,
}

impl Filter {
    /// True if a session passes.
    #[must_use]
    pub fn passes(&self, summary: &SessionSummary) -> bool {
        let in_folder = |names: &Vec<String>| summary.cwd.as_ref().is_some_and(|cwd| names.contains(cwd));
        let tagged = |tag: &String| summary.tags.contains(tag);
        let of_agent = |agent: &String| summary.agent.as_deref().unwrap_or("jcode") == agent;
        let in_status = |status: &String| summary.status.as_ref() == Some(status);
        self.agent.as_ref().is_none_or(of_agent)
            && self.saved.is_none_or(|saved| summary.saved == saved)
            && self.debug.is_none_or(|debug| summary.is_debug == debug)
            && self.status.as_ref().is_none_or(in_status)
            && self.ids.as_ref().is_none_or(|ids| ids.contains(&summary.session_id))
            && self.cwd.as_ref().is_none_or(in_folder)
            && self.tag.as_ref().is_none_or(tagged)
            && self.matches_text(summary)
    }

    fn matches_text(&self, s: &SessionSummary) -> bool {
        let Some(text) = &self.text else { return true };
        let shown = [Some(&s.session_id), s.title.as_ref(), s.first_prompt.as_ref(), s.preview.as_ref()];
        let shown = shown.into_iter().chain([s.short_name.as_ref()]).flatten().map(|shown| shown.to_lowercase());
        let shown: Vec<String> = shown.collect();
        text.to_lowercase().split_whitespace().all(|word| shown.iter().any(|shown| shown.contains(word)))
    }
}
