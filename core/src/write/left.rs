//! How a writer left its log, and what other programs did to it since.
//!
//! Owns: the comparison of a log with what it was when it was left: its name, its length, its last bytes.
//! Invariant: a log as it was left costs one call to the host and no reading; only one that grew is read, at its end.
//! Does not: see a change that keeps name and length; `verify` does.

use super::quarantine::unreadable;
use super::tail::line_start;
use crate::source::{ByteSource, SourceError};
use crate::storage::{FileSource, Named, StorageError, StorageFile};

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

/// The end of a log as its writer left it, behind an LF.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left {
    /// Length.
    pub(super) len: u64,
    /// Its last bytes; zeros before those of a shorter one.
    end: [u8; END],
}

impl Left {
    /// The log as far as `len`, where a line ends.
    pub(super) fn at<F: StorageFile>(file: &F, len: u64) -> Result<Self, SourceError> {
        let there = len.min(END as u64);
        let log = FileSource { file: file.clone(), len };
        let bytes = log.read_vec(len - there, usize::try_from(there).unwrap_or_default())?;
        Ok(Self { len, end: [0; END] }.followed_by(&bytes, len))
    }

    /// The log as it is once these bytes are its last, and it is `len` long.
    pub(super) fn followed_by(mut self, bytes: &[u8], len: u64) -> Self {
        let news = bytes.get(bytes.len().saturating_sub(END)..).unwrap_or_default();
        self.end.rotate_left(news.len());
        if let Some(last) = self.end.get_mut(END - news.len()..) {
            last.copy_from_slice(news);
        }
        Self { len, ..self }
    }

    /// The length of the log now: as it was left, or more that others wrote.
    pub(super) fn look<F: StorageFile>(&self, file: &F) -> Result<u64, Unlike> {
        let found = look(file, self.len)?;
        if found > self.len {
            self.stands_in(file)?;
        }
        Ok(found)
    }

    /// A log that grew ends, as far as it was left, with what it was left with.
    pub(super) fn stands_in<F: StorageFile>(&self, file: &F) -> Result<(), Unlike> {
        let same = Self::at(file, self.len)?.end == self.end;
        if same { Ok(()) } else { Err(Unlike::Displaced(Displacement::Rewritten)) }
    }

    /// Where the last line ends in a log that is `found` long now.
    pub(super) fn last_line<F: StorageFile>(&self, file: &F, found: u64) -> Result<u64, Unlike> {
        if found == self.len {
            return Ok(found);
        }
        let log = FileSource { file: file.clone(), len: found };
        Ok(line_start(&log, found)?.max(self.len))
    }
}

/// The length of a log now, which is at least what it was when it was left.
pub(super) fn look<F: StorageFile>(file: &F, left: u64) -> Result<u64, Unlike> {
    match file.named()? {
        Named::Same(found) if found < left => Err(Unlike::Displaced(Displacement::Cut { expected: left, found })),
        Named::Same(found) => Ok(found),
        Named::Other => Err(Unlike::Displaced(Displacement::Replaced)),
        Named::Nothing => Err(Unlike::Displaced(Displacement::Removed)),
    }
}
