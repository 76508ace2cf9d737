//! The storage of a session whose log may have segments.
//!
//! Owns: core's access to `segments/` through a host's storage, and the rule that only a repair takes segments by their
//! names.
//! Does not: change a layout; see [`super::change`].

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

/// A storage that presents the log as one file.
#[derive(Debug, Clone)]
pub struct Segmented<S, D> {
    pub(super) inner: S,
    codec: D,
    pub(super) repairs: bool,
}

/// An open file of a session; the log is presented whole.
pub type SegmentedFile<S, D> = SegmentedSource<<S as Storage>::File, Segmented<S, D>>;

impl<S, D> Segmented<S, D> {
    /// Presents the log of a storage as one file.
    pub const fn new(inner: S, codec: D) -> Self {
        Self { inner, codec, repairs: false }
    }

    /// Like [`Segmented::new`], but for a repair: segments without a manifest are found by their names, and those that
    /// the repaired log does not need are set aside.
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
    /// Detects the current layout of the log.
    ///
    /// # Errors
    /// Fails if the log or a file beside it cannot be read.
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

    /// The layout of a log whose manifest is lost, from the names of its segments. `None` if the newest state in the
    /// ledger is a prefix of the log's own file, which then lacks nothing.
    fn layout_by_name(&self, own: &S::File) -> Result<Option<Layout>, StoreError> {
        let ledger = LedgerFile::open(&self.inner)?.ledger;
        let known = match ledger.rows.iter().rev().find_map(LedgerRow::state) {
            Some(state) => state.begins(own)?,
            None => false,
        };
        Ok(if known { None } else { Layout::new(by_name(&self.names()?)) })
    }
}
