//! A session's storage whose log is one file, wherever its bytes stand.
//!
//! Owns: which calls change a layout: a cut below what stays outside of segments, and a log that is put in place whole,
//! or removed. Invariant: a log without segments costs one look at a folder; what stands in segments is never written to.
//! Does not: lock, or know the steps of a change; [`super::change`] does.

use super::Decompress;
use super::check::Depth;
use super::segmented::{Segmented, SegmentedFile};
use super::source::SegmentedSource;
use crate::finding::Finding;
use crate::source::SourceError;
use crate::source::identity::FileStamp;
use crate::storage::{
    Folder, Named, Place, PublishError, SealedExtent, Storage, StorageError, StorageErrorKind, StorageFile,
    open_if_there,
};
use crate::store::StoreError;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl<S: Storage + Clone, D: Decompress + Clone> Segmented<S, D> {
    /// The place is that of a log beside which there may be segments.
    fn may_be_segmented(&self, place: &Place) -> Result<bool, StorageError> {
        Ok(*place == Place::Log && !self.inner.list(Folder::Segments)?.is_empty())
    }
}

impl<S: Storage + Clone, D: Decompress + Clone> Storage for Segmented<S, D> {
    type File = SegmentedFile<S, D>;

    fn open(&self, place: &Place) -> Result<Self::File, StorageError> {
        let own = self.inner.open(place)?;
        if *place != Place::Log {
            return Ok(SegmentedSource::plain(own));
        }
        let detected = self.detect_for(Some(&own)).map_err(failed("read"))?;
        Ok(SegmentedSource::detected(own, self.clone(), detected))
    }

    fn shown(&self, place: &Place) -> String {
        self.inner.shown(place)
    }

    fn create(&self, place: &Place) -> Result<Self::File, StorageError> {
        self.inner.create(place).map(SegmentedSource::plain)
    }

    fn stamp(&self, place: &Place) -> Result<Option<FileStamp>, StorageError> {
        if !self.may_be_segmented(place)? {
            return self.inner.stamp(place);
        }
        // The look by path comes last: what another program puts there until then is not taken for what was opened.
        let opened = open_if_there(self, place)?;
        let Some(own) = self.inner.stamp(place)? else { return Ok(None) };
        let same = opened.filter(|file| file.own.stamp().is_ok_and(|opened| opened.is_same_file(&own)));
        Ok(Some(FileStamp { len: same.map_or(own.len, |file| file.logical_len(own.len)), ..own }))
    }

    fn rename(&self, from: &Place, to: &Place) -> Result<(), StorageError> {
        if !self.may_be_segmented(to)? {
            return self.inner.rename(from, to);
        }
        let seen = Storage::stamp(self, to)?;
        self.put_whole(from, seen).map_err(failed("replace"))
    }

    fn replace(&self, from: &Place, to: &Place, seen: Option<FileStamp>) -> Result<(), PublishError> {
        if !self.may_be_segmented(to)? {
            return self.inner.replace(from, to, seen);
        }
        self.put_whole(from, seen).map_err(|error| match error {
            StoreError::Publish(error) => error,
            other => failed("replace")(other).into(),
        })
    }

    fn link(&self, from: &Place, to: &Place) -> Result<(), StorageError> {
        if *from == Place::Log && self.detect().map_err(failed("read"))?.layout.is_some() {
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
        if self.may_be_segmented(place)? {
            self.remove_log().map_err(failed("remove"))
        } else {
            self.inner.remove(place)
        }
    }

    fn list(&self, folder: Folder) -> Result<Vec<String>, StorageError> {
        self.inner.list(folder)
    }

    fn sync_folder(&self, folder: Folder) -> Result<(), StorageError> {
        self.inner.sync_folder(folder)
    }
}

impl<S: Storage + Clone, D: Decompress + Clone> SegmentedFile<S, D> {
    /// Offset in the log's own file for a change.
    fn own_offset(&self, offset: u64, action: &'static str) -> Result<u64, StorageError> {
        let Some(layout) = self.layout() else { return Ok(offset) };
        let denied = || StorageError {
            kind: StorageErrorKind::Denied,
            action,
            what: format!("byte {offset} of the log"),
            message: "it stands in a segment, which never changes".to_string(),
        };
        let behind = (offset >= layout.sealed_len()).then(|| layout.own_offset(offset)).flatten();
        behind.ok_or_else(denied)
    }
}

impl<S: Storage + Clone, D: Decompress + Clone> StorageFile for SegmentedFile<S, D> {
    fn map(&mut self) {
        // What stands in several files is read in pieces.
        if self.layout().is_none() {
            self.own.map();
        }
    }

    fn append(&mut self, bytes: &[u8]) -> Result<usize, StorageError> {
        self.own.append(bytes)
    }

    fn overwrite(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StorageError> {
        let offset = self.own_offset(offset, "write")?;
        self.own.overwrite(offset, bytes)
    }

    fn set_len(&mut self, len: u64) -> Result<(), StorageError> {
        if let Some(beside) = self.beside.clone().filter(|beside| len < beside.told_len) {
            beside.archive.shorten(self, len).map_err(failed("cut"))?;
            *self = Storage::open(&beside.archive, &Place::Log)?;
            return Ok(());
        }
        let len = self.own_offset(len, "cut")?;
        self.own.set_len(len)
    }

    fn sync_data(&mut self) -> Result<(), StorageError> {
        self.own.sync_data()
    }

    fn stamp(&self) -> Result<FileStamp, StorageError> {
        let stamp = self.own.stamp()?;
        Ok(FileStamp { len: self.logical_len(stamp.len), ..stamp })
    }

    fn named(&self) -> Result<Named, StorageError> {
        Ok(match self.own.named()? {
            Named::Same(own) => Named::Same(self.logical_len(own)),
            named => named,
        })
    }

    fn sealed(&self) -> Option<SealedExtent> {
        SegmentedSource::sealed(self)
    }

    fn troubles(&self) -> Result<Vec<Finding>, SourceError> {
        self.findings(Depth::Full)
    }
}

/// What a step of a change ran into, as storage says it.
fn failed(action: &'static str) -> impl Fn(StoreError) -> StorageError {
    move |error| match error {
        StoreError::Storage(error) | StoreError::Publish(PublishError::Storage(error)) => error,
        other => {
            StorageError { kind: StorageErrorKind::Io, action, what: "the log".into(), message: other.to_string() }
        }
    }
}
