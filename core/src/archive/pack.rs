//! The form of an object that holds bytes of a session: Zstandard frames with a table, as in a compressed segment.
//!
//! Owns: packing a range, and unpacking a whole object.
//! Invariant: memory holds one window of what is packed, and no more of what is unpacked than its commit says.

use crate::segment::{BLOCK, Compress, Decompress, Table, press, table};
use crate::source::{ByteSource, Pieces, SliceSource, SourceError};
use alloc::string::ToString;
use alloc::vec::Vec;
use core::ops::Range;

/// Most bytes of an object that holds so many.
#[must_use]
pub const fn packed_limit(len: u64) -> u64 {
    len.saturating_add(len / 64).saturating_add(4096)
}

/// Packs a range of a source.
///
/// # Errors
/// Fails if the source cannot be read, or the library fails.
pub fn pack(
    source: &(impl ByteSource + ?Sized),
    range: Range<u64>,
    with: &dyn Compress,
    each: &mut dyn FnMut(&[u8]),
) -> Result<Vec<u8>, SourceError> {
    let failed = SourceError::Io { offset: range.start, message: "compression failed".to_string() };
    let (mut out, mut frames) = (Vec::new(), Vec::new());
    let mut pieces = Pieces::new(source, range);
    while let Some((_, bytes)) = pieces.read()? {
        each(bytes);
        out.extend_from_slice(&press(with, bytes, &mut frames).ok_or_else(|| failed.clone())?);
    }
    out.extend_from_slice(&table(&frames));
    Ok(out)
}

/// Unpacks an object that should hold `len` bytes, block by block; `None` if it does not.
pub fn unpack(packed: &[u8], len: u64, with: &dyn Decompress, each: &mut dyn FnMut(&[u8])) -> Option<()> {
    let table = Table::read(&SliceSource(packed), len).ok()?;
    let mut block = Vec::with_capacity(usize::try_from(BLOCK).ok()?);
    let mut at = 0;
    while at < len {
        let frame = table.frame(at)?;
        let start = usize::try_from(frame.stored.0).ok()?;
        block.resize(frame.plain.1, 0);
        if !with.decompress(packed.get(start..)?.get(..frame.stored.1)?, &mut block) {
            return None;
        }
        each(&block);
        at = frame.plain.0 + block.len() as u64;
    }
    Some(())
}
