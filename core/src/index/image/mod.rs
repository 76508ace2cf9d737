//! The image of a sidecar: the bytes of an SQLite database, from the rows of a full build.
//!
//! If you change a table or an index in [`super::schema`], then change it here too; `tests/tests/engine/index/image`
//! compares the two, and a catch-up of SQLite's own works on what this has written.
//!
//! Owns: which pages a sidecar has, and in which order. The format is SQLite's, version 3
//! (<https://www.sqlite.org/fileformat2.html>); only what a new file needs of it stands here. A row costs a sixth of what
//! SQLite's insert takes, and a small sidecar needs no database at all.
//! Invariant: SQLite's integrity check finds nothing, and its queries give the rows that were passed on. Memory does not
//! grow with the rows, but for two numbers a page.
//! Does not: read or change sidecars; SQLite does.

mod cell;
mod entries;
mod index_tree;
mod page;
mod pages;
mod table_tree;

use super::built::Built;
use super::meta::IndexMeta;
use super::meta_rows::Value;
use super::row::{BranchRow, LabelRow, Row, RowSink};
use super::schema::{ID_INDEX, JUMP_INDEX, JUMP_INDEX_FROM, TABLES};
use alloc::string::String;
use alloc::vec::Vec;
use cell::Column;
use core::ops::ControlFlow;
use entries::EntryTable;
use index_tree::IndexTree;
use pages::Pages;
use table_tree::TableTree;

pub use page::PAGE;
pub use pages::ImageFile;

/// The first pages. SQLite gives them to the tables in the order of the schema, and a glance reads the metadata's.
mod root {
    pub(super) const SCHEMA: u32 = 1;
    pub(super) const ENTRIES: u32 = 2;
    pub(super) const BRANCHES: u32 = 3;
    pub(super) const LABELS: u32 = 4;
    pub(super) const METADATA: u32 = 5;
    pub(super) const ID_INDEX: u32 = 6;
    /// The last of them.
    pub(super) const LAST: u32 = ID_INDEX;
}

/// Writes an image, as the sink of a build's rows.
#[derive(Debug)]
pub struct ImageBuilder<F: ImageFile> {
    pages: Pages<F>,
    entries: EntryTable,
    failed: Option<F::Error>,
}

impl<F: ImageFile> ImageBuilder<F> {
    /// A builder that writes into `file`, which is empty.
    pub fn new(file: F) -> Self {
        Self { pages: Pages::new(file, root::LAST), entries: EntryTable::new(root::ENTRIES), failed: None }
    }

    /// Why a row was refused, if one was.
    pub fn take_failed(&mut self) -> Option<F::Error> {
        self.failed.take()
    }

    /// Writes what the end of the log decides, and returns the file, whose image is whole.
    ///
    /// # Errors
    /// The file's.
    pub fn finish(self, built: &Built<()>, meta: &IndexMeta) -> Result<F, F::Error> {
        let Self { mut pages, entries, failed } = self;
        if let Some(error) = failed {
            return Err(error);
        }
        entries.finish(&mut pages, &built.fixups)?;
        branches(&mut pages, &built.branches)?;
        labels(&mut pages, &built.labels)?;
        metadata(&mut pages, meta)?;
        id_index(&mut pages, built)?;
        let has_jump_index = built.counts.entries >= JUMP_INDEX_FROM;
        let jump_index = if has_jump_index { Some(jump_index(&mut pages, built)?) } else { None };
        schema(&mut pages, jump_index)?;
        Ok(pages.into_file())
    }
}

impl<F: ImageFile> RowSink for ImageBuilder<F> {
    fn row(&mut self, row: Row<'_>) -> ControlFlow<()> {
        match self.entries.add(&mut self.pages, &row) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failed = Some(error);
                ControlFlow::Break(())
            }
        }
    }
}

impl<F: ImageFile> RowSink for &mut ImageBuilder<F> {
    fn row(&mut self, row: Row<'_>) -> ControlFlow<()> {
        (**self).row(row)
    }
}

fn branches<F: ImageFile>(pages: &mut Pages<F>, rows: &[BranchRow]) -> Result<(), F::Error> {
    let mut rows: Vec<&BranchRow> = rows.iter().collect();
    rows.sort_unstable_by(|a, b| a.leaf_id.cmp(&b.leaf_id));
    let mut tree = IndexTree::new();
    for row in rows {
        let columns = [
            Column::Text(&row.leaf_id),
            Column::text(row.name.as_deref()),
            Column::int(row.labeled_at),
            Column::Int(row.seq.into()),
            Column::Int(row.depth.into()),
            Column::int(row.ts),
        ];
        tree.add(pages, &columns)?;
    }
    tree.finish(pages, root::BRANCHES)
}

