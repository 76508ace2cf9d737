//! Why a session was not returned to another state.
//!
//! Owns: the words. Invariant: each names what stands in the way and what to do about it.
//! Does not: hold paths of the host; its caller names the session.

use super::ledger::Event;
use crate::dialect::Refused;
use crate::source::SourceError;
use crate::storage::{PublishError, StorageError};
use crate::write::QuarantineError;
use alloc::string::String;

/// Why a step on the store did not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is nothing to return to.
    #[error("has no checkpoint {0}; `checkpoints` lists what there is")]
    NoCheckpoint(String),
    /// There is neither a rollback nor a repair to take back.
    #[error("has no rollback to take back, and no repair")]
    NothingToUndo,
    /// A rollback or repair was announced, and interrupted before it took place.
    #[error("its last {0} was interrupted before it took place, and is off now; there is nothing to take back")]
    NeverTookPlace(Event),
    /// The log went on after the rollback or repair.
    #[error(
        "{appended} bytes were appended after the {what} of {since}; `rollback --undo --force` sets them aside in \
         quarantine and takes it back"
    )]
    Appended {
        /// How many.
        appended: u64,
        /// Which of the two.
        what: Event,
        /// When it was.
        since: String,
    },
    /// Bytes of the log are lost, and may come back: a digest without them would not be the log's then.
    #[error(
        "has a segment that is lost or damaged, and gets no checkpoint of what is left; `verify` names it: put its \
         file back from a copy, or `repair` rewrites the log"
    )]
    Lost,
    /// The bytes that are needed are not those that were kept.
    #[error("{what} {how}; `verify` shows the state of the store")]
    Kept {
        /// The file, below the store.
        what: String,
        /// What is wrong with it.
        how: &'static str,
    },
    /// The log is not the one that the ledger describes.
    #[error("the log differs from what the ledger says about its first {len} bytes: it was changed by another program")]
    OtherLog {
        /// How many.
        len: u64,
    },
    /// Repair did not lead to a sound log.
    #[error("the repaired log would still have findings ({0}), and was thrown away; please report this")]
    StillDamaged(String),
    /// Nothing in the log can be read.
    #[error("holds no record at all; there is nothing to repair it from")]
    NothingLeft,
    /// A segment could not be compressed.
    #[error("the compression library failed; the segment stays as it was")]
    Compression,
    /// The manifest of its segments is lost, or of another log.
    #[error(
        "has segments of which it is not certain that they are its own; `verify` says why, `repair` makes it one file"
    )]
    Uncertain,
    /// It is no log that is written.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Another program changed a file meanwhile.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The log could not be read.
    #[error("{0}")]
    Source(#[from] SourceError),
}

impl From<QuarantineError> for StoreError {
    fn from(error: QuarantineError) -> Self {
        match error {
            QuarantineError::Source(error) => Self::Source(error),
            QuarantineError::Storage(error) => Self::Storage(error),
        }
    }
}
