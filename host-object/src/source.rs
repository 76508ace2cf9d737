//! Bytes of a session in a store, read where they are.
//!
//! Owns: how objects are read by ranges: in windows, that grow where one reads on.
//! Invariant: what is read is what a sound chain names, or an error that names the object. Memory holds a few windows and
//! a block for each reader of a source.

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
    Arc::new(ChainSource::new(chain, StoredPieces::new(archive, Named::File(aside_name(head, aside)))))
}

/// The name of a kept file's object.
#[must_use]
pub(crate) fn aside_name(head: &SessionHead, aside: &Aside) -> String {
    is_place(&aside.place).map(|file| name::aside(&head.id, aside.digest, &file)).unwrap_or_default()
}

fn chain_source(archive: &Archive, id: &str, of: Of, chain: Option<&Chain>) -> Bytes {
    let Some(chain) = chain else { return Arc::new(SliceSource(b"")) };
    Arc::new(ChainSource::new(chain.clone(), StoredPieces::new(archive, Named::Piece(id.to_string(), of))))
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
    /// One for each reader at a time.
    stored: Mutex<Vec<Stored<ObjectFile>>>,
}

impl StoredPieces {
    fn new(archive: &Archive, named: Named) -> Self {
        Self { objects: Arc::clone(archive.objects()), named, stored: Mutex::default() }
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
        let (objects, name) = (Arc::clone(&self.objects), self.name(piece));
        let file = ObjectFile::new(objects, name, piece.stored);
        Ok(file.is_there()?.then_some(file))
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
    window: Mutex<Window>,
}

impl ObjectFile {
    fn new(objects: Arc<dyn Objects>, name: String, len: u64) -> Self {
        Self { objects, name, len, window: Mutex::default() }
    }

    /// Reads the window with its end, which is read first anyhow.
    fn is_there(&self) -> Result<bool, SourceError> {
        let range = self.len.saturating_sub(Window::FIRST)..self.len;
        let start = range.start;
        let bytes = self.objects.get_range(&self.name, range).map_err(|error| failed(start, &error))?;
        let is_there = bytes.is_some();
        if let Some(bytes) = bytes {
            *self.window.lock().unwrap_or_else(PoisonError::into_inner) = Window::at(start, bytes);
        }
        Ok(is_there)
    }

    fn fetch(&self, range: Range<u64>) -> Result<Vec<u8>, SourceError> {
        let Range { start, end } = range;
        let bytes = self.objects.get_range(&self.name, range).map_err(|error| failed(start, &error))?;
        bytes.ok_or(SourceError::Shrank { wanted: end, actual: start })
    }
}

impl ByteSource for ObjectFile {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let end = offset.saturating_add(buffer.len() as u64);
        if end > self.len {
            return Err(SourceError::Shrank { wanted: end, actual: self.len });
        }
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(missing) = window.missing(offset..end, self.len) {
            let bytes = self.fetch(missing.clone())?;
            window.take(missing.start, bytes, &(offset..end));
        }
        let there = window.get(offset..end);
        buffer.copy_from_slice(there.ok_or(SourceError::Shrank { wanted: end, actual: offset })?);
        Ok(())
    }
}

fn failed(offset: u64, error: &ObjectError) -> SourceError {
    SourceError::Io { offset, message: error.to_string() }
}
