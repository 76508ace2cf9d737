//! The tags of one session, read from its log and changed by an entry in it.
//!
//! Owns: the change as one step under the writer's lock. Core decides what a tag may be.
//! Invariant: the new set is the present set with the changes applied. If nothing changes, nothing is written.

use crate::os::files::PathError;
use crate::os::log_file::LogFile;
use crate::session::kind;
use crate::sidecar::{self, Sidecar};
use crate::writer::{Closed, LockMode, OpenError, Writer, WriterOptions};
use jcode_session_core::catalog::CountTail;
use jcode_session_core::dialect::{Refused, detect};
use jcode_session_core::index::Counts;
use jcode_session_core::log::tags::{self, TagError};
use jcode_session_core::log::{Dialect, LogScan, scan_source};
use jcode_session_core::source::{ByteSource, SourceError};
use jcode_session_core::write::{AppendError, Durability, Parent, Unwritten, WriteError};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Why tags were not read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TagsError {
    /// The log cannot be opened.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The log cannot be read.
    #[error("{}: {source}", path.display())]
    Log {
        /// The log.
        path: PathBuf,
        /// The reason.
        source: SourceError,
    },
    /// The session has an older dialect.
    #[error(
        "{} is of dialect {dialect}, which has no place for tags; run `jcode-session migrate {}` first",
        path.display(), path.display()
    )]
    Older {
        /// The log or snapshot.
        path: PathBuf,
        /// Its dialect.
        dialect: Dialect,
    },
    /// The file is no session, or its format is not known.
    #[error("{}: {source}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: Refused,
    },
    /// A tag, or the set, is not allowed.
    #[error(transparent)]
    Tag(#[from] TagError),
    /// The session cannot be written.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The entry was refused.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The session could not be written just then.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The entry is not on the disk.
    #[error(transparent)]
    Close(#[from] Unwritten),
}

/// The tags of a session.
///
/// # Errors
/// See [`TagsError`]. A session of an older dialect has no tags.
pub fn read(path: &Path) -> Result<Vec<String>, TagsError> {
    let failed = |source| TagsError::Log { path: path.to_path_buf(), source };
    if crate::session::v1::is_snapshot(path) {
        return Err(TagsError::Older { path: path.to_path_buf(), dialect: Dialect::JcodeV1 });
    }
    if let Some(Err(source)) = kind::no_file(path).map(|detected| detected.known()) {
        return Err(TagsError::Refused { path: path.to_path_buf(), source });
    }
    let mut log = LogFile::open(path)?;
    let detected = detect(&log).map_err(failed)?;
    detected.current().map_err(|source| match source {
        Refused::Older(dialect) => TagsError::Older { path: path.to_path_buf(), dialect },
        source => TagsError::Refused { path: path.to_path_buf(), source },
    })?;
    if let Sidecar::Fresh { reader, .. } = sidecar::open(&log).map_err(failed)? {
        return Ok(reader.meta().counts.tags.clone());
    }
    log.map_if_guarded();
    let mut recount = CountTail { counts: Counts::default(), leaf: None };
    scan_source(&log, 0..log.len(), LogScan::new(), &mut recount, &mut |_| ControlFlow::Continue(()))
        .map_err(failed)?;
    Ok(recount.counts.tags)
}

/// Adds (true) and removes (false) tags. Returns the new set, and the result of closing the log if it was written.
///
/// # Errors
/// See [`TagsError`].
pub fn change(
    path: &Path,
    changes: &[(String, bool)],
    durability: Durability,
    home: &Path,
) -> Result<(Vec<String>, Option<Closed>), TagsError> {
    changes.iter().try_for_each(|(tag, _)| tags::check(tag))?;
    let before = read(path)?;
    let words = || changes.iter().map(|(tag, add)| (tag.as_str(), *add));
    if tags::change(&before, words())? == before {
        return Ok((before, None));
    }
    let options = WriterOptions { durability, lock: LockMode::Batch, ..WriterOptions::default() };
    let mut writer = Writer::open(path, &options)?;
    writer.list_in(home, path);
    let changed = writer.in_turn(|turn| {
        // Once more, now that nobody else can change it.
        let set = tags::change(&read(path)?, words())?;
        turn.append(&tags::entry(&set), Parent::Leaf)?;
        Ok::<_, TagsError>(set)
    });
    let closed = writer.close()?;
    let set = changed?;
    Ok((set, Some(closed)))
}
