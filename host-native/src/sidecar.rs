//! The sidecar of one log: is it there, can it be read, and is it of this state of the log?
//!
//! Owns: opening for reading, and the verdict that everybody acts on.
//! Invariant: whatever is wrong with a sidecar is a verdict, never an error: the log answers instead. Nothing is
//! written here.
//! Does not: build or catch up; see [`crate::rebuild`].

use crate::fs::{LogFile, open_plain, stamp_of};
use crate::sql::{ReadError, SidecarReader};
use crate::{host, paths};
use jcode_session_core::index::fingerprint::{Freshness, judge};
use jcode_session_core::index::peek::{PEEK_LEN, peek};
use jcode_session_core::index::store::IndexMeta;
use jcode_session_core::source::{ByteSource, SourceError};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// How a sidecar stands to its log.
#[derive(Debug)]
pub enum Sidecar {
    /// There is none.
    Missing,
    /// It is of this state of the log.
    Fresh {
        /// The open sidecar.
        reader: SidecarReader,
        /// The file was touched or copied: its stamp should be recorded anew.
        restamp: bool,
    },
    /// The log has grown since.
    Grown(SidecarReader),
    /// It is of another state of the log, or of another log, or a commit to it was interrupted.
    Stale,
    /// It was made by another version of this software.
    OtherSchema,
    /// Another process holds it locked.
    Locked,
    /// It cannot be read, or was not fully written before the system went down.
    Corrupt(String),
}

impl Sidecar {
    /// The word for it in reports.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Fresh { .. } => "fresh",
            Self::Grown(_) => "grown",
            Self::Stale | Self::OtherSchema | Self::Locked => "stale",
            Self::Corrupt(_) => "corrupt",
        }
    }
}

/// The metadata of a log's sidecar, if the file system says that the log is as it was when the sidecar was written;
/// without SQLite, for runs over thousands of sessions. `None`: open it and see.
#[must_use]
pub fn glance(log: &Path) -> Option<IndexMeta> {
    let path = paths::sidecar(log);
    let (mut file, _) = open_plain(&path).ok()?;
    let mut start = [0; PEEK_LEN];
    file.read_exact(&mut start).ok()?;
    let meta = peek(&start)?;
    let now = stamp_of(&std::fs::symlink_metadata(log).ok()?);
    let synced = meta.unsynced_boot.is_none() || meta.unsynced_boot.as_deref() == host::boot_id();
    // A journal beside it belongs to a commit that did not end.
    (now == meta.stamp && synced && !journal(&path).exists()).then_some(meta)
}

fn journal(sidecar: &Path) -> std::path::PathBuf {
    let mut name = sidecar.as_os_str().to_owned();
    name.push("-journal");
    name.into()
}

/// How long a reader waits for a writer's commit before it reads the log instead.
const BUSY: Duration = Duration::from_millis(25);

/// Opens and judges the sidecar of an open log.
///
/// # Errors
/// Only if the log cannot be read.
pub fn open(log: &LogFile) -> Result<Sidecar, SourceError> {
    let path = paths::sidecar(log.path());
    match std::fs::symlink_metadata(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Sidecar::Missing),
        Err(error) => return Ok(Sidecar::Corrupt(error.to_string())),
        Ok(metadata) if !metadata.is_file() => return Ok(Sidecar::Corrupt("it is no plain file".into())),
        Ok(metadata) if metadata.len() == 0 => return Ok(Sidecar::Corrupt("it is empty".into())),
        Ok(_) => {}
    }
    let reader = match connect(&path).map_err(ReadError::from).and_then(SidecarReader::new) {
        Ok(reader) => reader,
        Err(error) => return Ok(verdict(error)),
    };
    let meta = reader.meta();
    if meta.unsynced_boot.is_some() && meta.unsynced_boot.as_deref() != host::boot_id() {
        return Ok(Sidecar::Corrupt("the system went down before it was fully written".into()));
    }
    Ok(match judge(&meta.stamp, &meta.fingerprint, &log.stamp(), log as &dyn ByteSource)? {
        Freshness::Fresh => Sidecar::Fresh { reader, restamp: false },
        Freshness::Restamp => Sidecar::Fresh { reader, restamp: true },
        Freshness::Grown => Sidecar::Grown(reader),
        Freshness::Stale => Sidecar::Stale,
    })
}

/// Opens a sidecar for reading. A killed writer's journal cannot be rolled back that way: the sidecar is then of no
/// state of the log.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

fn verdict(error: ReadError) -> Sidecar {
    match error {
        ReadError::Schema => Sidecar::OtherSchema,
        ReadError::Sqlite(error) => match error.sqlite_error() {
            Some(e) if matches!(e.code, ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Sidecar::Locked,
            Some(e) if e.extended_code == rusqlite::ffi::SQLITE_READONLY_ROLLBACK => Sidecar::Stale,
            _ => Sidecar::Corrupt(error.to_string()),
        },
        damaged => Sidecar::Corrupt(damaged.to_string()),
    }
}
