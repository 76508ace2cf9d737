//! Compression of segments, and back.
//!
//! Owns: the order of steps for each segment: the file in its new form, its sync, the proof that it holds the same
//! bytes, the folder's sync; only then the removal of the old one.
//! Invariant: no layout changes, because either form of a segment will do: a crash leaves the old form, both, or the
//! new one. Run again, it goes on from where it was. Does not: seal.

use super::check::differs;
use super::layout::{Form, Layout, Segment};
use super::pack::{InForm, pack, path};
use super::reader::Reader;
use super::seal::announce;
use super::storage::{Files, Segmented};
use super::{Compress, Decompress};
use crate::source::{ByteSource, SourceError};
use crate::storage::{Folder, Place, Storage};
use crate::store::{SessionStore, StoreError};
use core::cell::RefCell;

/// Compresses all segments of a log; how many.
///
/// # Errors
/// If one is lost or damaged, or storage fails; all bytes are then there in one form or the other.
pub fn run<S: Storage + Clone, D: Decompress + Clone>(
    session: &mut SessionStore<'_, Segmented<S, D>>,
    with: &dyn Compress,
    now_ms: i64,
) -> Result<u64, StoreError> {
    convert(session, Form::Compressed, Some(with), now_ms)
}

/// Decompresses them; how many.
///
/// # Errors
/// As [`run`].
pub fn undo<S: Storage + Clone, D: Decompress + Clone>(
    session: &mut SessionStore<'_, Segmented<S, D>>,
    now_ms: i64,
) -> Result<u64, StoreError> {
    convert(session, Form::Plain, None, now_ms)
}

fn convert<S: Storage + Clone, D: Decompress + Clone>(
    session: &mut SessionStore<'_, Segmented<S, D>>,
    to: Form,
    with: Option<&dyn Compress>,
    now_ms: i64,
) -> Result<u64, StoreError> {
    session.resolve_pending(now_ms)?;
    session.storage.mend()?;
    let storage = session.storage;
    let Some(layout) = storage.view()?.layout else { return Ok(0) };
    let from = if to == Form::Plain { Form::Compressed } else { Form::Plain };
    let mut waiting = alloc::vec::Vec::new();
    for segment in layout.segments() {
        if is_there(storage, segment, from)? {
            waiting.push(segment);
        }
    }
    if waiting.is_empty() {
        return Ok(0);
    }
    let note = if to == Form::Plain { "segments decompressed" } else { "segments compressed" };
    announce(session, Some(layout.sealed()), note, now_ms)?;
    for segment in &waiting {
        // One that has both was interrupted; what is whole in its new form stays.
        if !is_there(storage, segment, to)? || !is_whole(storage, segment, to)? {
            if !is_whole(storage, segment, from)? {
                return Err(StoreError::Kept { what: path(segment, from), how: DAMAGED });
            }
            let bytes =
                Bytes { segment, reader: RefCell::new(Reader::new(InForm { files: Files(storage), form: from })) };
            pack(storage, &bytes, segment.from..segment.end(), with)?;
            storage.sync_folder(Folder::Segments)?;
            if !is_whole(storage, segment, to)? {
                return Err(StoreError::Compression);
            }
        }
        if let Some(name) = segment.name(from) {
            storage.remove(&Place::Segment(name))?;
        }
    }
    storage.sync_folder(Folder::Segments)?;
    Ok(waiting.len() as u64)
}

const DAMAGED: &str = "does not hold the bytes that were sealed";

/// Refuses a layout of which bytes are lost or changed.
pub(super) fn prove<S: Storage, D: Decompress>(storage: &Segmented<S, D>, layout: &Layout) -> Result<(), StoreError> {
    let mut reader = Reader::new(Files(storage));
    for segment in layout.segments() {
        if reader.trouble(segment)?.is_some() || differs(&mut reader, segment)?.is_some() {
            return Err(StoreError::Kept { what: path(segment, reader.form()), how: DAMAGED });
        }
    }
    Ok(())
}

fn is_there<S: Storage, D>(storage: &Segmented<S, D>, segment: &Segment, form: Form) -> Result<bool, StoreError> {
    let Some(name) = segment.name(form) else { return Ok(false) };
    Ok(storage.inner.stamp(&Place::Segment(name))?.is_some())
}

/// The segment's file of one form holds its bytes.
fn is_whole<S: Storage, D: Decompress>(
    storage: &Segmented<S, D>,
    segment: &Segment,
    form: Form,
) -> Result<bool, StoreError> {
    Ok(differs(&mut Reader::new(InForm { files: Files(storage), form }), segment)?.is_none())
}

/// The bytes of a segment, at their places in the log.
struct Bytes<'s, S: Storage, D: Decompress> {
    segment: &'s Segment,
    reader: RefCell<Reader<InForm<'s, S, D>>>,
}

impl<S: Storage, D: Decompress> ByteSource for Bytes<'_, S, D> {
    fn len(&self) -> u64 {
        self.segment.end()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let at = offset.saturating_sub(self.segment.from);
        self.reader.borrow_mut().read(self.segment, at, buffer).map(|_| ())
    }
}
