//! Parent links of a whole log, in memory.
//!
//! Owns: the parent of each entry, including parents that stand later in the log, missing parents and cycles.
//! Invariant: after [`Links::close`] the links form a forest of all entries. No function recurses, because a log may
//! hold millions of entries in one chain.

use super::row::{BRANCH_POINT, Fixup, LEAF, Seq};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

pub(super) const NO_PARENT: Seq = Seq::MAX;

/// Place of an entry whose parent did not stand before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Orphan {
    pub(super) seq: Seq,
    pub(super) offset: u64,
    pub(super) line: u64,
}

#[derive(Debug, Default)]
pub(super) struct Links {
    parents: Vec<Seq>,
    depths: Vec<u32>,
    /// Children of each entry, counted up to 2.
    children: Vec<u8>,
    /// Missing parent id -> the entries that name it.
    waiting: BTreeMap<String, Vec<Orphan>>,
    /// Entries whose parent came later.
    forward: Vec<Orphan>,
}

impl Links {
    pub(super) fn len(&self) -> usize {
        self.parents.len()
    }

    pub(super) fn parent(&self, seq: Seq) -> Option<Seq> {
        self.parents.get(seq as usize).copied().filter(|&parent| parent != NO_PARENT)
    }

    pub(super) fn depth(&self, seq: Seq) -> u32 {
        self.depths.get(seq as usize).copied().unwrap_or_default()
    }

    pub(super) fn marker(&self, seq: Seq) -> u8 {
        match self.children.get(seq as usize) {
            Some(0) => LEAF,
            Some(2..) => BRANCH_POINT,
            _ => 0,
        }
    }

    /// Distance to the parent in entries; 0 for a root.
    pub(super) fn step(&self, seq: Seq) -> i64 {
        self.parent(seq).map_or(0, |parent| i64::from(seq) - i64::from(parent))
    }

    /// Sets the parent of the entries that wait for `id` to the entry that is added next.
    pub(super) fn arrived(&mut self, id: &str) {
        if self.waiting.is_empty() {
            return;
        }
        let Some(orphans) = self.waiting.remove(id) else { return };
        let next = Seq::try_from(self.len()).unwrap_or(NO_PARENT);
        for orphan in &orphans {
            if let Some(parent) = self.parents.get_mut(orphan.seq as usize) {
                *parent = next;
            }
        }
        self.forward.extend(orphans);
    }

    /// Adds the next entry, below a known parent or as a root.
    pub(super) fn push(&mut self, parent: Option<Seq>) {
        let depth = match parent {
            Some(parent) => {
                if let Some(children) = self.children.get_mut(parent as usize) {
                    *children = (*children + 1).min(2);
                }
                self.depth(parent) + 1
            }
            None => 1,
        };
        self.parents.push(parent.unwrap_or(NO_PARENT));
        self.depths.push(depth);
        self.children.push(0);
    }

    /// Makes the entry that was added last wait for `parent_id`.
    pub(super) fn wait(&mut self, parent_id: &str, offset: u64, line: u64) {
        let seq = Seq::try_from(self.len().saturating_sub(1)).unwrap_or(NO_PARENT);
        self.waiting.entry(String::from(parent_id)).or_default().push(Orphan { seq, offset, line });
    }

    /// Ends the log: breaks cycles and sets the depths below late parents. Adds to `moved` the entries whose parent or
    /// depth changed since they were added, and returns the first members of broken cycles.
    pub(super) fn close(&mut self, moved: &mut Vec<Seq>) -> Vec<Orphan> {
        if self.forward.is_empty() {
            return Vec::new();
        }
        let broken = self.break_cycles();
        let before = core::mem::take(&mut self.depths);
        self.depths = self.all_depths();
        self.children = alloc::vec![0; self.parents.len()];
        for &parent in &self.parents {
            if let Some(children) = self.children.get_mut(parent as usize) {
                *children = (*children + 1).min(2);
            }
        }
        moved.extend(self.forward.iter().map(|orphan| orphan.seq));
        let changed = before.iter().zip(&self.depths).enumerate().filter(|(_, (old, new))| old != new);
        moved.extend(changed.map(|(seq, _)| Seq::try_from(seq).unwrap_or(NO_PARENT)));
        moved.sort_unstable();
        moved.dedup();
        self.forward.iter().copied().filter(|orphan| broken.binary_search(&orphan.seq).is_ok()).collect()
    }

    /// The missing ids, with the entries that name them as parent.
    pub(super) fn missing(&self) -> impl Iterator<Item = (&str, &Orphan)> {
        self.waiting.iter().flat_map(|(id, orphans)| orphans.iter().map(move |orphan| (id.as_str(), orphan)))
    }

    pub(super) fn missing_count(&self) -> usize {
        self.waiting.values().map(Vec::len).sum()
    }

    pub(super) fn fixup(&self, seq: Seq) -> Fixup {
        Fixup { seq, marker: self.marker(seq), parent_step: self.step(seq), depth: self.depth(seq) }
    }

    /// Cuts every cycle at its first member and returns these members in order.
    fn break_cycles(&mut self) -> Vec<Seq> {
        // Number of the walk that visited each entry first; 0 is none.
        let mut walk_of: Vec<Seq> = alloc::vec![0; self.parents.len()];
        let mut broken = Vec::new();
        for start in 0..self.parents.len() {
            let walk = Seq::try_from(start).unwrap_or(NO_PARENT).saturating_add(1);
            let mut at = start;
            while let Some(seen) = walk_of.get_mut(at) {
                if *seen == walk {
                    broken.push(self.cycle_start(at));
                    break;
                }
                if *seen != 0 {
                    break;
                }
                *seen = walk;
                match self.parents.get(at) {
                    Some(&parent) if parent != NO_PARENT => at = parent as usize,
                    _ => break,
                }
            }
        }
        broken.sort_unstable();
        for &seq in &broken {
            if let Some(parent) = self.parents.get_mut(seq as usize) {
                *parent = NO_PARENT;
            }
        }
        broken
    }

    /// The first member, in log order, of the cycle that contains `member`.
    fn cycle_start(&self, member: usize) -> Seq {
        let mut first = member;
        let mut at = member;
        while let Some(&parent) = self.parents.get(at) {
            at = parent as usize;
            first = first.min(at);
            if at == member {
                break;
            }
        }
        Seq::try_from(first).unwrap_or(NO_PARENT)
    }

    fn all_depths(&self) -> Vec<u32> {
        let mut depths: Vec<u32> = alloc::vec![0; self.parents.len()];
        let mut path = Vec::new();
        for start in 0..self.parents.len() {
            let mut at = start;
            let mut depth = loop {
                match depths.get(at) {
                    Some(0) => path.push(at),
                    Some(&known) => break known,
                    None => break 0,
                }
                match self.parents.get(at) {
                    Some(&parent) if parent != NO_PARENT => at = parent as usize,
                    _ => break 0,
                }
            };
            while let Some(seq) = path.pop() {
                depth += 1;
                if let Some(slot) = depths.get_mut(seq) {
                    *slot = depth;
                }
            }
        }
        depths
    }
}
