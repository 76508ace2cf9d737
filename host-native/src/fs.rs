//! Log files: opened once, read at positions, mapped for scans.
//!
//! Owns: the stamp of an open log and the errors that name a path; segments are part of the log that they belong to.
//! Invariant: an open log has the length that it had when it was opened; a file that was cut since gives
//! [`SourceError::Shrank`], never other bytes.
//! Does not: write.

use crate::map::{self, Mapping};
use crate::segments::Sealed;
use jcode_session_core::index::fingerprint::FileStamp;
use jcode_session_core::source::{ByteSource, SourceError};
use std::fs::{File, Metadata};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// A file operation that failed, with its path.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {source}", path.display())]
pub struct PathError {
    /// What was done: "open", "sync", ...
    pub action: &'static str,
    /// The file.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

impl PathError {
    /// Names the path of a failed operation.
    pub fn new(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self { action, path, source }
    }
}

/// A log, open for reading.
#[derive(Debug)]
pub struct LogFile {
    own: PlainFile,
    path: PathBuf,
    stamp: FileStamp,
    sealed: Option<Sealed>,
    mapping: Option<Mapping>,
    met_lost: AtomicBool,
}

/// An open file and its stamp.
#[derive(Debug)]
pub(crate) struct PlainFile {
    file: File,
    stamp: FileStamp,
}

/// How often a log is opened anew that is put in other files meanwhile.
const TRIES: u32 = 4;

impl LogFile {
    /// Opens a log.
    ///
    /// # Errors
    /// If it cannot be opened or is no plain file.
    pub fn open(path: &Path) -> Result<Self, PathError> {
        let mut tries = 0;
        loop {
            let own = PlainFile::open(path)?;
            let sealed = Sealed::look(path, &own)?;
            tries += 1;
            // The segments are read behind the log's own file: they must still be those of this one.
            if sealed.is_some() && tries < TRIES && own.was_replaced(path) {
                continue;
            }
            let len = sealed.as_ref().map_or(own.stamp.len, |sealed| sealed.layout().logical_len(own.stamp.len));
            let stamp = FileStamp { len, ..own.stamp };
            let met_lost = AtomicBool::new(false);
            return Ok(Self { own, path: path.to_path_buf(), stamp, sealed, mapping: None, met_lost });
        }
    }

    /// Looks at the first `len` bytes only, which are there; a writer adds more meanwhile.
    pub(crate) const fn see(&mut self, len: u64) {
        self.stamp.len = len;
    }

    /// Takes the times of the file anew.
    pub(crate) fn restamp(&mut self) -> Result<(), PathError> {
        let len = self.stamp.len;
        let metadata = self.own.file.metadata().map_err(PathError::new("read", &self.path))?;
        self.stamp = FileStamp { len, ..stamp_of(&metadata) };
        Ok(())
    }

    /// Maps the log for scans, if the process guards against files that shrink while they are mapped (see
    /// [`crate::map::install_guard`]). Without the guard, or where mapping fails, scans read in pieces.
    pub fn map_if_guarded(&mut self) {
        if map::is_guarded() && self.sealed.is_none() {
            // SAFETY is the guard's: a page that is cut away reads as zeros and marks the mapping as damaged, and
            // `still_whole` then refuses what was read.
            self.mapping = Mapping::guarded(&self.own.file, self.stamp.len);
        }
    }

    /// The path by which it was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The stamp at opening, with the length of the whole log.
    #[must_use]
    pub const fn stamp(&self) -> FileStamp {
        self.stamp
    }

    /// The stamp at opening as the file system has it: of a log with segments this is shorter.
    #[must_use]
    pub const fn file_stamp(&self) -> FileStamp {
        self.own.stamp
    }

    /// The open file.
    #[must_use]
    pub const fn file(&self) -> &File {
        &self.own.file
    }

    /// What of the log stands in segments.
    #[must_use]
    pub const fn sealed(&self) -> Option<&Sealed> {
        self.sealed.as_ref()
    }
}

impl PlainFile {
    pub(crate) fn open(path: &Path) -> Result<Self, PathError> {
        let (file, metadata) = open_plain(path).map_err(PathError::new("open", path))?;
        Ok(Self { stamp: stamp_of(&metadata), file })
    }

