//! The log as one file.
//!
//! Owns: an open log of logical offsets. Invariant: what stands in segments is never written to or cut through it.
//! Does not: change a layout; [`super::change`] does.

use super::Decompress;
use super::layout::Layout;
use super::reader::Reader;
use super::storage::{Files, Segmented, source_of, unreadable};
use crate::source::SourceError;
use crate::source::identity::FileStamp;
use crate::storage::{Named, Storage, StorageError, StorageErrorKind, StorageFile};
use alloc::format;
use alloc::string::ToString;
use alloc::sync::Arc;
use core::ops::Range;
use core::sync::atomic::{AtomicBool, Ordering};

/// An open file; if it is the log, all of it.
#[derive(Debug)]
pub struct SegmentedFile<S: Storage, D> {
    pub(super) own: S::File,
    pub(super) parts: Option<Arc<Parts<S, D>>>,
}

impl<S: Storage, D> Clone for SegmentedFile<S, D> {
    fn clone(&self) -> Self {
        Self { own: self.own.clone(), parts: self.parts.clone() }
    }
}

#[derive(Debug)]
pub(super) struct Parts<S, D> {
    pub(super) layout: Layout,
    /// Logical length up to which the log's own file tells that it has this layout.
    pub(super) told_len: u64,
    /// Logical length that was durable when it got that.
    pub(super) durable_len: u64,
    pub(super) met_lost: AtomicBool,
    pub(super) storage: Segmented<S, D>,
}

impl<S: Storage, D> SegmentedFile<S, D> {
    /// The log's own file, for locks.
    #[must_use]
    pub const fn own(&self) -> &S::File {
        &self.own
    }

    /// Bytes of the log that were durable when it was given its layout; 0 for a plain one. Nothing below is ever cut
    /// by a recovery.
    #[must_use]
    pub fn durable_len(&self) -> u64 {
        self.parts.as_ref().map_or(0, |parts| parts.durable_len)
    }

    /// Offset in the log's own file for a change.
    fn own_offset(&self, offset: u64, action: &'static str) -> Result<u64, StorageError> {
        let Some(parts) = &self.parts else { return Ok(offset) };
        let denied = || StorageError {
            kind: StorageErrorKind::Denied,
            action,
            what: format!("byte {offset} of the log"),
            message: "it stands in a segment, which never changes".to_string(),
        };
        let behind = (offset >= parts.layout.sealed_len()).then(|| parts.layout.own_offset(offset)).flatten();
        behind.ok_or_else(denied)
    }
}

impl<S: Storage, D: Decompress> StorageFile for SegmentedFile<S, D> {
    fn len(&self) -> Result<u64, StorageError> {
        let own = self.own.len()?;
        Ok(self.parts.as_ref().map_or(own, |parts| parts.layout.logical_len(own)))
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), StorageError> {
        let Some(parts) = &self.parts else { return self.own.read_at(offset, buffer) };
        let own = source_of(&self.own)?;
        let mut reader = Reader::new(Files(&parts.storage));
        let whole = parts.layout.read(&own, &mut reader, offset, buffer).map_err(unreadable)?;
        parts.met_lost.fetch_or(!whole, Ordering::Relaxed);
        Ok(())
    }

    fn lost_at(&self, offset: u64) -> Result<Option<Range<u64>>, StorageError> {
        let Some(parts) = &self.parts else { return Ok(None) };
        let lost = parts.layout.lost_at(&mut Reader::new(Files(&parts.storage)), offset).map_err(unreadable)?;
        parts.met_lost.fetch_or(lost.is_some(), Ordering::Relaxed);
        Ok(lost)
    }

    fn met_lost(&self) -> bool {
        self.parts.as_ref().is_some_and(|parts| parts.met_lost.load(Ordering::Relaxed))
    }

    fn map(&mut self) {
        // What stands in several files is read in pieces.
        if self.parts.is_none() {
            self.own.map();
        }
    }

    fn view(&self) -> Option<&[u8]> {
        self.own.view().filter(|_| self.parts.is_none())
    }

    fn still_whole(&self) -> Result<(), SourceError> {
        self.own.still_whole()
    }

    fn append(&mut self, bytes: &[u8]) -> Result<usize, StorageError> {
        self.own.append(bytes)
    }

    fn overwrite(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StorageError> {
        let offset = self.own_offset(offset, "write")?;
        self.own.overwrite(offset, bytes)
    }

    fn set_len(&mut self, len: u64) -> Result<(), StorageError> {
        let len = self.own_offset(len, "cut")?;
        self.own.set_len(len)
    }

    fn sync_data(&mut self) -> Result<(), StorageError> {
        self.own.sync_data()
    }

    fn stamp(&self) -> Result<FileStamp, StorageError> {
        Ok(FileStamp { len: self.len()?, ..self.own.stamp()? })
    }

    fn named(&self) -> Result<Named, StorageError> {
        Ok(match (self.own.named()?, &self.parts) {
            (Named::Same(own), Some(parts)) => Named::Same(parts.layout.logical_len(own)),
            (named, _) => named,
        })
    }
}
