//! A session's storage whose log is one file, wherever its bytes stand.
//!
//! Owns: the log as a [`StorageFile`] of logical offsets, and the one way in which a layout is changed: segments
//! first, then the manifest, then, by the rename of the log's own file, the change itself, and only then the removal
//! of segments that were in force before and are not now.
//! Invariant: a crash leaves the layout before or after, both complete; a log without segments costs one look at a
//! folder. Does not: lock, or write the ledger; [`super::seal`] does.

use super::Decompress;
use super::check::{Depth, check, differs};
use super::layout::Sealed;
use super::layout::{Form, Layout, Segment};
use super::look::{View, look};
use super::manifest::{self, MAX_MANIFEST, Manifest, State};
use super::pack::digest;
use super::reader::{Archive, Reader};
use crate::index::fingerprint::FileStamp;
use crate::source::{ByteSource, SliceSource, SourceError};
use crate::storage::{
    Folder, Name, Place, PublishError, Storage, StorageError, StorageErrorKind, StorageFile, append_all, create_anew,
    open_if_there, publish,
};
use crate::store::LogState;
use crate::verify::Finding;
use crate::write::FileSource;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Number of the temporary file that becomes the manifest.
const NEW_MANIFEST: Place = Place::Temporary(3);
/// Number of the temporary file that becomes the log's own file.
pub(super) const NEW_OWN: Place = Place::Temporary(5);

/// The files of a session, its log as one.
#[derive(Debug, Clone)]
pub struct Segmented<S, D> {
    pub(super) inner: S,
    codec: D,
}

/// An open file; if it is the log, all of it.
#[derive(Debug)]
pub struct SegmentedFile<S: Storage, D> {
    own: S::File,
    parts: Option<Arc<Parts<S, D>>>,
}

impl<S: Storage, D> Clone for SegmentedFile<S, D> {
    fn clone(&self) -> Self {
        Self { own: self.own.clone(), parts: self.parts.clone() }
    }
}

#[derive(Debug)]
struct Parts<S, D> {
    layout: Layout,
    /// Logical length up to which the log's own file tells that it has this layout.
    told_len: u64,
    /// Logical length that was durable when it got that.
    durable_len: u64,
    storage: Segmented<S, D>,
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

