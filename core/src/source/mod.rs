//! Byte sources: the only way in which core reads a log.
//!
//! Owns: the [`ByteSource`] contract, a source over a slice, [`Pieces`] of a range, and the [`Rope`], which presents
//! spliced text as one source.
//! Invariant: a source has a fixed length. A source that shrank or changed gives an error, never other bytes.

pub mod identity;
mod pieces;
mod prefix;
mod rope;
mod watched;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;
pub use pieces::{PIECE, Pieces};
pub(crate) use prefix::Prefix;
pub(crate) use rope::RopePart;
pub use rope::{Piece, Rope};
pub use watched::{Tick, go_on};
pub(crate) use watched::{Watched, tell};

/// Why bytes could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The source ends before the requested bytes: it shrank while it was open.
    #[error(
        "ends at byte {actual}, but {wanted} bytes were there before: it was cut or replaced while open; read it again"
    )]
    Shrank {
        /// End of the requested bytes.
        wanted: u64,
        /// Current end of the source.
        actual: u64,
    },
    /// The host's read failed.
    #[error("cannot read at byte {offset}: {message}")]
    Io {
        /// Offset of the read.
        offset: u64,
        /// The host's message.
        message: String,
    },
    /// The read needs more bytes than may be held in memory at once.
    #[error(
        "what begins at byte {offset} is longer than {} MiB, more than is held in memory at once; `seal --undo` puts a \
         sealed log back into one file, which is mapped instead", MAX_HELD >> 20
    )]
    TooLong {
        /// Start of the bytes.
        offset: u64,
    },
    /// More bytes are lost than may be copied or scanned as line feeds.
    #[error(
        "more than {} MiB of the log are lost, from byte {offset} on: put the files of its segments back into its store",
        MAX_HELD >> 20
    )]
    Lost {
        /// Offset of the lost bytes.
        offset: u64,
    },
    /// The caller interrupted.
    #[error("interrupted")]
    Interrupted,
}

/// Most bytes of a line or an entry in memory, and most lost bytes that are copied. A store of a few kilobytes may
/// claim any number of bytes, by a compressed or a missing segment.
pub const MAX_HELD: u64 = 1 << 30;

/// Bytes of a fixed length that can be read at any position.
pub trait ByteSource {
    /// Length in bytes.
    fn len(&self) -> u64;

    /// Fills `buffer` with the bytes from `offset` on.
    ///
    /// # Errors
    /// [`SourceError::Shrank`] if the source does not hold that many bytes, [`SourceError::Io`] if reading failed.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError>;

    /// All bytes at once, if the host has them in memory or mapped.
    fn view(&self) -> Option<&[u8]> {
        None
    }

    /// The bytes `offset..offset + len` in place, if the host has them in memory or mapped.
    fn in_place(&self, offset: u64, len: usize) -> Option<&[u8]> {
        self.view()?.get(usize::try_from(offset).ok()?..)?.get(..len)
    }

    /// The bytes `offset..offset + len`: in place if possible, else read.
    ///
    /// # Errors
    /// Same errors as [`ByteSource::read_vec`].
    fn bytes(&self, offset: u64, len: usize) -> Result<Cow<'_, [u8]>, SourceError> {
        match self.in_place(offset, len) {
            Some(bytes) => Ok(Cow::Borrowed(bytes)),
            None => self.read_vec(offset, len).map(Cow::Owned),
        }
    }

    /// The range of lost bytes around `offset`, which read as line feeds, so that a pass over the log may skip it.
    /// `None` if the byte at `offset` is not lost.
    ///
    /// # Errors
    /// Same errors as [`ByteSource::read_at`].
    fn lost_at(&self, _offset: u64) -> Result<Option<Range<u64>>, SourceError> {
        Ok(None)
    }

    /// True once a read or [`ByteSource::lost_at`] met lost bytes. A copy of their file may bring them back without any
    /// other change of the log, so results derived without them must not be stored.
    fn met_lost(&self) -> bool {
        false
    }

    /// Must be called after a pass over [`ByteSource::view`]: a mapped file may have shrunk during the pass, which
    /// makes the pass's results void.
    ///
    /// # Errors
    /// [`SourceError::Shrank`] if the file shrank.
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
    /// Same errors as [`ByteSource::read_at`], and [`SourceError::TooLong`] beyond [`MAX_HELD`].
    fn read_vec(&self, offset: u64, len: usize) -> Result<Vec<u8>, SourceError> {
        // Checked before the allocation: an untrusted offset must not reserve memory for bytes that do not exist.
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

macro_rules! passed_on {
    ($($pointer:ty),*) => {$(
        impl<S: ByteSource + ?Sized> ByteSource for $pointer {
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
    )*};
}

passed_on!(&S, Arc<S>);
