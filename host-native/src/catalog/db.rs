//! The session index: `<home>/agent/sessions.idx.db`, SQLite in WAL mode, and its lock file.
//!
//! Owns: the SQL, and what is wrong with an index. Invariant: nobody waits. Readers change nothing; writers hold the
//! lock file, taken only if it is free at once. An index of a newer version is left alone, a broken one made anew.
//! Does not: know what a row says; it is one blob, with a copy of what indexes need beside it.

use crate::os::folders;
use crate::os::storage::private;
use crate::sidecar::sql::holds_only;
use jcode_session_core::catalog::Row;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

const SCHEMA: &str = "
CREATE TABLE roots(id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE);
CREATE TABLE sessions(id INTEGER PRIMARY KEY, root INTEGER NOT NULL, rel BLOB NOT NULL, session_id TEXT, cwd TEXT,
  last_modified INTEGER, row BLOB NOT NULL, UNIQUE(root,rel));
CREATE INDEX sessions_by_time ON sessions(root,last_modified DESC,session_id,rel) WHERE session_id IS NOT NULL;
CREATE INDEX sessions_by_cwd ON sessions(cwd,last_modified);
CREATE INDEX sessions_by_id ON sessions(session_id);
CREATE TABLE tags(tag TEXT NOT NULL, session INTEGER NOT NULL);
CREATE INDEX tags_by_tag ON tags(tag);
CREATE INDEX tags_by_session ON tags(session);
";
/// `jcsi`, and the version of the schema.
const APPLICATION_ID: i64 = 0x6A63_7369;
const VERSION: i64 = 1;

/// Why the index gives no rows.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Unusable {
    /// There is none.
    #[error("there is no session index yet; `list` makes one")]
    Missing,
    /// It is locked, or its folder is closed to us.
    #[error("the session index is in use by another process, or cannot be opened; lists are read from the sessions")]
    Busy,
    /// It was made by a newer version of this software.
    #[error("the session index was made by a newer version; it is left alone, lists are read from the sessions")]
    Newer,
    /// It cannot be read.
    #[error("the session index is damaged ({0}); the next `list` or `doctor --fix` makes it anew")]
    Broken(String),
}

impl From<rusqlite::Error> for Unusable {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::DiskFull,
            ) => Self::Busy,
            _ => Self::Broken(error.to_string()),
        }
    }
}

/// Rows that go.
#[derive(Debug, Clone, Copy)]
pub(super) enum Dropped<'d> {
    /// Those with these paths.
    These(&'d [Vec<u8>]),
    /// All that are not stored anew.
    AllOthers,
}

/// Rows of one root.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) rows: Vec<Row>,
    /// Rows that do not match their checksum.
    pub(super) damaged: u64,
}

/// The file of the session index below a home.
#[must_use]
pub fn file_path(home: &Path) -> PathBuf {
    home.join("agent").join("sessions.idx.db")
}

/// The session index of a home.
#[derive(Debug, Clone)]
pub(super) struct Store {
    home: PathBuf,
    path: PathBuf,
}

impl Store {
    pub(super) fn new(home: &Path) -> Self {
        Self { home: home.to_path_buf(), path: file_path(home) }
    }

    pub(super) fn home(&self) -> &Path {
        &self.home
    }

    /// All rows of a root.
    pub(super) fn load(&self, root: &[u8]) -> Result<Loaded, Unusable> {
        let mut loaded = Loaded::default();
        loaded.damaged = self.all(root, |row| loaded.rows.push(row))?;
        Ok(loaded)
    }

    /// Shows all rows of a root; the number of those that are damaged.
    pub(super) fn all(&self, root: &[u8], see: impl FnMut(Row)) -> Result<u64, Unusable> {
        self.rows(root, "SELECT rel,row FROM sessions WHERE root=(SELECT id FROM roots WHERE path=?1)", None, see)
    }

    /// Shows the newest sessions of a root, in the order of lists; the number of rows that are damaged.
    pub(super) fn newest(&self, root: &[u8], limit: usize, see: impl FnMut(Row)) -> Result<u64, Unusable> {
        let sql = "SELECT rel,row FROM sessions WHERE root=(SELECT id FROM roots WHERE path=?1) AND session_id IS NOT \
                   NULL ORDER BY last_modified DESC,session_id,rel LIMIT ?2";
        self.rows(root, sql, Some(limit), see)
    }

