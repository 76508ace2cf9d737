//! A writer's connection to its sidecar.
//!
//! Owns: how many stay open, how safe its commits are, the mark `unsynced_boot`, and that of several writers each builds on what is there.
//! Invariant: the mark is on the disk before the first change that is not synced, and goes with a sync when the
//! writer closes: a sidecar that a power cut may have torn is known by it. Does not: choose rows.

use super::lag::Lag;
use crate::os::files;
use crate::os::host;
use crate::os::log_file::LogFile;
use crate::os::paths;
use crate::sidecar::connect::{Purpose, connect};
use crate::sidecar::sql::{is_locked, read_meta};
use crate::sidecar::{commit, written_meta};
use jcode_session_core::index::meta::IndexMeta;
use jcode_session_core::source::identity::FileStamp;
use rusqlite::{Connection, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// An open sidecar whose rows match `meta`.
pub(super) struct IndexFile {
    connection: Connection,
    pub(super) meta: IndexMeta,
    /// The mark is set, and later commits are not synced.
    marked: bool,
    /// Other writers of the session change it too, or put another file in its place.
    takes_turns: bool,
    path: PathBuf,
    /// Which file it is.
    file: Option<FileStamp>,
}

/// Sidecars that writers of this process have open, and how many of them are kept open between two changes.
static OPEN: AtomicUsize = AtomicUsize::new(0);
const FEW: usize = 8;

impl IndexFile {
    pub(super) fn connect(log: &LogFile, takes_turns: bool) -> Result<Self, Lag> {
        let path = paths::sidecar(log.path());
        let file = files::stamp(&path)?;
        let connection = connect(log.path(), Purpose::Follow)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.execute_batch("PRAGMA synchronous=FULL")?;
        // Cheaper than creating and removing the journal for each commit.
        connection.query_row("PRAGMA journal_mode=TRUNCATE", [], |_| Ok(()))?;
        let meta = read_meta(&connection)?.ok_or(Lag::Rebuild)?;
        // A mark of this boot is on the disk already.
        let marked = meta.unsynced_boot.is_some() && meta.unsynced_boot.as_deref() == host::boot_id();
        if marked {
            connection.execute_batch("PRAGMA synchronous=OFF")?;
        }
        OPEN.fetch_add(1, Ordering::Relaxed);
        Ok(Self { connection, meta, marked, takes_turns, path, file })
    }

    /// More are open than should stay so.
    pub(super) fn are_many() -> bool {
        OPEN.load(Ordering::Relaxed) > FEW
    }

    /// The connection, for what is done between [`IndexFile::begin`] and [`IndexFile::commit`].
    pub(super) const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Begins a transaction, which [`IndexFile::commit`] ends; dropping this takes it back. With `closing` it is the last
    /// one, which is synced. With `ahead` its rows may be added before the log is synced.
    pub(super) fn begin(&mut self, log: &LogFile, closing: bool, ahead: bool) -> Result<(), Lag> {
        if closing {
            self.connection.execute_batch("PRAGMA synchronous=FULL")?;
        } else if !self.marked {
            self.mark(log)?;
        }
        if ahead {
            // Uncommitted rows must not lock readers out.
            self.connection.execute_batch("PRAGMA cache_spill=OFF")?;
        }
        let begun = self.connection.execute_batch("BEGIN IMMEDIATE");
        begun.map_err(|error| if is_locked(&error) { Lag::Busy(error) } else { error.into() })?;
        if self.takes_turns && !is_there(&self.path, self.file) {
            self.connection.execute_batch("ROLLBACK")?;
            return Err(Lag::Hole);
        }
        if self.takes_turns && read_meta(&self.connection)?.as_ref() != Some(&self.meta) {
            self.connection.execute_batch("ROLLBACK")?;
            return Err(Lag::Raced);
        }
        Ok(())
    }

    /// Ends the transaction, whose rows then match `meta`.
    pub(super) fn commit(&mut self, log: &LogFile, meta: IndexMeta) -> Result<(), Lag> {
        commit(&self.connection, log.path(), &self.meta, &meta)?;
        self.meta = meta;
        Ok(())
    }

    /// Takes in what other writers of the session have made of the sidecar.
    pub(super) fn see_others(&mut self, log: &LogFile) -> Result<(), Lag> {
        // One of them built another file in its place.
        let now = written_meta(log.path()).ok_or(Lag::Hole)?;
        let here = read_meta(&self.connection)?.ok_or(Lag::Rebuild)?;
        if now != here {
            return Err(Lag::Hole);
        }
        // One that closed took the mark away.
        self.marked &= here.unsynced_boot.is_some();
        self.meta = here;
        Ok(())
    }

    /// Says, durably, that what follows is not synced.
    fn mark(&mut self, log: &LogFile) -> Result<(), Lag> {
        // Without a boot id a torn sidecar could not be told from a whole one. Then every commit is synced.
        let Some(boot) = host::boot_id() else { return Ok(()) };
        let meta = IndexMeta { unsynced_boot: Some(boot.to_string()), ..self.meta.clone() };
        let (path, file) = (self.path.clone(), self.file);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if self.takes_turns && !is_there(&path, file) {
            return Err(Lag::Hole);
        }
        if self.takes_turns && read_meta(&transaction)?.as_ref() != Some(&self.meta) {
            return Err(Lag::Raced);
        }
        commit(&transaction, log.path(), &self.meta, &meta)?;
        drop(transaction);
        self.meta = meta;
        self.connection.execute_batch("PRAGMA synchronous=OFF")?;
        self.marked = true;
        Ok(())
    }
}

/// Whether this is the file at the path. Asked within a transaction, which keeps others from replacing it: a journal is
/// found by its name, and would be played back into another file.
fn is_there(path: &Path, file: Option<FileStamp>) -> bool {
    let now = files::stamp(path).ok().flatten();
    now.zip(file).is_some_and(|(now, file)| now.is_same_file(&file))
}

impl Drop for IndexFile {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        // Another writer's journal may have its name now.
        if self.takes_turns && !is_there(&self.path, self.file) {
            return;
        }
        // Removes the journal. A journal that stays is empty and harmless.
        let _ = self.connection.query_row("PRAGMA journal_mode=DELETE", [], |_| Ok(()));
    }
}
