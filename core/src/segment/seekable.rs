//! The seekable format of Zstandard: independent frames, and a table of them in a skippable frame at the end.
//!
//! Owns: writing and validating the table. Format: `contrib/seekable_format` of the Zstandard project; any `zstd -d`
//! reads such a file.
//! Invariant: a table is accepted only if its frames fill the file and the segment exactly, each within bounds, so that
//! no claim in it makes a reader allocate more than a block.
//! Does not: compress; see [`super::Decompress`] and [`super::Compress`].

use crate::source::{ByteSource, SourceError};
use alloc::vec::Vec;

/// Bytes of the log per frame: small enough to read one entry quickly, large enough to compress well.
pub const BLOCK: u64 = 128 << 10;
/// Most bytes of the log in a frame of any program.
const MAX_BLOCK: u64 = 1 << 20;
/// Most bytes of such a frame in the file, with room for the library's overhead.
const MAX_FRAME: u64 = MAX_BLOCK + (MAX_BLOCK >> 7) + 4096;
/// Most frames in one file.
const MAX_FRAMES: u32 = 1 << 20;

const SKIPPABLE: [u8; 4] = 0x184D_2A5E_u32.to_le_bytes();
const SEEKABLE: [u8; 4] = 0x8F92_EAB1_u32.to_le_bytes();
const FOOTER: u64 = 9;
const SKIPPABLE_HEADER: u64 = 8;
/// Bits of the descriptor: each entry of the table has a checksum; these bits must be zero.
const HAS_CHECKSUMS: u8 = 0x80;
const RESERVED: u8 = 0x7C;

/// Why a file is not a compressed segment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The file cannot be read.
    #[error("{0}")]
    Source(#[from] SourceError),
    /// The file does not end with a table of frames.
    #[error("does not end with a table of frames")]
    NoTable,
    /// The table has more frames than a segment can.
    #[error("claims {0} frames")]
    TooMany(u32),
    /// A frame is empty or too large.
    #[error("frame {0} of its table is empty or too large")]
    Frame(u32),
    /// The frames do not fill the file and the segment.
    #[error("its table holds {found} bytes of log in {stored} bytes, which is not the segment")]
    Sum {
        /// Bytes of the log in the frames.
        found: u64,
        /// Bytes of the frames in the file.
        stored: u64,
    },
}

/// The start of each frame, in the file and in the segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// (offset in the file, offset in the segment) of each frame, and of the end.
    starts: Vec<(u64, u64)>,
}

/// One frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) index: usize,
    pub(crate) stored: (u64, usize),
    pub(crate) plain: (u64, usize),
}

impl Table {
    /// Reads the table of a file that should hold a segment of `len` bytes.
    ///
    /// # Errors
    /// [`TableError`] if the file has no valid table for such a segment.
    pub fn read(file: &(impl ByteSource + ?Sized), len: u64) -> Result<Self, TableError> {
        let behind = file.len().checked_sub(FOOTER + SKIPPABLE_HEADER).ok_or(TableError::NoTable)?;
        let footer = file.read_vec(file.len() - FOOTER, 9)?;
        let (count, rest) = footer.split_first_chunk::<4>().ok_or(TableError::NoTable)?;
        let count = u32::from_le_bytes(*count);
        let &[descriptor, ref magic @ ..] = rest else { return Err(TableError::NoTable) };
        if magic != SEEKABLE || descriptor & RESERVED != 0 {
            return Err(TableError::NoTable);
        }
        if count > MAX_FRAMES {
            return Err(TableError::TooMany(count));
        }
        let entry: u64 = if descriptor & HAS_CHECKSUMS == 0 { 8 } else { 12 };
        let table_len = entry * u64::from(count);
        let frames_end = behind.checked_sub(table_len).ok_or(TableError::NoTable)?;
        let table = file.read_vec(frames_end, usize::try_from(SKIPPABLE_HEADER + table_len).unwrap_or(usize::MAX))?;
        let (head, table) = table.split_at_checked(8).ok_or(TableError::NoTable)?;
        let said = u32::try_from(table_len + FOOTER).map_err(|_| TableError::TooMany(count))?.to_le_bytes();
        if head != [SKIPPABLE, said].concat() {
            return Err(TableError::NoTable);
        }
        let mut starts = Vec::with_capacity(count as usize + 1);
        let (mut stored, mut plain) = (0_u64, 0_u64);
        starts.push((0, 0));
        for (index, entry) in (0..count).zip(table.chunks_exact(usize::try_from(entry).unwrap_or(8))) {
            let word = |at: usize| entry.get(at..)?.first_chunk::<4>().map(|word| u64::from(u32::from_le_bytes(*word)));
            let (Some(frame), Some(block)) = (word(0), word(4)) else { return Err(TableError::NoTable) };
            if frame == 0 || frame > MAX_FRAME || block == 0 || block > MAX_BLOCK {
                return Err(TableError::Frame(index));
            }
            (stored, plain) = (stored + frame, plain + block);
            starts.push((stored, plain));
        }
        if stored != frames_end || plain != len {
            return Err(TableError::Sum { found: plain, stored });
        }
        Ok(Self { starts })
    }

    /// The frame with the byte at an offset in the segment.
    pub(crate) fn frame(&self, offset: u64) -> Option<Frame> {
        let index = self.starts.partition_point(|&(_, plain)| plain <= offset).checked_sub(1)?;
        let (&(stored, plain), &(stored_end, plain_end)) = (self.starts.get(index)?, self.starts.get(index + 1)?);
        let len = |from: u64, to: u64| usize::try_from(to - from).ok();
        Some(Frame { index, stored: (stored, len(stored, stored_end)?), plain: (plain, len(plain, plain_end)?) })
    }
}

/// The table behind frames with these lengths (stored, plain).
pub(crate) fn table(frames: &[(u32, u32)]) -> Vec<u8> {
    let len = u32::try_from(frames.len() * 8).unwrap_or(u32::MAX).saturating_add(9);
    let mut out = [SKIPPABLE, len.to_le_bytes()].concat();
    for (stored, plain) in frames {
        out.extend_from_slice(&stored.to_le_bytes());
        out.extend_from_slice(&plain.to_le_bytes());
    }
    out.extend_from_slice(&u32::try_from(frames.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.push(0);
    out.extend_from_slice(&SEEKABLE);
    out
}
