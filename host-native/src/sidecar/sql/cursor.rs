//! A cursor over all stored rows in log order, for verification.
//!
//! Owns: the mapping from SQL rows to core's rows, and the sums over the keys that the indexes must hold.
//! Invariant: one row is in memory at a time.

use fallible_streaming_iterator::FallibleStreamingIterator;
use jcode_session_core::index::row::Row;
use jcode_session_core::verify::{KeySums, StoredRows};
use rusqlite::{Connection, Result, Rows, Statement};
use std::borrow::Cow;
use std::cell::Cell;

/// The statement behind a [`RowCursor`].
const ALL_ROWS: &str = "SELECT seq,id,parent_id,ts,kind,branch_leaf_marker,byte_offset,byte_len,parent_step,depth \
                            FROM entries NOT INDEXED ORDER BY seq";

/// A cursor over the table `entries`.
pub struct RowCursor<'s> {
    rows: Rows<'s>,
    /// Sums over the rows that the cursor has passed.
    sums: &'s Cell<KeySums>,
    /// The error of a row whose values have the wrong type.
    broken: Option<String>,
}

impl std::fmt::Debug for RowCursor<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowCursor").field("broken", &self.broken).finish_non_exhaustive()
    }
}

impl<'s> RowCursor<'s> {
    /// Prepares the statement that a cursor runs.
    ///
    /// # Errors
    /// Any SQLite error.
    pub fn prepare(connection: &Connection) -> Result<Statement<'_>> {
        connection.prepare(ALL_ROWS)
    }

    /// Starts on the first row of `statement`, which [`RowCursor::prepare`] made. Adds each row to `sums`.
    ///
    /// # Errors
    /// Any SQLite error, as text.
    pub fn new(statement: &'s mut Statement<'_>, sums: &'s Cell<KeySums>) -> Result<Self, String> {
        let mut cursor = Self { rows: statement.query([]).map_err(|e| e.to_string())?, sums, broken: None };
        cursor.advance()?;
        Ok(cursor)
    }
}

impl StoredRows for RowCursor<'_> {
    fn current(&self) -> Option<Row<'_>> {
        read(self.rows.get()?).ok()
    }

    fn advance(&mut self) -> Result<(), String> {
        self.rows.advance().map_err(|e| e.to_string())?;
        match self.rows.get().map(read) {
            Some(Err(error)) => Err(error.to_string()),
            Some(Ok(row)) => {
                let mut sums = self.sums.get();
                sums.row(&row.id, row.seq, row.parent_step);
                self.sums.set(sums);
                Ok(())
            }
            None => Ok(()),
        }
    }
}

fn read<'r>(row: &'r rusqlite::Row<'_>) -> Result<Row<'r>> {
    let text = |column| -> Result<Cow<'r, str>> { Ok(Cow::Borrowed(row.get_ref(column)?.as_str()?)) };
    let unsigned = |column| -> Result<u64> { Ok(row.get::<_, i64>(column)?.cast_unsigned()) };
    Ok(Row {
        seq: row.get(0)?,
        id: text(1)?,
        parent_id: row.get_ref(2)?.as_str_or_null()?.map(Cow::Borrowed),
        ts: row.get(3)?,
        kind: text(4)?,
        marker: row.get(5)?,
        offset: unsigned(6)?,
        len: unsigned(7)?,
        parent_step: row.get(8)?,
        depth: row.get(9)?,
    })
}
