//! A table with row numbers, from rows in their order.
//!
//! Owns: its leaves, which are filled to the end one after another, and the pages above them.
//! Invariant: no interior page is without a cell.

use super::cell::{Column, Kind, put_record, put_varint};
use super::page::{Flag, PAGE, Page};
use super::pages::{ImageFile, Pages, before};
use alloc::vec::Vec;

/// A page and the last row in or below it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Child {
    pub(super) page: u32,
    pub(super) last: u64,
}

/// Most children of an interior page: a cell has a page, a row number of at most 32 bits, and its own place.
const fn most_children(before: usize) -> usize {
    (PAGE - before - 12) / (4 + 5 + 2) + 1
}

#[derive(Debug)]
pub(super) struct TableTree {
    root: u32,
    leaf: Page,
    last: u64,
    leaves: Vec<Child>,
    payload: Vec<u8>,
    cell: Vec<u8>,
}

impl TableTree {
    pub(super) fn new(root: u32) -> Self {
        let (payload, cell) = (Vec::new(), Vec::new());
        Self { root, leaf: Page::new(Flag::TableLeaf), last: 0, leaves: Vec::new(), payload, cell }
    }

    /// Adds the row with a number above all before.
    pub(super) fn add<F: ImageFile>(
        &mut self,
        pages: &mut Pages<F>,
        row: u64,
        columns: &[Column<'_>],
    ) -> Result<(), F::Error> {
        self.payload.clear();
        put_record(&mut self.payload, columns);
        self.cell.clear();
        put_varint(&mut self.cell, self.payload.len() as u64);
        put_varint(&mut self.cell, row);
        pages.put_payload(Kind::Table, &mut self.cell, &self.payload)?;
        if !self.leaf.fits(before(self.root), self.cell.len()) {
            self.close_leaf(pages)?;
        }
        self.leaf.push(&self.cell);
        self.last = row;
        Ok(())
    }

    fn close_leaf<F: ImageFile>(&mut self, pages: &mut Pages<F>) -> Result<(), F::Error> {
        let page = pages.add(&self.leaf)?;
        self.leaves.push(Child { page, last: self.last });
        self.leaf.clear();
        Ok(())
    }

    /// Writes the rest, and returns the leaves.
    pub(super) fn finish<F: ImageFile>(mut self, pages: &mut Pages<F>) -> Result<Vec<Child>, F::Error> {
        if self.leaves.is_empty() {
            pages.put(self.root, &self.leaf)?;
            return Ok(alloc::vec![Child { page: self.root, last: self.last }]);
        }
        self.close_leaf(pages)?;
        let mut level = self.leaves.clone();
        while level.len() > most_children(before(self.root)) {
            // Pages of about the same number of children, so that none has only one.
            let parents = level.len().div_ceil(most_children(0));
            let start = |number: usize| number * level.len() / parents;
            let children = |number| level.get(start(number)..start(number + 1)).unwrap_or_default();
            level = (0..parents).map(|number| parent(pages, children(number))).collect::<Result<_, _>>()?;
        }
        pages.put(self.root, &interior(&level))?;
        Ok(self.leaves)
    }
}

fn parent<F: ImageFile>(pages: &mut Pages<F>, children: &[Child]) -> Result<Child, F::Error> {
    let page = pages.add(&interior(children))?;
    Ok(Child { page, last: children.last().map_or(0, |child| child.last) })
}

fn interior(children: &[Child]) -> Page {
    let mut page = Page::new(Flag::TableInterior);
    if let Some((rightmost, others)) = children.split_last() {
        for child in others {
            let mut cell = Vec::from(child.page.to_be_bytes());
            put_varint(&mut cell, child.last);
            page.push(&cell);
        }
        page.rightmost = rightmost.page;
    }
    page
}
