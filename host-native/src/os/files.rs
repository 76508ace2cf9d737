//! Plain files: opened once, read at positions, and their stamps.
//!
//! Owns: the errors that name a path, and the stamps of files.
//! Invariant: an open file keeps the length that it had when it was opened. If it was cut since, a read gives
//! [`SourceError::Shrank`], never other bytes.

use crate::os::standing::not_regular;
use crate::os::system;
use jcode_session_core::source::identity::FileStamp;
use jcode_session_core::source::{ByteSource, SourceError};
use std::fs::{DirEntry, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// A failed file operation, with its path.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {source}", path.display())]
pub struct PathError {
    /// The operation: "open", "sync", ...
    pub action: &'static str,
    /// The file.
    pub path: PathBuf,
    /// The error of the system.
    pub source: io::Error,
}

impl PathError {
    /// Adds operation and path to an error.
    pub fn new(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self { action, path: path.to_path_buf(), source }
    }
}

/// An open file, its stamp and the path by which it was opened.
#[derive(Debug)]
pub struct PlainFile {
    pub(crate) file: File,
    pub(crate) stamp: FileStamp,
    pub(crate) path: PathBuf,
}

impl PlainFile {
    /// Opens a regular file.
    ///
    /// # Errors
    /// Fails if the file cannot be opened or is no regular file.
    pub fn open(path: &Path) -> Result<Self, PathError> {
        let opened = open_plain(path).and_then(|(file, _)| Ok((stamp_of_open(&file)?, file)));
        let (stamp, file) = opened.map_err(PathError::new("open", path))?;
        Ok(Self { file, stamp, path: path.to_path_buf() })
    }

    /// What the file was when it was opened.
    #[must_use]
    pub const fn stamp(&self) -> FileStamp {
        self.stamp
    }
}

impl From<PlainFile> for File {
    fn from(plain: PlainFile) -> Self {
        plain.file
    }
}

impl ByteSource for PlainFile {
    fn len(&self) -> u64 {
        self.stamp.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        read_at(&self.file, offset, buffer)
    }

    /// Checks that the path still leads to this file.
    fn still_whole(&self) -> Result<(), SourceError> {
        if system::look_through(&self.path).is_ok_and(|(_, now)| now.is_same_file(&self.stamp)) {
            return Ok(());
        }
        Err(SourceError::Shrank { wanted: self.stamp.len, actual: 0 })
    }
}

/// Fills `buffer` from `offset` on.
pub(crate) fn read_at(file: &File, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
    let wanted = offset.saturating_add(buffer.len() as u64);
    system::read_exact_at(file, buffer, offset).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            let actual = file.metadata().map_or(0, |metadata| metadata.len());
            SourceError::Shrank { wanted, actual }
        }
        _ => SourceError::Io { offset, message: error.to_string() },
    })
}

/// The stamp of a file by path, following links; `None` if there is no file.
///
/// # Errors
/// Fails if the metadata cannot be read.
pub fn stamp(path: &Path) -> Result<Option<FileStamp>, PathError> {
    match system::look_through(path) {
        Ok((_, stamp)) => Ok(Some(stamp)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(PathError::new("read", path)(error)),
    }
}

/// The stamp of an open file.
///
/// # Errors
/// Any error of the file system.
pub fn stamp_of_open(file: &File) -> io::Result<FileStamp> {
    system::stamp_of_open(file)
}

/// The stamp of whatever stands at a path, which may be a link.
///
/// # Errors
/// Any error of the file system.
pub fn stamp_at(path: &Path) -> io::Result<FileStamp> {
    system::stamp_at(path)
}

/// What is done with a link in the place of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Links {
    /// It stands for what it leads to.
    Followed,
    /// It is no file.
    Refused,
}

/// The stamp of a regular file; `None` for anything else.
pub(crate) fn stamp_of_file(path: &Path, links: Links) -> Option<FileStamp> {
    let looked = if links == Links::Followed { system::look_through(path) } else { system::look_at(path) };
    regular(looked.ok()?)
}

/// The stamp of a regular file that a folder lists; `None` for anything else.
pub(crate) fn stamp_of_entry(entry: &DirEntry, links: Links) -> Option<FileStamp> {
    let looked = system::look_at_entry(entry).ok()?;
    if looked.0.is_symlink() && links == Links::Followed {
        return stamp_of_file(&entry.path(), links);
    }
    regular(looked)
}

fn regular((metadata, stamp): (Metadata, FileStamp)) -> Option<FileStamp> {
    metadata.is_file().then_some(stamp)
}

/// All bytes of a small file.
///
/// # Errors
/// Any error of the file system.
pub(crate) fn read_whole(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path)
}

/// Makes the bytes of a file durable that another program may have written.
///
/// # Errors
/// Fails if the file is gone or the system refuses.
pub fn sync_file(path: &Path) -> Result<(), PathError> {
    // Windows syncs only what is open for writing.
    let file = File::options().read(true).write(cfg!(windows)).open(path);
    file.and_then(|file| file.sync_data()).map_err(PathError::new("sync", path))
}

/// Copies a file.
///
/// # Errors
/// Any error of the file system.
pub(crate) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::copy(from, to).map(|_| ())
}

/// Opens a plain file for reading. Refuses a pipe, on which a read would wait for the other end.
pub(crate) fn open_plain(path: &Path) -> io::Result<(File, Metadata)> {
    // The system itself refuses a socket, without a clear reason.
    let why = || not_regular(std::fs::metadata(path).ok()?.file_type());
    let file = system::open_to_read(path).map_err(|error| why().unwrap_or(error))?;
    let metadata = plain(&file)?;
    Ok((file, metadata))
}

/// The metadata of an open file. Refuses a file that is not a regular one.
pub(crate) fn plain(file: &File) -> io::Result<Metadata> {
    let metadata = file.metadata()?;
    not_regular(metadata.file_type()).map_or(Ok(metadata), Err)
}