    fn was_replaced(&self, path: &Path) -> bool {
        let now = std::fs::metadata(path).map(|metadata| stamp_of(&metadata));
        now.map(|now| (now.dev, now.ino)).ok() != Some((self.stamp.dev, self.stamp.ino))
    }
}

impl ByteSource for PlainFile {
    fn len(&self) -> u64 {
        self.stamp.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let wanted = offset.saturating_add(buffer.len() as u64);
        read_exact_at(&self.file, buffer, offset).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                let actual = self.file.metadata().map_or(0, |metadata| metadata.len());
                SourceError::Shrank { wanted, actual }
            }
            _ => SourceError::Io { offset, message: error.to_string() },
        })
    }
}

impl ByteSource for LogFile {
    fn len(&self) -> u64 {
        self.stamp.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let wanted = offset.saturating_add(buffer.len() as u64);
        if wanted > self.stamp.len {
            return Err(SourceError::Shrank { wanted, actual: self.stamp.len });
        }
        let Some(sealed) = &self.sealed else { return self.own.read_at(offset, buffer) };
        if !sealed.read(&self.own, offset, buffer)? {
            if self.own.was_replaced(&self.path) {
                // What is missing is not lost: it stands elsewhere now.
                return Err(SourceError::Shrank { wanted, actual: offset });
            }
            self.met_lost.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    fn view(&self) -> Option<&[u8]> {
        self.mapping.as_ref().map(Mapping::bytes)
    }

    fn lost_at(&self, offset: u64) -> Result<Option<Range<u64>>, SourceError> {
        let Some(sealed) = &self.sealed else { return Ok(None) };
        // What is missing of a log that was replaced is not lost: reading it says so.
        let lost = sealed.lost_at(offset)?.filter(|_| !self.own.was_replaced(&self.path));
        self.met_lost.fetch_or(lost.is_some(), Ordering::Relaxed);
        Ok(lost)
    }

    fn met_lost(&self) -> bool {
        self.met_lost.load(Ordering::Relaxed)
    }

    fn still_whole(&self) -> Result<(), SourceError> {
        let own = self.own.file.metadata().map_or(0, |metadata| metadata.len());
        let actual = self.sealed.as_ref().map_or(own, |sealed| sealed.layout().logical_len(own));
        if actual < self.stamp.len || self.mapping.as_ref().is_some_and(Mapping::was_cut) {
            return Err(SourceError::Shrank { wanted: self.stamp.len, actual });
        }
        Ok(())
    }
}

/// The stamp of a file by path, following links; `None` if there is none.
///
/// # Errors
/// If the system cannot tell.
pub fn stamp(path: &Path) -> Result<Option<FileStamp>, PathError> {
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(Some(stamp_of(&metadata))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(PathError::new("read", path)(error)),
    }
}

/// Opens a plain file for reading. A pipe under its name, which would keep us waiting for its other end, is refused.
pub(crate) fn open_plain(path: &Path) -> io::Result<(File, Metadata)> {
    let file = open_for_reading(path)?;
    let metadata = plain(&file)?;
    Ok((file, metadata))
}

/// The metadata of an open file, which has to be a plain one.
pub(crate) fn plain(file: &File) -> io::Result<Metadata> {
    let metadata = file.metadata()?;
    if metadata.is_file() {
        return Ok(metadata);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no plain file"))
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

        fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
            file.read_exact_at(buffer, offset)
        }
    } else {
        use std::time::UNIX_EPOCH;

        fn open_for_reading(path: &Path) -> io::Result<File> {
            File::open(path)
        }

        /// The stamp in a file's metadata. Without inodes, times and length must do; a fingerprint confirms them.
        #[must_use]
        pub fn stamp_of(metadata: &Metadata) -> FileStamp {
            let ns = |time: io::Result<std::time::SystemTime>| {
                let since = time.ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
                since.and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or_default()
            };
            let (mtime_ns, ctime_ns) = (ns(metadata.modified()), ns(metadata.created()));
            FileStamp { dev: 0, ino: 0, len: metadata.len(), mtime_ns, ctime_ns }
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
