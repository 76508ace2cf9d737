//! Opening the file of a sidecar.
//!
//! Owns: flags and waiting times of all connections to sidecars.
//! Invariant: no link is followed below the folder of the log, and nothing of a hostile schema runs functions.

use crate::os::paths;
use crate::os::stat;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// What a sidecar is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To answer a reader, which reads the log instead of waiting long. The journal of a killed writer cannot be
    /// rolled back that way: SQLite then says so.
    Read,
    /// To change it once, under its lock.
    Update,
    /// To follow a writer; what has to wait for readers is tried again.
    Follow,
}

/// Opens the sidecar of a log, which must be there.
pub(crate) fn connect(log: &Path, purpose: Purpose) -> rusqlite::Result<Connection> {
    let (access, wait_ms) = match purpose {
        Purpose::Read => (OpenFlags::SQLITE_OPEN_READ_ONLY, 25),
        Purpose::Update => (OpenFlags::SQLITE_OPEN_READ_WRITE, 250),
        Purpose::Follow => (OpenFlags::SQLITE_OPEN_READ_WRITE, 100),
    };
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(real(&paths::sidecar(log)), flags)?;
    connection.busy_timeout(Duration::from_millis(wait_ms))?;
    connection.execute_batch("PRAGMA trusted_schema=OFF")?;
    Ok(connection)
}

/// The path with all links in front of the file's name resolved: SQLite refuses every link, and those above a session
/// are followed.
fn real(path: &Path) -> std::path::PathBuf {
    let folder = stat::real_path(paths::folder(path));
    folder.ok().and_then(|folder| Some(folder.join(path.file_name()?))).unwrap_or_else(|| path.to_path_buf())
}
