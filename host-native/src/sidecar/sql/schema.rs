//! What stands in a database's schema, and whether its pages hold together.
//!
//! Owns: the comparison with the statements that make it. Invariant: reading the schema runs nothing of it.
//! Does not: make tables.

use jcode_session_core::index::schema::JUMP_INDEX_FROM;
use rusqlite::{Connection, Result};

/// What is wrong with tables and indexes of a sidecar with so many entries, apart from what its rows say.
pub(super) fn fault(connection: &Connection, entries: u64) -> Result<Option<String>> {
    let said: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if said != "ok" {
        return Ok(Some(said));
    }
    let count = "SELECT count(*) FROM sqlite_schema WHERE type='index' AND sql IS NOT NULL";
    let indexes: i64 = connection.query_row(count, [], |row| row.get(0))?;
    let wanted = 1 + i64::from(entries >= JUMP_INDEX_FROM);
    Ok((indexes < wanted).then(|| "an index is missing".to_string()))
}

/// True if the schema holds nothing but what `statements`, parted by `;`, make. A hostile file may hold views, which
/// answer with rows without end, and triggers.
///
/// # Errors
/// What SQLite says.
pub fn holds_only(connection: &Connection, statements: &[&str]) -> Result<bool> {
    let known = statements.iter().flat_map(|text| text.split(';')).map(|one| one.trim().replace("IF NOT EXISTS ", ""));
    let known: Vec<String> = known.collect();
    let mut statement = connection.prepare_cached("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let sql = row.get_ref(0)?;
        if !known.iter().any(|known| sql.as_str().is_ok_and(|sql| sql == known)) {
            return Ok(false);
        }
    }
    Ok(true)
}
