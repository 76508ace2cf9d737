//! A store of objects: the only way in which this crate reaches one.
//!
//! Owns: the [`Objects`] contract.
//! Invariant: nothing here replaces or deletes an object. A put that fails with an error has changed nothing that a later
//! one could not repeat; one that may have succeeded is [`Answer::Unclear`].

use jcode_session_core::archive::Answer;
use std::ops::Range;

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The object is there, and longer than it can be.
    TooLong,
    /// Nothing says as whom the store is asked.
    NoCredentials,
    /// The bucket or container is not there.
    NoBucket,
    /// The store knows who asks, and does not allow it.
    Denied,
    /// The bucket is in another region than the one that is asked.
    Elsewhere,
    /// The store asks to be asked less.
    Throttled,
    /// Nothing answers at the store's address.
    Unreachable,
    /// Any other.
    Other,
}

/// Why a store gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot {action} {what}: {message}")]
pub struct ObjectError {
    /// What was tried: "read", "write", "list".
    pub action: &'static str,
    /// The object or folder, as the store shows it.
    pub what: String,
    /// The store's message.
    pub message: String,
    /// Which kind of failure this is.
    pub failure: Failure,
}

impl ObjectError {
    /// An error of a store.
    #[must_use]
    pub fn new(action: &'static str, what: impl Into<String>, message: impl Into<String>) -> Self {
        Self { action, what: what.into(), message: message.into(), failure: Failure::Other }
    }

    /// An object of `len` bytes that can have `most`.
    #[must_use]
    pub fn too_long(what: impl Into<String>, len: u64, most: u64) -> Self {
        let message = format!("it has {len} bytes, more than the {most} that it can have");
        Self::new("read", what, message).because(Failure::TooLong)
    }

    /// The error, of this kind.
    #[must_use]
    pub const fn because(mut self, failure: Failure) -> Self {
        self.failure = failure;
        self
    }
}

/// An object in a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Length in bytes.
    pub len: u64,
}

/// Objects by name. Names consist of parts separated by `/`, as core's `archive::name` writes them.
pub trait Objects: Send + Sync + std::fmt::Debug {
    /// Creates an object, if there is none of this name.
    ///
    /// # Errors
    /// If the store refuses: it cannot be reached, is full, or may not be written.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<Answer, ObjectError>;

    /// Makes all that was put, or was found to exist, durable. Called before anything names it.
    ///
    /// # Errors
    /// If the store fails.
    fn settle(&self) -> Result<(), ObjectError> {
        Ok(())
    }

    /// The bytes of an object; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be read, or has more than `most` bytes.
    fn get(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, ObjectError>;

    /// A range of an object; `None` if there is no such object, or it ends before the range does.
    ///
    /// # Errors
    /// If it cannot be read.
    fn get_range(&self, name: &str, range: Range<u64>) -> Result<Option<Vec<u8>>, ObjectError>;

    /// The objects in a folder and in those below it, by name; only those behind the name `after`, if it is given.
    ///
    /// # Errors
    /// If they cannot be listed.
    fn list(&self, folder: &str, after: Option<&str>) -> Result<Vec<Listed>, ObjectError>;

    /// The names of the folders in a folder, sorted.
    ///
    /// # Errors
    /// If they cannot be listed.
    fn folders(&self, folder: &str) -> Result<Vec<String>, ObjectError>;

    /// True if there is no object at all.
    ///
    /// # Errors
    /// If that cannot be told.
    fn is_empty(&self) -> Result<bool, ObjectError>;

    /// How an object is named in messages.
    fn shown(&self, name: &str) -> String;
}
