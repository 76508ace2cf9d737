//! Migration: a log of an older dialect, or jcode's v1 files, as a log of the current dialect.
//!
//! Owns: the order of steps, each of which ends with its sync: 1. the new log is written aside, and compared with what
//! it is made from; 2. the old log gets a name in `checkpoints/`, where the new one does not begin with it; 3. the rows:
//! the state before, and the one that comes; 4. the new log is renamed over the old one.
//! Invariant: before step 4 the log is as it was, after it migrated. The last row says from what to what, so that the
//! log itself tells which. Does not: lock, look for room, or follow with the sidecar; hosts do.

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

/// Why a session was not migrated; its log is as it was, or migrated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// What the new log is made from cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The upgraded log is not what the old one implies.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// The v1 files cannot be read as a session.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// What the v1 files gained cannot be added to the log beside them.
    #[error(transparent)]
    Growth(#[from] GrowthError),
    /// jcode wrote its v1 files while they were read.
    #[error("jcode changed its files meanwhile; run again once it is idle")]
    SourceChanged,
    /// The written log is not what the v1 files say.
    #[error("the written log does not hold what the v1 files say, and was thrown away; please report this")]
    NotEqual,
    /// The store, or the new log, cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<StorageError> for MigrateError {
    fn from(error: StorageError) -> Self {
        Self::Store(error.into())
    }
}

/// The log is the file that was looked at (`None`: there was none) when the migration was planned.
fn is_as_planned<S: Storage>(session: &SessionStore<'_, S>, seen: Option<FileStamp>) -> Result<(), MigrateError> {
    let same = match (&session.log, seen) {
        (Some(log), Some(seen)) => log.stamp()?.is_as_left(&seen),
        (None, None) => true,
        _ => false,
    };
    let changed = || StoreError::from(PublishError::Changed { what: Place::Log });
    if same { Ok(()) } else { Err(changed().into()) }
}

/// Writes the parts of a new log aside, one behind the other; gives their bytes to `seen` as they pass.
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
    // It is gone over once more.
    file.map();
    Ok(file)
}
