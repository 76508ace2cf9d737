//! The log of an open session, wherever its bytes are.
//!
//! Owns: the choice between a file here and bytes that another host gives, such as an archive.
//! Invariant: readers do not see the difference.

use crate::os::log_file::LogFile;
use jcode_session_core::dialect::jcode::V1Sources;
use jcode_session_core::source::{ByteSource, SourceError};
use std::ops::Range;
use std::sync::Arc;

/// Bytes that another host gives.
pub type Bytes = Arc<dyn ByteSource + Send + Sync>;

/// A session whose bytes another host gives.
pub enum Given {
    /// A log of any dialect.
    Log(Bytes),
    /// jcode's v1 files.
    V1(V1Sources<Bytes>),
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Log(_) => "Log",
            Self::V1(_) => "V1",
        })
    }
}

/// An open log.
pub(crate) enum AnyLog {
    File(Box<LogFile>),
    Given(Bytes),
}

impl AnyLog {
    pub(crate) fn file(file: LogFile) -> Self {
        Self::File(Box::new(file))
    }

    /// The v1 files of a session as logs of this kind.
    pub(crate) fn of_v1<S>(sources: V1Sources<S>, one: impl Fn(S) -> Self) -> V1Sources<Self> {
        let V1Sources { session_id, snapshot, bak, journal } = sources;
        V1Sources { session_id, snapshot: snapshot.map(&one), bak: bak.map(&one), journal: journal.map(&one) }
    }

    fn bytes(&self) -> &dyn ByteSource {
        match self {
            Self::File(file) => &**file,
            Self::Given(bytes) => &**bytes,
        }
    }
}

impl std::fmt::Debug for AnyLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(file) => file.fmt(f),
            Self::Given(_) => f.write_str("Given"),
        }
    }
}

impl ByteSource for AnyLog {
    fn len(&self) -> u64 {
        self.bytes().len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        self.bytes().read_at(offset, buffer)
    }

    fn view(&self) -> Option<&[u8]> {
        self.bytes().view()
    }

    fn lost_at(&self, offset: u64) -> Result<Option<Range<u64>>, SourceError> {
        self.bytes().lost_at(offset)
    }

    fn met_lost(&self) -> bool {
        self.bytes().met_lost()
    }

    fn still_whole(&self) -> Result<(), SourceError> {
        self.bytes().still_whole()
    }
}
