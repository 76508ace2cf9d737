//! Putting the objects of one session.
//!
//! Owns: what an object holds, and when one that is there will do.
//! Invariant: an object that is there counts as ours only if it holds the same bytes, however they are packed. No more
//! than a piece is held in memory.

use crate::archive::{Archive, PutError};
use jcode_session_core::archive::name::{self, Of};
use jcode_session_core::archive::{
    Aside, Chain, Digest, FileHasher, Piece, SessionHead, StateHasher, is_place, pack, take, unpack,
};
use jcode_session_core::source::{ByteSource, SourceError};
use jcode_session_native::os::files::PathError;
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::os::segments::Zstd;

/// Why a session was not pushed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error(transparent)]
    Path(#[from] PathError),
    #[error("cannot be read: {0}")]
    Source(#[from] SourceError),
    #[error(transparent)]
    Put(#[from] PutError),
    #[error("bytes of its segments are lost: put their files back, or `repair` it")]
    Lost,
    #[error("it has no whole line yet")]
    Empty,
    #[error("{0}")]
    Name(String),
}

/// Objects put, or to be put, for a session.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) pieces: u64,
    pub(super) bytes: u64,
}

/// Puts what belongs to one session.
pub(super) struct Putting<'p> {
    /// Where to; nothing is put if `None`.
    pub(super) archive: Option<&'p Archive>,
    pub(super) id: &'p str,
    /// Its heads in the store.
    pub(super) known: &'p [SessionHead],
    pub(super) counts: &'p mut Counts,
}

impl Putting<'_> {
    pub(super) fn log(&mut self, log: &LogFile, len: u64) -> Result<Chain, Refused> {
        let chain = self.chain(Of::Log, log, len)?;
        log.still_whole()?;
        if log.met_lost() { Err(Refused::Lost) } else { Ok(chain) }
    }

    pub(super) fn chain(&mut self, of: Of, log: &impl ByteSource, len: u64) -> Result<Chain, Refused> {
        let chain = |head: &'_ SessionHead| match of {
            Of::Log => head.log.clone(),
            Of::Ledger => head.ledger.clone(),
        };
        let known: Vec<Chain> = self.known.iter().filter_map(chain).collect();
        let known: Vec<&Chain> = known.iter().collect();
        take(log, len, &known, &Zstd::default(), &mut |piece, packed| {
            let name = name::piece(self.id, of, &piece);
            let found = self.put(&name, &packed, piece.len)?;
            Ok(found.map_or(piece, |(stored, blake3)| Piece { stored, blake3, ..piece }))
        })
    }

    pub(super) fn file(&mut self, place: &str, file: &impl ByteSource) -> Result<Aside, Refused> {
        let mut hasher = FileHasher::default();
        let packed = pack(file, 0..file.len(), &Zstd::default(), &mut |bytes| hasher.update(bytes))?;
        let (len, digest) = (file.len(), hasher.digest());
        let there = self.known.iter().flat_map(|head| &head.aside);
        let same = there.into_iter().find(|aside| aside.digest == digest && aside.len == len && aside.place == place);
        if let Some(aside) = same {
            return Ok(aside.clone());
        }
        let stands = is_place(place).ok_or_else(|| Refused::Name(format!("{place} cannot stand in a store")))?;
        let found = self.put(&name::aside(self.id, digest, &stands), &packed, len)?;
        let stored = found.map_or(packed.len() as u64, |(stored, _)| stored);
        Ok(Aside { place: place.to_string(), len, digest, stored })
    }

    /// Puts an object that holds `len` bytes. Returns length and digest of the object that is there, if it is another
    /// packing of them.
    fn put(&mut self, name: &str, packed: &[u8], len: u64) -> Result<Option<(u64, Digest)>, Refused> {
        self.counts.pieces += 1;
        self.counts.bytes += packed.len() as u64;
        let Some(archive) = self.archive else { return Ok(None) };
        let content = |packed: &[u8]| {
            let mut hasher = StateHasher::default();
            unpack(packed, len, &Zstd::default(), &mut |bytes| hasher.update(bytes)).map(|()| hasher.state())
        };
        let found = archive.put(name, packed, &|found| content(found).is_some_and(|c| Some(c) == content(packed)))?;
        Ok(found.map(|found| (found.len() as u64, Digest::of(&found))))
    }
}
