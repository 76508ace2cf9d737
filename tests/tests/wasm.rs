//! The wasm host gives the command line's reports. Its code runs here as native code, over slices; that the package
//! does the same is checked in Node.

use jcode_session_core::source::SliceSource;
use jcode_session_tests::effort::cases;
use jcode_session_tests::files::LogDir;
use jcode_session_tests::generate::{LargeLog, Until, damaged_linear_v1, damaged_tree_v3};
use jcode_session_tests::program::run;
use jcode_session_wasm::inspect::{Files, Inspector};
use proptest::prelude::*;
use serde_json::Value;
use std::ops::ControlFlow;

fn open<'b>(name: &str, bytes: &'b [u8]) -> Inspector<SliceSource<'b>> {
    let files = Files::log(name, SliceSource(bytes));
    Inspector::open(files, &mut |_, _| ControlFlow::Continue(())).expect("readable")
}

fn same(bytes: &[u8]) {
    let dir = LogDir::new(bytes);
    let path = dir.log().to_string_lossy().into_owned();
    let mut session = open(&path, bytes);
    let tree = serde_json::to_value(session.tree().expect("readable")).expect("json");
    assert_eq!(tree, run(dir.folder(), ["tree", &path, "--json"]).json());
    let report = session.verify(&mut |_, _| ControlFlow::Continue(())).expect("readable");
    let seen: Value = serde_json::to_value(report).expect("json");
    assert_eq!(seen, run(dir.folder(), ["verify", &path, "--json"]).json());
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn reports_are_the_same(sample in damaged_tree_v3(20)) {
        same(&sample.bytes);
    }

    #[test]
    fn reports_of_older_dialects_are_the_same(sample in damaged_linear_v1(20)) {
        same(&sample.bytes);
    }
}

#[test]
fn opening_and_a_summary_read_the_ends_only() {
    let mut bytes = Vec::new();
    LargeLog { until: Until::Bytes(4 << 20), ..LargeLog::default() }.write(&mut bytes).expect("memory");
    let mut session = open("log", &bytes);
    let summary = session.summary().expect("a summary");
    assert!(!session.has_index());
    assert_eq!((summary.summary.entry_count, summary.opened.usage), (None, None));
    session.tail(20, 1 << 20).expect("a tail");
    assert!(!session.has_index());
    session.index(&mut |_, _| ControlFlow::Continue(())).expect("an index");
    let summary = session.summary().expect("a summary");
    assert!(summary.summary.entry_count.is_some_and(|count| count > 1000));
    assert!(summary.opened.usage.is_some());
}
