//! The log: from bytes to records, with everything that is wrong on the way named and located.
//!
//! Owns: framing by LF, what counts as a record, salvage from broken lines, the fields of a record, and which one is
//! the header. Section 3 of `docs/format.md` is the format.
//! Invariant: the records and damages found are the same for every way of cutting the bytes into chunks, and no
//! damaged line hides a record of another line.
//! Does not: know ids that came before, parents or trees; that is [`crate::index`].

mod appended;
pub mod controls;
mod damage;
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
pub mod title;

pub use appended::{AppendedEntries, AppendedEntry};
pub(crate) use damage::with_damage_codes;
pub use damage::{Damage, DamageCode};
pub use dialect::Dialect;
pub use fields::{BadField, EntryFields, Fields, IndexedFields, id_of};
pub(crate) use fields::{is_number, may_be_number};
pub use header::{HEAD_BYTES, Header, MAX_HEADER_BYTES, Opening};
pub use line::{LineReader, Outcome};
pub(crate) use salvage::Accept;
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
