//! The end of a log as its writer left it, and changes by other programs since.
//!
//! Owns: the comparison of a log with its last known state: path, length, last bytes.
//! Invariant: a look at an unchanged log costs one call to the host and no read; only a longer log is read, at its end.
//! Does not: see a change that keeps path and length; `verify` does.

use super::quarantine::unreadable;
use super::tail::line_start;
use crate::source::{ByteSource, Prefix, SourceError};
use crate::storage::{Named, StorageError, StorageFile};

/// Number of last bytes that distinguish a grown log from a rewritten one.
const END: usize = 64;

/// A change by another program after which the log's path no longer leads to the written log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Displacement {
    /// The path leads to another file.
    Replaced,
    /// The path leads to no file.
    Removed,
    /// The log is shorter than before.
    Cut {
        /// Previous length.
        expected: u64,
        /// Length found.
        found: u64,
    },
    /// The log is longer than before, with other bytes before the previous end.
    Rewritten,
}

impl core::fmt::Display for Displacement {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Replaced => f.write_str("was replaced by another program"),
            Self::Removed => f.write_str("was removed or moved away by another program"),
            Self::Cut { expected, found } => write!(f, "was cut from {expected} to {found} bytes by another program"),
            Self::Rewritten => f.write_str("was rewritten in place by another program"),
        }
    }
}

/// Why a log cannot be continued.
#[derive(Debug)]
pub(super) enum Unlike {
    Displaced(Displacement),
    Storage(StorageError),
}

impl From<StorageError> for Unlike {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<SourceError> for Unlike {
    fn from(error: SourceError) -> Self {
        Self::Storage(unreadable(&error))
    }
}

/// The end of a log as its writer left it: its length, which is behind an LF, and its last bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogEnd {
    len: u64,
    /// The last bytes; a shorter log has zeros before them.
    bytes: [u8; END],
}

impl Default for LogEnd {
    /// The end of an empty log.
    fn default() -> Self {
        Self { len: 0, bytes: [0; END] }
    }
}

impl LogEnd {
    /// The end of the first `len` bytes of a log.
    pub(super) fn at(log: &(impl ByteSource + ?Sized), len: u64) -> Result<Self, SourceError> {
        let there = len.min(END as u64);
        let bytes = Prefix { source: log, len }.read_vec(len - there, usize::try_from(there).unwrap_or_default())?;
        Ok(Self::default().followed_by(&bytes, len))
    }

    /// The end of a log of `len` bytes after `bytes` were appended.
    pub(super) fn followed_by(mut self, bytes: &[u8], len: u64) -> Self {
        let news = bytes.get(bytes.len().saturating_sub(END)..).unwrap_or_default();
        self.bytes.rotate_left(news.len());
        if let Some(last) = self.bytes.get_mut(END - news.len()..) {
            last.copy_from_slice(news);
        }
        Self { len, ..self }
    }

    /// Length of the log.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// True for an empty log.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// True if a log that is at least as long has the same bytes before this end, that is, was not rewritten in place.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn stands_in(&self, log: &(impl ByteSource + ?Sized)) -> Result<bool, SourceError> {
        Ok(Self::at(log, self.len)? == *self)
    }

    /// Length of the log at its path: unchanged, or longer by other programs' bytes.
    pub(super) fn look<F: StorageFile>(&self, file: &F) -> Result<u64, Unlike> {
        self.unchanged(file, look(file, self.len)?)
    }

    /// Like [`LogEnd::look`], but for the open file, wherever its path leads.
    pub(super) fn look_inside<F: StorageFile>(&self, file: &F) -> Result<u64, Unlike> {
        self.unchanged(file, not_cut(self.len, file.stamp()?.len)?)
    }

    fn unchanged<F: StorageFile>(&self, file: &F, found: u64) -> Result<u64, Unlike> {
        if found > self.len {
            self.not_rewritten(file)?;
        }
        Ok(found)
    }

    pub(super) fn not_rewritten<F: StorageFile>(&self, file: &F) -> Result<(), Unlike> {
        let same = self.stands_in(file)?;
        if same { Ok(()) } else { Err(Unlike::Displaced(Displacement::Rewritten)) }
    }

    /// Where the last line ends in a log that now has `found` bytes.
    pub(super) fn last_line<F: StorageFile>(&self, file: &F, found: u64) -> Result<u64, Unlike> {
        if found == self.len {
            return Ok(found);
        }
        let log = Prefix { source: file, len: found };
        Ok(line_start(&log, found)?.max(self.len))
    }
}

/// Length of the log at its path, which is at least `left`.
pub(super) fn look<F: StorageFile>(file: &F, left: u64) -> Result<u64, Unlike> {
    match file.named()? {
        Named::Same(found) => not_cut(left, found),
        Named::Other => Err(Unlike::Displaced(Displacement::Replaced)),
        Named::Nothing => Err(Unlike::Displaced(Displacement::Removed)),
    }
}

const fn not_cut(left: u64, found: u64) -> Result<u64, Unlike> {
    if found < left { Err(Unlike::Displaced(Displacement::Cut { expected: left, found })) } else { Ok(found) }
}
