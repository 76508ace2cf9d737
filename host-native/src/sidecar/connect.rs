//! Opens the SQLite file of a sidecar.
//!
//! Owns: open flags and busy timeouts of all connections to sidecars.
//! Invariant: no link is followed below the log's folder, and a hostile schema cannot run functions.

use crate::os::paths;
use crate::os::stat;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// The purpose of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To answer a reader. The timeout is short, because a reader falls back to the log. A read-only connection cannot
    /// roll back the journal of a killed writer; SQLite then reports an error.
    Read,
    /// To change the sidecar once, under its lock.
    Update,
    /// To follow a writer. A commit that has to wait for readers is tried again.
    Follow,
}

/// Opens the sidecar of a log. The sidecar must exist.
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

/// The path with all links in its folder part resolved. SQLite refuses every link in a path, but links above a session
/// are followed.
fn real(path: &Path) -> std::path::PathBuf {
    let folder = stat::real_path(paths::folder(path));
    folder.ok().and_then(|folder| Some(folder.join(path.file_name()?))).unwrap_or_else(|| path.to_path_buf())
}
