//! The index against the oracle: rows, tree and findings of random and of damaged logs.

use jcode_session_core::log::tail::last_of_active_path;
use jcode_session_core::source::SliceSource;
use jcode_session_tests::differential::{
    BackToFront, NoView, build, compare, final_rows, said_by, said_in_chunks, said_on,
};
use jcode_session_tests::effort::cases;
use jcode_session_tests::generate::{LargeLog, Sample, Until, damaged_tree_v3, tree_v3_log};
use jcode_session_tests::oracle::read_log;
use proptest::prelude::*;

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn good_logs_read_as_the_oracle_reads_them(sample in tree_v3_log(60)) {
        let Sample { bytes, .. } = &sample;
        compare(bytes, &read_log(bytes));
    }

    #[test]
    fn damaged_logs_read_as_the_oracle_reads_them(sample in damaged_tree_v3(40)) {
        let Sample { bytes, .. } = &sample;
        compare(bytes, &read_log(bytes));
    }

    #[test]
    fn any_chunking_finds_the_same(sample in damaged_tree_v3(20), sizes in prop::collection::vec(1usize..300, 1..50)) {
        let whole = said_in_chunks(&sample.bytes, std::iter::once(sample.bytes.len()));
        let cut = said_in_chunks(&sample.bytes, sizes.into_iter().cycle());
        prop_assert_eq!(&whole, &cut);
        let bytewise = said_in_chunks(&sample.bytes, std::iter::repeat(1));
        prop_assert_eq!(&whole, &bytewise);
    }

    #[test]
    fn lines_read_ahead_say_the_same(sample in damaged_tree_v3(20), piece in 1usize..400) {
        let source = SliceSource(&sample.bytes);
        prop_assert_eq!(said_by(&source), said_on(&BackToFront { piece }, &source));
    }

    #[test]
    fn windows_and_views_build_the_same(sample in damaged_tree_v3(20)) {
        let seen = build(&SliceSource(&sample.bytes));
        let read = build(&NoView(SliceSource(&sample.bytes)));
        prop_assert_eq!(final_rows(&seen), final_rows(&read));
        prop_assert_eq!(seen.findings, read.findings);
    }

    #[test]
    fn the_tail_read_backwards_is_the_end_of_the_path(sample in damaged_tree_v3(40), count in 1usize..30) {
        let oracle = read_log(&sample.bytes);
        let Some(last) = oracle.entries.len().checked_sub(1) else { return Ok(()) };
        let header_at = oracle.header.as_ref().map_or(0, |header| header.offset);
        let path = oracle.path_to(last);
        let wanted: Vec<_> = path[path.len().saturating_sub(count)..]
            .iter()
            .map(|&e| (oracle.entries[e].offset as u64, oracle.entries[e].len as u64))
            .collect();
        let found = last_of_active_path(&SliceSource(&sample.bytes), header_at, count).expect("a slice can be read");
        if let Some(found) = found {
            let found: Vec<_> = found.iter().map(|span| (span.offset, span.len)).collect();
            prop_assert_eq!(found, wanted);
        }
    }
}

#[test]
fn the_tail_of_a_whole_log_is_found_without_its_start() {
    // Guards the test above against a reader that always gives up.
    let bytes = jcode_session_tests::generate::tree_v3(Default::default(), 7);
    assert!(last_of_active_path(&SliceSource(&bytes), 0, 5).expect("a slice can be read").is_some());
}

#[test]
fn logs_larger_than_a_window_read_the_same_with_and_without_a_view() {
    let mut bytes = Vec::new();
    let shape = LargeLog { until: Until::Entries(2_000), entry_bytes: 3_000, branches: 10, ..LargeLog::default() };
    shape.write(&mut bytes).expect("memory takes it");
    let long_line = format!(
        "{{\"type\":\"message\",\"id\":\"long\",\"parentId\":null,\"timestamp\":\"2026-01-01T00:00:00Z\",\"x\":\"{}\"}}\n",
        "y".repeat(3 << 20)
    );
    bytes.extend_from_slice(long_line.as_bytes());
    bytes.extend_from_slice(
        b"{\"type\":\"message\",\"id\":\"after\",\"parentId\":\"long\",\"timestamp\":\"2026-01-01T00:00:01Z\"}",
    );
    let seen = build(&SliceSource(&bytes));
    let read = build(&NoView(SliceSource(&bytes)));
    assert_eq!(final_rows(&seen), final_rows(&read));
    assert_eq!(seen.rows.0.len(), 2_002);
    let tail = last_of_active_path(&NoView(SliceSource(&bytes)), 0, 2).expect("a slice can be read").expect("found");
    assert_eq!(tail.len(), 2);
    assert_eq!(tail[0].len, long_line.len() as u64 - 1);
}
