//! Writing the file of a segment, in either form.
//!
//! Owns: the steps: a temporary file, its sync, the proof that it holds the bytes, its name. The folder's sync is
//! the caller's: one for many. Invariant: a segment's file is whole when it has its name.
//! Does not: decide which bytes make a segment.

use super::layout::{Form, Segment};
use super::reader::{Archive, Reader};
use super::seekable::{BLOCK, table};
use super::storage::{Files, Segmented};
use super::{Compress, Decompress};
use crate::source::{ByteSource, PIECE, Pieces, SourceError};
use crate::storage::{Place, Storage, StorageFile, append_all, create_anew, or_removed};
use crate::store::StoreError;
use crate::store::ledger::digest_hex;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// Number of the temporary file that becomes a segment.
const NEW_SEGMENT: Place = Place::Temporary(4);

// A piece is cut into whole blocks.
const _: () = assert!(PIECE.is_multiple_of(BLOCK));

/// Stores a range of a log as a segment; compressed, if there is something that compresses.
pub(super) fn pack<S: Storage, D: Decompress>(
    storage: &Segmented<S, D>,
    log: &(impl ByteSource + ?Sized),
    range: Range<u64>,
    compress: Option<&dyn Compress>,
) -> Result<Segment, StoreError> {
    or_removed(&storage.inner, &NEW_SEGMENT, write(storage, log, range, compress))
}

fn write<S: Storage, D: Decompress>(
    storage: &Segmented<S, D>,
    log: &(impl ByteSource + ?Sized),
    range: Range<u64>,
    compress: Option<&dyn Compress>,
) -> Result<Segment, StoreError> {
    let mut segment = Segment { from: range.start, len: range.end - range.start, digest: String::new() };
    let mut file = create_anew(&storage.inner, &NEW_SEGMENT)?;
    let mut hasher = blake3::Hasher::new();
    let mut frames = Vec::new();
    let mut pieces = Pieces::new(log, range);
    while let Some((_, bytes)) = pieces.read()? {
        hasher.update(bytes);
        match compress {
            None => append_all(&mut file, bytes)?,
            Some(with) => append_all(&mut file, &press(with, bytes, &mut frames).ok_or(StoreError::Compression)?)?,
        }
    }
    segment.digest = digest_hex(&hasher.finalize());
    let form = if compress.is_some() { Form::Compressed } else { Form::Plain };
    if compress.is_some() {
        append_all(&mut file, &table(&frames))?;
    }
    file.sync_data()?;
    let name = segment.name(form).ok_or(StoreError::Compression)?;
    storage.inner.rename(&NEW_SEGMENT, &Place::Segment(name))?;
    Ok(segment)
}

/// The frames of some blocks.
fn press(with: &dyn Compress, bytes: &[u8], frames: &mut Vec<(u32, u32)>) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len() / 2);
    for block in bytes.chunks(usize::try_from(BLOCK).ok()?) {
        let frame = with.compress(block)?;
        frames.push((u32::try_from(frame.len()).ok()?, u32::try_from(block.len()).ok()?));
        out.extend_from_slice(&frame);
    }
    Some(out)
}

/// The file of a segment, in one of its forms, as a source of the segment's bytes that reads nothing else.
pub(super) struct InForm<'s, S, D> {
    pub(super) files: Files<'s, S, D>,
    pub(super) form: Form,
}

impl<S: Storage, D: Decompress> Decompress for InForm<'_, S, D> {
    fn decompress(&self, frame: &[u8], plain: &mut [u8]) -> bool {
        self.files.decompress(frame, plain)
    }
}

impl<S: Storage, D: Decompress> Archive for InForm<'_, S, D> {
    type File = <Files<'static, S, D> as Archive>::File;

    fn open(&self, name: &crate::storage::Name) -> Result<Option<Self::File>, SourceError> {
        let is_compressed = name.as_str().ends_with(".zst");
        if is_compressed == (self.form == Form::Compressed) { self.files.open(name) } else { Ok(None) }
    }
}

/// The segment's bytes as they are read, digested; `None` if some are lost.
pub(super) fn digest<A: Archive>(reader: &mut Reader<A>, segment: &Segment) -> Result<Option<String>, SourceError> {
    let mut hasher = blake3::Hasher::new();
    let mut at = 0;
    let mut window = alloc::vec![0; usize::try_from(PIECE.min(segment.len)).unwrap_or_default()];
    while at < segment.len {
        let take = usize::try_from((segment.len - at).min(PIECE)).unwrap_or_default();
        let part = window.get_mut(..take).unwrap_or_default();
        if !reader.read(segment, at, part)? {
            return Ok(None);
        }
        hasher.update(part);
        at += take as u64;
    }
    Ok(Some(digest_hex(&hasher.finalize())))
}

/// The segment's file, as a message names it.
pub(super) fn path(segment: &Segment, form: Form) -> String {
    segment.name(form).map_or_else(String::new, |name| format!("segments/{}", name.as_str()))
}
