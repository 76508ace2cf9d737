//! The pages of the file: which number each has, and the file's header.
//!
//! Owns: the order of pages, chains of overflow pages, and the header (sections 1.3 and 1.6 of SQLite's file format).
//! Invariant: pages are numbered in the order in which they are written, but for the first few, which are written last.

use super::cell::{Kind, local_len};
use super::page::{FILE_HEADER, PAGE, Page, put};
use crate::index::schema::{APPLICATION_ID, PAGE_SIZE, SCHEMA_VERSION};
use alloc::vec::Vec;
use core::convert::Infallible;

/// Where an image is written to.
pub trait ImageFile {
    /// Why it cannot be written.
    type Error;

    /// Writes a page at `offset`. Most follow each other.
    ///
    /// # Errors
    /// The file's.
    fn write(&mut self, offset: u64, page: &[u8; PAGE]) -> Result<(), Self::Error>;

    /// Reads a page that was written.
    ///
    /// # Errors
    /// The file's.
    fn read(&mut self, offset: u64, page: &mut [u8; PAGE]) -> Result<(), Self::Error>;
}

impl ImageFile for Vec<u8> {
    type Error = Infallible;

    fn write(&mut self, offset: u64, page: &[u8; PAGE]) -> Result<(), Infallible> {
        let at = usize::try_from(offset).unwrap_or(usize::MAX);
        if self.len() < at + PAGE {
            self.resize(at + PAGE, 0);
        }
        put(self, at, page);
        Ok(())
    }

    fn read(&mut self, offset: u64, page: &mut [u8; PAGE]) -> Result<(), Infallible> {
        let at = usize::try_from(offset).unwrap_or(usize::MAX);
        if let Some(bytes) = self.get(at..at + PAGE) {
            page.copy_from_slice(bytes);
        }
        Ok(())
    }
}

/// The page with the byte that SQLite locks; it is never used.
const LOCK_PAGE: u32 = (1 << 30) / PAGE_SIZE + 1;

/// Bytes of a payload in an overflow page, behind the number of the next one.
pub(super) const OVERFLOW: usize = PAGE - 4;

#[derive(Debug)]
pub(super) struct Pages<F> {
    file: F,
    /// Pages that have a number.
    count: u32,
}

impl<F: ImageFile> Pages<F> {
    /// A new file, of which the first `reserved` pages are used for roots.
    pub(super) const fn new(file: F, reserved: u32) -> Self {
        Self { file, count: reserved }
    }

    /// The number of the next page.
    pub(super) fn allocate(&mut self) -> u32 {
        self.count = behind(self.count, 1);
        self.count
    }

    /// Writes a page of a b-tree under a number of its own, and returns that.
    pub(super) fn add(&mut self, page: &Page) -> Result<u32, F::Error> {
        let number = self.allocate();
        self.put(number, page)?;
        Ok(number)
    }

    /// Writes a page of a b-tree. The first page holds the file's header too, so it comes last.
    pub(super) fn put(&mut self, number: u32, page: &Page) -> Result<(), F::Error> {
        let mut image = page.image(before(number));
        if let (1, Some(header)) = (number, image.first_chunk_mut()) {
            *header = file_header(self.count);
        }
        self.write(number, &image)
    }

    pub(super) fn write(&mut self, number: u32, image: &[u8; PAGE]) -> Result<(), F::Error> {
        self.file.write(offset(number), image)
    }

    pub(super) fn read(&mut self, number: u32) -> Result<[u8; PAGE], F::Error> {
        let mut image = [0; PAGE];
        self.file.read(offset(number), &mut image)?;
        Ok(image)
    }

    /// Appends a payload to a cell: what of it stands in the cell, and the number of the first page with the rest.
    pub(super) fn put_payload(&mut self, kind: Kind, cell: &mut Vec<u8>, payload: &[u8]) -> Result<(), F::Error> {
        let (local, rest) = payload.split_at(local_len(kind, payload.len()));
        cell.extend_from_slice(local);
        let mut chunks = rest.chunks(OVERFLOW).peekable();
        if chunks.peek().is_some() {
            cell.extend_from_slice(&behind(self.count, 1).to_be_bytes());
        }
        while let Some(chunk) = chunks.next() {
            let number = self.allocate();
            let next = if chunks.peek().is_some() { behind(number, 1) } else { 0 };
            let mut image = [0; PAGE];
            put(&mut image, 0, &next.to_be_bytes());
            put(&mut image, 4, chunk);
            self.write(number, &image)?;
        }
        Ok(())
    }

    pub(super) fn into_file(self) -> F {
        self.file
    }
}

/// Bytes before the b-tree of a page.
pub(super) const fn before(number: u32) -> usize {
    if number == 1 { FILE_HEADER } else { 0 }
}

/// The number of the page that is `steps` behind another one.
pub(super) const fn behind(number: u32, steps: u32) -> u32 {
    let behind = number + steps;
    if number < LOCK_PAGE && behind >= LOCK_PAGE { behind + 1 } else { behind }
}

fn offset(number: u32) -> u64 {
    u64::from(number - 1) * PAGE as u64
}

/// The header of a file of `count` pages that nobody has changed since it was made.
fn file_header(count: u32) -> [u8; FILE_HEADER] {
    /// A version of SQLite that knows everything that stands in the file.
    const WRITTEN_BY: u32 = 3_040_000;
    const CHANGES: u32 = 1;
    let int = |n: i64| u32::try_from(n).unwrap_or_default();
    let mut header = [0; FILE_HEADER];
    let mut put = |at, bytes: &[u8]| put(&mut header, at, bytes);
    put(0, b"SQLite format 3\0");
    put(16, &u16::try_from(PAGE).unwrap_or_default().to_be_bytes());
    // Rollback journal; no bytes reserved; the fixed fractions of a payload in a page.
    put(18, &[1, 1, 0, 64, 32, 32]);
    put(24, &CHANGES.to_be_bytes());
    put(28, &count.to_be_bytes());
    // Cookie and format of the schema.
    put(40, &1_u32.to_be_bytes());
    put(44, &4_u32.to_be_bytes());
    // UTF-8.
    put(56, &1_u32.to_be_bytes());
    put(60, &int(SCHEMA_VERSION).to_be_bytes());
    put(68, &int(APPLICATION_ID).to_be_bytes());
    put(92, &CHANGES.to_be_bytes());
    put(96, &WRITTEN_BY.to_be_bytes());
    header
}
