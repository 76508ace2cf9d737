//! A glance: reads a sidecar's metadata from its first pages, without SQLite (section 4.5 of `docs/format.md`).
//!
//! If you change the order of tables in [`super::schema`], then change `META_PAGE` here too.
//!
//! Owns: the part of SQLite's file format (<https://www.sqlite.org/fileformat2.html>, sections 1.3, 1.6 and 2.1) for
//! one leaf page of a table without row ids. For thousands of sessions, opening each database would cost twenty times
//! as much as this freshness check.
//! Invariant: the result is SQLite's, or `None`: the metadata must match its own digest. The glance follows no page
//! links, so metadata that does not fit one page, and anything unusual, gives `None`.

use super::meta::IndexMeta;
use super::meta_rows::Value;
use super::schema::{APPLICATION_ID, PAGE_SIZE, SCHEMA_VERSION};
use alloc::string::String;
use alloc::vec::Vec;

/// The page of the table `metadata`: each table gets a page in the order in which the schema creates it.
const META_PAGE: usize = 5;

/// Bytes of a sidecar that [`meta_from_pages`] needs.
pub const META_PAGES_LEN: usize = META_PAGE * PAGE_SIZE as usize;

/// Reads the metadata from the first [`META_PAGES_LEN`] bytes of a sidecar.
#[must_use]
pub fn meta_from_pages(start: &[u8]) -> Option<IndexMeta> {
    let be32 = |at: usize| Some(i64::from(u32::from_be_bytes(*start.get(at..)?.first_chunk()?)));
    let be16 = |at: usize| Some(u16::from_be_bytes(*start.get(at..)?.first_chunk()?));
    let ours = start.starts_with(b"SQLite format 3\0")
        && u32::from(be16(16)?) == PAGE_SIZE
        && start.get(20) == Some(&0)
        && be32(60)? == SCHEMA_VERSION
        && be32(68)? == APPLICATION_ID;
    if !ours {
        return None;
    }
    let page = start.get(META_PAGES_LEN - PAGE_SIZE as usize..META_PAGES_LEN)?;
    if *page.first()? != LEAF_INDEX_PAGE {
        return None;
    }
    let cells = usize::from(u16::from_be_bytes(*page.get(3..)?.first_chunk()?));
    let mut rows = Vec::new();
    for cell in 0..cells {
        let at = u16::from_be_bytes(*page.get(8 + 2 * cell..)?.first_chunk()?);
        rows.push(row(page.get(usize::from(at)..)?)?);
    }
    IndexMeta::from_rows(&rows)
}

const LEAF_INDEX_PAGE: u8 = 0x0A;

/// Reads one cell: the length of the record, then the record with key and value.
fn row(cell: &[u8]) -> Option<(String, Value)> {
    let (len, cell) = varint(cell)?;
    // A record that continues on other pages is cut short here and fails below.
    let record = cell.get(..usize::try_from(len).ok()?)?;
    let (header_len, types) = varint(record)?;
    let header_len = usize::try_from(header_len).ok()?;
    let (key_type, types) = varint(types)?;
    let (value_type, _) = varint(types)?;
    let body = record.get(header_len..)?;
    let (Value::Text(key), body) = value(key_type, body)? else { return None };
    let (value, _) = value(value_type, body)?;
    Some((key, value))
}

fn value(serial_type: u64, body: &[u8]) -> Option<(Value, &[u8])> {
    let int_len = match serial_type {
        1..=4 => usize::try_from(serial_type).ok()?,
        5 => 6,
        6 => 8,
        8 | 9 => return Some((Value::Int(i64::from(serial_type == 9)), body)),
        12.. => {
            let len = usize::try_from((serial_type - 12) / 2).ok()?;
            let (bytes, rest) = body.split_at_checked(len)?;
            let value = if serial_type.is_multiple_of(2) {
                Value::Blob(bytes.to_vec())
            } else {
                Value::Text(String::from_utf8(bytes.to_vec()).ok()?)
            };
            return Some((value, rest));
        }
        _ => return None,
    };
    let (bytes, rest) = body.split_at_checked(int_len)?;
    let sign = if bytes.first()? & 0x80 == 0 { 0 } else { -1 };
    Some((Value::Int(bytes.iter().fold(sign, |n, &byte| n << 8 | i64::from(byte))), rest))
}

/// Reads a variable-length integer: 7 bits per byte, high bits first; the ninth byte has 8 bits.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut n = 0u64;
    for (i, &byte) in bytes.iter().take(9).enumerate() {
        if i == 8 {
            return Some((n << 8 | u64::from(byte), bytes.get(9..)?));
        }
        n = n << 7 | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            return Some((n, bytes.get(i + 1..)?));
        }
    }
    None
}
