//! Segments of a log on the file system, and the compression library.
//!
//! Owns: the folder `segments/` as core's [`Archive`], and [`Zstd`].
//! Invariant: core decides which segments belong to a log.

use crate::os::files::PlainFile;
use crate::os::standing::is_nothing;
use crate::os::storage::NativeStorage;
use crate::os::workers::Workers;
use crate::os::{host, paths};
use jcode_session_core::log::Threads;
use jcode_session_core::segment::{Archive, Compress, Decompress, Reader, Segmented, SegmentedFile};
use jcode_session_core::source::SourceError;
use jcode_session_core::storage::{Folder, Name};
use std::ffi::OsStr;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// The files of a session whose log may have segments.
pub type SessionStorage = Segmented<NativeStorage, Zstd>;
/// An open file of a [`SessionStorage`].
pub type SessionFile = SegmentedFile<NativeStorage, Zstd>;

/// The files beside `log`, with its log presented as one file.
#[must_use]
pub fn storage(log: &Path) -> SessionStorage {
    Segmented::new(NativeStorage::new(log), Zstd::default())
}

/// Like [`storage`], but files are only read.
#[must_use]
pub fn storage_to_look_at(log: &Path) -> SessionStorage {
    Segmented::new(NativeStorage::to_look_at(log), Zstd::default())
}

/// Like [`storage`], but for a repair. With `looks`, files are only read: for a dry run.
#[must_use]
pub fn storage_to_repair(log: &Path, looks: bool) -> SessionStorage {
    let files = if looks { NativeStorage::to_look_at(log) } else { NativeStorage::new(log) };
    Segmented::for_repair(files, Zstd::default())
}

/// The Zstandard library.
#[derive(Debug, Clone, Copy)]
pub struct Zstd {
    /// Compression level, 1 to 19.
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

impl Zstd {
    /// The frames of several blocks, from one compressor: to make one costs as much as to compress a block.
    fn compress_on_one_core(self, blocks: &[&[u8]]) -> Option<Vec<Vec<u8>>> {
        let mut compressor = zstd::bulk::Compressor::new(self.level).ok()?;
        compressor.include_checksum(true).ok()?;
        blocks.iter().map(|block| compressor.compress(block).ok()).collect()
    }
}

impl Compress for Zstd {
    fn compress(&self, plain: &[u8]) -> Option<Vec<u8>> {
        self.compress_on_one_core(&[plain])?.pop()
    }

    fn compress_all(&self, blocks: &[&[u8]]) -> Option<Vec<Vec<u8>>> {
        if blocks.len() < 2 {
            return self.compress_on_one_core(blocks);
        }
        let mut frames = Vec::with_capacity(blocks.len());
        let parts = blocks.chunks(blocks.len().div_ceil(host::cores()));
        let flow = Workers::of_all_cores().in_order(
            parts,
            |part| self.compress_on_one_core(part),
            |made| {
                frames.extend(made.map_or_else(|| ControlFlow::Break(()), ControlFlow::Continue)?);
                ControlFlow::Continue(())
            },
        );
        flow.is_continue().then_some(frames)
    }
}

/// The folder `segments/` of a log.
#[derive(Debug)]
pub(crate) struct SegmentFolder {
    path: PathBuf,
    reader: Mutex<Reader<PlainFile>>,
}

impl SegmentFolder {
    /// The folder `segments/` of a log, if there is one.
    pub(crate) fn of(log: &Path) -> Option<Self> {
        let path = paths::place_folder(log, Folder::Segments);
        let is_log = log.extension() == Some(OsStr::new("jsonl"));
        // If the folder's state cannot be read, assume that it exists; reading it then reports the error.
        let there = || std::fs::metadata(&path).map_or_else(|error| error.kind() != io::ErrorKind::NotFound, |_| true);
        (is_log && there()).then(|| Self { path, reader: Mutex::default() })
    }
}

impl Decompress for SegmentFolder {
    fn decompress(&self, frame: &[u8], plain: &mut [u8]) -> bool {
        Zstd::default().decompress(frame, plain)
    }
}

impl Archive for SegmentFolder {
    type File = PlainFile;

    fn names(&self) -> Result<Vec<String>, SourceError> {
        match std::fs::read_dir(&self.path) {
            Ok(entries) => Ok(entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()),
            Err(error) if is_nothing(&error) => Ok(Vec::new()),
            Err(error) => Err(SourceError::Io { offset: 0, message: format!("{}: {error}", self.path.display()) }),
        }
    }

    fn open(&self, name: &Name) -> Result<Option<PlainFile>, SourceError> {
        match PlainFile::open(&self.path.join(name.as_str())) {
            Ok(file) => Ok(Some(file)),
            Err(error) if is_nothing(&error.source) => Ok(None),
            Err(error) => Err(SourceError::Io { offset: 0, message: error.to_string() }),
        }
    }

    fn with_reader<T>(&self, read: impl FnOnce(&mut Reader<PlainFile>) -> T) -> T {
        match self.reader.try_lock() {
            Ok(mut reader) => read(&mut reader),
            Err(_) => read(&mut Reader::default()),
        }
    }
}
