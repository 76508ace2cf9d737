//! The layer for a jcode that keeps its sessions here.
//!
//! Owns: jcode's own operations on a session, in entries: read all of it ([`load`]), its fields ([`recent`]), its end from
//! the last compaction on ([`page`]); begin one, save what is new, go back, undo that, edit a message, fork
//! ([`OpenSession`], [`fork`]). Section 8.1 of `docs/format.md`.
//! Invariant: what one call appends is one batch: after a crash all of it is there, or none. What is read back is what
//! was saved, whoever else wrote in between.
//! Does not: know jcode's types. Fields, messages and side records are JSON, as jcode stores them.

mod companions;
mod error;
mod fork;
mod held;
mod open;
mod others;
mod path;
mod read;
mod replace;
mod save;

pub use companions::Companions;
pub use error::{JcodeError, SaveError};
pub use fork::fork;
pub use jcode_session_core::dialect::jcode::{Beside, Fields, Page, Recent, State, Stored};
pub use open::{OpenSession, Options};
pub use read::{load, page, recent};
pub use save::{Save, Saved};
