//! The catalog: what lists show of a session, and how a stored list of thousands of sessions is kept up to date.
//!
//! Owns: the summary of a session ([`SessionSummary`]) and how it is read from a log or parts of one
//! ([`summarize_log`], [`summarize_v1`]), the rows of the session index, which of them still hold ([`refresh`]), order,
//! pages and filters ([`page`]), and which sessions a word names ([`lookup`]).
//! Invariant: a summary follows from the session's own files; the session index is disposable.
//! Does not: walk folders or contain SQL; hosts do.

mod brief;
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

pub use message::is_command;
pub use read::{Exact, Named, summarize_log, summarize_v1};
pub use row::Row;
pub use summary::{SessionSummary, is_ahead};
pub use summary_builder::CountTail;

/// Logs up to this many bytes are parsed whole for a list; of larger ones only head and tail are read.
pub const SMALL_LOG: u64 = 256 * 1024;
