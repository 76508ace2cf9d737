//! Why a session of jcode was not read or written.
//!
//! Owns: the words. Invariant: a [`SaveError`] other than [`SaveError::Read`] left nothing in the log.

use crate::ops::fork::ForkError;
use crate::os::files::PathError;
use crate::session::SessionError;
use crate::writer::OpenError;
use jcode_session_core::dialect::jcode::{PayloadError, StateError};
use jcode_session_core::write::{AppendError, WriteError};
use std::path::PathBuf;

/// Why a session was not read, begun or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JcodeError {
    /// It cannot be read.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// It holds no state of jcode's.
    #[error("{}: {source}", path.display())]
    State {
        /// The log.
        path: PathBuf,
        /// Why.
        source: StateError,
    },
    /// It cannot be opened.
    #[error(transparent)]
    Path(#[from] PathError),
    /// It cannot be written.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It was not forked.
    #[error(transparent)]
    Fork(#[from] ForkError),
    /// What it begins with was not saved.
    #[error(transparent)]
    Save(#[from] SaveError),
}

/// Why something was not saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// Something of it cannot stand in a log.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// It was not taken.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The log could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// What others wrote meanwhile cannot be read.
    #[error("what others wrote to the session cannot be read: {0}")]
    Read(Box<JcodeError>),
    /// There is no such message on the active path.
    #[error("the session has {of} messages, there is none to go back to, or to edit, at {at}")]
    NoMessage {
        /// Which one was asked for, from 0.
        at: usize,
        /// How many there are.
        of: usize,
    },
    /// The entry of a message has no id by which it could be named.
    #[error("the entry of message {at} has no id that can be used; `repair` gives it one")]
    NoId {
        /// Which message, from 0.
        at: usize,
    },
    /// An entry is not on the active path.
    #[error("entry `{0}` is no message of the active path; it is gone, or on another branch")]
    NotOnPath(String),
    /// No rewind can be taken back.
    #[error("there is no rewind to take back: none was made, or messages followed it; `tree` shows the other branches")]
    NothingToUndo,
    /// Messages would be replaced by none.
    #[error("a session with {0} messages is not replaced by one without; go back before the first message instead")]
    WouldEmpty(usize),
}

impl From<JcodeError> for SaveError {
    fn from(error: JcodeError) -> Self {
        Self::Read(Box::new(error))
    }
}
