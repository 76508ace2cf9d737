//! One state of a database that another program may write at any time.
//!
//! Owns: how it is read without a trace: SQLite makes files beside a database in WAL mode even to read it. So the database
//! and what lies beside it are copied, copied again if they changed meanwhile, and the copy is opened.
//! Invariant: nothing is created, locked or changed beside the database. Does not: know its tables.

use crate::os::files::{self, stamp};
use rusqlite::{Connection, OpenFlags};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What SQLite keeps beside a database: pages that are not in it yet, or those that were.
const BESIDE: [&str; 2] = ["-wal", "-journal"];

/// How often a database is copied that changes meanwhile.
const TRIES: u32 = 4;

/// What the file system says of a database and of what lies beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp(String);

impl Stamp {
    /// As it is now.
    ///
    /// # Errors
    /// If the file system does not say.
    pub(super) fn of(database: &Path) -> io::Result<Self> {
        let mut text = String::new();
        for path in [database.to_path_buf(), beside(database, BESIDE[0]), beside(database, BESIDE[1])] {
            let found = stamp(&path).map_err(|error| error.source)?;
            let found = found.map(|stamp| format!("{}.{}.{}.{}", stamp.ino, stamp.len, stamp.mtime_ns, stamp.ctime_ns));
            text.push_str(&found.unwrap_or_default());
            text.push('\n');
        }
        Ok(Self(text))
    }

    /// As it is stored.
    pub(super) fn text(&self) -> Vec<u8> {
        self.0.clone().into_bytes()
    }
}

/// An open database, and the state of which it is.
#[derive(Debug)]
pub(super) struct Database {
    connection: Connection,
    stamp: Stamp,
    /// The copy, which goes with this.
    _copy: TempDir,
}

impl Database {
    /// Opens the state that it is in now; a copy is made in `folder`.
    ///
    /// # Errors
    /// If it cannot be read, or changes all the time.
    pub(super) fn open(database: &Path, folder: &Path) -> Result<Self, super::WriteDownError> {
        for _ in 0..TRIES {
            let stamp = Stamp::of(database)?;
            let copy = tempfile::Builder::new().prefix(".copy-").tempdir_in(folder)?;
            let file = copy.path().join("copy.db");
            files::copy(database, &file)?;
            for ending in BESIDE {
                match files::copy(Path::new(&beside(database, ending)), Path::new(&beside(&file, ending))) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                    _ => {}
                }
            }
            if Stamp::of(database)? == stamp {
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = Connection::open_with_flags(&file, flags)?;
                connection.execute_batch("PRAGMA trusted_schema=OFF")?;
                return Ok(Self { connection, stamp, _copy: copy });
            }
        }
        Err(io::Error::new(io::ErrorKind::WouldBlock, "it changes all the time").into())
    }

    pub(super) const fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) const fn stamp(&self) -> &Stamp {
        &self.stamp
    }
}

fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = database.as_os_str().to_os_string();
    name.push(ending);
    name.into()
}
