//! A stored index, open for change: core's `IndexStore` over a connection.
//!
//! Owns: the statements of catch-up and writer, each prepared once.
//! Invariant: every call runs inside a transaction that the caller has begun and will commit.

use jcode_session_core::index::key::KeySource;
use jcode_session_core::index::row::{BranchRow, LabelRow, Row, Seq};
use jcode_session_core::index::schema;
use jcode_session_core::index::store::{IndexStore, Node};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, Result, params};

/// A sidecar's tables, open for change.
pub struct SqlStore<'c> {
    connection: &'c Connection,
    /// Kept outside of the statement cache, because it runs once per entry.
    insert: Option<CachedStatement<'c>>,
}

impl std::fmt::Debug for SqlStore<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlStore").finish_non_exhaustive()
    }
}

const NODE: &str = "SELECT seq,id,branch_leaf_marker,parent_step,depth,byte_offset FROM entries ";

impl<'c> SqlStore<'c> {
    /// The tables behind a connection.
    #[must_use]
    pub const fn new(connection: &'c Connection) -> Self {
        Self { connection, insert: None }
    }

    /// Makes the jump index once the log has enough entries to need it.
    ///
    /// # Errors
    /// Any SQLite error.
    pub fn index_jumps(&self, entries: u64) -> Result<()> {
        if entries >= schema::JUMP_INDEX_FROM { self.connection.execute_batch(schema::JUMP_INDEX) } else { Ok(()) }
    }

    fn node_where(&self, condition: &str, params: impl Params) -> Result<Option<Node>> {
        let mut statement = self.connection.prepare_cached(&format!("{NODE}{condition}"))?;
        statement.query_row(params, node).optional()
    }
}

fn node(row: &rusqlite::Row<'_>) -> Result<Node> {
    Ok(Node {
        seq: row.get(0)?,
        key: row.get(1)?,
        marker: row.get(2)?,
        parent_step: row.get(3)?,
        depth: row.get(4)?,
        offset: row.get::<_, i64>(5)?.cast_unsigned(),
    })
}

impl IndexStore for SqlStore<'_> {
    type Error = rusqlite::Error;

    fn find(&mut self, key: &str) -> Result<Option<Node>> {
        self.node_where("WHERE id=?1", [key])
    }

    fn latest_repeat(&mut self, id: &str) -> Result<Option<Node>> {
        // All keys that begin with `<id>#`: `$` is the character after `#`.
        let mut statement =
            self.connection.prepare_cached(&format!("{NODE}WHERE id>=?1||'#' AND id<?1||'$' ORDER BY seq DESC"))?;
        let nodes = statement.query_map([id], node)?;
        let is_repeat = |node: &Node| KeySource { id: Some(id), offset: node.offset }.is_made(&node.key);
        nodes.into_iter().find(|node| node.as_ref().map_or(true, is_repeat)).transpose()
    }

    fn children(&mut self, seq: Seq) -> Result<Vec<String>> {
        children(self.connection, seq)
    }

    fn is_missed(&mut self, id: &str) -> Result<bool> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT 1 FROM entries WHERE parent_step<>1 AND parent_step=0 AND parent_id=?1 LIMIT 1")?;
        statement.exists([id])
    }

    fn run_start_at_or_before(&mut self, seq: Seq) -> Result<Option<Node>> {
        self.node_where("WHERE seq<=?1 AND(parent_step<>1 OR branch_leaf_marker>=2)ORDER BY seq DESC LIMIT 1", [seq])
    }

    fn insert(&mut self, row: &Row<'_>) -> Result<()> {
        let insert = match &mut self.insert {
            Some(insert) => insert,
            none => none.insert(self.connection.prepare_cached(INSERT_ENTRY)?),
        };
        insert_entry(insert, row)
    }

    fn set_marker(&mut self, seq: Seq, marker: u8) -> Result<()> {
        let mut update = self.connection.prepare_cached("UPDATE entries SET branch_leaf_marker=?2 WHERE seq=?1")?;
        update.execute(params![seq, marker])?;
        Ok(())
    }

    fn branch(&mut self, leaf: &str) -> Result<Option<BranchRow>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT seq,leaf_id,depth,ts,name,labeled_at FROM branches WHERE leaf_id=?1")?;
        statement.query_row([leaf], branch_row).optional()
    }

    fn branches(&mut self) -> Result<Vec<BranchRow>> {
        branches(self.connection)
    }

    fn put_branch(&mut self, row: &BranchRow) -> Result<()> {
        put_branch(self.connection, row)
    }

    fn remove_branch(&mut self, leaf: &str) -> Result<()> {
        self.connection.prepare_cached("DELETE FROM branches WHERE leaf_id=?1")?.execute([leaf])?;
        Ok(())
    }

    fn labels(&mut self) -> Result<Vec<LabelRow>> {
        labels(self.connection)
    }

    fn put_label(&mut self, row: &LabelRow) -> Result<()> {
        put_label(self.connection, row)
    }

    fn remove_label(&mut self, seq: Seq) -> Result<()> {
        self.connection.prepare_cached("DELETE FROM labels WHERE seq=?1")?.execute([seq])?;
        Ok(())
    }
}

pub(super) fn children(connection: &Connection, seq: Seq) -> Result<Vec<String>> {
    // Either the next entry, or one that the jump index lists under its parent's number.
    let mut statement = connection.prepare_cached(
        "SELECT id FROM(SELECT seq,id FROM entries WHERE seq=?1+1 AND parent_step=1 UNION ALL \
         SELECT seq,id FROM entries WHERE parent_step<>1 AND seq-parent_step=?1 AND parent_step<>0)ORDER BY seq",
    )?;
    let keys = statement.query_map([seq], |row| row.get(0))?;
    keys.collect()
}

fn branch_row(row: &rusqlite::Row<'_>) -> Result<BranchRow> {
    Ok(BranchRow {
        seq: row.get(0)?,
        leaf_id: row.get(1)?,
        depth: row.get(2)?,
        ts: row.get(3)?,
        name: row.get(4)?,
        labeled_at: row.get(5)?,
    })
}

pub(super) fn branches(connection: &Connection) -> Result<Vec<BranchRow>> {
    let mut statement =
        connection.prepare_cached("SELECT seq,leaf_id,depth,ts,name,labeled_at FROM branches ORDER BY seq")?;
    let rows = statement.query_map([], branch_row)?;
    rows.collect()
}

pub(super) fn labels(connection: &Connection) -> Result<Vec<LabelRow>> {
    let mut statement =
        connection.prepare_cached("SELECT seq,target,target_id,name,labeled_at FROM labels ORDER BY seq")?;
    let rows = statement.query_map([], |row| {
        Ok(LabelRow {
            seq: row.get(0)?,
            target: row.get(1)?,
            target_id: row.get(2)?,
            name: row.get(3)?,
            labeled_at: row.get(4)?,
        })
    })?;
    rows.collect()
}

const INSERT_ENTRY: &str = "INSERT INTO entries VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)";

fn insert_entry(insert: &mut CachedStatement<'_>, row: &Row<'_>) -> Result<()> {
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

fn put_branch(connection: &Connection, row: &BranchRow) -> Result<()> {
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

fn put_label(connection: &Connection, row: &LabelRow) -> Result<()> {
    connection.prepare_cached("INSERT OR REPLACE INTO labels VALUES(?1,?2,?3,?4,?5)")?.execute(params![
        row.seq,
        row.target,
        row.target_id,
        row.name,
        row.labeled_at
    ])?;
    Ok(())
}
