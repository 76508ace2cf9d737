//! A log of which a part stands in segments, as one source.
//!
//! Owns: finding segments among the files of a store. Invariant: every offset is one of the logical log; what is lost
//! reads as line feeds, as it does natively.
//! Does not: decide which segments belong to a log; core does. Compressed ones take the build with SQLite, the
//! larger one.

use crate::error::{Code, Error};
use jcode_session_core::finding::Finding;
use jcode_session_core::segment::check::{Depth, check};
use jcode_session_core::segment::{Archive, Decompress, Doubt, Layout, MANIFEST, MAX_MANIFEST, Reader, look};
use jcode_session_core::source::{ByteSource, SourceError};
use jcode_session_core::storage::Name;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// A log: one file, or one and its segments.
#[derive(Debug, Clone)]
pub(crate) enum Log<S: ByteSource + Clone> {
    Plain(S),
    Sealed(Rc<Sealed<S>>),
}

/// A log and its segments.
#[derive(Debug)]
pub(crate) struct Sealed<S: ByteSource + Clone> {
    own: S,
    layout: Layout,
    doubt: Option<Doubt>,
    segments: Segments<S>,
    reader: RefCell<Reader<Segments<S>>>,
}

/// The files in `segments/`, by name.
#[derive(Debug, Clone)]
struct Segments<S>(Rc<BTreeMap<String, S>>);

impl<S: ByteSource + Clone> Log<S> {
    /// The log whose own file is `own`; `store` holds the files of its store, by their path in it.
    pub(crate) fn open(own: S, store: &BTreeMap<String, S>) -> Result<Self, Error> {
        let files = store.iter().filter_map(|(path, file)| Some((path.strip_prefix("segments/")?, file)));
        let files: BTreeMap<String, S> = files.map(|(name, file)| (name.to_string(), file.clone())).collect();
        if files.is_empty() {
            return Ok(Self::Plain(own));
        }
        if !cfg!(feature = "sidecar") && files.keys().any(|name| name.ends_with(".zst")) {
            let words = "a part of this log stands in compressed segments, which take the build with SQLite";
            return Err(Error::new(Code::NeedsSqlite, words));
        }
        let manifest = files.get(MANIFEST).filter(|file| file.len() <= MAX_MANIFEST);
        let manifest = manifest.map(|file| file.read_vec(0, usize::try_from(file.len()).unwrap_or_default()));
        let names: Vec<String> = files.keys().cloned().collect();
        let segments = Segments(Rc::new(files));
        let view = look(&names, manifest.transpose()?.as_deref(), &own, &segments)?;
        Ok(match view.layout {
            None => Self::Plain(own),
            Some(layout) => {
                let reader = RefCell::new(Reader::new(segments.clone()));
                Self::Sealed(Rc::new(Sealed { own, layout, doubt: view.doubt, segments, reader }))
            }
        })
    }

    /// What is wrong with the segments.
    pub(crate) fn findings(&self) -> Result<Vec<Finding>, SourceError> {
        match self {
            Self::Plain(_) => Ok(Vec::new()),
            Self::Sealed(sealed) => check(&sealed.layout, sealed.doubt, sealed.segments.clone(), Depth::Full),
        }
    }
}

impl<S: ByteSource + Clone> Sealed<S> {
    /// The reader, or one more for a source that reads the session while it is read.
    fn with_reader<T>(&self, read: impl FnOnce(&mut Reader<Segments<S>>) -> T) -> T {
        match self.reader.try_borrow_mut() {
            Ok(mut reader) => read(&mut reader),
            Err(_) => read(&mut Reader::new(self.segments.clone())),
        }
    }
}

impl<S: ByteSource + Clone> ByteSource for Log<S> {
    fn len(&self) -> u64 {
        match self {
            Self::Plain(own) => own.len(),
            Self::Sealed(sealed) => sealed.layout.logical_len(sealed.own.len()),
        }
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let sealed = match self {
            Self::Plain(own) => return own.read_at(offset, buffer),
            Self::Sealed(sealed) => sealed,
        };
        let wanted = offset.saturating_add(buffer.len() as u64);
        if wanted > self.len() {
            return Err(SourceError::Shrank { wanted, actual: self.len() });
        }
        sealed.with_reader(|reader| sealed.layout.read(&sealed.own, reader, offset, buffer).map(|_| ()))
    }

    fn lost_at(&self, offset: u64) -> Result<Option<Range<u64>>, SourceError> {
        match self {
            Self::Plain(_) => Ok(None),
            Self::Sealed(sealed) => sealed.with_reader(|reader| sealed.layout.lost_at(reader, offset)),
        }
    }

    fn view(&self) -> Option<&[u8]> {
        match self {
            Self::Plain(own) => own.view(),
            Self::Sealed(_) => None,
        }
    }

    fn still_whole(&self) -> Result<(), SourceError> {
        match self {
            Self::Plain(own) => own.still_whole(),
            Self::Sealed(sealed) => sealed.own.still_whole(),
        }
    }
}

impl<S: ByteSource + Clone> Archive for Segments<S> {
    type File = S;

    fn open(&self, name: &Name) -> Result<Option<S>, SourceError> {
        Ok(self.0.get(name.as_str()).cloned())
    }
}

impl<S> Decompress for Segments<S> {
    #[cfg(feature = "sidecar")]
    fn decompress(&self, frame: &[u8], plain: &mut [u8]) -> bool {
        zstd::decompress(frame, plain).is_some()
    }

    #[cfg(not(feature = "sidecar"))]
    fn decompress(&self, _: &[u8], _: &mut [u8]) -> bool {
        false
    }
}

#[cfg(feature = "sidecar")]
mod zstd {
    //! One Zstandard frame.

    use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
    use ruzstd::io::Read;

    /// Fills `plain`; `None` if the frame does not hold exactly that many bytes, or not those of its checksum.
    pub(super) fn decompress(frame: &[u8], plain: &mut [u8]) -> Option<()> {
        // A decoder of its own: one that is used again makes room for whatever window a frame claims.
        let mut decoder = FrameDecoder::new();
        let mut input = frame;
        decoder.init(&mut input).ok()?;
        if decoder.content_size() != plain.len() as u64 {
            return None;
        }
        // A block is at most 128 KiB, and a frame of ours has few: more are a bomb.
        let mut blocks = 2 + plain.len() / 1024;
        while !decoder.is_finished() {
            blocks = blocks.checked_sub(1)?;
            decoder.decode_blocks(&mut input, BlockDecodingStrategy::UptoBlocks(1)).ok()?;
        }
        let whole = decoder.can_collect() == plain.len() && input.is_empty();
        let read = decoder.read(plain).ok()?;
        let sound = decoder.get_checksum_from_data() == decoder.get_calculated_checksum();
        (whole && read == plain.len() && sound).then_some(())
    }
}
