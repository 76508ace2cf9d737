//! Parents, cycles, depth, leaves and branch points.

use super::{found, parents, read, read_tree};

fn depths(log: &crate::oracle::OracleLog) -> Vec<u64> {
    log.entries.iter().map(|entry| entry.depth).collect()
}

#[test]
fn chain_and_branches() {
    let log = read_tree(&[("a", ""), ("b", "a"), ("c", "b"), ("d", "b"), ("e", "c"), ("f", "")]);
    assert_eq!(parents(&log), [None, Some(0), Some(1), Some(1), Some(2), None]);
    assert_eq!(depths(&log), [1, 2, 3, 3, 4, 1]);
    assert_eq!(log.roots, [0, 5]);
    let leaves: Vec<_> = log.leaves.iter().map(|leaf| leaf.entry).collect();
    assert_eq!(leaves, [3, 4, 5]);
    assert_eq!(log.branch_points.len(), 1);
    assert_eq!((log.branch_points[0].entry, &log.branch_points[0].children), (1, &vec![2, 3]));
    let markers: Vec<_> = log.entries.iter().map(super::super::OracleEntry::marker).collect();
    assert_eq!(markers, [0, 2, 0, 1, 1, 1]);
    assert_eq!(log.path_to(4), [0, 1, 2, 4]);
    assert!(log.findings.is_empty());
}

#[test]
fn missing_parent_makes_a_root() {
    let log = read_tree(&[("a", ""), ("b", "nobody")]);
    assert_eq!((parents(&log), log.roots.clone()), (vec![None, None], vec![0, 1]));
    assert_eq!(log.entries[1].parent_id.as_deref(), Some("nobody"));
    assert_eq!(found(&log), [("missing-parent", log.entries[1].offset, 3)]);
}

#[test]
fn nearest_earlier_wins_then_first_later() {
    let log = read_tree(&[("x", ""), ("x", ""), ("b", "x"), ("x", ""), ("c", "y"), ("y", ""), ("y", "")]);
    assert_eq!((log.entries[2].parent, log.entries[4].parent), (Some(1), Some(5)));
}

#[test]
fn child_before_its_parent() {
    let log = read_tree(&[("b", "a"), ("a", "")]);
    assert_eq!((parents(&log), depths(&log)), (vec![Some(1), None], vec![2, 1]));
    assert!(log.findings.is_empty());
}

#[test]
fn own_id_as_parent_is_a_cycle() {
    let log = read_tree(&[("a", "a"), ("b", "a")]);
    assert_eq!(parents(&log), [None, Some(0)]);
    assert_eq!(found(&log), [("parent-cycle", log.entries[0].offset, 2)]);
}

#[test]
fn own_id_may_mean_a_duplicate() {
    let log = read_tree(&[("a", ""), ("a", "a")]);
    assert_eq!((parents(&log), log.codes()), (vec![None, Some(0)], vec!["duplicate-id"]));
    let later = read_tree(&[("a", "a"), ("a", "")]);
    assert_eq!((parents(&later), later.codes()), (vec![Some(1), None], vec!["duplicate-id"]));
    // The first entry names the second and the second names the first: a cycle of two.
    let both = read_tree(&[("a", "a"), ("a", "a")]);
    assert_eq!((parents(&both), both.codes()), (vec![None, Some(0)], vec!["parent-cycle", "duplicate-id"]));
}

#[test]
fn first_member_of_a_cycle_becomes_a_root() {
    let log = read_tree(&[("t", "c"), ("a", "c"), ("b", "a"), ("c", "b"), ("u", "b"), ("p", "q"), ("q", "p")]);
    assert_eq!(parents(&log), [Some(3), None, Some(1), Some(2), Some(2), None, Some(5)]);
    assert_eq!(depths(&log), [4, 1, 2, 3, 3, 1, 2]);
    let cycles = [("parent-cycle", log.entries[1].offset, 3), ("parent-cycle", log.entries[5].offset, 7)];
    assert_eq!(found(&log), cycles);
    assert_eq!(log.entries[1].parent_id.as_deref(), Some("c"));
}

#[test]
fn cycle_entered_late_still_starts_at_its_first_member() {
    // The walk from the first entry enters the cycle at its last member.
    let log = read_tree(&[("t", "z"), ("y", "z"), ("z", "y")]);
    assert_eq!(parents(&log), [Some(2), None, Some(1)]);
}

#[test]
fn entries_without_an_id_have_no_children() {
    let log = read(&[r#"{"type":"m","id":""}"#, r#"{"type":"m","parentId":""}"#]);
    assert_eq!(parents(&log), [None, None]);
    let log = read(&[r#"{"type":"m","parentId":"a"}"#, r#"{"type":"m","id":"a"}"#]);
    assert_eq!(parents(&log), [Some(1), None]);
}

#[test]
fn long_chains_are_fine() {
    let ids: Vec<String> = (0..20_000).map(|n| format!("{n:05}")).collect();
    let backwards: Vec<(&str, &str)> =
        (0..ids.len()).map(|n| (ids[n].as_str(), ids.get(n + 1).map_or("", String::as_str))).collect();
    assert_eq!(read_tree(&backwards).entries[0].depth, 20_000);
}
