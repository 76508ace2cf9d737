//! Why there are no tables.
//!
//! Owns: the error of an export.
//! Invariant: it names the file, and what is to be done where that is not plain.

use super::target::Unfit;
use crate::objects::ObjectError;

/// Why there are no tables.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// Tables cannot stand there.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The place does not take or give a file.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// A file that cannot be made.
    #[error("cannot write {what}: {message}")]
    Table {
        /// The file.
        what: String,
        /// Why.
        message: String,
    },
    /// A file that cannot be read.
    #[error(
        "cannot read {what}: {message}; rows of sessions that are gone here stand in it, if it is a table: look at it, and \
         run again when it is whole or out of the way"
    )]
    Old {
        /// The file.
        what: String,
        /// Why.
        message: String,
    },
}
