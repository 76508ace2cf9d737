//! A session's storage whose log is one file, wherever its bytes stand.
//!
//! Owns: [`Segmented`], and which calls change a layout: a cut below what stays outside of segments, and a log that is
//! put in place whole, or removed. Invariant: a log without segments costs one look at a folder.
//! Does not: lock, or know the steps of a change; [`super::change`] does.

use super::Decompress;
use super::check::{Depth, check};
use super::file::{Parts, SegmentedFile};
use super::look::{View, look};
use super::manifest::{self, MAX_MANIFEST};
use super::reader::Archive;
use crate::finding::Finding;
use crate::source::identity::FileStamp;
use crate::source::{ByteSource, SliceSource, SourceError};
use crate::storage::FileSource;
use crate::storage::{
    Folder, Name, Place, PublishError, SealedExtent, Storage, StorageError, StorageErrorKind, StorageFile,
    open_if_there,
};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::AtomicBool;

/// The files of a session, its log as one.
#[derive(Debug, Clone)]
pub struct Segmented<S, D> {
    pub(super) inner: S,
    codec: D,
}

impl<S, D> Segmented<S, D> {
    /// Shows the log of a storage as one file.
    pub const fn new(inner: S, codec: D) -> Self {
        Self { inner, codec }
    }
}

/// The files in `segments/`.
pub(super) struct Files<'s, S, D>(pub(super) &'s Segmented<S, D>);

impl<S: Storage, D: Decompress> Decompress for Files<'_, S, D> {
    fn decompress(&self, frame: &[u8], plain: &mut [u8]) -> bool {
        self.0.codec.decompress(frame, plain)
    }
}

impl<S: Storage, D: Decompress> Archive for Files<'_, S, D> {
    type File = FileSource<S::File>;

    fn open(&self, name: &Name) -> Result<Option<Self::File>, SourceError> {
        let source = |file: S::File| Ok(FileSource { len: file.len()?, file });
        let opened =
            open_if_there(&self.0.inner, &Place::Segment(name.clone())).and_then(|file| file.map(source).transpose());
        opened.map_err(|error: StorageError| SourceError::Io { offset: 0, message: error.to_string() })
    }
}

impl<S: Storage, D: Decompress> Segmented<S, D> {
    /// How the log stands now.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn view(&self) -> Result<View, StorageError> {
        self.view_of(open_if_there(&self.inner, &Place::Log)?.as_ref())
    }

    pub(super) fn view_of(&self, own: Option<&S::File>) -> Result<View, StorageError> {
        let names = self.inner.list(Folder::Segments)?;
        if names.is_empty() {
            return Ok(View::default());
        }
        let manifest = match manifest::name().map(|name| open_if_there(&self.inner, &Place::Segment(name))) {
            Some(file) => file?.map(|file| read_manifest(&file)).transpose()?.flatten(),
            None => None,
        };
        let seen = match own {
            Some(own) => look(&names, manifest.as_deref(), &source_of(own)?, Files(self)),
            None => look(&names, manifest.as_deref(), &SliceSource(b""), Files(self)),
        };
        seen.map_err(unreadable)
    }

    /// What is wrong with the segments of the log.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn findings(&self, depth: Depth) -> Result<Vec<Finding>, StorageError> {
        let view = self.view()?;
        let Some(layout) = &view.layout else { return Ok(Vec::new()) };
        check(layout, view.doubt, Files(self), depth).map_err(unreadable)
    }
}

impl<S: Storage + Clone, D: Decompress + Clone> Storage for Segmented<S, D> {
    type File = SegmentedFile<S, D>;

    fn open(&self, place: &Place) -> Result<Self::File, StorageError> {
        let own = self.inner.open(place)?;
        if *place != Place::Log {
            return Ok(SegmentedFile { own, parts: None });
        }
        let view = self.view_of(Some(&own))?;
        let parts = view.layout.map(|layout| {
            let told_len = layout.logical_len(view.witness_len);
            let durable_len = if view.doubt.is_some() { layout.sealed_len() } else { told_len };
            Arc::new(Parts { layout, told_len, durable_len, met_lost: AtomicBool::new(false), storage: self.clone() })
        });
        Ok(SegmentedFile { own, parts })
    }

