//! Bytes of a session in a store, read where they are.
//!
//! Owns: how objects are read by ranges: in windows, that grow where one reads on.
//! Invariant: what is read is what a sound chain names, or an error that names the object. Memory holds for each reader of
//! a source a few windows with the ends of their objects, and a block.

use crate::archive::Archive;
use crate::objects::{ObjectError, Objects};
use crate::window::Window;
use jcode_session_core::archive::name::{self, Of};
use jcode_session_core::archive::{
    Aside, Chain, ChainSource, Digest, Piece, Pieces, SessionHead, State, Stored, is_place,
};
use jcode_session_core::segment::Decompress;
use jcode_session_core::source::{ByteSource, SliceSource, SourceError};
use jcode_session_native::os::segments::Zstd;
use jcode_session_native::session::Bytes;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes at the end of an object that are read with its table: as much as a first page takes.
const END: u64 = 1 << 20;
/// The same of an object that is opened for its beginning, as the first of several is.
const SHORT_END: u64 = 64 << 10;

/// The log of a session, as a machine pushed it; without bytes if it has none.
#[must_use]
pub(crate) fn log_source(archive: &Archive, head: &SessionHead) -> Bytes {
    chain_source(archive, &head.id, Of::Log, head.log.as_ref())
}

/// Its ledger.
#[must_use]
pub(crate) fn ledger_source(archive: &Archive, head: &SessionHead) -> Bytes {
    chain_source(archive, &head.id, Of::Ledger, head.ledger.as_ref())
}

/// One of its kept files.
#[must_use]
pub(crate) fn aside_source(archive: &Archive, head: &SessionHead, aside: &Aside) -> Bytes {
    let (len, stored, state) = (aside.len, aside.stored, aside.digest);
    let piece = Piece { from: 0, len, prev: State::empty().digest, state, stored, blake3: Digest::of(b"") };
    let chain = Chain { len, state, blocks: Vec::new(), pieces: vec![piece] };
    Arc::new(ChainSource::new(chain, StoredPieces::new(archive, Named::File(aside_name(head, aside)), len)))
}

/// The name of a kept file's object.
#[must_use]
pub(crate) fn aside_name(head: &SessionHead, aside: &Aside) -> String {
    is_place(&aside.place).map(|file| name::aside(&head.id, aside.digest, &file)).unwrap_or_default()
}

fn chain_source(archive: &Archive, id: &str, of: Of, chain: Option<&Chain>) -> Bytes {
    let Some(chain) = chain else { return Arc::new(SliceSource(b"")) };
    Arc::new(ChainSource::new(chain.clone(), StoredPieces::new(archive, Named::Piece(id.to_string(), of), chain.len)))
}

/// How the objects of a chain are named.
#[derive(Debug)]
enum Named {
    /// As pieces of this session.
    Piece(String, Of),
    /// The only one has this name.
    File(String),
}

/// The objects of a chain.
#[derive(Debug)]
struct StoredPieces {
    objects: Arc<dyn Objects>,
    named: Named,
    /// Length of the chain.
    len: u64,
    /// One for each reader at a time.
    stored: Mutex<Vec<Stored<ObjectFile>>>,
}

impl StoredPieces {
    fn new(archive: &Archive, named: Named, len: u64) -> Self {
        Self { objects: Arc::clone(archive.objects()), named, len, stored: Mutex::default() }
    }

    fn name(&self, piece: &Piece) -> String {
        match &self.named {
            Named::Piece(session, of) => name::piece(session, *of, piece),
            Named::File(name) => name.clone(),
        }
    }
}

impl Decompress for StoredPieces {
    fn decompress(&self, frame: &[u8], plain: &mut [u8]) -> bool {
        Zstd::default().decompress(frame, plain)
    }
}

impl Pieces for StoredPieces {
    type File = ObjectFile;

    fn open(&self, piece: &Piece) -> Result<Option<ObjectFile>, SourceError> {
        let is_for_its_start = piece.from == 0 && piece.end() < self.len;
        let end = if is_for_its_start { SHORT_END } else { END };
        ObjectFile::open(Arc::clone(&self.objects), self.name(piece), piece.stored, end)
    }

    fn shown(&self, piece: &Piece) -> String {
        self.objects.shown(&self.name(piece))
    }

    fn with_stored<T>(&self, read: impl FnOnce(&mut Stored<ObjectFile>) -> T) -> T {
        let free = || self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stored = free().pop().unwrap_or_default();
        let result = read(&mut stored);
        free().push(stored);
        result
    }
}

/// An object of a known length.
#[derive(Debug)]
struct ObjectFile {
    objects: Arc<dyn Objects>,
    name: String,
    len: u64,
    /// Its end, which is read first.
    end: Vec<u8>,
    /// The part before that which was read last.
    window: Mutex<Window>,
}

impl ObjectFile {
    /// Opens an object by reading its end; `None` if there is none of this length.
    fn open(objects: Arc<dyn Objects>, name: String, len: u64, end: u64) -> Result<Option<Self>, SourceError> {
        // A little more is not worth another request.
        let start = if len <= end + end / 2 { 0 } else { len - end };
        let end = objects.get_range(&name, start..len).map_err(|error| failed(start, &error))?;
        Ok(end.map(|end| Self { objects, name, len, end, window: Mutex::default() }))
    }

    fn end_start(&self) -> u64 {
        self.len - self.end.len() as u64
    }

    /// Reads before the end.
    fn read_before(&self, range: Range<u64>, buffer: &mut [u8]) -> Result<(), SourceError> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Range { start, end }) = window.missing(range.clone(), self.end_start()) {
            let bytes = self.objects.get_range(&self.name, start..end).map_err(|error| failed(start, &error))?;
            window.take(start, bytes.ok_or(SourceError::Shrank { wanted: end, actual: start })?, &range);
        }
        let there = window.get(range.clone());
        buffer.copy_from_slice(there.ok_or(SourceError::Shrank { wanted: range.end, actual: range.start })?);
        Ok(())
    }
}

impl ByteSource for ObjectFile {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let end = offset.saturating_add(buffer.len() as u64);
        let shrank = SourceError::Shrank { wanted: end, actual: self.len };
        if end > self.len {
            return Err(shrank);
        }
        let before = end.min(self.end_start()).saturating_sub(offset);
        let (first, rest) = buffer.split_at_mut(usize::try_from(before).unwrap_or(usize::MAX));
        if !first.is_empty() {
            self.read_before(offset..offset + before, first)?;
        }
        if !rest.is_empty() {
            let from = usize::try_from(offset + before - self.end_start()).unwrap_or(usize::MAX);
            rest.copy_from_slice(self.end.get(from..from + rest.len()).ok_or(shrank)?);
        }
        Ok(())
    }
}

fn failed(offset: u64, error: &ObjectError) -> SourceError {
    SourceError::Io { offset, message: error.to_string() }
}
