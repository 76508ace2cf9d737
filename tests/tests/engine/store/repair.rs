//! Repair of damage of every kind.

use jcode_session_core::source::go_on;
use jcode_session_native::ops::restore::repair;
use jcode_session_tests::effort::seeds;
use jcode_session_tests::files::LogDir;
use jcode_session_tests::generate::{LogShape, tree_v3};
use jcode_session_tests::written::errors;
use std::fs;

/// Entries of an incomplete batch at the end of a log, which come back.
fn left_out(bytes: &[u8]) -> usize {
    let read = |bytes: &[u8]| jcode_session_tests::oracle::read_log(bytes).entries.len();
    let text = bytes.iter().map(|&byte| char::from(byte)).collect::<String>().replace("\"batch\"", "\"b*tch\"");
    let unmarked: Vec<u8> = text.chars().map(|char| u8::try_from(char).expect("a byte")).collect();
    read(&unmarked) - read(bytes)
}

/// Damage of every kind: repaired, it verifies clean, all entries that were read are still there, the old log is kept.
#[test]
fn repaired_logs_verify_clean() {
    use jcode_session_tests::generate::{damage, random};
    let mut repaired = 0;
    for seed in seeds(100) {
        let good = tree_v3(LogShape { entries: 12, branch_percent: 20, ..LogShape::default() }, seed);
        let bytes = damage(&good, &mut random(seed));
        let dir = LogDir::new(&bytes);
        let before = jcode_session_tests::oracle::read_log(&bytes).entries.len();
        let bad = !errors(&dir.log()).is_empty();
        match repair(&dir.log(), &mut go_on) {
            Ok((plan, _)) => {
                assert_eq!(errors(&dir.log()), [], "seed {seed}: {plan:?}");
                let now = fs::read(dir.log()).expect("there");
                let back = plan.mended as usize + left_out(&bytes);
                assert_eq!(jcode_session_tests::oracle::read_log(&now).entries.len(), before + back, "seed {seed}");
                if plan.is_nothing() {
                    assert_eq!(now, bytes);
                    assert!(!bad);
                } else {
                    let old = dir.log().with_extension("store").join(plan.set_aside.expect("kept"));
                    assert_eq!(fs::read(old).expect("there"), bytes);
                    repaired += 1;
                }
                assert!(repair(&dir.log(), &mut go_on).expect("again").0.is_nothing(), "seed {seed}");
            }
            Err(error) => assert!(error.to_string().contains("migrate") || before == 0, "seed {seed}: {error}"),
        }
    }
    assert!(repaired > 60, "{repaired}");
}
