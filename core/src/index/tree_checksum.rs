//! A checksum over a session's tree, updated with each entry.
//!
//! If you change an item, then change the name of its row, `TREE_CHECKSUM`, and section 4.3 of `docs/format.md` too:
//! sidecars store the sum, and one without the row is made anew.
//!
//! Owns: the items of the sum, and how they are added. SQLite does not detect a flipped byte in a row. A reader that
//! sums up what it read detects it, and reads the log instead.
//! Invariant: the sum does not depend on the order of changes, so equal trees have equal sums. Where the order of items is
//! that of a number in their row, the number is part of the item. It does not protect against deliberate forgery.

use super::tree::{BranchPoint, Label, Leaf, Tree};

/// The sum over all items of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TreeChecksum(u128);

impl TreeChecksum {
    /// The sum of a whole tree.
    #[must_use]
    pub fn of(tree: &Tree) -> Self {
        let mut check = Self::default();
        tree.roots.iter().for_each(|root| check.add(root_item(root)));
        tree.leaves.iter().for_each(|leaf| check.add(leaf_item(leaf)));
        tree.branch_points.iter().for_each(|point| check.add_point(point));
        tree.labels.iter().for_each(|label| check.add(label_item(label)));
        check
    }

    /// The stored form.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_le_bytes()
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(u128::from_le_bytes(bytes.try_into().ok()?)))
    }

    /// Adds a root.
    pub(super) fn add_root(&mut self, key: &str) {
        self.add(root_item(key));
    }

    /// Adds a leaf.
    pub(super) fn add_leaf(&mut self, leaf: &Leaf) {
        self.add(leaf_item(leaf));
    }

    /// Subtracts a leaf.
    pub(super) fn remove_leaf(&mut self, leaf: &Leaf) {
        self.0 = self.0.wrapping_sub(leaf_item(leaf));
    }

    /// Adds a child of a branch point.
    pub(super) fn add_child(&mut self, point: &str, child: &str) {
        self.add(item(b'C', &[point, child], [None; 3]));
    }

    /// Adds a label.
    pub(super) fn add_label(&mut self, label: &Label) {
        self.add(label_item(label));
    }

    /// Subtracts a label.
    pub(super) fn remove_label(&mut self, label: &Label) {
        self.0 = self.0.wrapping_sub(label_item(label));
    }

    fn add_point(&mut self, point: &BranchPoint) {
        point.children.iter().for_each(|child| self.add_child(&point.id, child));
    }

    fn add(&mut self, item: u128) {
        self.0 = self.0.wrapping_add(item);
    }
}

fn root_item(key: &str) -> u128 {
    item(b'R', &[key], [None; 3])
}

fn leaf_item(leaf: &Leaf) -> u128 {
    let name = leaf.name.as_deref();
    let texts = [leaf.id.as_str(), name.unwrap_or_default()];
    let kind = if name.is_some() { b'N' } else { b'L' };
    let place = i64::from(leaf.seq) << 32 | i64::from(leaf.depth);
    item(kind, &texts, [Some(place), leaf.ts, leaf.labeled_at])
}

fn label_item(label: &Label) -> u128 {
    item(b'B', &[&label.entry_id, &label.name], [Some(label.target.into()), label.labeled_at, None])
}

fn item(kind: u8, texts: &[&str], numbers: [Option<i64>; 3]) -> u128 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[kind]);
    for text in texts {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    for number in numbers {
        hasher.update(&[u8::from(number.is_some())]);
        hasher.update(&number.unwrap_or_default().to_le_bytes());
    }
    u128::from_le_bytes(*hasher.finalize().as_bytes().first_chunk().unwrap_or(&[0; 16]))
}
