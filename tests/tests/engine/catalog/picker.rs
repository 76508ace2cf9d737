//! The picker: pages under ties, changes, filters.

use jcode_session_core::catalog::page::Filter;
use jcode_session_native::catalog::{Catalog, Picker};
use jcode_session_tests::homes::{home, listed, log, put, sessions};
use std::collections::BTreeSet;
use std::fs;

const MS: u64 = 1_770_000_000_000;

#[test]
fn pages_neither_skip_nor_repeat_under_ties() {
    let home = home();
    for number in 0..60u64 {
        // Ties in time, and ties in time and id.
        let id = format!("s{}", number / 3);
        put(home.path(), &format!("{}/{number}.jsonl", number % 4), &log(&id, 2, MS + number / 20, "hello"));
    }
    let all = listed(home.path());
    for size in [1, 3, 7, 60, 100] {
        let mut picker = Picker::open(Catalog::new(home.path(), &[sessions(home.path())]), size);
        assert_eq!(picker.sessions(), &all[..size.min(60)], "the first page needs no refresh");
        picker.refresh();
        let mut paged = Vec::new();
        let mut after = None;
        loop {
            let page = picker.page(&Filter::default(), after.as_ref(), size);
            let Some(last) = page.last() else { break };
            after = Some(last.cursor());
            paged.extend(page.into_iter().cloned());
        }
        assert_eq!(paged, all, "pages of {size}");
    }
    let paths: BTreeSet<_> = all.iter().map(|session| &session.path).collect();
    assert_eq!(paths.len(), 60);
}

#[test]
fn a_refresh_tells_what_changed() {
    let home = home();
    let [a, b] = ["a", "b"].map(|id| put(home.path(), &format!("{id}.jsonl"), &log(id, 2, MS, "hello")));
    let mut picker = Picker::open(Catalog::new(home.path(), &[sessions(home.path())]), 50);
    assert!(picker.sessions().is_empty());
    assert_eq!(picker.refresh().added, [a.clone(), b.clone()]);
    let c = put(home.path(), "c.jsonl", &log("c", 2, MS, "hello"));
    fs::remove_file(&a).expect("removed");
    fs::write(&b, log("b", 4, MS + 5, "more")).expect("written");
    let changes = picker.refresh();
    assert_eq!((changes.added, changes.changed, changes.removed), (vec![c], vec![b], vec![a]));
    let changes = picker.refresh();
    assert!(changes.added.is_empty() && changes.changed.is_empty() && changes.removed.is_empty());
}

#[test]
fn filters_cut_the_list_down() {
    let home = home();
    put(home.path(), "a.jsonl", &log("a", 2, MS, "mend the Fence"));
    put(home.path(), "b.jsonl", &log("b", 2, MS, "paint it"));
    let mut picker = Picker::open(Catalog::new(home.path(), &[sessions(home.path())]), 50);
    picker.refresh();
    let ids = |filter: Filter| -> Vec<String> {
        picker.page(&filter, None, 9).into_iter().map(|session| session.summary.session_id.clone()).collect()
    };
    let text = |text: &str| Filter { text: Some(text.into()), ..Filter::default() };
    assert_eq!(ids(text("fence MEND")), ["a"]);
    assert_eq!(ids(text("fence paint")), [""; 0]);
    let cwd = |cwd: &str| Filter { cwd: Some(vec![cwd.into()]), ..Filter::default() };
    assert_eq!(ids(cwd("/work")), ["a", "b"]);
    assert_eq!(ids(cwd("/wor")), [""; 0]);
}
