//! Sidecars as SQLite's own statements make them: the oracle of images, and a floor.
//!
//! Owns: the statements that a full build would need.

use jcode_session_core::index::Built;
use jcode_session_core::index::meta::IndexMeta;
use jcode_session_core::index::row::Row;
use jcode_session_core::index::schema;
use jcode_session_core::index::store::IndexStore;
use jcode_session_native::sidecar::sql::{SqlStore, write_meta};
use rusqlite::{Connection, Result};

/// Makes the tables of a sidecar in an empty database.
///
/// # Errors
/// Any SQLite error.
pub fn create_schema(connection: &Connection) -> Result<()> {
    connection.execute_batch(&format!(
        "PRAGMA page_size={};PRAGMA application_id={};PRAGMA user_version={};{}",
        schema::PAGE_SIZE,
        schema::APPLICATION_ID,
        schema::SCHEMA_VERSION,
        schema::TABLES
    ))
}

/// A sidecar in memory with these rows, which are final.
///
/// # Errors
/// Any SQLite error.
pub fn insert<R>(rows: &[Row<'_>], built: &Built<R>, meta: &IndexMeta) -> Result<Connection> {
    let connection = Connection::open_in_memory()?;
    create_schema(&connection)?;
    {
        let mut store = SqlStore::new(&connection);
        rows.iter().try_for_each(|row| store.insert(row))?;
        built.branches.iter().try_for_each(|branch| store.put_branch(branch))?;
        built.labels.iter().try_for_each(|label| store.put_label(label))?;
        store.index_jumps(built.counts.entries)?;
    }
    connection.execute_batch(schema::ID_INDEX)?;
    write_meta(&connection, meta)?;
    Ok(connection)
}
