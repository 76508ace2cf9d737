//! Writing: turns a caller's JSON object into a line of the log, with the promised durability.
//!
//! Owns: what is filled into an entry and what is refused, when an append is acknowledged, when the log is synced, the
//! state of the log after errors, and recovery at opening (section 5 of `docs/format.md`).
//! Invariant: the log holds only whole lines, except during a write. Recovery never cuts bytes that a sync covered.
//! Invariant: nothing is acknowledged once the log's path leads to another file, to none, or to a cut or rewritten log.
//! Lines that other programs append are kept.
//! Does not: lock, read clocks, make ids or start threads; hosts provide [`Stamps`] and run [`WriteJob`]s.

mod displaced;
mod durability;
mod entry;
mod error;
mod gathering;
mod header;
mod id_filter;
mod ids;
mod job;
mod log_end;
mod observer;
mod open;
mod quarantine;
mod recent;
mod recover;
mod serial;
mod sync_state;
mod tail;
mod turn;
mod writer;

pub(crate) use quarantine::{QuarantineError, set_aside};
pub(crate) use recover::count_records;
pub(crate) use tail::last_id;

pub use displaced::{Displaced, Kept};
pub use durability::{AckPoint, Durability, SyncBounds, UnknownDurability};
pub use entry::{Parent, Refusal, Stamps};
pub use error::{AppendError, Cause, OpenError, WriteError};
pub use gathering::Admitted;
pub use header::NewHeader;
pub use id_filter::IdFilter;
pub use ids::{NoOlderIds, OlderIds, ScannedIds};
pub use job::{Finished, WriteJob};
pub use log_end::{Displacement, LogEnd};
pub use observer::{LogObserver, NoObserver, SyncPoint};
pub use open::{OpenOptions, Opened};
pub use quarantine::QuarantineName;
pub use recover::{Recovery, SetAside};
pub use serial::Unwritten;
pub use tail::line_start;
pub use turn::CaughtUp;
pub use writer::LogWriter;
