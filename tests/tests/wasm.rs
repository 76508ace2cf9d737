//! The wasm host gives the command line's reports. Its code runs here as native code; that it compiles for wasm is
//! checked by the runner.

use jcode_session_tests::files::LogDir;
use jcode_session_tests::generate::{damaged_linear_v1, damaged_tree_v3};
use jcode_session_tests::program::run;
use proptest::prelude::*;
use serde_json::Value;

fn same(bytes: &[u8]) {
    let dir = LogDir::new(bytes);
    let path = dir.log().to_string_lossy().into_owned();
    let tree: Value = serde_json::from_str(&jcode_session_wasm::tree("log", bytes).expect("readable")).expect("json");
    assert_eq!(tree, run(dir.folder(), ["tree", &path, "--json"]).json());
    let seen: Value = serde_json::from_str(&jcode_session_wasm::verify(&path, bytes).expect("readable")).expect("json");
    let mut native = run(dir.folder(), ["verify", &path, "--json"]).json();
    // Only the native host looks for a sidecar.
    native["logs"][0]["findings"].as_array_mut().expect("a list").retain(|f| f["code"] != "sidecar-missing");
    assert_eq!(seen, native);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reports_are_the_same(sample in damaged_tree_v3(20)) {
        same(&sample.bytes);
    }

    #[test]
    fn reports_of_older_dialects_are_the_same(sample in damaged_linear_v1(20)) {
        same(&sample.bytes);
    }
}
