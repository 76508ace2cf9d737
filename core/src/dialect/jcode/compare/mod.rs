//! A log beside the v1 session that it came from.
//!
//! Owns: what the log says of its past, and what it lacks now.
//! Invariant: entries that did not come from v1 are never counted as such.

pub(in crate::dialect::jcode) mod growth;
pub(in crate::dialect::jcode) mod past;
pub(in crate::dialect::jcode) mod rest;
pub(in crate::dialect::jcode) mod tree;
