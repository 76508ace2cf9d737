//! The session index: `<home>/agent/sessions.idx.db`, SQLite in WAL mode, and its lock file.
//!
//! If you change the schema, then raise `VERSION`, rebuild indexes of older versions (so far every other version counts
//! as newer), and update section 9 of `docs/format.md`.
//!
//! Owns: the SQL of the session index, and the check whether an index is usable.
//! Invariant: nobody waits for a lock. Readers change nothing; writers hold the lock file, which they take only if it
//! is free at once. An index of a newer version stays untouched; a broken index is rebuilt. A row is one opaque blob;
//! the columns beside it are copies for the indexes.

use crate::os::folders;
use crate::os::lock::try_lock;
use crate::os::opening::open_or_make;
use crate::os::stat;
use crate::sidecar::sql::holds_only;
use jcode_session_core::catalog::Row;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params};
use std::fs::File;
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
/// The application id `jcsi`, and the version of the schema.
const APPLICATION_ID: i64 = 0x6A63_7369;
const VERSION: i64 = 2;

/// Why the index gives no rows.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Unusable {
    /// There is no index.
    #[error("there is no session index yet; `list` makes one")]
    Missing,
    /// The index is locked, or its folder is not accessible.
    #[error("the session index is in use by another process, or cannot be opened; lists are read from the sessions")]
    Busy,
    /// A newer version of this software made the index.
    #[error("the session index was made by a newer version; it is left alone, lists are read from the sessions")]
    Newer,
    /// The index cannot be read.
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

/// Which stored rows a save removes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Dropped<'d> {
    /// The rows with these paths.
    These(&'d [Vec<u8>]),
    /// All rows that this save does not store.
    AllOthers,
}

/// The rows of one root.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) rows: Vec<Row>,
    /// Number of rows that do not match their checksum.
    pub(super) damaged: u64,
}

/// The path of the session index of a home.
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

    /// Passes each row of a root to `see`. Returns the number of damaged rows.
    pub(super) fn all(&self, root: &[u8], see: impl FnMut(Row)) -> Result<u64, Unusable> {
        self.rows(root, "SELECT rel,row FROM sessions WHERE root=(SELECT id FROM roots WHERE path=?1)", None, see)
    }

    /// Passes the newest sessions of a root to `see`, in list order. Returns the number of damaged rows.
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

    /// The paths of all roots.
    pub(super) fn roots(&self) -> Result<Vec<Vec<u8>>, Unusable> {
        let connection = self.open_to_read()?;
        let mut statement = connection.prepare("SELECT path FROM roots")?;
        let roots = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>();
        Ok(roots?)
    }

    fn open_to_read(&self) -> Result<Connection, Unusable> {
        match stat::lstat(&self.path) {
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
        // Another process may still have a replaced file open. Closing it must not checkpoint the new file's journal,
        // which has the same name.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.execute_batch("PRAGMA trusted_schema=OFF;PRAGMA cell_size_check=ON;PRAGMA mmap_size=0")?;
        Ok(connection)
    }

    /// Stores rows and removes others, if the lock is free at once. Failures are not reported: the next list reads
    /// again what was not stored.
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
        // The folder belongs to jcode and may be a link.
        folders::make_all(folder).ok()?;
        let file = open_or_make(&self.path.with_extension("db.lock")).ok()?;
        try_lock(&file).ok()?;
        Some(file)
    }

    /// Removes a broken index. Checks again first: another process may have rebuilt it meanwhile. Returns whether the
    /// path is ready for writing.
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
        // The journals go first, so that a new index never meets an old journal.
        ["-wal", "-shm", "-journal", ""].iter().all(|ending| {
            let mut name = self.path.as_os_str().to_owned();
            name.push(ending);
            stat::remove(Path::new(&name)).is_ok()
        })
    }

    fn write<'r>(
        &self,
        root: &[u8],
        rows: impl Iterator<Item = &'r Row>,
        dropped: Dropped<'_>,
    ) -> Result<(), Unusable> {
        // SQLite gives its journals the mode of the database, so the file is created here, private.
        open_or_make(&self.path).map_err(|_| Unusable::Busy)?;
        let mut connection = self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let is_new = match version(&connection)? {
            0 => true,
            VERSION => false,
            _ => return Err(Unusable::Newer),
        };
        // Large pages, because lists read the whole file. No syncs: a power cut costs the cache at worst, and rows
        // carry checksums.
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
        // A journal that is left costs the next reader a pass over it. A concurrent reader prevents the checkpoint,
        // which is fine.
        let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        Ok(())
    }
}

/// The version of the index; 0 for an empty file.
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