    fn rows(&self, root: &[u8], sql: &str, limit: Option<usize>, mut see: impl FnMut(Row)) -> Result<u64, Unusable> {
        let connection = self.open_to_read()?;
        let mut statement = connection.prepare(sql)?;
        let mut rows = match limit {
            None => statement.query(params![root])?,
            Some(limit) => statement.query(params![root, i64::try_from(limit).unwrap_or(i64::MAX)])?,
        };
        let mut damaged = 0;
        while let Some(row) = rows.next()? {
            let bytes = |column| row.get_ref(column).ok().and_then(|value| value.as_blob().ok());
            match (bytes(0), bytes(1)) {
                (Some(rel), Some(packed)) => match Row::unpack(rel.to_vec(), packed) {
                    Some(row) => see(row),
                    None => damaged += 1,
                },
                _ => damaged += 1,
            }
        }
        Ok(damaged)
    }

    /// Paths of all roots.
    pub(super) fn roots(&self) -> Result<Vec<Vec<u8>>, Unusable> {
        let connection = self.open_to_read()?;
        let mut statement = connection.prepare("SELECT path FROM roots")?;
        let roots = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>();
        Ok(roots?)
    }

    fn open_to_read(&self) -> Result<Connection, Unusable> {
        match std::fs::symlink_metadata(&self.path) {
            Ok(metadata) if metadata.is_file() => {}
            Ok(_) => return Err(Unusable::Busy),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Unusable::Missing),
            Err(_) => return Err(Unusable::Busy),
        }
        let connection = self.connect(OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        match version(&connection)? {
            0 => Err(Unusable::Broken("it is empty".to_string())),
            VERSION => Ok(connection),
            _ => Err(Unusable::Newer),
        }
    }

    fn connect(&self, flags: OpenFlags) -> Result<Connection, Unusable> {
        let connection = Connection::open_with_flags(&self.path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(Duration::ZERO)?;
        // Whoever still has a file open that was replaced must not touch the new one's journal by its name.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.execute_batch("PRAGMA trusted_schema=OFF;PRAGMA cell_size_check=ON;PRAGMA mmap_size=0")?;
        Ok(connection)
    }

    /// Stores rows and removes others, if the lock is free at once. That it could not be done is no news: the next
    /// list reads what is not stored.
    pub(super) fn save<'r>(
        &self,
        root: &[u8],
        state: &Result<(), Unusable>,
        rows: impl Iterator<Item = &'r Row>,
        dropped: Dropped<'_>,
    ) {
        if matches!(state, Err(Unusable::Newer | Unusable::Busy)) {
            return;
        }
        let Some(_lock) = self.lock() else { return };
        if matches!(state, Err(Unusable::Broken(_))) && !self.remove_broken() {
            return;
        }
        let _ = self.write(root, rows, dropped);
    }

    fn lock(&self) -> Option<File> {
        let folder = self.path.parent()?;
        if !self.home.is_dir() {
            return None;
        }
        // jcode's own folder, which may be a link.
        folders::make_all(folder).ok()?;
        let mut options = OpenOptions::new();
        private(options.read(true).write(true).create(true).truncate(false));
        let file = options.open(self.path.with_extension("db.lock")).ok()?;
        file.try_lock().ok()?;
        Some(file)
    }

    /// Removes an index that is broken, if it still is: another process may have made it anew meanwhile.
    fn remove_broken(&self) -> bool {
        let whole = self.open_to_read().and_then(|connection| {
            let word: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
            if word == "ok" { Ok(()) } else { Err(Unusable::Broken(word)) }
        });
        match whole {
            Ok(()) | Err(Unusable::Missing) => return true,
            Err(Unusable::Broken(_)) => {}
            Err(_) => return false,
        }
        // The journals first: a new file must not meet an old one's.
        ["-wal", "-shm", "-journal", ""].iter().all(|ending| {
            let mut name = self.path.as_os_str().to_owned();
            name.push(ending);
            match std::fs::remove_file(name) {
                Ok(()) => true,
                Err(error) => error.kind() == io::ErrorKind::NotFound,
            }
        })
    }

