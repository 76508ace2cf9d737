//! Look-up: the sessions that a word names.
//!
//! Owns: the names of a session: the id in its header, its file's stem, the id that pi puts behind a time in the stem, the
//! one that an imported session has where it comes from, jcode's short name; and what a start of one of them stands for.
//! Invariant: all names count alike, so one session's id is never taken for another's file name without a word. A whole
//! name goes before the start of a longer one. The answer depends on neither order nor place of the sessions.

use super::SessionSummary;
use alloc::vec::Vec;

/// Collects the sessions that a word names.
#[derive(Debug)]
pub struct Lookup<'w, S> {
    word: &'w str,
    named: Vec<S>,
    starting: Vec<S>,
}

impl<'w, S> Lookup<'w, S> {
    /// A look-up of `word`.
    #[must_use]
    pub const fn new(word: &'w str) -> Self {
        Self { word, named: Vec::new(), starting: Vec::new() }
    }

    /// Checks one session, given the stem of its file, and its summary if it has one.
    pub fn see(&mut self, stem: &str, summary: Option<&SessionSummary>, session: S) {
        let id = summary.map(|summary| summary.session_id.as_str());
        let short = summary.and_then(|summary| summary.short_name.as_deref());
        let behind_a_time = stem.rsplit_once('_').map(|(_, id)| id);
        let imported = id.and_then(|id| id.strip_prefix("imported_")?.split_once('_')).map(|(_, id)| id);
        let names = || [Some(stem), behind_a_time, id, imported, short].into_iter().flatten();
        if names().any(|name| name == self.word) {
            self.named.push(session);
        } else if names().any(|name| name.starts_with(self.word)) {
            self.starting.push(session);
        }
    }

    /// The named sessions: one, several if the word is ambiguous, or none.
    #[must_use]
    pub fn meant(self) -> Vec<S> {
        if self.named.is_empty() { self.starting } else { self.named }
    }
}
