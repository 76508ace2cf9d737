//! The log: reads records from bytes, and locates and names all damage.
//!
//! Owns: framing by LF, what counts as a record, salvage from broken lines, the fields of a record, and which record is
//! the header. Section 3 of `docs/format.md` is the format.
//! Invariant: records and damages do not depend on how the bytes are cut into chunks, and no damaged line hides a
//! record of another line.
//! Does not: know earlier ids, parents or trees; see [`crate::index`].

mod ahead;
mod appended;
mod batch;
pub mod controls;
mod damage;
mod dialect;
mod fields;
mod header;
mod line;
mod said;
mod salvage;
mod scan;
mod scan_source;
mod search;
mod sink;
pub mod tags;
pub mod tail;
pub mod time;
pub mod title;
mod usage;

use crate::json::tape::Tape;
use alloc::sync::Arc;

pub use ahead::{OneThread, Threads};
pub use appended::{AppendedEntries, AppendedEntry};
pub use batch::{MAX_BATCH, MAX_BATCH_BYTES, TornBatch, begun_by, shown_len, torn_batch, torn_batch_until};
pub(crate) use damage::with_damage_codes;
pub use damage::{Damage, DamageCode};
pub use dialect::Dialect;
pub use fields::{BadField, EntryFields, Fields, IndexedFields, id_of};
pub(crate) use fields::{is_number, may_be_number};
pub use header::{HEAD_BYTES, Header, MAX_HEADER_BYTES, Opening};
pub use line::{LineReader, Outcome};
pub use said::{Said, Speaker};
pub(crate) use salvage::Accept;
pub use scan::LogScan;
pub use scan_source::{scan_on, scan_source};
pub use sink::{LogSink, OpenLine, ScanEnd, Tee};
pub use usage::Usage;

/// The walk over a record, shared by all who look into it.
pub(crate) type Places<'a> = Option<Arc<Tape<'a>>>;

/// One JSON object in the log: the header, an entry, or a record of another program before the header.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    /// Offset in the log of the first byte of `bytes`.
    pub offset: u64,
    /// The line without its LF; for a salvaged record, the object alone.
    pub bytes: &'a [u8],
    /// Number of the line, from 1.
    pub line: u64,
    /// The depth-1 fields that the engine reads.
    pub fields: Fields<'a>,
    /// Where what is in it stands, if the scan keeps that.
    pub(crate) places: Places<'a>,
    /// A string holds a surrogate escape without its partner.
    pub lone_surrogate: bool,
    /// Its bytes are not UTF-8. Only full scans find out.
    pub invalid_utf8: bool,
}
