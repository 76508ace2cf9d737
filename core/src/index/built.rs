//! The result of a full build.
//!
//! Owns: the tree as reports show it, and keys, parents, depths and times of single entries.
//! Invariant: it is immutable.

use super::counts::{Counts, Totals};
use super::entries::Entries;
use super::row::{BRANCH_POINT, BranchRow, Fixup, LabelRow, Seq};
use super::tree::{BranchPoint, Label, Leaf, Tree};
use super::tree_checksum::TreeChecksum;
use crate::finding::Finding;
use crate::log::Header;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// The index of a whole log.
#[derive(Debug)]
pub struct Built<R> {
    /// The sink, which received all rows.
    pub rows: R,
    /// Header, if the log has one.
    pub header: Option<Header>,
    /// Counts.
    pub counts: Counts,
    /// Corrections to rows that were passed on before, by row.
    pub fixups: Vec<Fixup>,
    /// Branches, by leaf.
    pub branches: Vec<BranchRow>,
    /// Labels that hold, by label entry.
    pub labels: Vec<LabelRow>,
    /// Findings in log order; empty unless the builder collected them.
    pub findings: Vec<Finding>,
    pub(super) entries: Entries,
}

impl<R> Built<R> {
    /// Drops the sink.
    pub fn without_rows(self) -> Built<()> {
        self.take_rows().0
    }

    /// Separates the sink, for a sink that must be finished itself.
    pub fn take_rows(self) -> (Built<()>, R) {
        let Self { rows, header, counts, fixups, branches, labels, findings, entries } = self;
        (Built { rows: (), header, counts, fixups, branches, labels, findings, entries }, rows)
    }

    /// True if an id looks like a key made from an entry's offset. Stored keys do not show the difference, so a
    /// catch-up cannot add to this index.
    #[must_use]
    pub const fn is_ambiguous(&self) -> bool {
        self.entries.ambiguous
    }

    /// The key of an entry.
    #[must_use]
    pub fn key(&self, seq: Seq) -> String {
        self.entries.key(seq)
    }

    /// Distance to the parent in entries; 0 for a root.
    pub(super) fn step(&self, seq: Seq) -> i64 {
        self.entries.links.step(seq)
    }

    /// The same as [`Built::key`], without a copy.
    pub(crate) fn key_text(&self, seq: Seq) -> &str {
        self.entries.key_text(seq)
    }

    /// All entries, by their keys.
    pub(crate) fn in_order_of_keys(&self) -> Vec<Seq> {
        self.entries.in_order_of_keys()
    }

    /// The entry with this key.
    #[must_use]
    pub fn find_key(&self, key: &str) -> Option<Seq> {
        self.entries.find_key(key)
    }

    /// The resolved parent of an entry.
    #[must_use]
    pub fn parent(&self, seq: Seq) -> Option<Seq> {
        self.entries.links.parent(seq)
    }

    /// Entries from the root to an entry; the root is 1.
    #[must_use]
    pub fn depth(&self, seq: Seq) -> u32 {
        self.entries.links.depth(seq)
    }

    /// The time of an entry, Unix milliseconds.
    #[must_use]
    pub fn time(&self, seq: Seq) -> Option<i64> {
        self.entries.time(seq)
    }

    /// Number of entries.
    #[must_use]
    pub fn entry_count(&self) -> Seq {
        self.entries.count()
    }

    /// Counts, tree checksum and active leaf of the log.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let active_leaf = self.entry_count().checked_sub(1).map(|last| self.key(last));
        Totals { counts: self.counts.clone(), check: TreeChecksum::of(&self.tree()), active_leaf }
    }

    /// The tree as reports show it.
    #[must_use]
    pub fn tree(&self) -> Tree {
        let count = self.entry_count();
        let mut children: BTreeMap<Seq, Vec<String>> = BTreeMap::new();
        let mut roots = Vec::new();
        for seq in 0..count {
            match self.entries.links.parent(seq) {
                None => roots.push(self.key(seq)),
                Some(parent) if self.entries.links.marker(parent) == BRANCH_POINT => {
                    children.entry(parent).or_default().push(self.key(seq));
                }
                Some(_) => {}
            }
        }
        let mut labels: Vec<_> = self.labels.iter().collect();
        labels.sort_unstable_by_key(|label| label.target);
        Tree {
            entry_count: u64::from(count),
            active_leaf: count.checked_sub(1).map(|last| self.key(last)),
            roots,
            leaves: self.branches.iter().map(Leaf::of).collect(),
            branch_points: children
                .into_iter()
                .map(|(seq, children)| BranchPoint { id: self.key(seq), children })
                .collect(),
            labels: labels.into_iter().filter_map(Label::of).collect(),
        }
    }
}
