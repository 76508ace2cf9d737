//! The one way in which a layout is changed.
//!
//! Owns: the order of steps: segments are there, then the manifest, then, by the rename of the log's own file, the
//! change itself, and only then the removal of segments that were in force before and are not now.
//! Invariant: a crash leaves the layout before or after, both complete. What leaves the log by it is durable elsewhere
//! before. Does not: lock, or write the ledger; [`super::seal`] does.

use super::Decompress;
use super::check::differs;
use super::file::SegmentedFile;
use super::layout::{Form, Layout, Segment};
use super::look::{Told, View};
use super::manifest::{self, Manifest, State};
use super::pack::digest;
use super::reader::Reader;
use super::storage::{Files, Segmented, source_of, unpublished, unreadable};
use crate::source::{ByteSource, Pieces, SliceSource, SourceError};
use crate::storage::{
    Folder, Named, Place, PublishError, Storage, StorageError, StorageErrorKind, StorageFile, append_all, create_anew,
    open_if_there, or_removed, publish,
};
use crate::store::ledger::digest_hex;
use crate::store::{LogState, checkpoint};
use alloc::vec::Vec;
use core::ops::Range;

/// Number of the temporary file that becomes the manifest.
const NEW_MANIFEST: Place = Place::Temporary(3);
/// Number of the temporary file that becomes the log's own file.
const NEW_OWN: Place = Place::Temporary(5);

impl<S: Storage, D: Decompress> Segmented<S, D> {
    /// Puts a written file in the place of the log's own, which from then on has the bytes behind these segments.
    /// All that leaves the log by this is durable elsewhere. What the change before this one left is gone by now
    /// ([`Segmented::mend`], before new segments are written: they may have the names of old ones).
    pub(super) fn change(&self, from: &Place, file: S::File, after: &[Segment]) -> Result<(), PublishError> {
        let own = open_if_there(&self.inner, &Place::Log)?;
        let expected = own.as_ref().map(StorageFile::stamp).transpose()?;
        let view = self.view_of(own.as_ref())?;
        let manifest = match &own {
            Some(own) => describe(&view, &source_of(own)?, &source_of(&file)?, after),
            None => describe(&view, &SliceSource(b""), &source_of(&file)?, after),
        }?;
        self.put_manifest(&manifest)?;
        publish(&self.inner, file, from, &Place::Log, expected)?;
        self.tidy(&self.view()?)?;
        Ok(())
    }

    fn put_manifest(&self, manifest: &Manifest) -> Result<(), PublishError> {
        let Some(place) = manifest::name().map(Place::Segment) else { return Ok(()) };
        or_removed(&self.inner, &NEW_MANIFEST, self.write_manifest(manifest, &place))
    }

    fn write_manifest(&self, manifest: &Manifest, place: &Place) -> Result<(), PublishError> {
        let mut file = create_anew(&self.inner, &NEW_MANIFEST)?;
        append_all(&mut file, &manifest.to_bytes())?;
        publish(&self.inner, file, &NEW_MANIFEST, place, self.inner.stamp(place)?)?;
        self.inner.sync_folder(Folder::Store)?;
        Ok(())
    }

    /// Finishes a change that may have been interrupted anywhere.
    fn take_up(&self, view: &View) -> Result<(), StorageError> {
        if view.told == Some(Told::After) {
            // A run that was killed may have left the log's new name to the system: a power cut would bring the old
            // log back, which needs what is removed here.
            self.inner.sync_folder(Folder::Sessions)?;
        }
        self.tidy(view)
    }

    /// Removes the segments that the last change took out of the log, and the manifest of a log that has none left.
    /// The change is durable.
    fn tidy(&self, view: &View) -> Result<(), StorageError> {
        let Some(manifest) = view.manifest.as_ref().filter(|_| view.told == Some(Told::After)) else { return Ok(()) };
        let (before, after) = (manifest.before.segments, manifest.after.segments);
        let gone = manifest.segments.get(after..before).unwrap_or_default();
        for segment in gone {
            self.remove_segment(segment)?;
        }
        if !gone.is_empty() {
            self.inner.sync_folder(Folder::Segments)?;
        }
        // Without a manifest, segments are taken by their names: the manifest goes last.
        let names = self.inner.list(Folder::Segments)?;
        if after == 0
            && !names.iter().any(|name| Segment::parse(name).is_some())
            && let Some(name) = manifest::name()
        {
            self.remove_if_there(&Place::Segment(name))?;
        }
        Ok(())
    }

