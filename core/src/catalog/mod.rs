//! The catalog: what lists of sessions show, and how a stored list of thousands is kept true.
//!
//! Owns: the summary of a session ([`SessionSummary`]) and how it is gleaned from a log or from parts of one
//! ([`summarize_log`], [`summarize_v1`]), the rows of the session index, which of them still hold ([`refresh`]), order,
//! pages and filters ([`page`]), and which sessions a word means ([`lookup`]).
//! Invariant: a summary follows from the session's own files; the session index can be thrown away at any time.
//! Does not: walk folders or name SQL; hosts do.

pub mod lookup;
mod message;
pub mod page;
mod read;
pub mod refresh;
mod row;
mod state;
mod summary;
mod summary_builder;
mod v1;

pub use read::{Exact, Named, summarize_log, summarize_v1};
pub use row::Row;
pub use summary::{SessionSummary, is_ahead};
pub use summary_builder::CountTail;

/// Logs up to this size are parsed whole for a list; of larger ones only head and tail are read.
pub const SMALL_LOG: u64 = 256 * 1024;
