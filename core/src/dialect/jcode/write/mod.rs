//! Writing of the log that a v1 session becomes.
//!
//! Owns: the order of its entries, and their text.
//! Invariant: the log is a function of the replayed session alone.

pub(in crate::dialect::jcode) mod build;
pub(in crate::dialect::jcode) mod merge;
pub(in crate::dialect::jcode) mod render;
