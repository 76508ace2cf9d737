//! The outline: the tree as runs of entries, for drawing it and for the way to any entry.
//!
//! Owns: the run of each entry, paths as ranges of entry numbers, and the leaf under which an entry is shown.
//! Invariant: every entry is on exactly one run. Size and cost follow the number of branches, not of entries.

use super::locate::{LocateError, Locator};
use crate::index::row::Seq;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// All runs of a session, ordered by the number of their last entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// The runs.
    pub nodes: Vec<Node>,
    /// The run with the log's last entry.
    pub active: Option<usize>,
    /// All ranges of entry numbers in order, each with its node.
    ranges: Vec<(Range<Seq>, usize)>,
}

/// A leaf or branch point, with the run of entries from below the previous branch point to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Key of its last entry.
    pub id: String,
    /// Number of its last entry.
    pub seq: Seq,
    /// Depth of its last entry.
    pub depth: u32,
    /// Index of the node of the branch point above it.
    pub parent: Option<usize>,
    /// Key of its first entry.
    pub first: String,
    /// The numbers of its entries, in path order.
    pub runs: Vec<Range<Seq>>,
    /// It ends in a leaf, not in a branch point.
    pub leaf: bool,
    /// Time of its last entry, Unix milliseconds.
    pub ts: Option<i64>,
    /// Name of the branch, if it ends in a leaf.
    pub name: Option<String>,
}

/// The path from a root to an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path {
    runs: Vec<Range<Seq>>,
}

impl Outline {
    /// Builds the outline from a locator.
    pub(super) fn of(locator: &dyn Locator) -> Result<Self, LocateError> {
        let tree = locator.tree()?;
        let mut ends = Vec::new();
        for leaf in tree.leaves {
            ends.push((locator.find(&leaf.id)?.ok_or(LocateError::Mismatch)?, true, leaf.name));
        }
        for point in tree.branch_points {
            ends.push((locator.find(&point.id)?.ok_or(LocateError::Mismatch)?, false, None));
        }
        ends.sort_unstable_by_key(|(spot, ..)| spot.seq);
        let points: Vec<(Seq, usize)> = ends
            .iter()
            .zip(0..)
            .filter(|((_, leaf, _), _)| !leaf)
            .map(|((spot, ..), index)| (spot.seq, index))
            .collect();
        let climb =
            Climb { locator, branch_starts: locator.branch_starts()?, points, entries: locator.counts().entries };
        let mut outline = Self::default();
        for (spot, leaf, name) in ends {
            let (runs, parent) = climb.from(spot.seq)?;
            let first = runs.first().map_or(spot.seq, |run| run.start);
            let first = locator.spot(first)?.ok_or(LocateError::Mismatch)?.key;
            let index = outline.nodes.len();
            outline.ranges.extend(runs.iter().map(|run| (run.clone(), index)));
            let (id, seq, depth, ts) = (spot.key, spot.seq, spot.depth, spot.ts);
            outline.nodes.push(Node { id, seq, depth, parent, first, runs, leaf, ts, name });
        }
        outline.ranges.sort_unstable_by_key(|(range, _)| range.start);
        let last = locator.last()?;
        outline.active = last.and_then(|last| outline.node_of(last.seq));
        Ok(outline)
    }

    /// The index of the run with this entry.
    #[must_use]
    pub fn node_of(&self, seq: Seq) -> Option<usize> {
        let before = self.ranges.partition_point(|(range, _)| range.start <= seq).checked_sub(1)?;
        self.ranges.get(before).filter(|(range, _)| range.contains(&seq)).map(|(_, node)| *node)
    }

    /// The path from the root to an entry.
    #[must_use]
    pub fn path_to(&self, seq: Seq) -> Path {
        let mut runs: Vec<Range<Seq>> = Vec::new();
        let last = self.node_of(seq);
        let mut at = last;
        while let Some(node) = at.and_then(|at| self.nodes.get(at)) {
            let mut part: Vec<Range<Seq>> = node.runs.clone();
            if at == last {
                while part.last().is_some_and(|run| !run.contains(&seq)) {
                    part.pop();
                }
                if let Some(run) = part.last_mut() {
                    run.end = seq.saturating_add(1);
                }
            }
            runs.extend(part.into_iter().rev());
            at = node.parent;
        }
        runs.reverse();
        Path { runs }
    }

