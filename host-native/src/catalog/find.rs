//! The meaning of SESSION on a command line.
//!
//! Owns: resolving a path, an id or the start of an id to a file.
//! Invariant: an id from outside is looked up among sessions that were found; it is never joined to a path. An id that
//! `list` shows resolves to that session, or to all sessions that share the id.

use super::{Catalog, Keep, Listed};
use crate::os::stat;
use crate::os::{path_text, paths};
use crate::session::discover::Unreadable;
use jcode_session_core::catalog::lookup::Lookup;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Why a session was not found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FindError {
    /// No session matches.
    #[error("no session `{0}`: it is neither a path nor the id, or the start of an id, of a session")]
    NotFound(String),
    /// Several sessions match.
    #[error("`{word}` can mean {count} sessions; give more of the id, or a path: {}", paths.join(", "))]
    Ambiguous {
        /// The word that was looked up.
        word: String,
        /// Number of matching sessions.
        count: usize,
        /// The paths of the first few.
        paths: Vec<String>,
    },
    /// The path names a folder.
    #[error("`{0}` is a folder; name a log in it")]
    Folder(String),
    /// The path names nothing that exists.
    #[error("there is no file `{0}`")]
    NoFile(String),
    /// The word cannot be a session id.
    #[error(
        "`{0}` is no path that exists, and cannot be a session id: those hold only letters, digits, `.`, `_` and `-`"
    )]
    BadId(String),
    /// No session matches, but some folders could not be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// How many paths an ambiguity names.
const NAMED: usize = 5;

impl Catalog {
    /// Finds a session by path, id, short name, or unambiguous start of an id.
    ///
    /// # Errors
    /// Fails if no session matches, or several do.
    pub fn find(&self, session: &OsStr) -> Result<PathBuf, FindError> {
        let path = path_text::plain(session.into());
        // A pipe counts as a session here: whoever opens it reports that it is not a regular file.
        if stat::stat(&path).is_ok_and(|metadata| !metadata.is_dir()) {
            return Ok(path);
        }
        if let Some(path) = path_text::from_shown(session).filter(|path| path.is_file()) {
            return Ok(path);
        }
        let word = session.to_string_lossy();
        if paths::is_session_id(&word) { self.named(&word) } else { Err(no_id(&path, word.into_owned())) }
    }

    fn named(&self, word: &str) -> Result<PathBuf, FindError> {
        // Finding a session must not write, because commands that only read write nothing.
        let all = self.refresh(Keep::Nothing);
        let mut lookup = Lookup::new(word);
        for Listed { path, summary, .. } in all.sessions {
            lookup.see(&paths::stem(&path), Some(&summary), path);
        }
        for path in all.others {
            lookup.see(&paths::stem(&path), None, path);
        }
        let mut meant = lookup.meant();
        meant.sort_unstable();
        match (meant.pop(), meant.is_empty()) {
            (Some(one), true) => Ok(one),
            (Some(last), false) => {
                meant.push(last);
                let paths = meant.iter().take(NAMED).map(|path| path_text::shown(path)).collect();
                Err(FindError::Ambiguous { word: word.to_string(), count: meant.len(), paths })
            }
            (None, _) => match all.unreadable.into_iter().next() {
                Some(unreadable) => Err(unreadable.into()),
                None => Err(FindError::NotFound(word.to_string())),
            },
        }
    }
}

fn no_id(path: &Path, name: String) -> FindError {
    if path.is_dir() {
        FindError::Folder(name)
    } else if name.contains(std::path::is_separator) {
        FindError::NoFile(name)
    } else {
        FindError::BadId(name)
    }
}
