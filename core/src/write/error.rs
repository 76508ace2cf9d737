//! Errors of writing.
//!
//! Owns: which errors latch the writer.
//! Invariant: the variant of an error shows whether the writer is still usable. A latched writer returns the same cause
//! from every later call.

use super::displaced::Displaced;
use super::entry::Refusal;
use crate::dialect::Refused;
use crate::source::SourceError;
use crate::storage::StorageError;
use alloc::boxed::Box;

/// Why a writer is latched: it accepts nothing until the log is opened again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// A write failed for another reason than lack of space.
    #[error("a write at byte {offset} failed: {error}")]
    Write {
        /// End of the log before the write.
        offset: u64,
        /// Storage error.
        error: StorageError,
    },
    /// A half-written line could not be cut back.
    #[error("a half-written line at byte {offset} could not be cut back: {error}")]
    CutBack {
        /// Start of the line.
        offset: u64,
        /// Storage error.
        error: StorageError,
    },
    /// A sync failed; the state of all bytes written since the previous sync is unknown.
    #[error("a sync failed, what follows byte {synced_len} may not be on the disk: {error}")]
    Sync {
        /// Bytes covered by the previous sync.
        synced_len: u64,
        /// Storage error.
        error: StorageError,
    },
    /// Another program wrote into the middle of this writer's lines, which can no longer be cut back.
    #[error(
        "another program wrote at the same moment: the log is {found} bytes long where {expected} were to be, and what \
         is between is not whole; `verify` shows it"
    )]
    Foreign {
        /// Expected length of the log.
        expected: u64,
        /// Length found.
        found: u64,
    },
    /// The log's path no longer leads to the written log.
    #[error("{0}")]
    Displaced(Box<Displaced>),
}

/// Why a write failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// No space. The partial write was cut back; the writer stays usable, and the next append tries again.
    #[error("no space to write at byte {offset}: {error}; nothing was written, make room and append again")]
    Full {
        /// End of the log.
        offset: u64,
        /// Storage error.
        error: StorageError,
    },
    /// Another writer has the log, and its turn does not end. Nothing was written, and the writer stays usable.
    #[error("{why}; nothing was written, append again")]
    Held {
        /// Who, as the host says it.
        why: alloc::string::String,
    },
    /// The writer is latched.
    #[error("{0}; nothing more is written until the session is opened again")]
    Latched(Cause),
}

/// Why an append was not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// The entry was refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The entry could not be written; it is not in the log.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Why a log was not opened for writing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file is not a log that can be written.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The log changed while it was being opened.
    #[error("was changed by another program while it was being opened; open it again")]
    Changed,
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The log could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
}
