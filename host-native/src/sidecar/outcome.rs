//! Parameters, results and errors of building or catching up a sidecar.
//!
//! Owns: the error type of all writes to a sidecar.
//! Invariant: after an error the log and the old sidecar are unchanged.

use crate::os::files::PathError;
use crate::os::standing::InTheWay;
use jcode_session_core::source::SourceError;
use std::ops::ControlFlow;

/// Progress callback. It gets the number of bytes done; `Break` interrupts the operation.
pub type Tick<'t> = dyn FnMut(u64) -> ControlFlow<()> + Send + 't;

/// Why a sidecar was not built. The log and the old sidecar, if any, are unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RebuildError {
    /// The log cannot be read.
    #[error("{0}")]
    Log(#[from] SourceError),
    /// A file operation failed.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A folder stands in the place of the sidecar.
    #[error(transparent)]
    InTheWay(#[from] InTheWay),
    /// SQLite failed.
    #[error("SQLite cannot write the sidecar: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A writer or another build holds the session's lock.
    #[error("another process is writing this session; its sidecar is left to it")]
    Busy,
    /// A segment is lost or damaged. Its bytes may come back, and a sidecar without them would not notice.
    #[error(
        "a segment is lost or damaged, and no sidecar is kept of what is left; `verify` names it: put its file back \
         from a copy, or `repair` rewrites the log"
    )]
    Lost,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// The sidecar was up to date.
    Nothing,
    /// Only the log's new stamp was recorded.
    Restamped,
    /// New entries were added.
    CaughtUp,
    /// The sidecar was rebuilt.
    Built,
}

/// Facts about a log that the caller knows and the sidecar should record.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Number of bytes of the log that are known to be on the disk; 0 if unknown.
    pub synced_len: u64,
    /// Stamps of the files from which the log was migrated.
    pub migrated_from: Option<String>,
    /// The present time in Unix milliseconds if this is a migration; else the old sidecar's value is kept.
    pub migrated_at: Option<i64>,
}
