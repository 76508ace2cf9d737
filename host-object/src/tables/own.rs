//! A session on its way into tables.
//!
//! Owns: what is taken from a list of sessions, and which file of several with one id counts.
//! Invariant: a session has one place in the tables of a machine.

use jcode_session_core::catalog::SessionSummary;
use jcode_session_core::fleet::Facts;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A session, and the file that is read.
pub(super) struct Own {
    pub(super) path: PathBuf,
    pub(super) facts: Facts,
    size: u64,
}

/// Each session once: of several files with one id the longest.
pub(super) fn once(sessions: impl Iterator<Item = Own>) -> Vec<Own> {
    let mut by_id: BTreeMap<String, Own> = BTreeMap::new();
    for own in sessions {
        match by_id.get(&own.facts.session_id) {
            Some(other) if (other.size, &own.path) >= (own.size, &other.path) => {}
            _ => drop(by_id.insert(own.facts.session_id.clone(), own)),
        }
    }
    by_id.into_values().collect()
}

impl Own {
    pub(super) fn of(path: PathBuf, summary: &SessionSummary) -> Self {
        let started_at = summary.created_at.unwrap_or(summary.last_modified);
        let facts = Facts {
            session_id: summary.session_id.clone(),
            started_at,
            forked_at: summary.parent_session.as_ref().and(summary.created_at),
            cwd: summary.cwd.clone(),
            title: summary.title.clone(),
            model: summary.model.clone(),
            parent_session: summary.parent_session.clone(),
            dialect: summary.dialect.map(|dialect| dialect.name().to_string()).unwrap_or_default(),
            head: String::new(),
            tags: summary.tags.clone(),
        };
        Self { path, facts, size: summary.size_bytes }
    }
}
