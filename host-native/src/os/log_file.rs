//! An open log: its own file and the segments that belong to it, read at positions, mapped for scans.
//!
//! Owns: the stamp of the log as a whole, and the retry where a log is put in other files while it is opened.
//! Invariant: an open log has the length that it had when it was opened; a log that was cut or replaced since gives
//! [`SourceError::Shrank`], never other bytes.

use crate::os::files::{PathError, PlainFile, stamp_of};
use crate::os::map::{self, Mapping};
use crate::os::segments::{Sealed, SegmentFolder};
use jcode_session_core::finding::Finding;
use jcode_session_core::segment::check::{Depth, check};
use jcode_session_core::source::identity::FileStamp;
use jcode_session_core::source::{ByteSource, SourceError};
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

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

/// How often a log is opened anew that is put in other files meanwhile.
const TRIES: u32 = 4;

impl LogFile {
    /// Opens a log.
    ///
    /// # Errors
    /// If it cannot be opened or is no regular file.
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

    /// The log's path leads to another file or to none now, or the log is shorter than what is looked at.
    pub(crate) fn is_displaced(&self) -> bool {
        self.own.was_replaced(&self.path) || self.still_whole().is_err()
    }

    /// Maps the log for scans, if the process guards against files that shrink while they are mapped (see
    /// [`crate::os::map::install_guard`]). Without the guard, or where mapping fails, scans read in pieces.
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

/// What is wrong with the segments of an open log.
pub(crate) fn findings(log: &LogFile, depth: Depth) -> Result<Vec<Finding>, SourceError> {
    let Some(sealed) = log.sealed() else { return Ok(Vec::new()) };
    check(sealed.layout(), sealed.doubt(), SegmentFolder::of(log.path()), depth)
}
