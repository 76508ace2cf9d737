//! Reads a sidecar: the tree, single entries, paths.
//!
//! Owns: answers from stored rows. The tree is checked against its checksum here; core's session compares each entry
//! with its line.
//! Invariant: the cost of an answer depends on its size, never on the number of entries. A damaged sidecar gives an
//! error, so that the caller reads the log instead.

use crate::sidecar::sql::meta::read_meta;
use crate::sidecar::sql::write::{branches, labels};
use jcode_session_core::index::meta::IndexMeta;
use jcode_session_core::index::row::{BRANCH_POINT, Seq};
use jcode_session_core::index::{BranchPoint, Label, Leaf, Tree, TreeChecksum};
use rusqlite::{Connection, ErrorCode, OptionalExtension, ToSql, Transaction};
use std::collections::BTreeMap;

/// Why a sidecar gives no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// SQLite cannot read the sidecar.
    #[error("the sidecar cannot be read: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The sidecar has another schema, or its metadata is damaged.
    #[error("the sidecar is of another schema version or damaged")]
    Schema,
    /// The content does not match its checksum.
    #[error("the sidecar is damaged: its content does not match its checksum")]
    Damaged,
}

/// A stored entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// Number in log order (`seq`).
    pub seq: Seq,
    /// Its key.
    pub key: String,
    /// Number of the parent (`seq`).
    pub parent: Option<Seq>,
    /// The parent's id as it stands in the log.
    pub parent_id: Option<String>,
    /// Number of entries from the root to this one; 1 for a root.
    pub depth: u32,
    /// Its kind.
    pub kind: String,
    /// Time, Unix milliseconds.
    pub ts: Option<i64>,
    /// Offset of its record.
    pub offset: u64,
    /// Length of its record.
    pub len: u64,
}

/// A sidecar, open for reading.
#[derive(Debug)]
pub struct SidecarReader {
    connection: Connection,
    meta: IndexMeta,
}

impl SidecarReader {
    /// Reads the metadata of an open sidecar.
    ///
    /// # Errors
    /// Fails if the metadata cannot be read or has another schema.
    pub fn new(connection: Connection) -> Result<Self, ReadError> {
        // A hostile file may hold triggers and views; its schema must not run functions.
        connection.execute_batch("PRAGMA trusted_schema=OFF;PRAGMA query_only=ON;PRAGMA cell_size_check=ON")?;
        let meta = read_meta(&connection)?.ok_or(ReadError::Schema)?;
        Ok(Self { connection, meta })
    }

    /// The metadata.
    #[must_use]
    pub const fn meta(&self) -> &IndexMeta {
        &self.meta
    }

