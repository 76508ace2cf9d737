//! Files that are replaced whole: the other way to use a place, beside that of an archive.
//!
//! Owns: the [`Files`] contract.
//! Invariant: a reader sees the old file or the new one. A replacement that fails leaves the old file, or, where the
//! answer was lost, the new one; it can be repeated. Does not: create, list or delete anything else.

use crate::objects::ObjectError;
use std::fs::File;
use tempfile::NamedTempFile;

/// The end of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Its last bytes.
    pub bytes: Vec<u8>,
    /// Length of the whole file.
    pub len: u64,
}

/// Files by name. Names consist of parts separated by `/`.
pub trait Files: Send + Sync + std::fmt::Debug {
    /// The names of what stands at the top, folders among them, or of some of it where that is much.
    ///
    /// # Errors
    /// If it cannot be listed.
    fn top(&self) -> Result<Vec<String>, ObjectError>;

    /// The last bytes of a file, at most so many; `None` if there is no such file.
    ///
    /// # Errors
    /// If it cannot be read.
    fn end(&self, name: &str, most: u64) -> Result<Option<End>, ObjectError>;

    /// A file as it is now, whatever replaces it later; `None` if there is no such file.
    ///
    /// # Errors
    /// If it cannot be read.
    fn open(&self, name: &str) -> Result<Option<File>, ObjectError>;

    /// A new file that nobody sees, private to the user, that is to replace the one of this name.
    ///
    /// # Errors
    /// If it cannot be made.
    fn begin(&self, name: &str) -> Result<NamedTempFile, ObjectError>;

    /// Replaces a file by one that [`begin`](Self::begin) gave, or makes it.
    ///
    /// # Errors
    /// If that fails, or nobody knows whether it did.
    fn replace(&self, name: &str, with: NamedTempFile) -> Result<(), ObjectError>;

    /// How a file is named in messages.
    fn shown(&self, name: &str) -> String;
}
