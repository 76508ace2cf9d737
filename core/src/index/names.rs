//! Names of branches.
//!
//! If you change one of the two functions, then change the other too: a full build uses the links in memory, a catch-up
//! the stored index. [`super::labels`] decides which labels hold.
//!
//! Owns: which label names a branch: among the labels on entries between its leaf and the nearest branch point, the one
//! set last.
//! Invariant: both functions give the same names.

use super::links::Links;
use super::row::{BRANCH_POINT, LEAF, LabelRow, Seq};
use super::store::IndexStore;
use alloc::collections::BTreeMap;

/// For each leaf with a named branch, the label that names it.
pub(super) fn branch_names<'a>(links: &Links, labels: &'a [LabelRow]) -> BTreeMap<Seq, &'a LabelRow> {
    let on: BTreeMap<Seq, &LabelRow> = labels.iter().filter_map(|label| Some((label.target?, label))).collect();
    let mut names: BTreeMap<Seq, &LabelRow> = BTreeMap::new();
    if on.is_empty() {
        return names;
    }
    let count = Seq::try_from(links.len()).unwrap_or(Seq::MAX);
    for leaf in (0..count).filter(|&seq| links.marker(seq) == LEAF) {
        let mut at = Some(leaf);
        let mut best: Option<&LabelRow> = None;
        while let Some(seq) = at.filter(|&seq| links.marker(seq) != BRANCH_POINT) {
            if let Some(&label) = on.get(&seq)
                && best.is_none_or(|best| best.seq < label.seq)
            {
                best = Some(label);
            }
            at = links.parent(seq);
        }
        if let Some(best) = best {
            names.insert(leaf, best);
        }
    }
    names
}

/// The label that names the branch of a stored leaf. Takes one step per run of entries, not one per entry.
pub(super) fn name_of<'a, S: IndexStore>(
    store: &mut S,
    leaf: Seq,
    labels: &'a [LabelRow],
) -> Result<Option<&'a LabelRow>, S::Error> {
    let mut best: Option<&LabelRow> = None;
    let mut end = Some(leaf);
    while let Some(last) = end {
        let Some(stop) = store.run_start_at_or_before(last)? else { break };
        let is_branch_point = stop.marker & BRANCH_POINT != 0;
        let first = if is_branch_point { stop.seq + 1 } else { stop.seq };
        let here = labels.iter().filter(|label| label.target.is_some_and(|seq| (first..=last).contains(&seq)));
        best = here.chain(best).max_by_key(|label| label.seq);
        let parent = Seq::try_from(i64::from(stop.seq) - stop.parent_step).ok();
        end = parent.filter(|_| !is_branch_point && stop.parent_step != 0);
    }
    Ok(best)
}
