//! What the v1 files say, as jcode itself would load them.
//!
//! Owns: the snapshot, the journal over it, and the judgement of each value by jcode's own types.
//! Invariant: what jcode would skip is known as such, and what it would load is found.

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