    /// The leaf of the path on which an entry is shown: the active leaf if the entry is on the active path, else the
    /// last leaf below it. `last`: the log's last entry.
    #[must_use]
    pub fn leaf_below(&self, seq: Seq, last: Seq) -> Option<Seq> {
        let node = self.node_of(seq)?;
        if self.path_to(last).position(seq).is_some() {
            return Some(last);
        }
        self.nodes.get(self.last_leaf_below(node)?).map(|leaf| leaf.seq)
    }

    /// A run and those above it, up to the root.
    pub fn up(&self, from: Option<usize>) -> impl Iterator<Item = usize> {
        core::iter::successors(from, |&at| self.nodes.get(at)?.parent)
    }

    /// The run of the last leaf below a run.
    #[must_use]
    pub fn last_leaf_below(&self, run: usize) -> Option<usize> {
        let leaves = self.nodes.iter().enumerate().rev().filter(|(_, node)| node.leaf);
        leaves.map(|(leaf, _)| leaf).find(|&leaf| self.up(Some(leaf)).any(|at| at == run))
    }
}

impl Node {
    /// Number of its entries.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.runs.iter().map(|run| u64::from(run.end - run.start)).sum()
    }

    /// True for a run without entries; no outline has one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Path {
    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.runs.iter().map(|run| u64::from(run.end - run.start)).sum()
    }

    /// True for the path of a session without entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// `count` entries from position `first` on; the root has position 0.
    pub fn entries(&self, first: u64, count: usize) -> impl Iterator<Item = Seq> {
        let mut skip = first;
        let runs = self.runs.iter().filter_map(move |run| {
            let len = u64::from(run.end - run.start);
            let skipped = skip.min(len);
            skip -= skipped;
            (skipped < len).then(|| run.start + Seq::try_from(skipped).unwrap_or_default()..run.end)
        });
        runs.flatten().take(count)
    }

    /// Position of an entry on the path.
    #[must_use]
    pub fn position(&self, seq: Seq) -> Option<u64> {
        let mut before = 0;
        for run in &self.runs {
            if run.contains(&seq) {
                return Some(before + u64::from(seq - run.start));
            }
            before += u64::from(run.end - run.start);
        }
        None
    }
}

/// The climb from an entry to the branch point above it.
struct Climb<'l> {
    locator: &'l dyn Locator,
    branch_starts: Vec<Seq>,
    /// Branch points, with the indexes of their nodes.
    points: Vec<(Seq, usize)>,
    entries: u64,
}

impl Climb<'_> {
    fn from(&self, end: Seq) -> Result<(Vec<Range<Seq>>, Option<usize>), LocateError> {
        let mut runs = Vec::new();
        let mut seen = 0;
        let mut at = end;
        loop {
            let start = self.start_of(at)?;
            let below = if at == end { at } else { at + 1 };
            if let Some((point, index)) = self.point_in(start..below) {
                if point < at {
                    runs.push(point + 1..at + 1);
                }
                runs.reverse();
                return Ok((runs, Some(index)));
            }
            runs.push(start..at + 1);
            seen += u64::from(at + 1 - start);
            // A wrong sidecar may contain a cycle.
            if seen > self.entries {
                return Err(LocateError::Mismatch);
            }
            match self.locator.spot(start)?.ok_or(LocateError::Mismatch)?.parent {
                Some(parent) => at = parent,
                None => {
                    runs.reverse();
                    return Ok((runs, None));
                }
            }
        }
    }

    /// The first entry of the run of consecutive entries, each the parent of the next, that contains `seq`.
    fn start_of(&self, seq: Seq) -> Result<Seq, LocateError> {
        let before = self.branch_starts.partition_point(|&jump| jump <= seq).checked_sub(1);
        before.and_then(|before| self.branch_starts.get(before)).copied().ok_or(LocateError::Mismatch)
    }

    /// The last branch point in a range.
    fn point_in(&self, range: Range<Seq>) -> Option<(Seq, usize)> {
        let before = self.points.partition_point(|(point, _)| *point < range.end).checked_sub(1)?;
        self.points.get(before).copied().filter(|(point, _)| range.contains(point))
    }
}
