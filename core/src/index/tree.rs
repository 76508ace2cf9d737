//! The tree as reports show it: only what is special about it, so that its size follows branches, not entries.
//!
//! Owns: the shape that `tree` prints. Invariant: all lists are in log order.
//! Does not: say where it came from: a sidecar and a full build give equal values.

use super::row::{BranchRow, LabelRow};
use alloc::string::String;
use alloc::vec::Vec;
use serde::Serialize;

/// Branches, labels and active leaf of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tree {
    /// Number of entries.
    pub entry_count: u64,
    /// The last entry of the log.
    pub active_leaf: Option<String>,
    /// Entries without a parent.
    pub roots: Vec<String>,
    /// Entries without children.
    pub leaves: Vec<Leaf>,
    /// Entries with two or more children.
    pub branch_points: Vec<BranchPoint>,
    /// Labels that hold, by labelled entry.
    pub labels: Vec<Label>,
}

impl Tree {
    /// The branch that somebody may miss who goes on from the active leaf: of those that are longer and whose last entry
    /// is younger, the longest.
    #[must_use]
    pub fn overlooked(&self) -> Option<&Leaf> {
        let active = self.leaves.iter().find(|leaf| Some(&leaf.id) == self.active_leaf.as_ref())?;
        let longer = self.leaves.iter().filter(|leaf| leaf.depth > active.depth && leaf.ts > active.ts);
        longer.max_by_key(|leaf| leaf.depth)
    }
}

/// A leaf and the name of its branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leaf {
    /// Key of the leaf.
    pub id: String,
    /// Entries from the root, which is 1.
    pub depth: u32,
    /// Time of the leaf, Unix milliseconds.
    pub ts: Option<i64>,
    /// Name of the branch.
    pub name: Option<String>,
    /// When that name was set, Unix milliseconds.
    pub labeled_at: Option<i64>,
}

impl Leaf {
    /// What is shown of a branch.
    #[must_use]
    pub fn of(branch: &BranchRow) -> Self {
        Self {
            id: branch.leaf_id.clone(),
            depth: branch.depth,
            ts: branch.ts,
            name: branch.name.clone(),
            labeled_at: branch.labeled_at,
        }
    }
}

/// An entry with several children.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BranchPoint {
    /// Key of the entry.
    pub id: String,
    /// Keys of its children.
    pub children: Vec<String>,
}

/// A label that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Key of the labelled entry.
    pub entry_id: String,
    /// The label.
    pub name: String,
    /// When it was set, Unix milliseconds.
    pub labeled_at: Option<i64>,
}

impl Label {
    /// What is shown of a label; nothing where no entry has the id that it names.
    #[must_use]
    pub fn of(label: &LabelRow) -> Option<Self> {
        label.target?;
        Some(Self { entry_id: label.target_id.clone(), name: label.name.clone(), labeled_at: label.labeled_at })
    }
}
