//! Ids of sessions as they are shown where there is little room.
//!
//! Owns: how much of an id is shown.
//! Invariant: what is shown of an id means this session alone among those that are known.

use std::collections::BTreeMap;

/// Minimum number of characters of an id that are shown.
pub(super) const LEAST: usize = 8;

/// The unique start of each id, by the whole id.
pub(super) fn short_ids<'i>(ids: impl IntoIterator<Item = &'i str>) -> BTreeMap<String, String> {
    let mut ids: Vec<&str> = ids.into_iter().collect();
    ids.sort_unstable();
    let common =
        |a: Option<&&str>, b: &str| a.map_or(0, |a| a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count());
    let short = ids.iter().enumerate().map(|(at, id)| {
        let before = common(at.checked_sub(1).and_then(|at| ids.get(at)), id);
        let needed = before.max(common(ids.get(at + 1), id)) + 1;
        ((*id).to_string(), id.chars().take(needed.max(LEAST)).collect())
    });
    short.collect()
}
