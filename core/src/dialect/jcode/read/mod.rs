//! Reading of v1 files as jcode itself loads them.
//!
//! Owns: the snapshot, the journal over it, and the check of each value against jcode's own types.
//! Invariant: everything that jcode loads is found, and everything that it skips is known to be skipped.

pub(in crate::dialect::jcode) mod array;
pub(in crate::dialect::jcode) mod bad_line;
pub(in crate::dialect::jcode) mod check;
pub(in crate::dialect::jcode) mod element;
pub(in crate::dialect::jcode) mod entry;
pub(in crate::dialect::jcode) mod facts;
pub(in crate::dialect::jcode) mod fields;
pub(in crate::dialect::jcode) mod journal;
pub(in crate::dialect::jcode) mod normal_form;
pub(in crate::dialect::jcode) mod replay;
pub(in crate::dialect::jcode) mod schema;
pub(in crate::dialect::jcode) mod snapshot;
pub(in crate::dialect::jcode) mod time;
pub(in crate::dialect::jcode) mod window;