    fn write<'r>(
        &self,
        root: &[u8],
        rows: impl Iterator<Item = &'r Row>,
        dropped: Dropped<'_>,
    ) -> Result<(), Unusable> {
        // SQLite gives its journals the mode of the file, so the file is made here, private.
        private(OpenOptions::new().read(true).write(true).create(true).truncate(false))
            .open(&self.path)
            .map_err(|_| Unusable::Busy)?;
        let mut connection = self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let is_new = match version(&connection)? {
            0 => true,
            VERSION => false,
            _ => return Err(Unusable::Newer),
        };
        // Large pages: lists read all of it. No syncs: a power cut costs the cache at worst, rows carry checksums.
        connection.execute_batch("PRAGMA page_size=16384;PRAGMA journal_mode=WAL;PRAGMA synchronous=OFF")?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if is_new {
            transaction.execute_batch(SCHEMA)?;
            transaction
                .execute_batch(&format!("PRAGMA application_id={APPLICATION_ID};PRAGMA user_version={VERSION}"))?;
        }
        transaction.execute("INSERT OR IGNORE INTO roots(path) VALUES(?1)", [root])?;
        let root: i64 = transaction.query_row("SELECT id FROM roots WHERE path=?1", [root], |row| row.get(0))?;
        {
            let mut remove = transaction.prepare("DELETE FROM sessions WHERE root=?1 AND rel=?2 RETURNING id")?;
            let mut untag = transaction.prepare("DELETE FROM tags WHERE session=?1")?;
            if let Dropped::AllOthers = dropped {
                transaction
                    .execute("DELETE FROM tags WHERE session IN(SELECT id FROM sessions WHERE root=?1)", [root])?;
                transaction.execute("DELETE FROM sessions WHERE root=?1", [root])?;
            }
            let gone = if let Dropped::These(gone) = dropped { gone } else { &[] };
            for rel in gone {
                let id: Option<i64> = remove.query_row(params![root, rel], |row| row.get(0)).ok();
                if let Some(id) = id {
                    untag.execute([id])?;
                }
            }
            let mut put = transaction.prepare(
                "INSERT INTO sessions(root,rel,session_id,cwd,last_modified,row) VALUES(?1,?2,?3,?4,?5,?6) ON \
                 CONFLICT(root,rel) DO UPDATE SET session_id=excluded.session_id,cwd=excluded.cwd,\
                 last_modified=excluded.last_modified,row=excluded.row RETURNING id",
            )?;
            let mut tag = transaction.prepare("INSERT INTO tags(tag,session) VALUES(?1,?2)")?;
            for row in rows {
                let summary = row.summary.as_deref();
                let id: i64 = put.query_row(
                    params![
                        root,
                        row.rel,
                        summary.map(|s| &s.session_id),
                        summary.and_then(|s| s.cwd.as_ref()),
                        summary.map(|s| s.list_time()),
                        row.pack()
                    ],
                    |row| row.get(0),
                )?;
                untag.execute([id])?;
                for word in summary.map(|s| s.tags.as_slice()).unwrap_or_default() {
                    tag.execute(params![word, id])?;
                }
            }
        }
        transaction.commit()?;
        // A journal that is left costs the next reader a pass over it. Who reads just now stops this, and may.
        let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        Ok(())
    }
}

/// The version of the index; 0 of an empty file.
fn version(connection: &Connection) -> Result<i64, Unusable> {
    let id: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match (id, version) {
        (0, 0) => {
            let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            if tables == 0 { Ok(0) } else { Err(Unusable::Broken("it is another program's".to_string())) }
        }
        (APPLICATION_ID, VERSION) if !holds_only(connection, &[SCHEMA])? => {
            Err(Unusable::Broken("its tables are not ours".to_string()))
        }
        (APPLICATION_ID, 1..) => Ok(version),
        _ => Err(Unusable::Broken("it is no session index".to_string())),
    }
}
