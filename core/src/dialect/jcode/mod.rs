//! `jcode-v1`: reads a snapshot and a journal as one log, and exports a log as a snapshot (section 8 of
//! `docs/format.md`).
//!
//! Owns: loading such a session as jcode does ([`replay`]), the log that it becomes ([`present`]), the growth of a log
//! after jcode went on writing v1 ([`plan_growth`]), and the export ([`export`]).
//! Invariant: everything is a function of the bytes. Memory holds some 40 bytes per entry and, in hosts without mapped
//! files, the largest single value or journal line. The v1 files are never changed.
//! Does not: find files or write them.
//!
//! Entries from v1 carry the field `"v1":true`. By it growth tells them from entries that were appended to the log
//! itself, which may be equal otherwise.

mod compare;
mod export;
mod export_error;
mod export_import;
mod read;
mod write;

pub use compare::growth::{Growth, GrowthError, plan_growth};
pub use export::export;
pub use export_error::ExportError;
pub use read::facts::Facts;
pub(crate) use read::facts::name_of;
pub use read::replay::{Origin, Replay, ReplayError, V1Sources, replay};
pub use write::build::present;
pub use write::render::V1Log;

use crate::source::{ByteSource, SourceError};

/// True for a log whose header has jcode's own fields: it was migrated from v1 or made for jcode.
///
/// # Errors
/// Fails if the header cannot be read.
pub fn is_from_jcode<S: ByteSource>(log: &S) -> Result<bool, SourceError> {
    Ok(compare::past::origin(log)?.is_some())
}
