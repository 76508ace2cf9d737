//! Changes of layout: the only code that changes which bytes stand in segments.
//!
//! If you change this, then change section 7.7 of `docs/format.md`, which argues each step, and the crash tests first.
//!
//! Owns: the order of steps: 1. the manifest names the layouts before and after; 2. new segments are written; 3. the
//! log's own file is replaced, which is the change itself; 4. segments that are no longer in force are removed.
//! Invariant: each segment's file that exists is named by the manifest on the disk. A crash leaves the layout before or
//! after, both complete. Bytes that a change removes from the log are durable elsewhere first.

use super::Decompress;
use super::in_force::Detected;
use super::manifest::{Manifest, State};
use super::range::Segment;
use super::segmented::{Segmented, SegmentedFile};
use super::witness::witnesses;
use crate::source::identity::FileStamp;
use crate::source::{ByteSource, Pieces, SliceSource, Watched, go_on};
use crate::storage::{
    Folder, Place, PublishError, Storage, StorageFile, append_all, create_anew, is_as_seen, open_if_there, or_removed,
    publish,
};
use crate::store::StoreError;
use core::ops::Range;

/// The temporary file that becomes the log's own file.
const NEW_OWN: Place = Place::Temporary(5);

impl<S: Storage + Clone, D: Decompress + Clone> Segmented<S, D> {
    /// Replaces the log's own file by a written one, behind which the log has the segments `after`. Fails if the log is
    /// no longer the file `seen`, with the same length. `write` makes the files of the new segments. Recovery must have
    /// run.
    fn change(
        &self,
        (from, file): (&Place, S::File),
        seen: Option<FileStamp>,
        after: &[Segment],
        write: impl FnOnce(&[Segment]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let own = open_if_there(&self.inner, &Place::Log)?;
        let expected = own.as_ref().map(StorageFile::stamp).transpose()?;
        let detected = self.detect_for(own.as_ref())?;
        let logical = |own: FileStamp| FileStamp { len: detected.logical_len(own.len), ..own };
        if !is_as_seen(expected.map(logical), seen) {
            return Err(PublishError::Changed { what: Place::Log }.into());
        }
        let new = after.get(detected.segments().len()..).unwrap_or_default();
        // Files that no manifest names may already have these names.
        for segment in new {
            self.retire(segment)?;
        }
        self.put_manifest(&manifest(&detected, own.as_ref(), &file, after)?)?;
        if let Err(error) = write(new) {
            // Recovered at once, because the new segments may have filled the disk. If it fails too, the next change
            // does it.
            let _ = self.recover();
            return Err(error);
        }
        publish(&self.inner, file, from, &Place::Log, expected)?;
        self.recover()
    }

    /// Replaces the log by a single file, if the log is still the file `seen`.
    pub(super) fn put_whole(&self, from: &Place, seen: Option<FileStamp>) -> Result<(), StoreError> {
        self.recover()?;
        match self.detect()?.layout {
            Some(_) => self.change((from, self.inner.open(from)?), seen, &[], |_| Ok(()))?,
            None => self.inner.replace(from, &Place::Log, seen)?,
        }
        if self.repairs { self.set_rest_aside() } else { Ok(()) }
    }

    /// Removes the log: its own file and all of its segments.
    pub(super) fn remove_log(&self) -> Result<(), StoreError> {
        self.recover()?;
        let own = self.inner.open(&Place::Log)?;
        let detected = self.detect_for(Some(&own))?;
        if detected.layout.is_none() {
            return Ok(self.inner.remove(&Place::Log)?);
        }
        self.put_manifest(&manifest(&detected, Some(&own), &SliceSource(b""), &[])?)?;
        self.inner.remove(&Place::Log)?;
        self.inner.sync_folder(Folder::Sessions)?;
        self.recover()
    }

    /// Writes the part of the log that stays in its own file beside the segments `after`, and replaces that file.
    pub(super) fn rewrite_own(
        &self,
        log: &Watched<'_, SegmentedFile<S, D>>,
        stays: [Range<u64>; 2],
        after: &[Segment],
        write: impl FnOnce(&[Segment]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let rewrite = || {
            let mut new = create_anew(&self.inner, &NEW_OWN)?;
            for range in stays {
                let mut pieces = Pieces::new(log, range);
                while let Some((_, bytes)) = pieces.read()? {
                    append_all(&mut new, bytes)?;
                }
            }
            // Only the file that was copied may be replaced.
            let copied = FileStamp { len: log.len(), ..log.source.own.stamp()? };
            self.change((&NEW_OWN, new), Some(copied), after, write)
        };
        or_removed(&self.inner, &NEW_OWN, rewrite())
    }

    /// Cuts a log within its segments or its witness. The log is then another file.
    pub(super) fn shorten(&self, log: &SegmentedFile<S, D>, len: u64) -> Result<(), StoreError> {
        self.recover()?;
        let Some(layout) = self.detect_for(Some(&log.own))?.layout else {
            let mut own = log.own.clone();
            return Ok(own.set_len(len)?);
        };
        // At least one line stays outside the segments, as the layout's witness.
        let kept = layout.segments().iter().take_while(|segment| segment.end() < len).count();
        let kept = layout.segments().get(..kept).unwrap_or_default();
        let from = kept.last().map_or(layout.header_len(), Segment::end);
        self.rewrite_own(&Watched::new(log, &mut go_on), [0..layout.header_len(), from..len], kept, |_| Ok(()))
    }
}

/// The manifest of a change from the layout in force to the segments `after`.
fn manifest(
    before: &Detected,
    own: Option<&impl ByteSource>,
    new: &dyn ByteSource,
    after: &[Segment],
) -> Result<Manifest, StoreError> {
    let old: &dyn ByteSource = own.map_or(&SliceSource(b""), |own| own);
    let before = before.segments();
    let told = witnesses(old, new, before.len() != after.len())?;
    let (old_witness, new_witness) = told.ok_or(PublishError::Changed { what: Place::Log })?;
    let segments = if before.len() > after.len() { before } else { after };
    let state = |segments, witness| State { segments, witness };
    Ok(Manifest::new(segments.to_vec(), state(before.len(), old_witness), state(after.len(), new_witness)))
}
