//! An entry of a log that shows a source, as it is planned.
//!
//! Owns: its id, its place in the tree and its time. Invariant: a parent is the number of an entry of the same plan.
//! Does not: know its payload; `Shape` is the agent's.

use super::text::EntryHead;
use alloc::string::String;

/// An entry.
#[derive(Debug)]
pub(in crate::dialect) struct Entry<Shape> {
    pub(in crate::dialect) id: String,
    pub(in crate::dialect) parent: Option<usize>,
    pub(in crate::dialect) shape: Shape,
    /// Unix milliseconds; the one before it has it too if its record has none.
    pub(in crate::dialect) time: i64,
}

impl<Shape> Entry<Shape> {
    /// The id of its parent, one of `all`.
    pub(in crate::dialect) fn parent_id<'a>(&self, all: &'a [Self]) -> Option<&'a str> {
        Some(&all.get(self.parent?)?.id)
    }

    /// What stands before its payload.
    pub(in crate::dialect) fn head<'h>(
        &'h self,
        all: &'h [Self],
        kind: &'h str,
        sources: &'h [(u64, u64)],
    ) -> EntryHead<'h> {
        EntryHead { kind, id: &self.id, parent: self.parent_id(all), at: self.time, sources }
    }
}
