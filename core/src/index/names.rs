//! Names of stored branches.
//!
//! Owns: which label names a branch: the last one that was set on an entry between its leaf and the nearest branch
//! point. Invariant: it costs a step a run of entries, not a step an entry.
//! Does not: write; [`super::catch_up`] does. For logs in memory [`super::labels`] says the same.

use super::row::{BRANCH_POINT, LabelRow, Seq};
use super::store::IndexStore;

/// The label that names the branch of a leaf: walks up from run to run until the nearest branch point.
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
