//! Segments of a log among the files of its store, and their decompression. Core decides which segments belong to a
//! log.
//!
//! Owns: the files in `segments/` as core's [`Archive`]. Compressed segments need the build with SQLite, which is the
//! larger one.

use crate::error::{Code, Error};
use jcode_session_core::segment::{Archive, Decompress, Reader, SegmentedSource};
use jcode_session_core::source::{ByteSource, SourceError};
use jcode_session_core::storage::Name;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A log: one file, or one file and its segments.
pub(crate) type Log<S> = SegmentedSource<S, Segments<S>>;

/// The files in `segments/`, by name.
#[derive(Debug)]
pub(crate) struct Segments<S> {
    files: BTreeMap<String, S>,
    reader: RefCell<Reader<S>>,
}

/// Opens the log whose own file is `own`. `store` holds the files of its store, by their path in it.
pub(crate) fn open<S: ByteSource + Clone>(own: S, store: &BTreeMap<String, S>) -> Result<Log<S>, Error> {
    let files = store.iter().filter_map(|(path, file)| Some((path.strip_prefix("segments/")?, file)));
    let files: BTreeMap<String, S> = files.map(|(name, file)| (name.to_string(), file.clone())).collect();
    if !cfg!(feature = "sidecar") && files.keys().any(|name| name.ends_with(".zst")) {
        let words = "a part of this log stands in compressed segments, which take the build with SQLite";
        return Err(Error::new(Code::NeedsSqlite, words));
    }
    Ok(SegmentedSource::open(own, Segments { files, reader: RefCell::default() })?)
}

impl<S: ByteSource + Clone> Archive for Segments<S> {
    type File = S;

    fn names(&self) -> Result<Vec<String>, SourceError> {
        Ok(self.files.keys().cloned().collect())
    }

    fn open(&self, name: &Name) -> Result<Option<S>, SourceError> {
        Ok(self.files.get(name.as_str()).cloned())
    }

    fn with_reader<T>(&self, read: impl FnOnce(&mut Reader<S>) -> T) -> T {
        // The reader is in use if a source asks the session while it is read itself.
        match self.reader.try_borrow_mut() {
            Ok(mut reader) => read(&mut reader),
            Err(_) => read(&mut Reader::default()),
        }
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
    //! Decompression of one Zstandard frame.

    use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
    use ruzstd::io::Read;

    /// Fills `plain`. Returns `None` if the frame does not hold exactly that many bytes, or does not match its
    /// checksum.
    pub(super) fn decompress(frame: &[u8], plain: &mut [u8]) -> Option<()> {
        // A new decoder for each frame: a reused one would allocate any window size that a frame claims.
        let mut decoder = FrameDecoder::new();
        let mut input = frame;
        decoder.init(&mut input).ok()?;
        if decoder.content_size() != plain.len() as u64 {
            return None;
        }
        // A block has at most 128 KiB, and our frames have few blocks. More blocks mean a decompression bomb.
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
