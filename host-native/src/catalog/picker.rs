//! The list behind the resume picker: stored rows at once, the true list after a refresh.
//!
//! Owns: the list between two refreshes, and the difference that a refresh makes.
//! Invariant: pages neither skip nor repeat a session, even with equal times. The picker never waits for a lock.

use super::{Catalog, Keep, Listed, Refreshed};
use crate::session::discover::Unreadable;
use jcode_session_core::catalog::page::{Cursor, Filter};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Sessions to pick from.
///
/// ```no_run
/// use jcode_session_core::catalog::page::Filter;
/// use jcode_session_native::catalog::{Catalog, Picker};
/// # use std::path::Path;
/// # let (home, sessions) = (Path::new("/home/me/.jcode"), [Path::new("/home/me/.jcode/sessions").to_path_buf()]);
///
/// let mut picker = Picker::open(Catalog::new(home, &sessions), 50); // from the index, unchecked
/// let shown = picker.page(&Filter::default(), None, 50);
/// # drop(shown);
/// let changes = picker.refresh(); // everything, as it is now
/// # drop(changes);
/// ```
#[derive(Debug)]
pub struct Picker {
    catalog: Catalog,
    sessions: Vec<Listed>,
}

/// What a refresh changed in the list.
#[derive(Debug, Default)]
pub struct Changes {
    /// Sessions that were not in the list before.
    pub added: Vec<PathBuf>,
    /// Sessions whose summary changed.
    pub changed: Vec<PathBuf>,
    /// Sessions that are gone.
    pub removed: Vec<PathBuf>,
    /// Folders and files that could not be read.
    pub unreadable: Vec<Unreadable>,
}

impl Picker {
    /// Opens the picker with the `first` newest sessions of the index.
    #[must_use]
    pub fn open(catalog: Catalog, first: usize) -> Self {
        let sessions = catalog.first_page(first);
        Self { catalog, sessions }
    }

    /// Brings the list up to date with all sessions as they are now.
    pub fn refresh(&mut self) -> Changes {
        let Refreshed { sessions, unreadable, .. } = self.catalog.refresh(Keep::Store);
        let old = std::mem::replace(&mut self.sessions, sessions);
        let mut old: HashMap<&Path, &Listed> = old.iter().map(|session| (session.path.as_path(), session)).collect();
        let mut changes = Changes { unreadable, ..Changes::default() };
        for session in &self.sessions {
            match old.remove(session.path.as_path()) {
                None => changes.added.push(session.path.clone()),
                Some(before) if before != session => changes.changed.push(session.path.clone()),
                Some(_) => {}
            }
        }
        changes.removed = old.into_keys().map(Path::to_path_buf).collect();
        changes.removed.sort_unstable();
        changes
    }

    /// Up to `limit` sessions behind `after` that pass the filter.
    #[must_use]
    pub fn page(&self, filter: &Filter, after: Option<&Cursor>, limit: usize) -> Vec<&Listed> {
        let from = after.map_or(0, |after| self.sessions.partition_point(|session| !after.is_before(session.key())));
        let behind = self.sessions.get(from..).unwrap_or_default();
        behind.iter().filter(|session| filter.passes(&session.summary)).take(limit).collect()
    }

    /// The whole list.
    #[must_use]
    pub fn sessions(&self) -> &[Listed] {
        &self.sessions
    }
}
