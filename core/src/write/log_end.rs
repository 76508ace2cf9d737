//! How a writer left its log, and what other programs did to it since.
//!
//! Owns: the comparison of a log with what it was when it was left: its name, its length, its last bytes.
//! Invariant: a look at a log that is as it was left costs one call to the host and no reading; only one that grew is
//! read, at its end.
//! Does not: see a change that keeps name and length; `verify` does.

use super::quarantine::unreadable;
use super::tail::line_start;
use crate::source::{ByteSource, Prefix, SourceError};
use crate::storage::{Named, StorageError, StorageFile};

/// Bytes by which a log that grew is told from one that was rewritten.
const END: usize = 64;

/// What another program did to a log, so that its path no longer leads to what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Displacement {
    /// Another file has its name.
    Replaced,
    /// No file has its name.
    Removed,
    /// It is shorter than it was left.
    Cut {
        /// Length when it was left.
        expected: u64,
        /// Length found.
        found: u64,
    },
    /// It is longer than it was left, with other bytes before that end.
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

/// Why a log cannot be written as it was left.
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

/// Where a log ends as its writer left it, behind an LF, and its last bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogEnd {
    len: u64,
    /// Zeros before those of a shorter log.
    bytes: [u8; END],
}

impl Default for LogEnd {
    /// Of an empty log.
    fn default() -> Self {
        Self { len: 0, bytes: [0; END] }
    }
}

impl LogEnd {
    /// Of the first `len` bytes of a log.
    pub(super) fn at(log: &(impl ByteSource + ?Sized), len: u64) -> Result<Self, SourceError> {
        let there = len.min(END as u64);
        let bytes = Prefix { source: log, len }.read_vec(len - there, usize::try_from(there).unwrap_or_default())?;
        Ok(Self::default().followed_by(&bytes, len))
    }

    /// Of the log once these bytes are its last, and it is `len` long.
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

    /// True of an empty log.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A log that is as long, or longer, was not rewritten in place, as far as its bytes before this end tell.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn stands_in(&self, log: &(impl ByteSource + ?Sized)) -> Result<bool, SourceError> {
        Ok(Self::at(log, self.len)? == *self)
    }

    /// The length of the log at its path now: as it was left, or more that others wrote.
    pub(super) fn look<F: StorageFile>(&self, file: &F) -> Result<u64, Unlike> {
        self.unchanged(file, look(file, self.len)?)
    }

    /// The same of the open log, wherever its path leads.
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

    /// Where the last line ends in a log that is `found` long now.
    pub(super) fn last_line<F: StorageFile>(&self, file: &F, found: u64) -> Result<u64, Unlike> {
        if found == self.len {
            return Ok(found);
        }
        let log = Prefix { source: file, len: found };
        Ok(line_start(&log, found)?.max(self.len))
    }
}

/// The length of the log at its path now, which is at least what it was when it was left.
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
