//! An index, or a table without row numbers, from records in their order.
//!
//! Owns: its pages, level by level. A record stands once: what separates two pages of a level stands above them.
//! Invariant: no page is without a cell, but for the root of an empty tree. A page holds four cells at least, so it can
//! always give its last one to the level above.

use super::cell::{Column, Kind, put_record, put_varint};
use super::page::{Flag, Page};
use super::pages::{ImageFile, Pages};
use alloc::vec::Vec;

#[derive(Debug)]
pub(super) struct IndexTree {
    leaf: Page,
    /// The pages above the leaf that are being filled, from below.
    above: Vec<Page>,
    payload: Vec<u8>,
    cell: Vec<u8>,
}

impl IndexTree {
    pub(super) fn new() -> Self {
        Self { leaf: Page::new(Flag::IndexLeaf), above: Vec::new(), payload: Vec::new(), cell: Vec::new() }
    }

    /// Adds the record, which comes behind all before.
    pub(super) fn add<F: ImageFile>(&mut self, pages: &mut Pages<F>, columns: &[Column<'_>]) -> Result<(), F::Error> {
        self.payload.clear();
        put_record(&mut self.payload, columns);
        self.cell.clear();
        put_varint(&mut self.cell, self.payload.len() as u64);
        pages.put_payload(Kind::Index, &mut self.cell, &self.payload)?;
        if !self.leaf.fits(0, self.cell.len()) {
            let separator = self.leaf.pop();
            let page = pages.add(&self.leaf)?;
            self.leaf.clear();
            self.separate(pages, page, &separator)?;
        }
        self.leaf.push(&self.cell);
        Ok(())
    }

    /// Puts what separates a page from the next one into the page above, which may be full itself.
    fn separate<F: ImageFile>(&mut self, pages: &mut Pages<F>, page: u32, cell: &[u8]) -> Result<(), F::Error> {
        let mut with_child = [&page.to_be_bytes(), cell].concat();
        for level in &mut self.above {
            if level.fits(0, with_child.len()) {
                level.push(&with_child);
                return Ok(());
            }
            let last = level.pop();
            let (child, separator) = last.split_at(last.len().min(4));
            level.rightmost = child.first_chunk().map_or(0, |child| u32::from_be_bytes(*child));
            let full = pages.add(level)?;
            level.clear();
            level.push(&with_child);
            with_child = [&full.to_be_bytes(), separator].concat();
        }
        let mut level = Page::new(Flag::IndexInterior);
        level.push(&with_child);
        self.above.push(level);
        Ok(())
    }

    /// Writes the rest, with the root as page `root`.
    pub(super) fn finish<F: ImageFile>(self, pages: &mut Pages<F>, root: u32) -> Result<(), F::Error> {
        let mut below = self.leaf;
        for mut level in self.above {
            level.rightmost = pages.add(&below)?;
            below = level;
        }
        pages.put(root, &below)
    }
}
