//! The log that a v1 session becomes, and the entries of one that is born as a log.
//!
//! Owns: the one order of a v1 session's entries, and the text of all.
//! Invariant: a function of the session alone.

pub(in crate::dialect::jcode) mod birth;
pub(in crate::dialect::jcode) mod build;
pub(in crate::dialect::jcode) mod entries;
pub(in crate::dialect::jcode) mod merge;
pub(in crate::dialect::jcode) mod render;