    fn shown(&self, place: &Place) -> String {
        self.inner.shown(place)
    }

    fn create(&self, place: &Place) -> Result<Self::File, StorageError> {
        Ok(SegmentedFile { own: self.inner.create(place)?, parts: None })
    }

    fn stamp(&self, place: &Place) -> Result<Option<FileStamp>, StorageError> {
        if *place != Place::Log || self.inner.list(Folder::Segments)?.is_empty() {
            return self.inner.stamp(place);
        }
        // Follows no link, but a log that is one is refused when it is opened.
        if self.inner.stamp(place)?.is_none() { Ok(None) } else { self.open(place)?.stamp().map(Some) }
    }

    fn rename(&self, from: &Place, to: &Place) -> Result<(), StorageError> {
        if *to != Place::Log || self.inner.list(Folder::Segments)?.is_empty() {
            return self.inner.rename(from, to);
        }
        self.mend().map_err(unpublished)?;
        // A log that is put in place whole has no segments.
        self.change(from, self.inner.open(from)?, &[]).map_err(unpublished)
    }

    fn link(&self, from: &Place, to: &Place) -> Result<(), StorageError> {
        if *from == Place::Log && self.view()?.layout.is_some() {
            let message = "its bytes stand in several files".to_string();
            return Err(StorageError {
                kind: StorageErrorKind::Unsupported,
                action: "link",
                what: "log".into(),
                message,
            });
        }
        self.inner.link(from, to)
    }

    fn remove(&self, place: &Place) -> Result<(), StorageError> {
        if *place != Place::Log || self.inner.list(Folder::Segments)?.is_empty() {
            return self.inner.remove(place);
        }
        self.remove_log()
    }

    fn list(&self, folder: Folder) -> Result<Vec<String>, StorageError> {
        self.inner.list(folder)
    }

    fn sync_folder(&self, folder: Folder) -> Result<(), StorageError> {
        self.inner.sync_folder(folder)
    }

    fn cut(&self, file: &mut Self::File, len: u64) -> Result<(), PublishError> {
        self.mend()?;
        match file.parts.clone().filter(|parts| len < parts.told_len) {
            Some(parts) => {
                self.shorten(file, &parts.layout, len)?;
                *file = self.open(&Place::Log)?;
            }
            None => {
                file.set_len(len)?;
                file.sync_data()?;
            }
        }
        Ok(())
    }

    fn troubles(&self) -> Result<Vec<Finding>, StorageError> {
        self.findings(Depth::Full)
    }

    fn sealed(&self, log: &Self::File) -> Option<SealedExtent> {
        log.parts.as_ref().map(|parts| parts.layout.sealed())
    }
}

pub(super) fn source_of<F: StorageFile>(file: &F) -> Result<FileSource<F>, StorageError> {
    Ok(FileSource { len: file.len()?, file: file.clone() })
}

fn read_manifest<F: StorageFile>(file: &F) -> Result<Option<Vec<u8>>, StorageError> {
    let source = source_of(file)?;
    if source.len > MAX_MANIFEST {
        return Ok(None);
    }
    source.read_vec(0, usize::try_from(source.len).unwrap_or_default()).map(Some).map_err(unreadable)
}

pub(super) fn unreadable(error: SourceError) -> StorageError {
    StorageError { kind: StorageErrorKind::Io, action: "read", what: "the log".into(), message: error.to_string() }
}

pub(super) fn unpublished(error: PublishError) -> StorageError {
    match error {
        PublishError::Storage(error) => error,
        changed @ PublishError::Changed { .. } => StorageError {
            kind: StorageErrorKind::Io,
            action: "replace",
            what: "the log".into(),
            message: changed.to_string(),
        },
    }
}
