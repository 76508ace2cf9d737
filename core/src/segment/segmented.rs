//! The files of a session whose log may stand in segments.
//!
//! Owns: how core gets at `segments/` through a host's storage, and that only a repair takes segments by their names.
//! Does not: change a layout; [`super::change`] does.

use super::Decompress;
use super::in_force::{Detected, Uncertainty, by_name, detect};
use super::layout::Layout;
use super::reader::Archive;
use super::source::SegmentedSource;
use crate::source::{SliceSource, SourceError};
use crate::storage::{Folder, Name, Place, Storage, StorageError, open_if_there};
use crate::store::StoreError;
use crate::store::ledger::LedgerRow;
use crate::store::ledger_file::LedgerFile;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The files of a session, its log as one.
#[derive(Debug, Clone)]
pub struct Segmented<S, D> {
    pub(super) inner: S,
    codec: D,
    pub(super) repairs: bool,
}

/// An open file of a session; if it is the log, all of it.
pub type SegmentedFile<S, D> = SegmentedSource<<S as Storage>::File, Segmented<S, D>>;

impl<S, D> Segmented<S, D> {
    /// Shows the log of a storage as one file.
    pub const fn new(inner: S, codec: D) -> Self {
        Self { inner, codec, repairs: false }
    }

    /// The same for a repair: where no manifest names the segments, their own names do, and what the repaired log has
    /// no use for is set aside.
    pub const fn for_repair(inner: S, codec: D) -> Self {
        Self { inner, codec, repairs: true }
    }
}

impl<S: Storage, D: Decompress> Decompress for Segmented<S, D> {
    fn decompress(&self, frame: &[u8], plain: &mut [u8]) -> bool {
        self.codec.decompress(frame, plain)
    }
}

impl<S: Storage, D: Decompress> Archive for Segmented<S, D> {
    type File = S::File;

    fn names(&self) -> Result<Vec<String>, SourceError> {
        self.inner.list(Folder::Segments).map_err(unreadable)
    }

    fn open(&self, name: &Name) -> Result<Option<S::File>, SourceError> {
        open_if_there(&self.inner, &Place::Segment(name.clone())).map_err(unreadable)
    }
}

fn unreadable(error: StorageError) -> SourceError {
    SourceError::Io { offset: 0, message: error.to_string() }
}

impl<S: Storage, D: Decompress> Segmented<S, D> {
    /// How the log stands now.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn detect(&self) -> Result<Detected, StoreError> {
        self.detect_for(open_if_there(&self.inner, &Place::Log)?.as_ref())
    }

    pub(super) fn detect_for(&self, own: Option<&S::File>) -> Result<Detected, StoreError> {
        let Some(own) = own else { return Ok(detect(&SliceSource(b""), self)?) };
        let detected = detect(own, self)?;
        if !self.repairs || detected.uncertainty != Some(Uncertainty::NoManifest) {
            return Ok(detected);
        }
        Ok(Detected { layout: self.layout_by_name(own)?, ..detected })
    }

    /// The segments of a log whose manifest is lost. What the ledger says last is believed: a log that it knows as it
    /// is lacks nothing.
    fn layout_by_name(&self, own: &S::File) -> Result<Option<Layout>, StoreError> {
        let ledger = LedgerFile::open(&self.inner)?.ledger;
        let known = match ledger.rows.iter().rev().find_map(LedgerRow::state) {
            Some(state) => state.begins(own)?,
            None => false,
        };
        Ok(if known { None } else { Layout::new(by_name(&self.names()?)) })
    }
}
