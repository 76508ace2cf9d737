//! The tree as reports show it: only roots, leaves, branch points and labels, so its size follows the number of
//! branches, not of entries.
//!
//! Owns: the JSON shape that `tree` prints.
//! Invariant: all lists are in log order. A sidecar and a full build give equal values.

use super::row::{BranchRow, LabelRow, Seq};
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
    /// A branch that a user who continues from the active leaf may overlook: among those that are longer and end in a
    /// younger entry, the longest.
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
    /// Number of the entry.
    #[serde(skip)]
    pub seq: Seq,
    /// Key of the leaf.
    pub id: String,
    /// Number of entries from the root; the root has 1.
    pub depth: u32,
    /// Time of the leaf, Unix milliseconds.
    pub ts: Option<i64>,
    /// Name of the branch.
    pub name: Option<String>,
    /// When that name was set, Unix milliseconds.
    pub labeled_at: Option<i64>,
}

impl Leaf {
    /// The leaf of a branch row.
    #[must_use]
    pub fn of(branch: &BranchRow) -> Self {
        Self {
            seq: branch.seq,
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
    /// Number of the labelled entry.
    #[serde(skip)]
    pub target: Seq,
    /// Key of the labelled entry.
    pub entry_id: String,
    /// The label.
    pub name: String,
    /// When the label was set, Unix milliseconds.
    pub labeled_at: Option<i64>,
}

impl Label {
    /// The shown label of a label row; `None` if it has no labelled entry.
    #[must_use]
    pub fn of(label: &LabelRow) -> Option<Self> {
        let target = label.target?;
        let (entry_id, name) = (label.target_id.clone(), label.name.clone());
        Some(Self { target, entry_id, name, labeled_at: label.labeled_at })
    }
}
