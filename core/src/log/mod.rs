//! The log: from bytes to records, with everything that is wrong on the way named and located.
//!
//! Owns: framing by LF, what counts as a record, salvage from broken lines, the fields of a record, and which one is
//! the header. Section 3 of `docs/format.md` is the format.
//! Invariant: the records and damages found are the same for every way of cutting the bytes into chunks, and no
//! damaged line hides a record of another line.
//! Does not: know ids that came before, parents or trees; that is [`crate::index`].

mod appended;
mod dialect;
mod fields;
mod header;
mod line;
mod salvage;
mod scan;
mod search;
mod sink;
pub mod tags;
pub mod tail;
pub mod time;

pub use appended::{AppendedEntries, AppendedEntry};
pub use dialect::Dialect;
pub use fields::Fields;
pub use header::{HEAD_BYTES, Header, MAX_HEADER_BYTES, Opening};
pub use line::{LineReader, Outcome};
pub use scan::{LogScan, scan_source};
pub use sink::{LogSink, OpenLine, ScanEnd, Tee};

/// One JSON object that stands in the log: the header, an entry, or what another program put before the header.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    /// Offset in the log of the first byte of `bytes`.
    pub offset: u64,
    /// The line without its LF, or, of a salvaged record, the object alone.
    pub bytes: &'a [u8],
    /// Number of the line, from 1.
    pub line: u64,
    /// The depth-1 fields that the engine reads.
    pub fields: Fields<'a>,
    /// A string holds a surrogate escape without its partner.
    pub lone_surrogate: bool,
}

/// What can be wrong with a line or a record as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DamageCode {
    /// The last line is incomplete, or lacks its LF.
    TornTail,
    /// A line is not one JSON object.
    InvalidJson,
    /// A record holds bytes that are not UTF-8.
    InvalidUtf8,
    /// A record holds a surrogate escape without its partner.
    LoneSurrogate,
    /// NUL bytes stand where a record, or nothing, should.
    NulRun,
    /// Several records, or parts of some, stand in one line.
    FusedRecords,
    /// A record of type `session` stands behind the header, behind the first entry, or too far from the start.
    SecondHeader,
    /// No header stands before the first entry, or there is no record at all.
    NoHeader,
}

/// One damage, located.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// What it is.
    pub code: DamageCode,
    /// Where in the log: the line's start, the record's start, or the start of the torn rest.
    pub offset: u64,
    /// Number of the line, from 1.
    pub line: u64,
    /// Bytes of the line, without its LF.
    pub line_len: u64,
    /// Records salvaged from the line.
    pub salvaged: u32,
    /// Nothing but blanks and NUL bytes stands outside the records of the line.
    pub all_recovered: bool,
}

impl Damage {
    /// The one of a log without a header, of which no more was read.
    #[must_use]
    pub const fn no_header() -> Self {
        Self::at(DamageCode::NoHeader, 0, 1, 0)
    }

    pub(crate) const fn at(code: DamageCode, offset: u64, line: u64, line_len: u64) -> Self {
        Self { code, offset, line, line_len, salvaged: 0, all_recovered: false }
    }
}
