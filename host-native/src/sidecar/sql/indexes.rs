//! Checks that the indexes of a sidecar hold the same keys as its rows, in order.
//!
//! Owns: this comparison. It takes a quarter of the time of SQLite's own `integrity_check`, which looks up each row in
//! each index.
//! Invariant: each index is read once, from its first entry to its last. If the check passes, a search in an index
//! finds the same rows as a search in the table.

use jcode_session_core::index::schema::JUMP_INDEX_FROM;
use jcode_session_core::verify::KeySums;
use rusqlite::{Connection, Result};

const IDS: &str = "SELECT id,seq FROM entries INDEXED BY entries_id ORDER BY id";
const JUMPS: &str = "SELECT seq-parent_step,id,seq,parent_step FROM entries INDEXED BY entries_jump \
                     WHERE parent_step<>1 ORDER BY seq-parent_step,id,parent_step";

/// The first fault in the indexes of a sidecar with `entries` entries. `rows` are the sums over its rows.
///
/// # Errors
/// Any SQLite error, also for a missing index.
pub(super) fn fault(connection: &Connection, entries: u64, rows: KeySums) -> Result<Option<&'static str>> {
    let mut sums = KeySums::default();
    let mut in_order = ids(connection, &mut sums)?;
    let has_jumps = entries >= JUMP_INDEX_FROM || exists(connection, "entries_jump")?;
    if has_jumps {
        in_order &= jumps(connection, &mut sums)?;
    }
    let wanted = if has_jumps { rows } else { rows.without_jumps() };
    Ok(match (in_order, sums == wanted) {
        (true, true) => None,
        (false, _) => Some("an index is out of order"),
        (true, false) => Some("an index differs from its table"),
    })
}

fn exists(connection: &Connection, index: &str) -> Result<bool> {
    connection
        .query_row("SELECT count(*)>0 FROM sqlite_schema WHERE type='index' AND name=?1", [index], |row| row.get(0))
}

/// Reads the index on ids. Returns true if the ids ascend.
fn ids(connection: &Connection, sums: &mut KeySums) -> Result<bool> {
    let mut statement = connection.prepare(IDS)?;
    let mut rows = statement.query([])?;
    let (mut before, mut in_order) = (String::new(), true);
    let mut first = true;
    while let Some(row) = rows.next()? {
        let (id, seq) = (row.get_ref(0)?.as_str()?, row.get(1)?);
        in_order &= first || before.as_str() < id;
        first = false;
        before.clear();
        before.push_str(id);
        sums.id(id, seq);
    }
    Ok(in_order)
}

/// Reads the jump index. Returns true if its entries ascend.
fn jumps(connection: &Connection, sums: &mut KeySums) -> Result<bool> {
    let mut statement = connection.prepare(JUMPS)?;
    let mut rows = statement.query([])?;
    let mut before: Option<(i64, String, i64)> = None;
    let mut in_order = true;
    while let Some(row) = rows.next()? {
        let (parent, id, seq, step): (i64, String, _, i64) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        sums.jump(&id, seq, step);
        let entry = Some((parent, id, step));
        in_order &= before <= entry && parent == i64::from(seq) - step;
        before = entry;
    }
    Ok(in_order)
}
