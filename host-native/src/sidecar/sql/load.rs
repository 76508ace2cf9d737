//! Bulk load: inserts the rows of a full build into a new sidecar.
//!
//! Owns: order and preparation of the statements. Rows are inserted in log order, by row number. The index on `id` is
//! made afterwards, because random ids would dirty one page per row. For ids that ascend it is made along with the
//! rows.
//! Invariant: nothing is visible before [`BulkLoad::finish`] has committed. Nothing is synced.

use super::meta::write_meta;
use jcode_session_core::index::Built;
use jcode_session_core::index::meta::IndexMeta;
use jcode_session_core::index::row::{BranchRow, Fixup, LabelRow, Row};
use jcode_session_core::index::schema;
use rusqlite::{CachedStatement, Connection, Result, params};

/// Makes the tables of a sidecar in an empty database.
///
/// # Errors
/// Any SQLite error; the same holds for all functions here.
pub fn create_schema(connection: &Connection) -> Result<()> {
    connection.execute_batch(&format!(
        "PRAGMA page_size={};PRAGMA application_id={};PRAGMA user_version={};{}",
        schema::PAGE_SIZE,
        schema::APPLICATION_ID,
        schema::SCHEMA_VERSION,
        schema::TABLES
    ))
}

/// One bulk load into a database whose schema was just made.
pub struct BulkLoad<'c> {
    connection: &'c Connection,
    insert: CachedStatement<'c>,
}

impl std::fmt::Debug for BulkLoad<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BulkLoad").finish_non_exhaustive()
    }
}

impl<'c> BulkLoad<'c> {
    /// Begins the transaction of the load.
    ///
    /// # Errors
    /// Any SQLite error.
    pub fn begin(connection: &'c Connection) -> Result<Self> {
        connection.execute_batch("BEGIN")?;
        Ok(Self { connection, insert: connection.prepare_cached(INSERT_ENTRY)? })
    }

    /// Makes the indexes before the rows: for many rows whose ids ascend. The pages of an index then fill up in order,
    /// so few pages stay in the cache, and most are on their way to the disk before the last row is inserted.
    ///
    /// # Errors
    /// Any SQLite error.
    pub fn index_along(&mut self) -> Result<()> {
        self.connection.execute_batch(schema::ID_INDEX)?;
        self.connection.execute_batch(schema::JUMP_INDEX)?;
        self.connection.execute_batch("PRAGMA cache_size=-3072")
    }

    /// Inserts the next row.
    ///
    /// # Errors
    /// Any SQLite error.
    pub fn row(&mut self, row: &Row<'_>) -> Result<()> {
        insert_entry(&mut self.insert, row)
    }

    /// Stores the fixups, branches, labels and metadata that are known at the end of the log, makes the indexes and
    /// commits.
    ///
    /// # Errors
    /// Any SQLite error.
    pub fn finish<R>(self, built: &Built<R>, meta: &IndexMeta) -> Result<()> {
        drop(self.insert);
        let connection = self.connection;
        fix_up(connection, &built.fixups)?;
        for branch in &built.branches {
            put_branch(connection, branch)?;
        }
        for label in &built.labels {
            put_label(connection, label)?;
        }
        connection.execute_batch(schema::ID_INDEX)?;
        if built.counts.entries >= schema::JUMP_INDEX_FROM {
            connection.execute_batch(schema::JUMP_INDEX)?;
        }
        write_meta(connection, meta)?;
        connection.execute_batch("COMMIT")
    }
}

fn fix_up(connection: &Connection, fixups: &[Fixup]) -> Result<()> {
    let mut update =
        connection.prepare_cached("UPDATE entries SET branch_leaf_marker=?2,parent_step=?3,depth=?4 WHERE seq=?1")?;
    for fixup in fixups {
        update.execute(params![fixup.seq, fixup.marker, fixup.parent_step, fixup.depth])?;
    }
    Ok(())
}

pub(super) const INSERT_ENTRY: &str = "INSERT INTO entries VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)";

pub(super) fn insert_entry(insert: &mut CachedStatement<'_>, row: &Row<'_>) -> Result<()> {
    // Bound one by one, because this runs once per entry and a parameter list costs an allocation.
    insert.raw_bind_parameter(1, row.seq)?;
    insert.raw_bind_parameter(2, row.id.as_ref())?;
    insert.raw_bind_parameter(3, row.parent_id.as_deref())?;
    insert.raw_bind_parameter(4, row.ts)?;
    insert.raw_bind_parameter(5, row.kind.as_ref())?;
    insert.raw_bind_parameter(6, row.marker)?;
    insert.raw_bind_parameter(7, row.offset.cast_signed())?;
    insert.raw_bind_parameter(8, row.len.cast_signed())?;
    insert.raw_bind_parameter(9, row.parent_step)?;
    insert.raw_bind_parameter(10, row.depth)?;
    insert.raw_execute()?;
    Ok(())
}

pub(super) fn put_branch(connection: &Connection, row: &BranchRow) -> Result<()> {
    connection.prepare_cached("INSERT OR REPLACE INTO branches VALUES(?1,?2,?3,?4,?5,?6)")?.execute(params![
        row.leaf_id,
        row.name,
        row.labeled_at,
        row.seq,
        row.depth,
        row.ts
    ])?;
    Ok(())
}

pub(super) fn put_label(connection: &Connection, row: &LabelRow) -> Result<()> {
    connection.prepare_cached("INSERT OR REPLACE INTO labels VALUES(?1,?2,?3,?4,?5)")?.execute(params![
        row.seq,
        row.target,
        row.target_id,
        row.name,
        row.labeled_at
    ])?;
    Ok(())
}
