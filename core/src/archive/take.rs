//! Taking a log into a store: which of its bytes are put, and the chain that it becomes.
//!
//! Owns: the two passes over a log: the first finds what is shared with chains in the store, the second packs the rest.
//! Invariant: the chain names exactly the bytes that were read in both passes; a log that changed between them is
//! refused. No more than a piece is held in memory.

use super::chain::{Chain, Piece};
use super::pack::pack;
use super::plan::{Planned, cuts, plan};
use super::state::{BLOCK, Digest, State, StateHasher};
use crate::segment::Compress;
use crate::source::{ByteSource, Pieces, SourceError};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// Takes the first `len` bytes of a log, whole lines. `known` are chains of the session in the store, its own machine's
/// first. `put` gets each new piece with its object, before the next is made, and gives the piece as it is stored.
///
/// # Errors
/// Fails if the log cannot be read or changes meanwhile; and the error of `put`.
pub fn take<E: From<SourceError>>(
    log: &(impl ByteSource + ?Sized),
    len: u64,
    known: &[&Chain],
    with: &dyn Compress,
    put: &mut dyn FnMut(Piece, Vec<u8>) -> Result<Piece, E>,
) -> Result<Chain, E> {
    let (first, states) = states(log, len, known)?;
    let Planned { kept: mut pieces, from } = plan(known, len, &|at| states.get(&at).copied());
    let mut hasher = resumed(log, &first, from)?;
    let mut prev = from;
    for end in cuts(log, from.len, len)? {
        let packed = pack(log, prev.len..end, with, &mut |bytes| hasher.update(bytes))?;
        let state = hasher.state();
        let (stored, blake3) = (packed.len() as u64, Digest::of(&packed));
        let piece =
            Piece { from: prev.len, len: end - prev.len, prev: prev.digest, state: state.digest, stored, blake3 };
        pieces.push(put(piece, packed)?);
        prev = state;
    }
    if prev != first.state() {
        return Err(SourceError::Shrank { wanted: len, actual: prev.len }.into());
    }
    Ok(Chain { len, state: prev.digest, blocks: first.blocks(), pieces })
}

/// The hasher of the whole log, and its states at the ends of the known pieces.
fn states(
    log: &(impl ByteSource + ?Sized),
    len: u64,
    known: &[&Chain],
) -> Result<(StateHasher, BTreeMap<u64, Digest>), SourceError> {
    let ends = known.iter().flat_map(|chain| chain.states()).map(|state| state.len).filter(|&end| end <= len);
    let mut ends: Vec<u64> = ends.collect();
    ends.sort_unstable();
    ends.dedup();
    let mut ends = ends.into_iter().peekable();
    let mut hasher = StateHasher::default();
    let mut states = BTreeMap::new();
    let mut pieces = Pieces::new(log, 0..len);
    while let Some((_, mut bytes)) = pieces.read()? {
        while let Some(end) = ends.next_if(|&end| end <= hasher.len() + bytes.len() as u64) {
            let (now, later) = bytes.split_at(usize::try_from(end - hasher.len()).unwrap_or_default());
            hasher.update(now);
            states.insert(end, hasher.state().digest);
            bytes = later;
        }
        hasher.update(bytes);
    }
    Ok((hasher, states))
}

/// A hasher that stands at a state of the log: only the block in which it lies is read again.
fn resumed(log: &(impl ByteSource + ?Sized), whole: &StateHasher, at: State) -> Result<StateHasher, SourceError> {
    let mut blocks = whole.blocks();
    blocks.truncate(usize::try_from(at.len / BLOCK).unwrap_or(usize::MAX));
    let mut hasher = StateHasher::behind(blocks);
    let mut pieces = Pieces::new(log, hasher.len()..at.len);
    while let Some((_, bytes)) = pieces.read()? {
        hasher.update(bytes);
    }
    Ok(hasher)
}

/// The digest of a range of a log, within one block.
///
/// # Errors
/// Fails if the log cannot be read.
pub fn digest_of(log: &(impl ByteSource + ?Sized), range: core::ops::Range<u64>) -> Result<Digest, SourceError> {
    let bytes = log.bytes(range.start, usize::try_from(range.end - range.start).unwrap_or(usize::MAX))?;
    Ok(Digest::of(&bytes))
}
