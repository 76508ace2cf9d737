//! The stored index as a catch-up uses it: single rows are read and written.
//!
//! Owns: the [`IndexStore`] contract.
//! Invariant: all calls of one catch-up run in one transaction of the host.

use super::key::looks_made;
use super::row::{BranchRow, LabelRow, Row, Seq};
use alloc::string::String;
use alloc::vec::Vec;

/// The facts about one stored entry that a catch-up needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Number of the entry.
    pub seq: Seq,
    /// Its key.
    pub key: String,
    /// Its marker.
    pub marker: u8,
    /// Distance to its parent in entries; 0 for a root.
    pub parent_step: i64,
    /// Its depth.
    pub depth: u32,
    /// Offset of its record.
    pub offset: u64,
}

impl Node {
    /// True if the key was made from the offset, because the log's id is missing or taken. No parent names such a key.
    #[must_use]
    pub fn has_made_key(&self) -> bool {
        looks_made(&self.key, self.offset)
    }
}

/// One stored index, open for changes. Each method fails if the database fails.
pub trait IndexStore {
    /// The error of the host's database.
    type Error;

    /// The entry with this key.
    ///
    /// # Errors
    /// Any database error.
    fn find(&mut self, key: &str) -> Result<Option<Node>, Self::Error>;
    /// The latest entry whose key was made from the id `id` in the log (see [`super::key::KeySource::is_made`]).
    fn latest_repeat(&mut self, id: &str) -> Result<Option<Node>, Self::Error>;
    /// The keys of an entry's children.
    fn children(&mut self, seq: Seq) -> Result<Vec<String>, Self::Error>;
    /// True if a root names `id` as its missing parent.
    fn is_missed(&mut self, id: &str) -> Result<bool, Self::Error>;
    /// The nearest entry at or before `seq` that does not directly follow its parent or is a branch point.
    fn run_start_at_or_before(&mut self, seq: Seq) -> Result<Option<Node>, Self::Error>;
    /// Adds a row.
    fn insert(&mut self, row: &Row<'_>) -> Result<(), Self::Error>;
    /// Sets the marker of a row.
    fn set_marker(&mut self, seq: Seq, marker: u8) -> Result<(), Self::Error>;
    /// The branch with this leaf key.
    fn branch(&mut self, leaf: &str) -> Result<Option<BranchRow>, Self::Error>;
    /// All branches.
    fn branches(&mut self) -> Result<Vec<BranchRow>, Self::Error>;
    /// Adds or replaces a branch.
    fn put_branch(&mut self, row: &BranchRow) -> Result<(), Self::Error>;
    /// Removes the branch with this leaf key.
    fn remove_branch(&mut self, leaf: &str) -> Result<(), Self::Error>;
    /// All labels that hold.
    fn labels(&mut self) -> Result<Vec<LabelRow>, Self::Error>;
    /// Adds a label.
    fn put_label(&mut self, row: &LabelRow) -> Result<(), Self::Error>;
    /// Removes the label set by this label entry.
    fn remove_label(&mut self, seq: Seq) -> Result<(), Self::Error>;
}
