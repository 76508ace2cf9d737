//! An open file as a source of bytes.
//!
//! Owns: the length that is looked at, which stays while others append. Does not: open or write.

use super::{StorageError, StorageFile};
use crate::source::{ByteSource, SourceError};
use core::ops::Range;

/// The first bytes of an open file.
#[derive(Debug)]
pub(crate) struct FileSource<F> {
    pub(crate) file: F,
    pub(crate) len: u64,
}

impl<F: StorageFile> ByteSource for FileSource<F> {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        self.file.read_at(offset, buffer).map_err(|error| unreadable(offset, &error))
    }

    fn view(&self) -> Option<&[u8]> {
        self.file.view()
    }

    fn still_whole(&self) -> Result<(), SourceError> {
        self.file.still_whole()
    }

    fn lost_at(&self, offset: u64) -> Result<Option<Range<u64>>, SourceError> {
        self.file.lost_at(offset).map_err(|error| unreadable(offset, &error))
    }

    fn met_lost(&self) -> bool {
        self.file.met_lost()
    }
}

fn unreadable(offset: u64, error: &StorageError) -> SourceError {
    SourceError::Io { offset, message: alloc::format!("{error}") }
}
