//! A chain, read as one log.
//!
//! Owns: which block of which piece holds a byte.
//! Invariant: a piece that is missing, or does not hold what its chain says, gives an error that names it, never other
//! bytes. Whatever a store claims, memory holds a block and a few tables of
//! bounded length.
//! Does not: compare digests; `verify` does.

use super::chain::{Chain, Piece};
use crate::segment::{Decompress, Frame, Table};
use crate::source::{ByteSource, SourceError};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The pieces of one chain in a store, with a decompressor.
pub trait Pieces: Decompress {
    /// An open object.
    type File: ByteSource;

    /// Opens the object of a piece; `None` if there is none.
    ///
    /// # Errors
    /// Fails if the store cannot be asked.
    fn open(&self, piece: &Piece) -> Result<Option<Self::File>, SourceError>;

    /// The name of a piece, for messages.
    fn shown(&self, piece: &Piece) -> String;

    /// Lends what was read last. If that is in use, a new one is lent.
    fn with_stored<T>(&self, read: impl FnOnce(&mut Stored<Self::File>) -> T) -> T {
        read(&mut Stored::default())
    }
}

/// Pieces that stay open: a page of a log that was pushed often is in several, and its header in another.
const OPEN: usize = 4;

/// The pieces and the block that were read last.
#[derive(Debug)]
pub struct Stored<F> {
    /// By the piece's offset, that of the last read at the end.
    open: Vec<(u64, F, Table)>,
    /// By its offset in the log.
    block: Option<(u64, Vec<u8>)>,
}

impl<F> Default for Stored<F> {
    fn default() -> Self {
        Self { open: Vec::new(), block: None }
    }
}

/// A chain as a log.
#[derive(Debug)]
pub struct ChainSource<P> {
    chain: Chain,
    pieces: P,
}

impl<P: Pieces> ChainSource<P> {
    /// A sound chain over the store's pieces.
    pub const fn new(chain: Chain, pieces: P) -> Self {
        Self { chain, pieces }
    }

    /// The chain.
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    fn read(&self, stored: &mut Stored<P::File>, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let (mut at, mut rest) = (offset, buffer);
        while !rest.is_empty() {
            let (start, block) = self.block(stored, at)?;
            let skip = usize::try_from(at - start).unwrap_or(usize::MAX);
            let there = block.get(skip..).unwrap_or_default();
            let take = there.len().min(rest.len());
            let (now, later) = rest.split_at_mut(take);
            now.copy_from_slice(there.get(..take).unwrap_or_default());
            if take == 0 {
                return Err(SourceError::Shrank { wanted: at, actual: start });
            }
            at += take as u64;
            rest = later;
        }
        Ok(())
    }

    /// The block with a byte, and its offset in the log.
    fn block<'s>(&self, stored: &'s mut Stored<P::File>, at: u64) -> Result<(u64, &'s [u8]), SourceError> {
        let holds = |(start, block): &(u64, Vec<u8>)| *start <= at && at - start < block.len() as u64;
        if !stored.block.as_ref().is_some_and(holds) {
            let piece = self.chain.piece_at(at);
            let piece = piece.ok_or(SourceError::Shrank { wanted: at, actual: self.chain.len })?;
            match stored.open.iter().position(|(from, ..)| *from == piece.from) {
                Some(at) => stored.open.get_mut(at..).unwrap_or_default().rotate_left(1),
                None => {
                    let opened = self.open(piece)?;
                    stored.open.drain(..(stored.open.len() + 1).saturating_sub(OPEN));
                    stored.open.push(opened);
                }
            }
            let Some((_, file, table)) = stored.open.last() else { return Err(self.wrong(piece, "cannot be opened")) };
            let frame = table.frame(at - piece.from).ok_or_else(|| self.wrong(piece, "is shorter than its table"))?;
            stored.block = Some((piece.from + frame.plain.0, self.decompress(piece, file, &frame)?));
        }
        let (start, block) = stored.block.as_ref().map_or((at, &[][..]), |(start, block)| (*start, &**block));
        Ok((start, block))
    }

    fn open(&self, piece: &Piece) -> Result<(u64, P::File, Table), SourceError> {
        let file = self.pieces.open(piece)?.ok_or_else(|| self.wrong(piece, "is missing"))?;
        if file.len() != piece.stored {
            return Err(self.wrong(piece, "has another length than was stored"));
        }
        let table = Table::read(&file, piece.len).map_err(|error| self.wrong(piece, &format!("{error}")))?;
        Ok((piece.from, file, table))
    }

    fn decompress(&self, piece: &Piece, file: &P::File, frame: &Frame) -> Result<Vec<u8>, SourceError> {
        let packed = file.read_vec(frame.stored.0, frame.stored.1)?;
        let mut plain = alloc::vec![0; frame.plain.1];
        let is_whole = self.pieces.decompress(&packed, &mut plain);
        is_whole.then_some(plain).ok_or_else(|| self.wrong(piece, "has a block that cannot be decompressed"))
    }

    fn wrong(&self, piece: &Piece, how: &str) -> SourceError {
        SourceError::Io { offset: piece.from, message: format!("{} {how}", self.pieces.shown(piece)) }
    }
}

impl<P: Pieces> ByteSource for ChainSource<P> {
    fn len(&self) -> u64 {
        self.chain.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let wanted = offset.saturating_add(buffer.len() as u64);
        if wanted > self.chain.len {
            return Err(SourceError::Shrank { wanted, actual: self.chain.len });
        }
        self.pieces.with_stored(|stored| self.read(stored, offset, buffer))
    }
}
