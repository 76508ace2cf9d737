//! Checks the schema of a database.
//!
//! Owns: the comparison of a schema with the statements that make it.
//! Invariant: reading the schema runs nothing from it.

use rusqlite::{Connection, Result};

/// True if the schema holds nothing but what `statements`, separated by `;`, create. A hostile file may hold triggers,
/// and views that return endless rows.
///
/// # Errors
/// Any SQLite error.
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
