//! An open log: its own file and its segments, read at positions, mapped for scans.
//!
//! Owns: the stamp of the log as a whole, and the retry when a log is moved into other files while it is opened.
//! Invariant: an open log keeps the length that it had when it was opened. If it was cut or replaced since, a read
//! gives [`SourceError::Shrank`], never other bytes.

use crate::os::files::{PathError, PlainFile, stamp_of_open};
use crate::os::map::{self, Mapping};
use crate::os::packed::Unpacked;
use crate::os::paths;
use crate::os::segments::SegmentFolder;
use jcode_session_core::finding::Finding;
use jcode_session_core::parts::Part;
use jcode_session_core::segment::{Depth, SegmentedSource};
use jcode_session_core::source::identity::FileStamp;
use jcode_session_core::source::{ByteSource, SliceSource, SourceError};
use jcode_session_core::storage::SealedExtent;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;

/// A log, open for reading.
#[derive(Debug)]
pub struct LogFile {
    log: SegmentedSource<PlainFile, SegmentFolder>,
    stamp: FileStamp,
    mapping: Option<Mapping>,
    /// What a packed file holds: it stands for the log.
    unpacked: Option<Unpacked>,
}

/// How often a log is opened again when it is moved into other files meanwhile.
const TRIES: u32 = 4;
/// Logs of fewer bytes are read and not mapped: a mapping costs page faults, and threads that map and unmap wait for each
/// other.
const MAPPED_FROM: u64 = 256 << 10;

impl LogFile {
    /// Opens a log.
    ///
    /// # Errors
    /// Fails if the log cannot be opened or is no regular file.
    pub fn open(path: &Path) -> Result<Self, PathError> {
        let mut tries = 0;
        loop {
            let own = PlainFile::open(path)?;
            let stamp = own.stamp;
            let log = match SegmentFolder::of(path) {
                Some(folder) => {
                    let log = SegmentedSource::open(own, folder);
                    let log = log.map_err(|error| PathError::new("read", path)(io::Error::other(error)))?;
                    tries += 1;
                    // The segments are read after the log's own file, so check that this is still the file they belong
                    // to.
                    if tries < TRIES && log.own().still_whole().is_err() {
                        continue;
                    }
                    log
                }
                None => SegmentedSource::plain(own),
            };
            let is_packed = paths::part(path) == Part::Packed;
            let unpacked = is_packed.then(|| Unpacked::of(&log.own().file)).transpose();
            let unpacked = unpacked.map_err(PathError::new("unpack", path))?;
            let len = unpacked.as_ref().map_or(log.len(), |unpacked| unpacked.bytes.len() as u64);
            return Ok(Self { stamp: FileStamp { len, ..stamp }, log, mapping: None, unpacked });
        }
    }

    /// Limits the log to its first `len` bytes, which must exist. A writer calls this as it adds more.
    pub(crate) const fn see(&mut self, len: u64) {
        self.stamp.len = len;
    }

    /// Reads the times of the file again.
    pub(crate) fn restamp(&mut self) -> Result<(), PathError> {
        let stamp = stamp_of_open(self.file()).map_err(PathError::new("read", self.path()))?;
        self.stamp = FileStamp { len: self.stamp.len, ..stamp };
        Ok(())
    }

    /// Whether the log's path leads to another file or to none, or the log is shorter than the visible part.
    pub(crate) fn is_displaced(&self) -> bool {
        self.log.own().still_whole().is_err() || self.still_whole().is_err()
    }

    /// Maps the log for scans, if it is no small one and the process has a guard against files that shrink while they
    /// are mapped (see [`crate::os::map::install_guard`]). Without the guard, or if mapping fails, scans read in pieces.
    pub fn map_if_guarded(&mut self) {
        if self.stamp.len >= MAPPED_FROM && map::is_guarded() && self.log.layout().is_none() && self.unpacked.is_none()
        {
            // SAFETY is the guard's: a page that is cut away reads as zeros and marks the mapping as damaged, and
            // `still_whole` then refuses what was read.
            self.mapping = Mapping::guarded(self.file(), self.stamp.len);
        }
    }

    /// The path by which it was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.log.own().path
    }

    /// The stamp at opening, with the length of the whole log.
    #[must_use]
    pub const fn stamp(&self) -> FileStamp {
        self.stamp
    }

    /// The stamp at opening as the file system has it: of a log with segments, or packed, this is shorter.
    #[must_use]
    pub const fn file_stamp(&self) -> FileStamp {
        self.log.own().stamp
    }

    /// The open file.
    #[must_use]
    pub const fn file(&self) -> &File {
        &self.log.own().file
    }

    /// The part of the log that lies in segments.
    #[must_use]
    pub fn sealed(&self) -> Option<SealedExtent> {
        self.log.sealed()
    }

    /// What is wrong with the segments of the log, or with how it is packed.
    ///
    /// # Errors
    /// Fails if a file exists and cannot be read.
    pub fn findings(&self, depth: Depth) -> Result<Vec<Finding>, SourceError> {
        let mut findings = self.log.findings(depth)?;
        findings.extend(self.unpacked.as_ref().and_then(Unpacked::finding));
        Ok(findings)
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
        if let Some(unpacked) = &self.unpacked {
            return SliceSource(&unpacked.bytes).read_at(offset, buffer);
        }
        self.log.read_at(offset, buffer)
    }

    fn view(&self) -> Option<&[u8]> {
        let unpacked = self.unpacked.as_ref().map(|unpacked| &*unpacked.bytes);
        unpacked.or_else(|| self.mapping.as_ref().map(Mapping::bytes))
    }

    fn lost_at(&self, offset: u64) -> Result<Option<Range<u64>>, SourceError> {
        self.log.lost_at(offset)
    }

    fn met_lost(&self) -> bool {
        self.log.met_lost()
    }

    fn still_whole(&self) -> Result<(), SourceError> {
        if self.unpacked.is_some() {
            return self.log.own().still_whole();
        }
        let actual = self.log.logical_len(self.file().metadata().map_or(0, |metadata| metadata.len()));
        if actual < self.stamp.len || self.mapping.as_ref().is_some_and(Mapping::was_cut) {
            return Err(SourceError::Shrank { wanted: self.stamp.len, actual });
        }
        Ok(())
    }
}
