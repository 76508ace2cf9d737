//! Segments: a log whose older lines stand in separate files, read as one file.
//!
//! Owns: where bytes stand ([`Layout`]), which layout is in force ([`Manifest`], [`Detected`]), reading such a log
//! ([`SegmentedSource`]), and, over a storage, the log as one file ([`Segmented`]), sealing ([`seal`]) and compression
//! ([`compress`]). Section 7.7 of `docs/format.md` is the format.
//! Invariant: every offset outside this module is a logical one, and a seal changes none. A lost or damaged range reads
//! as line feeds, so all other bytes keep their offsets.
//! Does not: contain a compression library; hosts provide [`Decompress`] and [`Compress`].

mod announce;
mod change;
mod check;
pub mod compress;
mod in_force;
mod layout;
mod manifest;
mod pack;
mod range;
mod reader;
mod recover;
pub mod seal;
mod seekable;
mod segmented;
mod source;
mod storage;
mod witness;

pub use check::Depth;
pub use in_force::{Detected, InForce, Uncertainty};
pub use layout::Layout;
pub use manifest::{MANIFEST, Manifest, State};
pub(crate) use pack::press;
pub use range::{Form, Segment};
pub use reader::{Archive, Reader};
pub use seekable::{BLOCK, Table, TableError};
pub(crate) use seekable::{Frame, table};
pub use segmented::{Segmented, SegmentedFile};
pub use source::SegmentedSource;

/// Decompresses Zstandard frames.
pub trait Decompress {
    /// Fills `plain`, whose length is that of the frame's block; false if the frame does not hold exactly so many
    /// bytes. The memory needed is proportional to `plain`, whatever the frame claims.
    fn decompress(&self, frame: &[u8], plain: &mut [u8]) -> bool;
}

/// Compresses blocks into Zstandard frames.
pub trait Compress {
    /// One frame, with a checksum, for a block; `None` if the library fails.
    fn compress(&self, plain: &[u8]) -> Option<alloc::vec::Vec<u8>>;

    /// The frames of several blocks, in their order. A host may compress them at the same time.
    fn compress_all(&self, blocks: &[&[u8]]) -> Option<alloc::vec::Vec<alloc::vec::Vec<u8>>> {
        blocks.iter().map(|block| self.compress(block)).collect()
    }
}
