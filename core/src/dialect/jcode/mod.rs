//! `jcode-v1`: reads a snapshot and a journal as one log, and exports a log as a snapshot (section 8 of
//! `docs/format.md`).
//!
//! Owns: jcode's way of loading such a session ([`replay`]), the log that it becomes ([`present`]), what a log needs
//! once jcode has gone on writing v1 ([`plan_growth`]), and the way back ([`export`]); for a jcode that keeps its
//! sessions here, what it appends ([`Beside`], [`Birth`]) and the state that it reads ([`State`]).
//! Invariant: all of it is a function of the bytes alone, streamed: what is held is some 40 bytes an entry, and in
//! hosts without mapped files the largest single value or journal line.
//! Does not: find files, or write them. The v1 files are never changed.
//!
//! Entries from v1 carry the field `"v1":true`. By it growth tells them from entries that were appended to the log
//! itself, which may be equal otherwise.

mod companions;
mod compare;
mod export;
mod export_error;
mod export_import;
mod fields;
mod page;
mod read;
mod recent;
mod state;
mod step;
mod write;

pub use companions::{Seen, todo_title};
pub use compare::growth::{Growth, GrowthError, plan_growth};
pub use export::export;
pub use export_error::ExportError;
pub use fields::Fields;
pub use page::{Page, compacted};
pub use read::facts::Facts;
pub(crate) use read::facts::name_of;
pub use read::replay::{Origin, Replay, ReplayError, V1Sources, replay};
pub use recent::{Complete, Recent, came_back_from};
pub use state::{State, StateError, Stored, same_message};
pub use step::Step;
pub use write::birth::Birth;
pub use write::build::present;
pub use write::entries::{Beside, PayloadError, SideList};
pub use write::render::V1Log;

use crate::source::{ByteSource, SourceError};

/// True for a log whose header has jcode's own fields: it was migrated from v1 or made for jcode.
///
/// # Errors
/// Fails if the header cannot be read.
pub fn is_from_jcode<S: ByteSource>(log: &S) -> Result<bool, SourceError> {
    Ok(compare::past::origin(log)?.is_some())
}
