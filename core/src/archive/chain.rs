//! A chain: the pieces that are a log, or a ledger, one behind another.
//!
//! Owns: the form of a piece in a commit, and what makes a chain sound.
//! Invariant: a sound chain has no gap and no overlap, each piece begins in the state in which the one before ends, and
//! its digests of blocks give its last state.

use super::pack::packed_limit;
use super::state::{BLOCK, Digest, State};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Whole lines of a log, as one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Piece {
    /// Offset of its first byte in the log.
    pub from: u64,
    /// Number of its bytes.
    pub len: u64,
    /// Digest of the log's state at `from`.
    pub prev: Digest,
    /// Digest of the log's state at its end.
    #[serde(rename = "self")]
    pub state: Digest,
    /// Length of the object.
    pub stored: u64,
    /// Digest of the object's bytes.
    pub blake3: Digest,
}

impl Piece {
    /// Offset of the first byte behind it.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.from.saturating_add(self.len)
    }
}

/// A log, as pieces.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Chain {
    /// Length of the log.
    pub len: u64,
    /// Digest of its state.
    #[serde(rename = "self")]
    pub state: Digest,
    /// Digests of its blocks of 1 MiB, the last one partial.
    pub blocks: Vec<Digest>,
    /// The pieces, in order.
    pub pieces: Vec<Piece>,
}

impl Chain {
    /// Why the chain is none, if so.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        let mut at = State::empty();
        for piece in &self.pieces {
            if piece.len == 0 || piece.from != at.len || piece.prev != at.digest {
                return Some("its pieces do not follow each other");
            }
            if piece.stored > packed_limit(piece.len) {
                return Some("a piece claims to be longer than what it holds");
            }
            let Some(end) = piece.from.checked_add(piece.len) else {
                return Some("a piece claims more bytes than there can be");
            };
            at = State { len: end, digest: piece.state };
        }
        if at != self.state() {
            return Some("its pieces end elsewhere");
        }
        if self.blocks.len() as u64 != self.len.div_ceil(BLOCK) || State::new(self.len, &self.blocks) != at {
            return Some("its blocks give another state");
        }
        None
    }

    /// Its last state.
    #[must_use]
    pub const fn state(&self) -> State {
        State { len: self.len, digest: self.state }
    }

    /// The states between its pieces, and its last.
    pub fn states(&self) -> impl Iterator<Item = State> {
        self.pieces.iter().map(|piece| State { len: piece.end(), digest: piece.state })
    }

    /// The piece with the byte at an offset.
    #[must_use]
    pub fn piece_at(&self, offset: u64) -> Option<&Piece> {
        let index = self.pieces.partition_point(|piece| piece.end() <= offset);
        self.pieces.get(index).filter(|piece| piece.from <= offset)
    }
}
