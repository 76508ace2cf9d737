//! Why something was not written.
//!
//! Owns: what is latched and what is not. Invariant: an error that leaves the writer usable says so by its variant;
//! a latched one comes back unchanged from every later call.
//! Does not: keep the refused entries; callers still have them.

use super::displaced::Displaced;
use super::entry::Refusal;
use crate::dialect::Refused;
use crate::source::SourceError;
use crate::storage::StorageError;
use alloc::boxed::Box;

/// Why a writer takes nothing more until the log is opened anew.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// A write failed other than for lack of space.
    #[error("a write at byte {offset} failed: {error}")]
    Write {
        /// End of the log before the write.
        offset: u64,
        /// What storage said.
        error: StorageError,
    },
    /// A half-written line could not be cut back.
    #[error("a half-written line at byte {offset} could not be cut back: {error}")]
    CutBack {
        /// Where the line starts.
        offset: u64,
        /// What storage said.
        error: StorageError,
    },
    /// A sync failed: nothing is known of what was written since the one before.
    #[error("a sync failed, what follows byte {synced_len} may not be on the disk: {error}")]
    Sync {
        /// Bytes that an earlier sync covered.
        synced_len: u64,
        /// What storage said.
        error: StorageError,
    },
    /// Another program wrote into the middle of a line of this writer, which cannot be taken back.
    #[error(
        "another program wrote at the same moment: the log is {found} bytes long where {expected} were to be, and what \
         is between is not whole; `verify` shows it"
    )]
    Foreign {
        /// Length by what was written here.
        expected: u64,
        /// Length found.
        found: u64,
    },
    /// The log at its path is not the one that is written.
    #[error("{0}")]
    Displaced(Box<Displaced>),
}

/// Why a write did not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// No space. What was half written is cut back; the writer stays usable and the next append tries anew.
    #[error("no space to write at byte {offset}: {error}; nothing was written, make room and append again")]
    Full {
        /// End of the log.
        offset: u64,
        /// What storage said.
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
    /// The entry itself cannot be taken.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It could not be written; it is not in the log.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Why a log was not opened for writing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It is no log that is written.
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
