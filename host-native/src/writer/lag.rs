//! Why a sidecar is behind its log.
//!
//! Owns: the reasons, and the messages for them. A lagging sidecar never fails an append.

use crate::os::files::PathError;
use crate::sidecar::rebuild::RebuildError;
use jcode_session_core::index::catch_up::CatchUpError;
use jcode_session_core::source::SourceError;

/// Why the sidecar lags.
#[derive(Debug, thiserror::Error)]
pub(super) enum Lag {
    /// No catch-up can add to the stored rows.
    #[error("its rows do not fit the log")]
    Rebuild,
    /// Before the next entry or the sync point stand lines that were not handed over.
    #[error("the log holds lines that its writer did not hand over")]
    Hole,
    /// The log no longer holds the indexed bytes.
    #[error("the log was changed where it was indexed")]
    Changed,
    /// The log's path leads to another file or to none, or the log was cut.
    #[error("the log was replaced, removed or cut by another program")]
    Displaced,
    /// Another writer of the session changed the sidecar at the same moment: nothing was begun, the entries still wait.
    #[error("another writer of the session changed it at the same moment")]
    Raced,
    /// Rows wait that no sync of the log covers.
    #[error("the log was not synced")]
    Unsynced,
    /// A reader holds the lock and no transaction was begun: the entries still wait.
    #[error("{0}")]
    Busy(rusqlite::Error),
    #[error("{0}")]
    Sqlite(rusqlite::Error),
    /// A round panicked.
    #[error("what keeps it ended early")]
    EndedEarly,
    #[error(transparent)]
    Building(RebuildError),
    #[error(transparent)]
    Path(#[from] PathError),
    #[error("{0}")]
    Log(#[from] SourceError),
}

impl From<rusqlite::Error> for Lag {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<CatchUpError<rusqlite::Error>> for Lag {
    fn from(error: CatchUpError<rusqlite::Error>) -> Self {
        match error {
            CatchUpError::NeedsRebuild => Self::Rebuild,
            CatchUpError::Store(error) => Self::Sqlite(error),
        }
    }
}

impl From<RebuildError> for Lag {
    fn from(error: RebuildError) -> Self {
        Self::Building(error)
    }
}
