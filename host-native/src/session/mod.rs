//! Sessions by path: which files are one, and one of them open for reading.
//!
//! Owns: discovery, what a file is, the names of jcode's v1 files, and core's session over real files.
//! Invariant: nothing here writes to a session.

pub mod discover;
pub mod kind;
mod open;
pub mod v1;

pub use open::*;
