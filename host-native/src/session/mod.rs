//! Sessions by path: which files form a session, and a session open for reading.
//!
//! Owns: discovery, the kind of a file, the names of jcode's v1 files, and core's session over real files.
//! Invariant: nothing here writes to a log.

pub mod discover;
mod follow;
mod given;
pub mod kind;
mod open;
mod prepare;
mod tables;
pub mod v1;

pub use follow::{Following, Seen};
pub(crate) use given::AnyLog;
pub use given::{Bytes, Given};
pub use open::*;
