//! Records and cells: the bytes of one row.
//!
//! Owns: variable-length integers, the types of columns, and how much of a payload stands in its page (sections 1.6, 2.1
//! and 2.3 of SQLite's file format).
//! Invariant: integers take as few bytes as they can, but for those whose width the caller fixes.

use super::page::PAGE;
use alloc::vec::Vec;

/// A column's value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Column<'c> {
    Null,
    Int(i64),
    /// An integer of so many bytes (1, 2, 4 or 6), which can be replaced in place.
    Fixed(i64, u8),
    Text(&'c str),
    Blob(&'c [u8]),
}

impl<'c> Column<'c> {
    pub(super) fn int(value: Option<i64>) -> Self {
        value.map_or(Self::Null, Self::Int)
    }

    pub(super) fn text(value: Option<&'c str>) -> Self {
        value.map_or(Self::Null, Self::Text)
    }

    /// Its type in a record's header.
    fn serial_type(&self) -> u64 {
        match *self {
            Self::Null => 0,
            Self::Int(0) => ZERO.into(),
            Self::Int(1) => ONE.into(),
            Self::Int(n) => type_of_width(width(n)),
            Self::Fixed(_, width) => type_of_width(width),
            Self::Text(text) => 13 + 2 * text.len() as u64,
            Self::Blob(bytes) => 12 + 2 * bytes.len() as u64,
        }
    }

    fn put(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Null | Self::Int(0 | 1) => {}
            Self::Int(n) => out.extend_from_slice(last_bytes(&n.to_be_bytes(), width(n))),
            Self::Fixed(n, width) => out.extend_from_slice(last_bytes(&n.to_be_bytes(), width)),
            Self::Text(text) => out.extend_from_slice(text.as_bytes()),
            Self::Blob(bytes) => out.extend_from_slice(bytes),
        }
    }
}

/// The type of the integer 0, which has no bytes.
pub(super) const ZERO: u8 = 8;
/// The type of the integer 1, which has no bytes.
pub(super) const ONE: u8 = 9;

/// The last `width` bytes of an integer.
pub(super) fn last_bytes(bytes: &[u8; 8], width: u8) -> &[u8] {
    bytes.get(8 - usize::from(width).min(8)..).unwrap_or_default()
}

fn type_of_width(width: u8) -> u64 {
    match width {
        6 => 5,
        8 => 6,
        width => width.into(),
    }
}

/// Bytes of an integer of this type.
pub(super) const fn width_of_type(serial_type: u8) -> u8 {
    match serial_type {
        1..=4 => serial_type,
        5 => 6,
        6 => 8,
        _ => 0,
    }
}

/// The least bytes that hold `n`, of those that SQLite knows.
fn width(n: i64) -> u8 {
    let bits = 65 - if n < 0 { (!n).leading_zeros() } else { n.leading_zeros() };
    match bits.div_ceil(8) {
        0..=4 => bits.div_ceil(8).to_le_bytes()[0],
        5..=6 => 6,
        _ => 8,
    }
}

/// Appends a record.
pub(super) fn put_record(out: &mut Vec<u8>, columns: &[Column<'_>]) {
    let types = columns.iter().map(Column::serial_type);
    // The length of a header counts itself: one byte, as tables have at most ten columns.
    put_varint(out, 1 + types.clone().map(varint_len).sum::<u64>());
    types.for_each(|serial_type| put_varint(out, serial_type));
    columns.iter().for_each(|column| column.put(out));
}

fn varint_len(n: u64) -> u64 {
    u64::from((64 - n.leading_zeros()).div_ceil(7).clamp(1, 9))
}

/// Appends an integer below 2^56: 7 bits a byte, high bits first.
pub(super) fn put_varint(out: &mut Vec<u8>, n: u64) {
    for group in (1..varint_len(n)).rev() {
        out.push((n >> (7 * group)).to_le_bytes()[0] | 0x80);
    }
    out.push(n.to_le_bytes()[0] & 0x7F);
}

/// What a payload belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    Index,
}

/// How many bytes of a payload of `len` bytes stand in the page of its cell; the rest stands in pages of its own.
pub(super) const fn local_len(kind: Kind, len: usize) -> usize {
    let most = match kind {
        Kind::Table => PAGE - 35,
        Kind::Index => (PAGE - 12) * 64 / 255 - 23,
    };
    if len <= most {
        return len;
    }
    let least = (PAGE - 12) * 32 / 255 - 23;
    let wanted = least + (len - least) % (PAGE - 4);
    if wanted <= most { wanted } else { least }
}
