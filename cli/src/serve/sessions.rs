//! The sessions that are served when none was named.
//!
//! Owns: the numbers by which the page opens them.
//! Invariant: only a session that a list has named can be opened. A session keeps its number.

use super::files::Served;
use jcode_session_core::report::ListedSession;
use serde::Serialize;
use std::cell::RefCell;
use std::io;
use std::path::PathBuf;

/// Lists the sessions of this machine, newest first.
pub(super) type List = Box<dyn Fn() -> Vec<(PathBuf, ListedSession)> + Send>;

/// The sessions of a list.
pub struct Sessions {
    list: List,
    known: RefCell<Vec<Known>>,
}

struct Known {
    path: PathBuf,
    served: Option<Served>,
}

/// The content of `sessions.json`.
#[derive(Serialize)]
struct Listing {
    sessions: Vec<ListedAt>,
}

#[derive(Serialize)]
struct ListedAt {
    /// Where its files are listed.
    url: String,
    #[serde(flatten)]
    session: ListedSession,
}

impl Sessions {
    /// The sessions that `list` gives, whenever they are asked for.
    #[must_use]
    pub fn new(list: List) -> Self {
        Self { list, known: RefCell::default() }
    }

    /// The sessions as they are now, as JSON.
    pub(super) fn listing(&self) -> io::Result<Vec<u8>> {
        let sessions = (self.list)()
            .into_iter()
            .map(|(path, session)| ListedAt { url: format!("sessions/{}/session.json", self.number(path)), session });
        Ok(serde_json::to_vec(&Listing { sessions: sessions.collect() })?)
    }

    fn number(&self, path: PathBuf) -> usize {
        let mut known = self.known.borrow_mut();
        known.iter().position(|known| known.path == path).unwrap_or_else(|| {
            known.push(Known { path, served: None });
            known.len() - 1
        })
    }

    /// Asks the session with this number.
    ///
    /// # Errors
    /// Fails if its log cannot be opened.
    pub(super) fn ask<T>(&self, number: &str, question: impl FnOnce(&Served) -> T) -> io::Result<Option<T>> {
        let mut known = self.known.borrow_mut();
        // Only the canonical spelling of a number counts.
        let index = number.parse::<usize>().ok().filter(|index| index.to_string() == number);
        let Some(known) = index.and_then(|index| known.get_mut(index)) else { return Ok(None) };
        let served = match &mut known.served {
            Some(served) => served,
            none => none.insert(Served::open(&known.path).map_err(io::Error::other)?),
        };
        Ok(Some(question(served)))
    }
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}
