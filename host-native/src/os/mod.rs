//! The operating system: all that differs by platform, and every call that touches a file.
//!
//! Owns: files, maps, locks, replacement, syncs, the clock and the names of paths.
//! Invariant: no decision about a session is made here; core decides. Nothing outside this room asks which platform it
//! runs on.

pub mod files;
pub mod folders;
pub mod host;
pub mod lock;
pub mod log_file;
pub mod map;
pub(crate) mod names;
mod packed;
pub mod path_text;
pub mod paths;
pub mod replace;
pub mod segments;
pub mod standing;
pub mod storage;
pub(crate) mod threads;
