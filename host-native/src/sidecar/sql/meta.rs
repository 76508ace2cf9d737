//! The metadata of a sidecar.
//!
//! Owns: the mapping between core's values and the rows of `metadata`.
//! Invariant: metadata of another schema, or of a database with more than our tables, is not read.

use jcode_session_core::index::meta::IndexMeta;
use jcode_session_core::index::meta_rows::Value;
use jcode_session_core::index::schema;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Result, ToSql, params};

struct Stored<'v>(&'v Value);

impl ToSql for Stored<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Value::Int(n) => ToSqlOutput::from(*n),
            Value::Text(text) => ToSqlOutput::from(text.as_str()),
            Value::Blob(bytes) => ToSqlOutput::from(bytes.as_slice()),
        })
    }
}

/// Replaces all rows of the metadata.
///
/// # Errors
/// Any SQLite error.
pub fn write_meta(connection: &Connection, meta: &IndexMeta) -> Result<()> {
    connection.prepare_cached("DELETE FROM metadata")?.execute([])?;
    let mut insert = connection.prepare_cached("INSERT INTO metadata VALUES(?1,?2)")?;
    for (key, value) in meta.to_rows() {
        insert.execute(params![key, Stored(&value)])?;
    }
    Ok(())
}

/// Reads the metadata. Returns `None` if the schema is another one or the rows do not match their digest.
///
/// # Errors
/// Any SQLite error.
pub fn read_meta(connection: &Connection) -> Result<Option<IndexMeta>> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version != schema::SCHEMA_VERSION || !crate::sidecar::sql::holds_only(connection, &schema::STATEMENTS)? {
        return Ok(None);
    }
    let mut statement = connection.prepare_cached("SELECT key,value FROM metadata")?;
    let rows = statement.query_map([], |row| {
        let value = match row.get_ref(1)? {
            ValueRef::Integer(n) => Value::Int(n),
            ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
            other @ (ValueRef::Null | ValueRef::Real(_)) => {
                return Err(rusqlite::Error::InvalidColumnType(1, "value".into(), other.data_type()));
            }
        };
        Ok((row.get(0)?, value))
    })?;
    let rows: Vec<(String, Value)> = rows.collect::<Result<_>>()?;
    Ok(IndexMeta::from_rows(&rows))
}