    /// Removes a segment whose bytes are elsewhere. One that does not hold them all is set aside as it is.
    fn remove_segment(&self, segment: &Segment) -> Result<(), StorageError> {
        let whole = differs(&mut Reader::new(Files(self)), segment).map_err(unreadable)?.is_none();
        for form in [Form::Plain, Form::Compressed] {
            let Some(place) = segment.name(form).map(Place::Segment) else { continue };
            if whole {
                self.remove_if_there(&place)?;
            } else if self.inner.stamp(&place)?.is_some() {
                self.set_aside(segment, form, &place)?;
            }
        }
        Ok(())
    }

    /// Moves a segment's file to `quarantine/`, under its own name, or, where that is taken, one like it.
    fn set_aside(&self, segment: &Segment, form: Form, place: &Place) -> Result<(), StorageError> {
        for others in 0.. {
            let Some(aside) = segment.name_aside(form, others).map(Place::Quarantine) else { break };
            if self.inner.stamp(&aside)?.is_none() {
                self.inner.rename(place, &aside)?;
                return self.inner.sync_folder(Folder::Quarantine);
            }
        }
        Ok(())
    }

    fn remove_if_there(&self, place: &Place) -> Result<bool, StorageError> {
        match self.inner.remove(place) {
            Ok(()) => Ok(true),
            Err(error) if error.kind == StorageErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The log's own file for a log that ends at `len`, below where its own file begins now.
    pub(super) fn shorten(&self, file: &SegmentedFile<S, D>, layout: &Layout, len: u64) -> Result<(), PublishError> {
        // At least a line stays out of the segments: by it the layout is told.
        let kept: Vec<Segment> = layout.segments().iter().take_while(|segment| segment.end() < len).cloned().collect();
        let from = kept.last().map_or(layout.header_len(), Segment::end);
        self.restow(file, [0..layout.header_len(), from..len], &kept)
    }

    /// Writes what of the log stays in its own file beside these segments, and puts that in place.
    pub(super) fn restow(
        &self,
        log: &SegmentedFile<S, D>,
        stays: [Range<u64>; 2],
        segments: &[Segment],
    ) -> Result<(), PublishError> {
        or_removed(&self.inner, &NEW_OWN, self.write_own(log, stays, segments))
    }

    fn write_own(
        &self,
        log: &SegmentedFile<S, D>,
        stays: [Range<u64>; 2],
        segments: &[Segment],
    ) -> Result<(), PublishError> {
        let len = log.len()?;
        let mut new = create_anew(&self.inner, &NEW_OWN)?;
        for range in stays {
            copy(log, range, &mut new)?;
        }
        if log.named()? != Named::Same(len) {
            return Err(PublishError::Changed { what: Place::Log });
        }
        self.change(&NEW_OWN, new, segments)
    }

    /// Removes the log's own file, and with it all of its segments.
    pub(super) fn remove_log(&self) -> Result<(), StorageError> {
        let own = self.inner.open(&Place::Log)?;
        let view = self.view_of(Some(&own))?;
        self.take_up(&view)?;
        let manifest = describe(&view, &source_of(&own)?, &SliceSource(b""), &[]).map_err(unpublished)?;
        self.put_manifest(&manifest).map_err(unpublished)?;
        self.inner.remove(&Place::Log)?;
        self.inner.sync_folder(Folder::Sessions)?;
        self.tidy(&self.view()?)
    }
}

impl<S: Storage + Clone, D: Decompress + Clone> Segmented<S, D> {
    /// Makes what is in force all that there is: finishes a change that happened, gives up one that was only announced,
    /// writes a manifest that is lost, or does not know the log, anew, and removes segments that none then names.
    pub(super) fn mend(&self) -> Result<(), PublishError> {
        let Some(own) = open_if_there(&self.inner, &Place::Log)? else { return Ok(()) };
        let view = self.view_of(Some(&own))?;
        self.take_up(&view)?;
        let anew = match (view.doubt.and(view.layout), &view.manifest) {
            (Some(layout), _) => Some(self.describe_anew(&own, &layout)?),
            (None, Some(manifest)) if view.told == Some(Told::Before) => {
                Some(manifest.given_up()).filter(|given_up| given_up != manifest)
            }
            _ => None,
        };
        if let Some(manifest) = &anew {
            self.put_manifest(manifest)?;
        }
        let named = anew.or(view.manifest).map_or_else(Vec::new, |manifest| manifest.segments);
        Ok(self.clear(&named)?)
    }

    /// The manifest of a layout that was put together without one.
    fn describe_anew(&self, own: &S::File, layout: &Layout) -> Result<Manifest, StorageError> {
        let mut segments = layout.segments().to_vec();
        for segment in segments.iter_mut().filter(|segment| segment.digest.is_empty()) {
            segment.digest = digest(&mut Reader::new(Files(self)), segment).map_err(unreadable)?.unwrap_or_default();
        }
        let own = source_of(own)?;
        let witness = LogState::of(&own, two_lines(&own).map_err(unreadable)?).map_err(unreadable)?;
        let state = State { segments: segments.len(), witness };
        Ok(Manifest::new(segments, state.clone(), state))
    }

    /// Removes all segments but these: a seal was interrupted, and the log holds their bytes itself. It need not hold
    /// them any more once it is cut, and new segments may have the names of old ones.
    fn clear(&self, but: &[Segment]) -> Result<(), StorageError> {
        let stays = |segment: &Segment| but.iter().any(|one| (one.from, one.len) == (segment.from, segment.len));
        let names = self.inner.list(Folder::Segments)?;
        let mut orphans = names.iter().filter_map(|name| Segment::parse(name)).filter(|one| !stays(one)).peekable();
        if orphans.peek().is_none() {
            return Ok(());
        }
        let log = source_of(&self.open(&Place::Log)?)?;
        for orphan in orphans {
            let range = orphan.from.min(log.len)..orphan.end().min(log.len);
            let digest = digest_hex(&checkpoint::digest(None, &log, range).map_err(unreadable)?);
            self.remove_segment(&Segment { digest, ..orphan })?;
        }
        self.inner.sync_folder(Folder::Segments)
    }
}

/// Appends a range of a file to another one.
fn copy<F: StorageFile, T: StorageFile>(from: &F, range: Range<u64>, to: &mut T) -> Result<(), StorageError> {
    let source = source_of(from)?;
    let mut pieces = Pieces::new(&source, range);
    while let Some((_, bytes)) = pieces.read().map_err(unreadable)? {
        append_all(to, bytes)?;
    }
    Ok(())
}

/// The manifest of a change from the layout in force to these segments.
fn describe(
    view: &View,
    old: &dyn ByteSource,
    new: &dyn ByteSource,
    after: &[Segment],
) -> Result<Manifest, PublishError> {
    let before = view.layout.as_ref().map_or(&[][..], Layout::segments);
    let (old_witness, new_witness) = tell_apart(old, new, before.len() != after.len())
        .map_err(unreadable)?
        .ok_or(PublishError::Changed { what: Place::Log })?;
    let segments = if before.len() > after.len() { before } else { after };
    let state = |segments, witness| State { segments, witness };
    Ok(Manifest::new(segments.to_vec(), state(before.len(), old_witness), state(after.len(), new_witness)))
}

/// The start of each file, in whole lines, by which it is told from the other; `None` if it cannot be.
fn tell_apart(
    old: &dyn ByteSource,
    new: &dyn ByteSource,
    must: bool,
) -> Result<Option<(LogState, LogState)>, SourceError> {
    let (mut old_len, mut new_len) = (two_lines(old)?, two_lines(new)?);
    loop {
        let (before, after) = (LogState::of(old, old_len)?, LogState::of(new, new_len)?);
        let old_as_new = after.begins(old)? && new_len >= old_len;
        let new_as_old = before.begins(new)? && old_len > new_len;
        if !must || !old_as_new && !new_as_old {
            return Ok(Some((before, after)));
        }
        if new_len < new.len() {
            new_len = line_end(new, new_len.saturating_mul(2))?;
        } else if old_as_new && old_len < old.len() {
            old_len = line_end(old, old_len.saturating_mul(2))?;
        } else {
            return Ok(None);
        }
    }
}

/// Header and one line.
fn two_lines(own: &dyn ByteSource) -> Result<u64, SourceError> {
    line_end(own, line_end(own, 0)?)
}

/// Offset behind the first LF at or behind `from`, or the end.
pub(super) fn line_end(source: &(impl ByteSource + ?Sized), from: u64) -> Result<u64, SourceError> {
    let mut at = from;
    while at < source.len() {
        let take = (source.len() - at).min(64 << 10);
        let bytes = source.read_vec(at, usize::try_from(take).unwrap_or_default())?;
        if let Some(found) = memchr::memchr(b'\n', &bytes) {
            return Ok(at + found as u64 + 1);
        }
        at += take;
    }
    Ok(source.len())
}
