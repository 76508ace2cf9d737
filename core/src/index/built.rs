//! What a full build leaves when the log has ended.
//!
//! Owns: the tree as reports show it, and keys, parents, depths and times of single entries.
//! Invariant: nothing here changes any more.

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
    /// The sink, with all rows.
    pub rows: R,
    /// Header, if the log has one.
    pub header: Option<Header>,
    /// Numbers.
    pub counts: Counts,
    /// Corrections to rows that were handed out, by row.
    pub fixups: Vec<Fixup>,
    /// Branches, by leaf.
    pub branches: Vec<BranchRow>,
    /// Labels that hold, by label entry.
    pub labels: Vec<LabelRow>,
    /// What is wrong with the log, if it was asked for; in log order.
    pub findings: Vec<Finding>,
    pub(super) entries: Entries,
}

impl<R> Built<R> {
    /// The same without the sink.
    pub fn without_rows(self) -> Built<()> {
        self.take_rows().0
    }

    /// The same and the sink apart, for a sink that has an end of its own.
    pub fn take_rows(self) -> (Built<()>, R) {
        let Self { rows, header, counts, fixups, branches, labels, findings, entries } = self;
        (Built { rows: (), header, counts, fixups, branches, labels, findings, entries }, rows)
    }

    /// True if an id looks like a key that was made from its entry's offset: stored keys do not tell the two apart,
    /// so that no catch-up can add to them.
    #[must_use]
    pub const fn is_ambiguous(&self) -> bool {
        self.entries.ambiguous
    }

    /// The key of an entry.
    #[must_use]
    pub fn key(&self, seq: Seq) -> String {
        self.entries.key(seq)
    }

    /// The entry with this key.
    #[must_use]
    pub fn find_key(&self, key: &str) -> Option<Seq> {
        self.entries.find_key(key)
    }

    /// The parent of an entry, as resolved.
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

    /// What it says of the log as a whole.
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
