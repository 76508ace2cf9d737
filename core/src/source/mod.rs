//! Bytes to read: the one way in which core sees a log.
//!
//! Owns: the [`ByteSource`] contract, a source over a slice, [`Pieces`] of a range, and the [`Rope`] that shows spliced
//! text as one source.
//! Invariant: a source has a fixed length; a source that shrank or changed says so instead of giving other bytes.
//! Does not: open anything; hosts do.

pub mod identity;
mod pieces;
mod prefix;
mod rope;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;
pub use pieces::{PIECE, Pieces};
pub(crate) use prefix::Prefix;
pub use rope::{Piece, Rope};

/// Why bytes could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The source ends before the bytes that were asked for: it shrank while it was open.
    #[error(
        "ends at byte {actual}, but {wanted} bytes were there before: it was cut or replaced while open; read it again"
    )]
    Shrank {
        /// End of the bytes asked for.
        wanted: u64,
        /// Where the source ends now.
        actual: u64,
    },
    /// The host could not read.
    #[error("cannot read at byte {offset}: {message}")]
    Io {
        /// Where.
        offset: u64,
        /// What the host says.
        message: String,
    },
    /// More bytes than are held in memory at once.
    #[error(
        "what begins at byte {offset} is longer than {} MiB, more than is held in memory at once; `seal --undo` puts a \
         sealed log back into one file, which is mapped instead", MAX_HELD >> 20
    )]
    TooLong {
        /// Where it begins.
        offset: u64,
    },
    /// More bytes are lost than are copied, or gone over, as line feeds.
    #[error(
        "more than {} MiB of the log are lost, from byte {offset} on: put the files of its segments back into its store",
        MAX_HELD >> 20
    )]
    Lost {
        /// Where.
        offset: u64,
    },
    /// The caller asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// Bytes of a line or an entry that are held in memory at most, and lost bytes that are copied: a store of a few
/// kilobytes may claim to hold any number of them, in a compressed segment or in one that is not there.
pub const MAX_HELD: u64 = 1 << 30;

/// A fixed run of bytes that can be read at any position.
pub trait ByteSource {
    /// Length in bytes.
    fn len(&self) -> u64;

    /// Fills `buffer` with the bytes from `offset` on.
    ///
    /// # Errors
    /// [`SourceError::Shrank`] if the source does not hold that many bytes, [`SourceError::Io`] if reading failed.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError>;

    /// All bytes at once, where the host has them in memory or mapped.
    fn view(&self) -> Option<&[u8]> {
        None
    }

    /// The bytes `offset..offset + len` in place, where the host has them.
    fn in_place(&self, offset: u64, len: usize) -> Option<&[u8]> {
        self.view()?.get(usize::try_from(offset).ok()?..)?.get(..len)
    }

    /// The bytes `offset..offset + len`: in place where the host has them, else read.
    ///
    /// # Errors
    /// As [`ByteSource::read_vec`].
    fn bytes(&self, offset: u64, len: usize) -> Result<Cow<'_, [u8]>, SourceError> {
        match self.in_place(offset, len) {
            Some(bytes) => Ok(Cow::Borrowed(bytes)),
            None => self.read_vec(offset, len).map(Cow::Owned),
        }
    }

    /// The run of bytes around the one at `offset` that are lost, and read as line feeds: whoever goes over a log need
    /// not read those. `None` if it is there.
    ///
    /// # Errors
    /// As [`ByteSource::read_at`].
    fn lost_at(&self, _offset: u64) -> Result<Option<Range<u64>>, SourceError> {
        Ok(None)
    }

    /// Whether lost bytes were met by now, in reads or in answers of [`ByteSource::lost_at`]. They may come back, with a
    /// copy of their file, and nothing else of the log tells: what was derived without them must not be kept.
    fn met_lost(&self) -> bool {
        false
    }

    /// To be asked once a pass over [`ByteSource::view`] is done: a mapped file may have shrunk meanwhile, and
    /// what the pass saw then is void.
    ///
    /// # Errors
    /// [`SourceError::Shrank`] in that case.
    fn still_whole(&self) -> Result<(), SourceError> {
        Ok(())
    }

    /// True for a source without bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes `offset..offset + len` as a vector.
    ///
    /// # Errors
    /// As [`ByteSource::read_at`], or [`SourceError::TooLong`] beyond [`MAX_HELD`].
    fn read_vec(&self, offset: u64, len: usize) -> Result<Vec<u8>, SourceError> {
        // Checked before the allocation: an offset from outside must not make us reserve what is not there.
        let wanted = offset.saturating_add(len as u64);
        if wanted > self.len() {
            return Err(SourceError::Shrank { wanted, actual: self.len() });
        }
        if len as u64 > MAX_HELD {
            return Err(SourceError::TooLong { offset });
        }
        let mut bytes = alloc::vec![0; len];
        self.read_at(offset, &mut bytes)?;
        Ok(bytes)
    }
}

/// A source over bytes in memory.
#[derive(Debug, Clone, Copy)]
pub struct SliceSource<'a>(pub &'a [u8]);

impl ByteSource for SliceSource<'_> {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let wanted = offset.saturating_add(buffer.len() as u64);
        let found = usize::try_from(offset).ok().and_then(|start| self.0.get(start..)?.get(..buffer.len()));
        let found = found.ok_or(SourceError::Shrank { wanted, actual: self.len() })?;
        buffer.copy_from_slice(found);
        Ok(())
    }

    fn view(&self) -> Option<&[u8]> {
        Some(self.0)
    }
}

impl<S: ByteSource + ?Sized> ByteSource for &S {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        (**self).read_at(offset, buffer)
    }

    fn view(&self) -> Option<&[u8]> {
        (**self).view()
    }

    fn lost_at(&self, offset: u64) -> Result<Option<Range<u64>>, SourceError> {
        (**self).lost_at(offset)
    }

    fn met_lost(&self) -> bool {
        (**self).met_lost()
    }

    fn still_whole(&self) -> Result<(), SourceError> {
        (**self).still_whole()
    }
}
