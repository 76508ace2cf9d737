//! However a log is cut into slices, the same entries are found.

use jcode_session_core::dialect::{detect, present};
use jcode_session_core::log::{LogScan, scan_source};
use jcode_session_core::search::{Case, Filter, Known, Query, Search, Slice, may_be_within, search_session};
use jcode_session_core::session::{NoSidecar, Session};
use jcode_session_core::source::SliceSource;
use std::ops::ControlFlow;

/// Longer than three steps of a search.
const LEN: usize = 14 << 20;

/// A long log in which every hundredth entry holds the word. The first was edited at the end, so that it does not hold
/// it any more, and the second, so that it does.
fn log() -> String {
    let mut log = String::from(
        "{\"type\":\"session\",\"version\":3,\"id\":\"s\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"cwd\":\"/\"}\n",
    );
    let filler = "and so it goes on ".repeat(200);
    let mut number = 0;
    let entry = |number: usize, kind: &str, fields: &str| {
        let parent = number.checked_sub(1).map_or("null".to_string(), |before| format!("\"e{before}\""));
        format!(
            "{{\"type\":\"{kind}\",\"id\":\"e{number}\",\"parentId\":{parent},\"timestamp\":\"2026-01-01T00:00:00Z\",{fields}}}\n"
        )
    };
    while log.len() < LEN {
        let word = if number % 100 == 0 { "needle" } else { "straw" };
        log += &entry(number, "message", &format!("\"message\":{{\"role\":\"user\",\"content\":\"{word} {filler}\"}}"));
        number += 1;
    }
    for (target, word) in [("e0", "straw"), ("e1", "needle")] {
        let fields = format!("\"targetId\":\"{target}\",\"replacement\":{{\"role\":\"user\",\"content\":\"{word}\"}}");
        log += &entry(number, "context_edit", &fields);
        number += 1;
    }
    log
}

fn literal(word: &str) -> Search {
    Search::new(Query::literals(&[word], Case::Smart).expect("a word"), Filter::default())
}

#[test]
fn slices_find_what_the_whole_finds() {
    let bytes = log();
    let source = SliceSource(bytes.as_bytes());
    let detected = detect(&source).expect("readable");
    let tick = &mut |_| ControlFlow::Continue(());
    let session: Session<_, NoSidecar> =
        Session::new(present(source, &detected, tick).expect("readable"), detected, None);
    let search = literal("needle");
    let by_sieve = Known::of(&session, &search, tick).expect("readable");
    let mut by_scan = Known::default();
    scan_source(session.log(), 0..bytes.len() as u64, LogScan::new(), &mut by_scan, tick).expect("readable");
    let all = |known: &Known, limit: usize, step: u64| {
        let (mut ids, mut from, mut slices) = (Vec::new(), Some(0), 0);
        while let Some(at) = from {
            let slice = Slice { from: at, limit, bytes: step };
            let (found, next) =
                search_session(&session, &search, known, slice, &mut |_| ControlFlow::Continue(())).expect("hits");
            assert!(found.len() <= limit);
            ids.extend(found.into_iter().filter_map(|found| found.id));
            assert!(next.is_none_or(|next| next > at), "no way on");
            from = next;
            slices += 1;
        }
        (ids, slices)
    };
    let (whole, once) = all(&by_sieve, usize::MAX, u64::MAX);
    assert_eq!((once, &*whole[0], &*whole[1]), (1, "e1", "e100"));
    for known in [&by_sieve, &by_scan] {
        for (limit, step) in [(usize::MAX, 1), (3, u64::MAX), (2, 1)] {
            let (ids, slices) = all(known, limit, step);
            assert!(slices > 3, "{slices} slices");
            assert_eq!(ids, whole);
        }
    }
    assert!(may_be_within(&session, &search, tick).expect("readable"));
    assert!(!may_be_within(&session, &literal("hammer"), tick).expect("readable"));
}
