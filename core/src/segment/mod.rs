//! Segments: a log whose older lines stand in files of their own, read as if it were one file.
//!
//! Owns: which bytes stand where ([`Layout`]), which layout is in force ([`Manifest`], [`look`]), how a segment's
//! bytes are got at ([`Reader`]), and, over a storage, the log as one file ([`Segmented`]), sealing ([`seal`]),
//! compression ([`compress`]) and their checks ([`check`]). Section 7.7 of `docs/format.md` is the format.
//! Invariant: every offset outside this module is one of the logical log, which is the same before and after a seal.
//! A lost or damaged range reads as line feeds, so that all else keeps its place.
//! Does not: hold a compression library; hosts pass in [`Decompress`] and [`Compress`].

mod change;
pub mod check;
pub mod compress;
mod file;
mod layout;
mod look;
mod manifest;
mod pack;
mod reader;
pub mod seal;
mod seekable;
mod storage;

pub use file::SegmentedFile;
pub use layout::{Form, Layout, Segment};
pub use look::{Doubt, View, look};
pub use manifest::{MANIFEST, MAX_MANIFEST, Manifest, State};
pub use reader::{Archive, Reader};
pub use seekable::{BLOCK, Table, TableError};
pub use storage::Segmented;

/// Decompresses Zstandard frames.
pub trait Decompress {
    /// Fills `plain`, which is as long as the block that the frame holds; false if the frame does not hold exactly
    /// that. Needs memory in proportion to `plain`, whatever the frame claims.
    fn decompress(&self, frame: &[u8], plain: &mut [u8]) -> bool;
}

/// Compresses blocks into Zstandard frames.
pub trait Compress {
    /// One frame with a checksum that holds the block; `None` if the library fails.
    fn compress(&self, plain: &[u8]) -> Option<alloc::vec::Vec<u8>>;
}

impl<D: Decompress + ?Sized> Decompress for &D {
    fn decompress(&self, frame: &[u8], plain: &mut [u8]) -> bool {
        (**self).decompress(frame, plain)
    }
}
