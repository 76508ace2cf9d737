//! The stored index as a catch-up sees it: single rows in, single rows out.
//!
//! Owns: the [`IndexStore`] contract. Invariant: all calls of one catch-up happen in one transaction of the host.
//! Does not: decide; that is [`super::catch_up`].

use super::key::looks_made;
use super::row::{BranchRow, LabelRow, Row, Seq};
use alloc::string::String;
use alloc::vec::Vec;

/// What the tree needs to know about one stored entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The entry.
    pub seq: Seq,
    /// Its key.
    pub key: String,
    /// Its marker.
    pub marker: u8,
    /// Distance to its parent, 0 for a root.
    pub parent_step: i64,
    /// Its depth.
    pub depth: u32,
    /// Offset of its line.
    pub offset: u64,
}

impl Node {
    /// True if the key was made from the offset because the log's id was missing or taken: no parent names it.
    #[must_use]
    pub fn has_made_key(&self) -> bool {
        looks_made(&self.key, self.offset)
    }
}

/// One stored index, open for change.
pub trait IndexStore {
    /// What the host's database says when it fails.
    type Error;

    /// The entry with this key.
    ///
    /// # Errors
    /// What the database says; so for all of these.
    fn find(&mut self, key: &str) -> Result<Option<Node>, Self::Error>;
    /// The latest entry whose key was made from the log id `id` (see [`super::key::KeySource::is_made`]).
    fn latest_repeat(&mut self, id: &str) -> Result<Option<Node>, Self::Error>;
    /// The keys of an entry's children.
    fn children(&mut self, seq: Seq) -> Result<Vec<String>, Self::Error>;
    /// Whether a root names `id` as its missing parent.
    fn is_missed(&mut self, id: &str) -> Result<bool, Self::Error>;
    /// The nearest entry at or before `seq` that does not follow its parent directly or is a branch point.
    fn run_start_at_or_before(&mut self, seq: Seq) -> Result<Option<Node>, Self::Error>;
    /// Adds a row.
    fn insert(&mut self, row: &Row<'_>) -> Result<(), Self::Error>;
    /// Changes a marker.
    fn set_marker(&mut self, seq: Seq, marker: u8) -> Result<(), Self::Error>;
    /// The branch of a leaf.
    fn branch(&mut self, leaf: &str) -> Result<Option<BranchRow>, Self::Error>;
    /// All branches.
    fn branches(&mut self) -> Result<Vec<BranchRow>, Self::Error>;
    /// Adds or replaces a branch.
    fn put_branch(&mut self, row: &BranchRow) -> Result<(), Self::Error>;
    /// Removes the branch of what was a leaf.
    fn remove_branch(&mut self, leaf: &str) -> Result<(), Self::Error>;
    /// All labels that hold.
    fn labels(&mut self) -> Result<Vec<LabelRow>, Self::Error>;
    /// Adds a label.
    fn put_label(&mut self, row: &LabelRow) -> Result<(), Self::Error>;
    /// Removes the label that this label entry set.
    fn remove_label(&mut self, seq: Seq) -> Result<(), Self::Error>;
}
