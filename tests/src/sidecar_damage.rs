//! Sidecars with right metadata and wrong rows, as other programs and disks leave them.
//!
//! Owns: the kinds of damage.
//! Invariant: the page of `metadata` stays unchanged, except for the checksum of the tree.

use jcode_session_native::os::files::stamp;
use jcode_session_native::sidecar::sql::{read_meta, write_meta};
use proptest::prelude::*;
use rusqlite::{Connection, params};
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

/// The page of the table `metadata`, counted from 0.
const META: u64 = 4;
const PAGE: u64 = 1024;

/// A kind of damage. Positions are fractions of the whole.
#[derive(Debug, Clone)]
pub enum SidecarDamage {
    /// Changes a number in one row.
    Number(&'static str, f64, i64),
    /// Changes a text in one row.
    Text(&'static str, f64, String),
    /// Deletes rows: the position of the first one, and the share of all rows to delete besides it.
    DeleteRows(f64, f64),
    /// Adds a row.
    AddRow,
    /// Deletes all rows of a table.
    Empty(&'static str),
    /// Lists a table twice in the schema.
    TwiceInSchema(&'static str),
    /// Drops an index.
    DropIndex(&'static str),
    /// Gives an index another id for one row than the row itself has.
    StaleIndex(&'static str, f64),
    /// Changes the tree's checksum.
    TreeChecksum,
    /// Fills pages with one byte.
    Pages(f64, u64, u8),
}

/// One damage of each kind; `verify` finds all of them.
#[must_use]
pub fn one_of_each() -> Vec<SidecarDamage> {
    use SidecarDamage::*;
    vec![
        DeleteRows(0.5, 0.0),
        DeleteRows(0.0, 1.0),
        Number("byte_offset", 0.5, 7),
        Text("kind", 0.5, "other".to_string()),
        AddRow,
        Empty("branches"),
        TwiceInSchema("entries"),
        DropIndex("entries_id"),
        StaleIndex("entries_id", 0.5),
        TreeChecksum,
        Pages(0.0, 4, 0),
    ]
}

/// Any damage.
pub fn any_damage() -> impl Strategy<Value = SidecarDamage> {
    use SidecarDamage::*;
    let number =
        prop::sample::select(vec!["byte_offset", "byte_len", "ts", "parent_step", "depth", "branch_leaf_marker"]);
    let text = prop::sample::select(vec!["id", "parent_id", "kind"]);
    let table = prop::sample::select(vec!["entries", "branches", "labels"]);
    let place = || 0.0..1.0f64;
    prop_oneof![
        4 => (number, place(), -3i64..300).prop_map(|(column, at, by)| Number(column, at, by)),
        3 => (text, place(), "[a-f0-9]{4}").prop_map(|(column, at, text)| Text(column, at, text)),
        4 => (place(), prop_oneof![Just(0.0), place()]).prop_map(|(from, share)| DeleteRows(from, share)),
        1 => Just(AddRow),
        2 => table.clone().prop_map(Empty),
        1 => table.prop_map(TwiceInSchema),
        1 => prop::sample::select(vec!["entries_id", "entries_jump"]).prop_map(DropIndex),
        1 => (prop::sample::select(vec!["entries_id", "entries_jump"]), prop_oneof![Just(0.0), place()])
            .prop_map(|(index, at)| StaleIndex(index, at)),
        1 => Just(TreeChecksum),
        4 => (place(), 1..4u64, prop::sample::select(vec![0u8, 0xFF, 13]))
            .prop_map(|(from, count, byte)| Pages(from, count, byte)),
    ]
}

impl SidecarDamage {
    /// Applies the damage, if earlier damage has left anything to apply it to.
    pub fn apply(&self, sidecar: &Path) {
        if let Self::Pages(from, count, byte) = *self {
            fill_pages(sidecar, from, count, byte);
        } else {
            let _ = Connection::open(sidecar).and_then(|connection| self.apply_to(&connection));
            if let Self::StaleIndex(index, _) = self {
                // A connection that read the schema earlier keeps the index up to date.
                let _ = Connection::open(sidecar).and_then(|connection| bring_back(&connection, index));
            }
        }
    }

    /// Like [`Self::apply`], but restores the file's mtime: damage by a disk, not by a program.
    pub fn apply_silently(&self, sidecar: &Path) {
        let before = stamp(sidecar).expect("read").expect("there").mtime_ns;
        self.apply(sidecar);
        let file = File::options().write(true).open(sidecar).expect("opens");
        file.set_modified(UNIX_EPOCH + Duration::from_nanos(before.unsigned_abs())).expect("set");
    }

    fn apply_to(&self, connection: &Connection) -> rusqlite::Result<()> {
        let rows: f64 = connection.query_row("SELECT count(*) FROM entries", [], |row| row.get(0))?;
        match self {
            Self::Number(column, at, by) => {
                let change =
                    format!("UPDATE OR IGNORE entries SET {column}=coalesce({column},0)+?1 WHERE seq=CAST(?2 AS INTEGER)");
                connection.execute(&change, params![by, at * rows])?;
            }
            Self::Text(column, at, text) => {
                let change = format!("UPDATE OR IGNORE entries SET {column}=?1 WHERE seq=CAST(?2 AS INTEGER)");
                connection.execute(&change, params![text, at * rows])?;
            }
            Self::DeleteRows(from, share) => {
                let from = (from * rows) as i64;
                let to = from + 1 + (share * rows) as i64;
                connection.execute("DELETE FROM entries WHERE seq>=?1 AND seq<?2", params![from, to])?;
            }
            Self::AddRow => connection.execute_batch(
                "INSERT OR IGNORE INTO entries SELECT max(seq)+1,'one too many',NULL,1,'message',0,1,1,1,1 FROM entries",
            )?,
            Self::Empty(table) => connection.execute_batch(&format!("DELETE FROM {table}"))?,
            Self::TwiceInSchema(table) => connection.execute_batch(&format!(
                "PRAGMA writable_schema=ON;INSERT INTO sqlite_schema SELECT * FROM sqlite_schema WHERE name='{table}'"
            ))?,
            Self::DropIndex(index) => connection.execute_batch(&format!("DROP INDEX IF EXISTS {index}"))?,
            Self::StaleIndex(index, at) => {
                let seq = (at * rows) as i64;
                connection.execute("UPDATE entries SET id='~'||id WHERE seq=?1", [seq])?;
                connection.execute_batch(&format!(
                    "PRAGMA writable_schema=ON;UPDATE sqlite_schema SET name='hidden' WHERE name='{index}';
                     CREATE TABLE kept AS SELECT * FROM sqlite_schema WHERE name='hidden';
                     DELETE FROM sqlite_schema WHERE name='hidden'"
                ))?;
            }
            Self::TreeChecksum => {
                if let Some(mut meta) = read_meta(connection)? {
                    meta.check = Default::default();
                    write_meta(connection, &meta)?;
                }
            }
            Self::Pages(..) => {}
        }
        Ok(())
    }
}

/// The second half of [`SidecarDamage::StaleIndex`]: restores the row, and puts the index back into the schema.
fn bring_back(connection: &Connection, index: &str) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "UPDATE entries SET id=substr(id,2) WHERE id LIKE '~%';PRAGMA writable_schema=ON;
         INSERT INTO sqlite_schema SELECT type,'{index}',tbl_name,rootpage,sql FROM kept;DROP TABLE kept"
    ))
}

fn fill_pages(sidecar: &Path, from: f64, count: u64, byte: u8) {
    let mut bytes = fs::read(sidecar).expect("there");
    let pages = bytes.len() as u64 / PAGE;
    let first = (from * pages as f64) as u64;
    for page in (first..pages.min(first + count)).filter(|&page| page > 0 && page != META) {
        bytes[(page * PAGE) as usize..((page + 1) * PAGE) as usize].fill(byte);
    }
    fs::write(sidecar, bytes).expect("written");
}
