//! Plain files: opened once, read at positions, and their stamps.
//!
//! Owns: the errors that name a path, and the stamp of a file on each platform.
//! Invariant: an open file keeps the length that it had when it was opened. If it was cut since, a read gives
//! [`SourceError::Shrank`], never other bytes.

use crate::os::standing::not_regular;
use jcode_session_core::source::identity::FileStamp;
use jcode_session_core::source::{ByteSource, SourceError};
use std::fs::{File, Metadata};
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
        let path = path.to_path_buf();
        move |source| Self { action, path, source }
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
        let (file, metadata) = open_plain(path).map_err(PathError::new("open", path))?;
        Ok(Self { stamp: stamp_of(&metadata), file, path: path.to_path_buf() })
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
        let now = std::fs::metadata(&self.path).map(|metadata| stamp_of(&metadata));
        if now.is_ok_and(|now| now.is_same_file(&self.stamp)) {
            return Ok(());
        }
        Err(SourceError::Shrank { wanted: self.stamp.len, actual: 0 })
    }
}

/// Fills `buffer` from `offset` on.
pub(crate) fn read_at(file: &File, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
    let wanted = offset.saturating_add(buffer.len() as u64);
    read_exact_at(file, buffer, offset).map_err(|error| match error.kind() {
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
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(Some(stamp_of(&metadata))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(PathError::new("read", path)(error)),
    }
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
    let file = open_for_reading(path).map_err(|error| why().unwrap_or(error))?;
    let metadata = plain(&file)?;
    Ok((file, metadata))
}

/// The metadata of an open file. Refuses a file that is not a regular one.
pub(crate) fn plain(file: &File) -> io::Result<Metadata> {
    let metadata = file.metadata()?;
    not_regular(metadata.file_type()).map_or(Ok(metadata), Err)
}

cfg_if::cfg_if! {
    if #[cfg(unix)] {
        use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};

        /// Opens without waiting: a pipe of that name must not hold up a run over many files.
        fn open_for_reading(path: &Path) -> io::Result<File> {
            File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path)
        }

        /// The stamp in a file's metadata.
        #[must_use]
        pub fn stamp_of(metadata: &Metadata) -> FileStamp {
            FileStamp {
                dev: metadata.dev(),
                ino: metadata.ino(),
                len: metadata.len(),
                mtime_ns: metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec()),
                ctime_ns: metadata.ctime().saturating_mul(1_000_000_000).saturating_add(metadata.ctime_nsec()),
            }
        }

        /// The stamp of an open file. Every append calls this, so it uses rustix: the standard library's call costs
        /// three times as much, because the kernel clears a page for an empty path.
        ///
        /// # Errors
        /// Any error of the file system.
        pub fn stamp_of_open(file: &File) -> io::Result<FileStamp> {
            Ok(from_stat(&rustix::fs::fstat(file)?))
        }

        /// The stamp of whatever stands at a path, which may be a link.
        ///
        /// # Errors
        /// Any error of the file system.
        pub fn stamp_at(path: &Path) -> io::Result<FileStamp> {
            Ok(from_stat(&rustix::fs::lstat(path)?))
        }

        #[allow(clippy::unnecessary_cast, clippy::cast_sign_loss, reason = "the types differ by platform")]
        fn from_stat(stat: &rustix::fs::Stat) -> FileStamp {
            let ns = |seconds: i64, rest: u64| {
                seconds.saturating_mul(1_000_000_000).saturating_add(i64::try_from(rest).unwrap_or_default())
            };
            FileStamp {
                dev: stat.st_dev as u64,
                ino: stat.st_ino as u64,
                len: stat.st_size as u64,
                mtime_ns: ns(stat.st_mtime as i64, stat.st_mtime_nsec as u64),
                ctime_ns: ns(stat.st_ctime as i64, stat.st_ctime_nsec as u64),
            }
        }

        fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
            file.read_exact_at(buffer, offset)
        }
    } else {
        use std::time::UNIX_EPOCH;

        fn open_for_reading(path: &Path) -> io::Result<File> {
            File::open(path)
        }

        /// The stamp in a file's metadata. Without inodes, only times and length identify a file; a fingerprint
        /// confirms them.
        #[must_use]
        pub fn stamp_of(metadata: &Metadata) -> FileStamp {
            let ns = |time: io::Result<std::time::SystemTime>| {
                let since = time.ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
                since.and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or_default()
            };
            let (mtime_ns, ctime_ns) = (ns(metadata.modified()), ns(metadata.created()));
            FileStamp { dev: 0, ino: 0, len: metadata.len(), mtime_ns, ctime_ns }
        }

        /// The stamp of an open file.
        ///
        /// # Errors
        /// Any error of the file system.
        pub fn stamp_of_open(file: &File) -> io::Result<FileStamp> {
            file.metadata().map(|metadata| stamp_of(&metadata))
        }

        /// The stamp of whatever stands at a path, which may be a link.
        ///
        /// # Errors
        /// Any error of the file system.
        pub fn stamp_at(path: &Path) -> io::Result<FileStamp> {
            std::fs::symlink_metadata(path).map(|metadata| stamp_of(&metadata))
        }

        fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
            use std::os::windows::fs::FileExt;
            while !buffer.is_empty() {
                let read = file.seek_read(buffer, offset)?;
                if read == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                buffer = &mut buffer[read..];
                offset += read as u64;
            }
            Ok(())
        }
    }
}
