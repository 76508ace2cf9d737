//! Labels that hold, and the branch names taken from them.

use super::{entry, label, read};
use crate::oracle::OracleLog;

/// The labels as (entry key, name).
fn held(log: &OracleLog) -> Vec<(&str, &str)> {
    log.labels.iter().map(|l| (log.entries[l.entry].key.as_str(), l.name.as_str())).collect()
}

/// The leaves as (entry key, branch name).
fn branches(log: &OracleLog) -> Vec<(&str, Option<&str>)> {
    log.leaves.iter().map(|l| (log.entries[l.entry].key.as_str(), l.name.as_deref())).collect()
}

#[test]
fn last_label_of_a_target_holds() {
    let (a, b) = (entry("a", ""), entry("b", "a"));
    let log = read(&[&a, &b, &label("1", "b", "b", "x"), &label("2", "1", "a", "y"), &label("3", "2", "b", "z")]);
    assert_eq!(held(&log), [("a", "y"), ("b", "z")]);
    let ts = log.entries[0].ts;
    assert!(ts.is_some());
    assert_eq!((log.labels[1].labeled_at, log.leaves[0].labeled_at), (ts, ts));
}

#[test]
fn labels_are_cleared() {
    let a = entry("a", "");
    let set = label("1", "a", "a", "x");
    for clear in [
        label("2", "1", "a", ""),
        r#"{"type":"label","id":"2","parentId":"1","targetId":"a","label":null}"#.to_owned(),
        r#"{"type":"label","id":"2","parentId":"1","targetId":"a","label":""}"#.to_owned(),
    ] {
        assert!(held(&read(&[&a, &set, &clear])).is_empty(), "{clear}");
        assert_eq!(held(&read(&[&a, &clear, &set])), [("a", "x")], "{clear}");
    }
}

#[test]
fn only_label_entries_with_a_target_label() {
    for line in [
        r#"{"type":"message","id":"1","targetId":"a","label":"x"}"#,
        r#"{"type":"label","id":"1","label":"x"}"#,
        r#"{"type":"label","id":"1","targetId":7,"label":"x"}"#,
        r#"{"type":"label","id":"1","targetId":"nobody","label":"x"}"#,
        r#"{"type":"label","id":"1","targetId":"1","label":"x"}"#,
    ] {
        let log = read(&[&entry("a", ""), line]);
        assert!(held(&log).is_empty() && log.findings.is_empty(), "{line}");
    }
}

#[test]
fn target_is_the_nearest_earlier_else_the_first_later() {
    let a = entry("a", "");
    let log = read(&[&a, &a, &label("1", "a", "a", "x"), &a]);
    assert_eq!(held(&log), [(log.entries[1].key.as_str(), "x")]);
    let early = read(&[&label("1", "", "a", "x"), &a, &a]);
    assert_eq!(held(&early), [("a", "x")]);
}

#[test]
fn label_time_is_that_of_the_label_entry() {
    let log = read(&[
        &entry("a", ""),
        r#"{"type":"label","id":"1","parentId":"a","timestamp":42,"targetId":"a","label":"x"}"#,
        r#"{"type":"label","id":"2","parentId":"1","targetId":"1","label":"y"}"#,
    ]);
    assert_eq!((log.labels[0].labeled_at, log.labels[1].labeled_at), (Some(42_000), None));
    // The branch takes its label time from the label that names it.
    assert_eq!((log.leaves[0].name.as_deref(), log.leaves[0].labeled_at), (Some("y"), None));
}

#[test]
fn branch_name_is_the_one_set_last_on_its_own_segment() {
    //  a - b - c - d        labels on a, d, c (in this order) and on the branch point b
    //        \ e - 1 … 4    the label entries themselves
    let log = read(&[
        &entry("a", ""),
        &entry("b", "a"),
        &entry("c", "b"),
        &entry("d", "c"),
        &entry("e", "b"),
        &label("1", "e", "d", "on d"),
        &label("2", "1", "c", "on c"),
        &label("3", "2", "b", "on b"),
        &label("4", "3", "a", "on a"),
    ]);
    assert_eq!(branches(&log), [("d", Some("on c")), ("4", None)]);
}

#[test]
fn whole_path_counts_where_nothing_branches() {
    let log = read(&[&entry("a", ""), &entry("b", "a"), &label("1", "b", "a", "first")]);
    assert_eq!(branches(&log), [("1", Some("first"))]);
    // Labels are set again on one entry. The older name of another entry comes back when the newer one is cleared.
    let log = read(&[
        &entry("a", ""),
        &entry("b", "a"),
        &label("1", "b", "a", "old"),
        &label("2", "1", "b", "new"),
        &label("3", "2", "b", ""),
    ]);
    assert_eq!(branches(&log), [("3", Some("old"))]);
}

#[test]
fn order_of_labelling_goes_before_nearness() {
    // The label set last names the branch, not the one on the entry nearest to the leaf.
    let log = read(&[
        &entry("a", ""),
        &label("1", "a", "1x", "gone"),
        &label("2", "1", "1", "near"),
        &label("3", "2", "a", "far"),
    ]);
    assert_eq!(branches(&log), [("3", Some("far"))]);
}
