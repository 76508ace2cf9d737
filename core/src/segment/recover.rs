//! Recovery of the folder `segments/` after an interrupted change.
//!
//! If you change this, then change section 7.7 of `docs/format.md`, which argues each step, and the crash tests first.
//!
//! Owns: which files are removed from the folder.
//! Invariant: a segment's file is removed only if its bytes are elsewhere: in the log as it is now, or where the change
//! put them. A file without those bytes is set aside. The manifest is removed or replaced after the files that only it
//! names.

use super::Decompress;
use super::check::{Depth, trouble};
use super::in_force::InForce;
use super::manifest::{self, Manifest};
use super::range::{Form, Segment};
use super::segmented::Segmented;
use super::source::SegmentedSource;
use crate::source::ByteSource;
use crate::storage::{
    Folder, Name, Place, PublishError, Storage, StorageError, StorageErrorKind, append_all, create_anew, open_if_there,
    or_removed, publish,
};
use crate::store::StoreError;
use alloc::format;
use alloc::vec::Vec;

/// The temporary file that becomes the manifest.
const NEW_MANIFEST: Place = Place::Temporary(3);

impl<S: Storage + Clone, D: Decompress + Clone> Segmented<S, D> {
    /// Leaves only the layout in force: finishes a change that took place, and reverts one that did not. If the log's
    /// own file does not show which, nothing is changed.
    pub(super) fn recover(&self) -> Result<(), StoreError> {
        let own = open_if_there(&self.inner, &Place::Log)?;
        let detected = self.detect_for(own.as_ref())?;
        let (Some(manifest), Some(in_force)) = (detected.manifest.clone(), detected.in_force) else { return Ok(()) };
        let segments = match in_force {
            InForce::Before => manifest.segments_of(&manifest.before),
            InForce::After => manifest.segments_of(&manifest.after),
            InForce::Neither => Vec::new(),
        };
        let others = manifest.segments.get(segments.len()..).unwrap_or_default();
        if in_force == InForce::After {
            // A killed run may not have synced the rename of the log: a power cut would bring the old log back, which
            // needs the segments that are removed here.
            self.inner.sync_folder(Folder::Sessions)?;
            others.iter().try_for_each(|segment| self.retire(segment))?;
        } else if let Some(own) = own {
            let log = SegmentedSource::detected(own, self.clone(), detected);
            // These segments are copies of bytes in the log, unless another program has cut it since.
            for segment in others {
                let range = segment.from.min(log.len())..segment.end().min(log.len());
                self.retire(&Segment { digest: Segment::of(&log, range)?.digest, ..segment.clone() })?;
            }
        }
        if !others.is_empty() {
            self.inner.sync_folder(Folder::Segments)?;
        }
        if segments.is_empty() {
            return self.remove_manifest();
        }
        if in_force == InForce::Before && manifest.before != manifest.after {
            let state = manifest.before;
            self.put_manifest(&Manifest::new(segments, state.clone(), state))?;
        }
        Ok(())
    }

    /// Removes the files of a segment whose bytes are elsewhere. A file without these bytes is set aside.
    pub(super) fn retire(&self, segment: &Segment) -> Result<(), StoreError> {
        for form in Form::ALL {
            let Some(name) = segment.name(form) else { continue };
            if self.inner.stamp(&Place::Segment(name.clone()))?.is_none() {
                continue;
            }
            let holds = trouble(self, segment, Depth::Full, Some(form))?.is_none();
            if holds && !segment.digest.is_empty() {
                self.inner.remove(&Place::Segment(name))?;
            } else {
                self.set_aside(&name)?;
            }
        }
        Ok(())
    }

    /// Sets the remaining segments aside after a repair, which leaves one file, and removes the manifest.
    pub(super) fn set_rest_aside(&self) -> Result<(), StoreError> {
        for name in self.inner.list(Folder::Segments)? {
            if let Some(name) = Segment::parse(&name).and_then(|_| Name::new(&name)) {
                self.set_aside(&name)?;
            }
        }
        self.inner.sync_folder(Folder::Segments)?;
        self.remove_manifest()
    }

    /// Moves a file to `quarantine/`; if its name is taken there, with a number before the ending.
    pub(super) fn set_aside(&self, name: &Name) -> Result<(), StoreError> {
        let (stem, ending) = name.as_str().split_once('.').unwrap_or((name.as_str(), ""));
        let mut aside = Some(name.clone());
        for others in 1_u32.. {
            let Some(place) = aside.map(Place::Quarantine) else { break };
            if self.inner.stamp(&place)?.is_none() {
                self.inner.rename(&Place::Segment(name.clone()), &place)?;
                self.inner.sync_folder(Folder::Quarantine)?;
                break;
            }
            aside = Name::new(&format!("{stem}.{others}.{ending}"));
        }
        Ok(())
    }

    fn remove_manifest(&self) -> Result<(), StoreError> {
        let Some(place) = manifest::name().map(Place::Segment) else { return Ok(()) };
        match self.inner.remove(&place) {
            Err(StorageError { kind: StorageErrorKind::NotFound, .. }) => Ok(()),
            done => Ok(done.and_then(|()| self.inner.sync_folder(Folder::Segments))?),
        }
    }

    /// Replaces the manifest, durably.
    pub(super) fn put_manifest(&self, manifest: &Manifest) -> Result<(), PublishError> {
        let Some(place) = manifest::name().map(Place::Segment) else { return Ok(()) };
        let write = || {
            let mut file = create_anew(&self.inner, &NEW_MANIFEST)?;
            append_all(&mut file, &manifest.to_bytes())?;
            publish(&self.inner, file, &NEW_MANIFEST, &place, self.inner.stamp(&place)?)?;
            Ok(self.inner.sync_folder(Folder::Store)?)
        };
        or_removed(&self.inner, &NEW_MANIFEST, write())
    }
}
