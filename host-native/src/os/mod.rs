//! The operating system: everything that differs by platform, and every call that touches a file.
//!
//! Owns: files, maps, locks, replacement, syncs, the clock and the names of paths. What differs by platform stands in
//! `unix` and `windows`, under the same names.
//! Invariant: no decision about a session is made here; core decides. No code outside this folder depends on the
//! platform.

#![allow(clippy::disallowed_methods, reason = "this is where files and clocks are asked")]

pub mod files;
pub mod folders;
pub mod host;
pub mod lock;
pub mod log_file;
pub mod map;
pub(crate) mod names;
pub(crate) mod opening;
mod packed;
pub mod path_text;
pub mod paths;
pub(crate) mod patience;
pub mod replace;
pub mod segments;
pub mod standing;
pub mod stat;
pub mod storage;
pub(crate) mod threads;
pub mod turn;
pub(crate) mod workers;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;
