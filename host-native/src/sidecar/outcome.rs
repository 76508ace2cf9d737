//! What building or catching up a sidecar is told, and what came of it.
//!
//! Owns: the error of all ways to write a sidecar.
//! Invariant: an error leaves the log, and the sidecar that was there, as they were.

use crate::os::files::PathError;
use crate::os::standing::InTheWay;
use jcode_session_core::source::SourceError;
use std::ops::ControlFlow;

/// Called now and then with the number of bytes done; `Break` interrupts.
pub type Tick<'t> = dyn FnMut(u64) -> ControlFlow<()> + Send + 't;

/// Why a sidecar was not built. The log is untouched, and the old sidecar, if any, too.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RebuildError {
    /// The log cannot be read.
    #[error("{0}")]
    Log(#[from] SourceError),
    /// The file system refused.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A folder stands where the sidecar should.
    #[error(transparent)]
    InTheWay(#[from] InTheWay),
    /// SQLite failed.
    #[error("SQLite cannot write the sidecar: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A writer or another build holds the session.
    #[error("another process is writing this session; its sidecar is left to it")]
    Busy,
    /// A segment is lost or damaged. Its bytes may come back, which a sidecar without them would not notice.
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
    /// Only the log's stamp was recorded anew.
    Restamped,
    /// New entries were added.
    CaughtUp,
    /// It was built anew.
    Built,
}

/// What the caller knows about a log and the sidecar should remember.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Bytes of the log that are on the disk; 0 if nothing is known.
    pub synced_len: u64,
    /// What the host says about the files that the log was migrated from.
    pub migrated_from: Option<String>,
    /// Now, Unix milliseconds, if this is a migration; else what the sidecar before said is kept.
    pub migrated_at: Option<i64>,
}
