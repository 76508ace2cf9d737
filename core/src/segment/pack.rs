//! Writing the file of a segment, in either form.
//!
//! Owns: the steps: a temporary file, its sync, its rename. The caller syncs the folder, once for many segments.
//! Invariant: a segment's file is complete, and matches its digest, when it gets its name.

use super::Compress;
use super::range::{Form, Segment};
use super::seekable::{BLOCK, table};
use crate::source::{ByteSource, PIECE, Pieces};
use crate::storage::{Place, PublishError, Storage, StorageFile, append_all, create_anew, or_removed};
use crate::store::StoreError;
use crate::store::ledger::digest_hex;
use alloc::vec::Vec;

/// The temporary file that becomes a segment.
const NEW_SEGMENT: Place = Place::Temporary(4);

// Each piece is cut into whole blocks.
const _: () = assert!(PIECE.is_multiple_of(BLOCK));

/// Writes the file of a segment; compressed, if `compress` is given.
pub(super) fn pack<S: Storage>(
    storage: &S,
    log: &(impl ByteSource + ?Sized),
    segment: &Segment,
    compress: Option<&dyn Compress>,
) -> Result<(), StoreError> {
    or_removed(storage, &NEW_SEGMENT, write(storage, log, segment, compress))
}

fn write<S: Storage>(
    storage: &S,
    log: &(impl ByteSource + ?Sized),
    segment: &Segment,
    compress: Option<&dyn Compress>,
) -> Result<(), StoreError> {
    let mut file = create_anew(storage, &NEW_SEGMENT)?;
    let mut hasher = blake3::Hasher::new();
    let mut frames = Vec::new();
    let mut pieces = Pieces::new(log, segment.from..segment.end());
    while let Some((_, bytes)) = pieces.read()? {
        hasher.update(bytes);
        match compress {
            None => append_all(&mut file, bytes)?,
            Some(with) => append_all(&mut file, &press(with, bytes, &mut frames).ok_or(StoreError::Compression)?)?,
        }
    }
    if !segment.digest.is_empty() && digest_hex(&hasher.finalize()) != segment.digest {
        return Err(PublishError::Changed { what: Place::Log }.into());
    }
    let form = if compress.is_some() { Form::Compressed } else { Form::Plain };
    if compress.is_some() {
        append_all(&mut file, &table(&frames))?;
    }
    file.sync_data()?;
    let name = segment.name(form).ok_or(StoreError::Compression)?;
    Ok(storage.rename(&NEW_SEGMENT, &Place::Segment(name))?)
}

/// The frames of the blocks in `bytes`; adds their lengths to `frames`.
pub(crate) fn press(with: &dyn Compress, bytes: &[u8], frames: &mut Vec<(u32, u32)>) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len() / 2);
    let blocks: Vec<&[u8]> = bytes.chunks(usize::try_from(BLOCK).ok()?).collect();
    for (block, frame) in blocks.iter().zip(with.compress_all(&blocks)?) {
        frames.push((u32::try_from(frame.len()).ok()?, u32::try_from(block.len()).ok()?));
        out.extend_from_slice(&frame);
    }
    Some(out)
}