    fn view_of(&self, own: Option<&S::File>) -> Result<View, StorageError> {
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

    /// Puts a written file in the place of the log's own, which from then on has the bytes behind these segments.
    /// All that leaves the log by this is durable elsewhere.
    pub(super) fn change(&self, from: &Place, file: S::File, after: &[Segment]) -> Result<(), PublishError> {
        let own = open_if_there(&self.inner, &Place::Log)?;
        let expected = own.as_ref().map(StorageFile::stamp).transpose()?;
        let view = self.view_of(own.as_ref())?;
        self.tidy(&view)?;
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
        let mut file = create_anew(&self.inner, &NEW_MANIFEST)?;
        append_all(&mut file, &manifest.to_bytes())?;
        publish(&self.inner, file, &NEW_MANIFEST, &place, self.inner.stamp(&place)?)?;
        self.inner.sync_folder(Folder::Store)?;
        Ok(())
    }

    /// Removes the segments that the last change took out of the log, and the manifest of a log that has none left.
    fn tidy(&self, view: &View) -> Result<(), StorageError> {
        let Some(manifest) = view.manifest.as_ref().filter(|_| view.is_after) else { return Ok(()) };
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
        for name in [Form::Plain, Form::Compressed].into_iter().filter_map(|form| segment.name(form)) {
            let place = Place::Segment(name.clone());
            if whole {
                self.remove_if_there(&place)?;
            } else if self.inner.stamp(&place)?.is_some() {
                self.inner.rename(&place, &Place::Quarantine(name))?;
                self.inner.sync_folder(Folder::Quarantine)?;
            }
        }
        Ok(())
    }

    /// Writes a manifest that is lost, or does not know the log, anew.
    pub(super) fn mend(&self) -> Result<(), PublishError> {
        let Some(own) = open_if_there(&self.inner, &Place::Log)? else { return Ok(()) };
        let view = self.view_of(Some(&own))?;
        let Some(layout) = view.layout.filter(|_| view.doubt.is_some()) else { return Ok(()) };
        let mut segments = layout.segments().to_vec();
        for segment in segments.iter_mut().filter(|segment| segment.digest.is_empty()) {
            segment.digest = digest(&mut Reader::new(Files(self)), segment).map_err(unreadable)?.unwrap_or_default();
        }
        let own = source_of(&own)?;
        let witness = LogState::of(&own, two_lines(&own).map_err(unreadable)?).map_err(unreadable)?;
        let state = State { segments: segments.len(), witness };
        self.put_manifest(&Manifest::new(segments, state.clone(), state))
    }

    fn remove_if_there(&self, place: &Place) -> Result<bool, StorageError> {
        match self.inner.remove(place) {
            Ok(()) => Ok(true),
            Err(error) if error.kind == StorageErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The log's own file for a log that ends at `len`, below where its own file begins now.
    fn shorten(&self, file: &SegmentedFile<S, D>, layout: &Layout, len: u64) -> Result<(), PublishError>
    where
        S: Clone,
        D: Clone,
    {
        // At least a line stays out of the segments: by it the layout is told.
        let kept: Vec<Segment> = layout.segments().iter().take_while(|segment| segment.end() < len).cloned().collect();
        let from = kept.last().map_or(layout.header_len(), Segment::end);
        let mut new = create_anew(&self.inner, &NEW_OWN)?;
        for range in [0..layout.header_len(), from..len] {
            copy(file, range, &mut new)?;
        }
        self.change(&NEW_OWN, new, &kept)
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
            Arc::new(Parts { layout, told_len, durable_len, storage: self.clone() })
        });
        Ok(SegmentedFile { own, parts })
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
        let own = self.inner.open(place)?;
        let view = self.view_of(Some(&own))?;
        self.tidy(&view)?;
        let manifest = describe(&view, &source_of(&own)?, &SliceSource(b""), &[]).map_err(unpublished)?;
        self.put_manifest(&manifest).map_err(unpublished)?;
        self.inner.remove(place)?;
        self.inner.sync_folder(Folder::Sessions)?;
        self.tidy(&self.view()?)
    }

    fn list(&self, folder: Folder) -> Result<Vec<String>, StorageError> {
        self.inner.list(folder)
    }

    fn sync_folder(&self, folder: Folder) -> Result<(), StorageError> {
        self.inner.sync_folder(folder)
    }

    fn cut(&self, file: &mut Self::File, len: u64) -> Result<(), PublishError> {
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

    fn sealed(&self, log: &Self::File) -> Option<Sealed> {
        log.parts.as_ref().map(|parts| Sealed::of(&parts.layout))
    }
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
        parts.layout.read(&own, &mut reader, offset, buffer).map(|_| ()).map_err(unreadable)
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
}

fn source_of<F: StorageFile>(file: &F) -> Result<FileSource<F>, StorageError> {
    Ok(FileSource { len: file.len()?, file: file.clone() })
}

fn read_manifest<F: StorageFile>(file: &F) -> Result<Option<Vec<u8>>, StorageError> {
    let source = source_of(file)?;
    if source.len > MAX_MANIFEST {
        return Ok(None);
    }
    source.read_vec(0, usize::try_from(source.len).unwrap_or_default()).map(Some).map_err(unreadable)
}

fn unreadable(error: SourceError) -> StorageError {
    StorageError { kind: StorageErrorKind::Io, action: "read", what: "the log".into(), message: error.to_string() }
}

fn unpublished(error: PublishError) -> StorageError {
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

const WINDOW: u64 = 1 << 20;

/// Appends a range of a file to another one.
pub(super) fn copy<F: StorageFile, T: StorageFile>(
    from: &F,
    range: core::ops::Range<u64>,
    to: &mut T,
) -> Result<(), StorageError> {
    let source = source_of(from)?;
    let mut at = range.start;
    while at < range.end {
        let take = (range.end - at).min(WINDOW);
        let bytes = source.read_vec(at, usize::try_from(take).unwrap_or_default()).map_err(unreadable)?;
        append_all(to, &bytes)?;
        at += take;
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