    /// The connection, for [`crate::sidecar::sql::RowCursor`].
    #[must_use]
    pub const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Holds the state that was opened until the transaction is dropped. Returns `None` if a writer has committed
    /// another state since, or is about to.
    pub(super) fn hold(&self) -> rusqlite::Result<Option<Transaction<'_>>> {
        let held = self.connection.unchecked_transaction()?;
        match read_meta(&held) {
            Ok(meta) => Ok((meta.as_ref() == Some(&self.meta)).then_some(held)),
            Err(error) if is_locked(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The tree. Does not read one row per entry.
    ///
    /// # Errors
    /// Fails if the sidecar is damaged.
    pub fn tree(&self) -> Result<Tree, ReadError> {
        let tree = self.read_tree()?;
        if TreeChecksum::of(&tree) != self.meta.check {
            return Err(ReadError::Damaged);
        }
        Ok(tree)
    }

    fn read_tree(&self) -> Result<Tree, ReadError> {
        // One transaction, so that all queries see one state under one lock.
        let c = self.connection.unchecked_transaction()?;
        let mut tree = Tree {
            entry_count: self.meta.counts.entries,
            active_leaf: self.meta.active_leaf.clone(),
            ..Tree::default()
        };
        tree.leaves = branches(&c)?.iter().map(Leaf::of).collect();

        // In the order of the jump index, the children of one parent lie together.
        let mut branch_starts =
            c.prepare("SELECT seq,id,parent_step FROM entries WHERE parent_step<>1 ORDER BY seq-parent_step")?;
        let mut branch_starts = branch_starts.query([])?;
        let mut jumped: BTreeMap<Seq, Vec<(Seq, String)>> = BTreeMap::new();
        while let Some(row) = branch_starts.next()? {
            let (seq, id, step): (Seq, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            if step == 0 {
                tree.roots.push(id);
            } else {
                let parent = Seq::try_from(i64::from(seq) - step).map_err(|_| ReadError::Damaged)?;
                jumped.entry(parent).or_default().push((seq, id));
            }
        }
        for (parent, children) in jumped {
            tree.branch_points.extend(branch_point(&c, parent, children)?);
        }

        let mut holding = labels(&c)?;
        holding.sort_by_key(|label| label.target);
        tree.labels = holding.iter().filter_map(Label::of).collect();
        Ok(tree)
    }

    /// The entry with this key.
    ///
    /// # Errors
    /// Fails if the sidecar is damaged.
    pub fn find(&self, key: &str) -> Result<Option<StoredEntry>, ReadError> {
        self.entry_where("id=?1", key)
    }

    /// Passes the keys of all entries on, in no order.
    ///
    /// # Errors
    /// Fails if the sidecar is damaged.
    pub fn each_key(&self, each: &mut dyn FnMut(&str)) -> Result<(), ReadError> {
        let mut keys = self.connection.prepare("SELECT id FROM entries")?;
        let mut rows = keys.query([])?;
        while let Some(row) = rows.next()? {
            each(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?);
        }
        Ok(())
    }

    /// The entry with this number.
    ///
    /// # Errors
    /// Fails if the sidecar is damaged.
    pub fn entry(&self, seq: Seq) -> Result<Option<StoredEntry>, ReadError> {
        self.entry_where("seq=?1", seq)
    }

    /// Up to `count` entries whose keys begin with `start`.
    ///
    /// # Errors
    /// Fails if the sidecar is damaged.
    pub fn starting(&self, start: &str, count: usize) -> Result<Vec<StoredEntry>, ReadError> {
        let end = format!("{start}{}", char::MAX);
        self.entries_where("id>=?1 AND id<?2 LIMIT ?3", &[&start, &end, &i64::try_from(count).unwrap_or(i64::MAX)])
    }

    fn entry_where(&self, condition: &str, value: impl ToSql) -> Result<Option<StoredEntry>, ReadError> {
        Ok(self.entries_where(condition, &[&value])?.into_iter().next())
    }

    fn entries_where(&self, condition: &str, values: &[&dyn ToSql]) -> Result<Vec<StoredEntry>, ReadError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT seq,id,parent_id,ts,kind,byte_offset,byte_len,parent_step,depth FROM entries WHERE {condition}"
        ))?;
        let found = statement.query_map(values, |row| {
            let seq: Seq = row.get(0)?;
            let step: i64 = row.get(7)?;
            Ok(StoredEntry {
                seq,
                key: row.get(1)?,
                parent: if step == 0 { None } else { Seq::try_from(i64::from(seq) - step).ok() },
                parent_id: row.get(2)?,
                ts: row.get(3)?,
                kind: row.get(4)?,
                offset: row.get::<_, i64>(5)?.cast_unsigned(),
                len: row.get::<_, i64>(6)?.cast_unsigned(),
                depth: row.get(8)?,
            })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The entries that do not directly follow their parent, in log order. Does not read one row per entry.
    ///
    /// # Errors
    /// Fails if the sidecar is damaged.
    pub fn branch_starts(&self) -> Result<Vec<Seq>, ReadError> {
        // Ordered by a plain `seq`, SQLite would read the whole table instead of the jump index.
        let mut statement = self.connection.prepare("SELECT seq FROM entries WHERE parent_step<>1 ORDER BY +seq")?;
        let branch_starts = statement.query_map([], |row| row.get(0))?;
        Ok(branch_starts.collect::<Result<_, _>>()?)
    }

    /// The keys of all leaves, in log order.
    ///
    /// # Errors
    /// Fails if the sidecar is damaged.
    pub fn leaves(&self) -> Result<Vec<String>, ReadError> {
        Ok(branches(&self.connection)?.into_iter().map(|branch| branch.leaf_id).collect())
    }
}

/// The branch point at `seq`, or `None` if the entry is none. `children` are those that do not directly follow it; at
/// most one more child does.
fn branch_point(c: &Connection, seq: Seq, mut children: Vec<(Seq, String)>) -> rusqlite::Result<Option<BranchPoint>> {
    let mut entry = c.prepare_cached("SELECT id,branch_leaf_marker FROM entries WHERE seq=?1")?;
    let (id, marker): (String, u8) = entry.query_row([seq], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if marker != BRANCH_POINT {
        return Ok(None);
    }
    let mut next = c.prepare_cached("SELECT seq,id FROM entries WHERE seq=?1+1 AND parent_step=1")?;
    children.extend(next.query_row([seq], |row| Ok((row.get(0)?, row.get(1)?))).optional()?);
    children.sort_unstable();
    Ok(Some(BranchPoint { id, children: children.into_iter().map(|(_, id)| id).collect() }))
}

/// True if another process locks the database at the moment. This is no damage.
#[must_use]
pub fn is_locked(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}
