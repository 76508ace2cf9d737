//! A session that is followed: looked at again whenever its files have changed.
//!
//! Owns: how a change is noticed. Core decides what is new.
//! Invariant: nothing is written. A look at unchanged files costs their stats and reads nothing; no change is missed,
//! because the stamps are taken before the files are opened.

use crate::os::files::{PathError, stamp};
use crate::session::open::{Session, SessionError, at};
use crate::session::v1::{self, V1Files};
use jcode_session_core::session::{Entry, Follow, News, ReadError};
use jcode_session_core::source::SourceError;
use jcode_session_core::source::identity::FileStamp;
use std::path::{Path, PathBuf};

/// A session, and what was seen of it.
#[derive(Debug)]
pub struct Following {
    path: PathBuf,
    /// The files as they were when they were last read.
    stamps: Vec<Option<FileStamp>>,
    follow: Follow,
}

/// What a look at a followed session found.
#[derive(Debug)]
pub enum Seen {
    /// The files are as they were, or nothing new in them is whole.
    Nothing,
    /// Entries that were not there before.
    Entries(Vec<Entry>),
    /// Another log stands in the place of the one that was followed; this one is followed now, from its end on.
    Replaced(Box<Session>),
}

impl Following {
    /// Opens a session for reading, and follows it from its end on.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn open(path: &Path) -> Result<(Session, Self), SessionError> {
        let stamps = stamps(path)?;
        let session = Session::read(path)?;
        let follow = Follow::behind(session.core()).map_err(at(path))?;
        Ok((session, Self { path: path.to_path_buf(), stamps, follow }))
    }

    /// Looks at the session again.
    ///
    /// # Errors
    /// Fails if the log is gone or cannot be read.
    pub fn look(&mut self) -> Result<Seen, SessionError> {
        let stamps = stamps(&self.path)?;
        if stamps == self.stamps {
            return Ok(Seen::Nothing);
        }
        let seen = self.read();
        match seen {
            // It changed again while it was read: the next look reads it, as the stamps stay what they were.
            Err(SessionError::Log { source: ReadError::Source(SourceError::Shrank { .. }), .. }) => Ok(Seen::Nothing),
            seen => {
                self.stamps = stamps;
                seen
            }
        }
    }

    fn read(&mut self) -> Result<Seen, SessionError> {
        let session = Session::read(&self.path)?;
        match self.follow.news(session.core()).map_err(at(&self.path))? {
            News::Entries(entries) if entries.is_empty() => Ok(Seen::Nothing),
            News::Entries(entries) => Ok(Seen::Entries(entries)),
            News::Replaced => {
                self.follow = Follow::behind(session.core()).map_err(at(&self.path))?;
                Ok(Seen::Replaced(Box::new(session)))
            }
        }
    }
}

/// The stamps of the files that make the log. A log that is not there is an error, as of [`Session::read`].
fn stamps(path: &Path) -> Result<Vec<Option<FileStamp>>, PathError> {
    if v1::is_snapshot(path) {
        return V1Files::beside(path).paths().iter().map(|file| stamp(file)).collect();
    }
    Ok(vec![stamp(path)?])
}
