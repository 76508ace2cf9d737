//! Comparison of a log with the v1 session from which it came.
//!
//! Owns: the log's record of its past, and what it now lacks.
//! Invariant: entries that did not come from v1 never count as such.

pub(in crate::dialect::jcode) mod growth;
pub(in crate::dialect::jcode) mod past;
pub(in crate::dialect::jcode) mod rest;
pub(in crate::dialect::jcode) mod tree;
