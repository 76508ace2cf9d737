//! A page of a b-tree.
//!
//! Owns: the layout of a page (section 1.6 of SQLite's file format): its header, the places of its cells in their order,
//! and the cells from the end on.
//! Invariant: cells are added in order, and only while they fit.

use crate::index::schema::PAGE_SIZE;
use alloc::vec::Vec;

/// Bytes of a page.
pub const PAGE: usize = PAGE_SIZE as usize;

/// Bytes of the file's header, which stands before the b-tree in the first page.
pub(super) const FILE_HEADER: usize = 100;

/// The flag of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flag {
    TableLeaf = 0x0D,
    TableInterior = 0x05,
    IndexLeaf = 0x0A,
    IndexInterior = 0x02,
}

impl Flag {
    const fn is_interior(self) -> bool {
        matches!(self, Self::TableInterior | Self::IndexInterior)
    }
}

/// A page that is being filled.
#[derive(Debug)]
pub(super) struct Page {
    flag: Flag,
    cells: Vec<u8>,
    /// End of each cell in `cells`.
    ends: Vec<usize>,
    /// The child behind the last cell, of an interior page.
    pub(super) rightmost: u32,
}

impl Page {
    pub(super) fn new(flag: Flag) -> Self {
        Self { flag, cells: Vec::with_capacity(PAGE), ends: Vec::new(), rightmost: 0 }
    }

    /// Bytes of a page's own header.
    const fn header(&self) -> usize {
        if self.flag.is_interior() { 12 } else { 8 }
    }

    /// True if another cell of `len` bytes fits, in a page `before` which stand other bytes.
    pub(super) fn fits(&self, before: usize, len: usize) -> bool {
        before + self.header() + self.cells.len() + 2 * self.ends.len() + len + 2 <= PAGE
    }

    pub(super) fn push(&mut self, cell: &[u8]) {
        self.cells.extend_from_slice(cell);
        self.ends.push(self.cells.len());
    }

    /// Takes the last cell away.
    pub(super) fn pop(&mut self) -> Vec<u8> {
        self.ends.pop();
        self.cells.split_off(self.ends.last().copied().unwrap_or_default())
    }

    pub(super) fn clear(&mut self) {
        self.cells.clear();
        self.ends.clear();
        self.rightmost = 0;
    }

    /// Its bytes, behind `before` other bytes.
    pub(super) fn image(&self, before: usize) -> [u8; PAGE] {
        let mut image = [0; PAGE];
        let mut put = |at, bytes: &[u8]| put(&mut image, at, bytes);
        let (mut content, mut start) = (PAGE, 0);
        for (number, &end) in self.ends.iter().enumerate() {
            let cell = self.cells.get(start..end).unwrap_or_default();
            content -= cell.len();
            put(content, cell);
            put(before + self.header() + 2 * number, &be16(content));
            start = end;
        }
        put(before, &[self.flag as u8]);
        put(before + 3, &be16(self.ends.len()));
        put(before + 5, &be16(content));
        if self.flag.is_interior() {
            put(before + 8, &self.rightmost.to_be_bytes());
        }
        image
    }
}

/// Writes bytes at a place that they fit.
pub(super) fn put(image: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = image.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

fn be16(n: usize) -> [u8; 2] {
    u16::try_from(n).unwrap_or(u16::MAX).to_be_bytes()
}
