//! Migration: turns a log of an older dialect, or jcode's v1 files, into a log of the current dialect.
//!
//! If you change a step, then change sections 7.1 and 8 of `docs/format.md` and the crash tests first.
//!
//! Owns: the order of steps, each of which ends with a sync: 1. the new log is written aside and compared with its
//! source; 2. the old log gets a second name in `checkpoints/`, unless the new one begins with it; 3. the ledger gains
//! the rows for the states before and after; 4. the new log is renamed over the old one.
//! Invariant: before step 4 the log is unchanged, after it the log is migrated. The last row names both states, so the
//! log itself shows which holds.
//! Does not: lock, check free space or update the sidecar; hosts do.

pub mod from_v1;
pub mod upgrade;

use super::error::StoreError;
use super::session_store::SessionStore;
use super::set_aside;
use crate::dialect::CheckError;
use crate::dialect::jcode::{GrowthError, ReplayError};
use crate::source::identity::FileStamp;
use crate::source::{ByteSource, SourceError};
use crate::storage::{Place, PublishError, Storage, StorageError, StorageFile};

/// Why a migration failed; the log is then unchanged or migrated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// The source of the new log cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The upgraded log is not the old log's upgrade.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// The v1 files cannot be read as a session.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The growth of v1 cannot be added to the log beside it.
    #[error(transparent)]
    Growth(#[from] GrowthError),
    /// jcode wrote to the v1 files during the migration.
    #[error("jcode changed its files meanwhile; run again once it is idle")]
    SourceChanged,
    /// The written log differs from the v1 files.
    #[error("the written log does not hold what the v1 files say, and was thrown away; please report this")]
    NotEqual,
    /// The store or the new log cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<StorageError> for MigrateError {
    fn from(error: StorageError) -> Self {
        Self::Store(error.into())
    }
}

/// Checks that the log is still the one with which the migration was planned (`None`: no log).
fn is_as_planned<S: Storage>(session: &SessionStore<'_, S>, seen: Option<FileStamp>) -> Result<(), MigrateError> {
    let same = match (&session.log, seen) {
        (Some(log), Some(seen)) => log.stamp()?.is_as_left(&seen),
        (None, None) => true,
        _ => false,
    };
    let changed = || StoreError::from(PublishError::Changed { what: Place::Log });
    if same { Ok(()) } else { Err(changed().into()) }
}

/// Writes the parts of a new log aside, one after the other, and passes their bytes to `seen`.
pub(super) fn write<S: Storage>(
    storage: &S,
    parts: &[&dyn ByteSource],
    mut seen: impl FnMut(&[u8]),
) -> Result<S::File, MigrateError> {
    let mut file = set_aside::new_log(storage)?;
    for part in parts {
        set_aside::copy(*part, part.len(), &mut file, &mut seen)?;
        part.still_whole()?;
        if part.met_lost() {
            return Err(StoreError::Lost.into());
        }
    }
    // The caller reads it once more.
    file.map();
    Ok(file)
}
