//! Errors of the store: why a session was not returned to another state, repaired or sealed.
//!
//! Owns: the messages.
//! Invariant: each message names the obstacle and the cure. The caller adds the session's path.

use super::ledger::Event;
use crate::dialect::Refused;
use crate::source::SourceError;
use crate::storage::{PublishError, StorageError};
use crate::write::QuarantineError;
use alloc::string::String;

/// Why an operation on the store failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is nothing to return to.
    #[error("has no checkpoint {0}; `checkpoints` lists what there is")]
    NoCheckpoint(String),
    /// No rollback or repair can be undone.
    #[error("has no rollback to take back, and no repair")]
    NothingToUndo,
    /// A rollback or repair was announced but interrupted before it took place.
    #[error("its last {0} was interrupted before it took place, and is off now; there is nothing to take back")]
    NeverTookPlace(Event),
    /// Bytes were appended after the rollback or repair.
    #[error(
        "{appended} bytes were appended after the {what} of {since}; `rollback --undo --force` sets them aside in \
         quarantine and takes it back"
    )]
    Appended {
        /// Number of bytes.
        appended: u64,
        /// Rollback or repair.
        what: Event,
        /// Its time.
        since: String,
    },
    /// Bytes of the log are lost and may come back, so a digest without them would be wrong.
    #[error(
        "has a segment that is lost or damaged, and gets no checkpoint of what is left; `verify` names it: put its \
         file back from a copy, or `repair` rewrites the log"
    )]
    Lost,
    /// The kept bytes are not the recorded ones.
    #[error("{what} {how}; `verify` shows the state of the store")]
    Kept {
        /// The file, below the store.
        what: String,
        /// The difference.
        how: &'static str,
    },
    /// The log differs from the one that the ledger describes.
    #[error("the log differs from what the ledger says about its first {len} bytes: it was changed by another program")]
    OtherLog {
        /// Number of bytes described.
        len: u64,
    },
    /// The repaired log still has findings.
    #[error("the repaired log would still have findings ({0}), and was thrown away; please report this")]
    StillDamaged(String),
    /// The log has no readable record.
    #[error("holds no record at all; there is nothing to repair it from")]
    NothingLeft,
    /// A segment could not be compressed.
    #[error("the compression library failed; the segment stays as it was")]
    Compression,
    /// The manifest of the segments is lost, or belongs to another log.
    #[error(
        "has segments of which it is not certain that they are its own; `verify` says why, `repair` makes it one file"
    )]
    Uncertain,
    /// The file is not a log that can be written.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A file could not be replaced.
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
