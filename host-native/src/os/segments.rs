//! Segments of a log on the file system, and the compression library.
//!
//! Owns: how a log that is opened for reading finds its segments, and [`Zstd`].
//! Invariant: a log without segments costs one look for a folder that is not there.
//! Does not: decide which segments belong to a log; core does.

use crate::os::files::{PathError, PlainFile};
use crate::os::paths;
use crate::os::standing::is_nothing;
use crate::os::storage::NativeStorage;
use jcode_session_core::segment::{
    self, Archive, Compress, Decompress, Doubt, Layout, MANIFEST, Reader, Segmented, SegmentedFile, look,
};
use jcode_session_core::source::{ByteSource, SourceError};
use jcode_session_core::storage::{Folder, Name};
use std::ffi::OsStr;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The files of a session whose log may stand in segments.
pub type SessionStorage = Segmented<NativeStorage, Zstd>;
/// An open file of it.
pub type SessionFile = SegmentedFile<NativeStorage, Zstd>;

/// The files beside `log`, its log as one file.
#[must_use]
pub fn storage(log: &Path) -> SessionStorage {
    Segmented::new(NativeStorage::new(log), Zstd::default())
}

/// The same for one who only looks.
#[must_use]
pub fn storage_to_look_at(log: &Path) -> SessionStorage {
    Segmented::new(NativeStorage::to_look_at(log), Zstd::default())
}

/// The Zstandard library.
#[derive(Debug, Clone, Copy)]
pub struct Zstd {
    /// How hard it tries, 1 to 19.
    pub level: i32,
}

impl Default for Zstd {
    fn default() -> Self {
        Self { level: 6 }
    }
}

impl Decompress for Zstd {
    fn decompress(&self, frame: &[u8], plain: &mut [u8]) -> bool {
        zstd::bulk::decompress_to_buffer(frame, plain).is_ok_and(|len| len == plain.len())
    }
}

impl Compress for Zstd {
    fn compress(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let mut compressor = zstd::bulk::Compressor::new(self.level).ok()?;
        compressor.include_checksum(true).ok()?;
        compressor.compress(plain).ok()
    }
}

/// The folder `segments/` of a log.
#[derive(Debug, Clone)]
pub(crate) struct SegmentFolder(PathBuf);

impl SegmentFolder {
    pub(crate) fn of(log: &Path) -> Self {
        Self(paths::place_folder(log, Folder::Segments))
    }
}

impl Decompress for SegmentFolder {
    fn decompress(&self, frame: &[u8], plain: &mut [u8]) -> bool {
        Zstd::default().decompress(frame, plain)
    }
}

impl Archive for SegmentFolder {
    type File = PlainFile;

    fn open(&self, name: &Name) -> Result<Option<PlainFile>, SourceError> {
        match PlainFile::open(&self.0.join(name.as_str())) {
            Ok(file) => Ok(Some(file)),
            Err(error) if is_nothing(&error.source) => Ok(None),
            Err(error) => Err(SourceError::Io { offset: 0, message: error.to_string() }),
        }
    }
}

/// The segments of an open log.
#[derive(Debug)]
pub struct Sealed {
    layout: Layout,
    doubt: Option<Doubt>,
    reader: Mutex<Reader<SegmentFolder>>,
}

impl Sealed {
    /// The segments that belong to the log whose own file is `own`, if there are any.
    pub(crate) fn look(log: &Path, own: &PlainFile) -> Result<Option<Self>, PathError> {
        if log.extension() != Some(OsStr::new("jsonl")) {
            return Ok(None);
        }
        let archive = SegmentFolder::of(log);
        let folder = &archive.0;
        let names = match std::fs::read_dir(folder) {
            Ok(entries) => entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect(),
            Err(error) if is_nothing(&error) => Vec::new(),
            Err(error) => return Err(PathError::new("read", folder)(error)),
        };
        if names.is_empty() {
            return Ok(None);
        }
        let manifest = folder.join(MANIFEST);
        let bytes = match PlainFile::open(&manifest) {
            Ok(file) if file.len() <= segment::MAX_MANIFEST => file.read_vec(0, file.len() as usize).ok(),
            Ok(_) => None,
            Err(error) if is_nothing(&error.source) => None,
            Err(error) => return Err(error),
        };
        let view = look(&names, bytes.as_deref(), own, &archive)
            .map_err(|error| PathError::new("read", log)(io::Error::other(error)))?;
        let sealed = |layout| Self { layout, doubt: view.doubt, reader: Mutex::new(Reader::new(archive)) };
        Ok(view.layout.map(sealed))
    }

    /// Which bytes stand where.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Why that is a guess, if it is one.
    #[must_use]
    pub const fn doubt(&self) -> Option<Doubt> {
        self.doubt
    }

    /// The run of lost bytes around an offset.
    pub(crate) fn lost_at(&self, offset: u64) -> Result<Option<Range<u64>>, SourceError> {
        self.layout.lost_at(&mut self.reader.lock().unwrap_or_else(PoisonError::into_inner), offset)
    }

    /// Fills `buffer`; false if some of it is lost.
    pub(crate) fn read(&self, own: &PlainFile, offset: u64, buffer: &mut [u8]) -> Result<bool, SourceError> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        self.layout.read(own, &mut reader, offset, buffer)
    }
}