fn labels<F: ImageFile>(pages: &mut Pages<F>, rows: &[LabelRow]) -> Result<(), F::Error> {
    let mut tree = TableTree::new(root::LABELS);
    for row in rows {
        let columns = [
            Column::Null,
            Column::int(row.target.map(i64::from)),
            Column::Text(&row.target_id),
            Column::Text(&row.name),
            Column::int(row.labeled_at),
        ];
        tree.add(pages, row.seq.into(), &columns)?;
    }
    tree.finish(pages).map(drop)
}

fn metadata<F: ImageFile>(pages: &mut Pages<F>, meta: &IndexMeta) -> Result<(), F::Error> {
    let mut rows = meta.to_rows();
    rows.sort_unstable_by_key(|(key, _)| *key);
    let mut tree = IndexTree::new();
    for (key, value) in &rows {
        let value = match value {
            Value::Int(n) => Column::Int(*n),
            Value::Text(text) => Column::Text(text),
            Value::Blob(bytes) => Column::Blob(bytes),
        };
        tree.add(pages, &[Column::Text(key), value])?;
    }
    tree.finish(pages, root::METADATA)
}

fn id_index<F: ImageFile>(pages: &mut Pages<F>, built: &Built<()>) -> Result<(), F::Error> {
    let mut tree = IndexTree::new();
    for seq in built.in_order_of_keys() {
        tree.add(pages, &[Column::Text(built.key_text(seq)), Column::Int(seq.into())])?;
    }
    tree.finish(pages, root::ID_INDEX)
}

/// Returns the page of its root.
fn jump_index<F: ImageFile>(pages: &mut Pages<F>, built: &Built<()>) -> Result<u32, F::Error> {
    let mut jumps: Vec<_> = (0..built.entry_count())
        .map(|seq| (seq, built.step(seq)))
        .filter(|&(_, step)| step != 1)
        .map(|(seq, step)| (i64::from(seq) - step, built.key_text(seq), step, seq))
        .collect();
    jumps.sort_unstable();
    let mut tree = IndexTree::new();
    for (parent, id, step, seq) in jumps {
        tree.add(pages, &[Column::Int(parent), Column::Text(id), Column::Int(step), Column::Int(seq.into())])?;
    }
    let root = pages.allocate();
    tree.finish(pages, root)?;
    Ok(root)
}

fn schema<F: ImageFile>(pages: &mut Pages<F>, jump_index: Option<u32>) -> Result<(), F::Error> {
    let roots = [root::ENTRIES, root::BRANCHES, root::LABELS, root::METADATA];
    let tables = TABLES.split_terminator(";\n").zip(roots).map(|(sql, root)| (sql.into(), root));
    let indexes = [(ID_INDEX, Some(root::ID_INDEX)), (JUMP_INDEX, jump_index)];
    let indexes = indexes.into_iter().filter_map(|(sql, root)| Some((sql.replace("IF NOT EXISTS ", ""), root?)));
    let statements: Vec<(String, u32)> = tables.chain(indexes).collect();
    let mut tree = TableTree::new(root::SCHEMA);
    for (number, (sql, root)) in (1..).zip(&statements) {
        let named = Named::of(sql);
        let columns = [
            Column::Text(named.kind),
            Column::Text(named.name),
            Column::Text(named.table),
            Column::Int((*root).into()),
            Column::Text(sql),
        ];
        tree.add(pages, number, &columns)?;
    }
    tree.finish(pages).map(drop)
}

/// What a statement of the schema makes.
struct Named<'s> {
    kind: &'static str,
    name: &'s str,
    table: &'s str,
}

impl<'s> Named<'s> {
    fn of(sql: &'s str) -> Self {
        let word = |text: &'s str| text.split(['(', ' ']).next().unwrap_or_default();
        if let Some(rest) = sql.strip_prefix("CREATE TABLE ") {
            let name = word(rest);
            return Self { kind: "table", name, table: name };
        }
        let (before, behind) = sql.split_once(" ON ").unwrap_or((sql, ""));
        Self { kind: "index", name: before.rsplit(' ').next().unwrap_or_default(), table: word(behind) }
    }
}
