//! Damaged logs: each kind does what its name says, and the oracle, compared with another JSON parser, loses no whole
//! record.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value};

use super::shape;
use crate::generate::{Damage, damage, linear_v1, random, tree_v2, tree_v3};
use crate::oracle::{OracleLog, read_log};

fn damaged_with(kind: Damage, seed: u64) -> Vec<u8> {
    let mut log = tree_v3(shape(25), seed);
    kind.apply(&mut log, &mut random(seed));
    log
}

/// The codes that this damage causes over many logs.
fn codes(kind: Damage) -> HashSet<&'static str> {
    (0..40).flat_map(|seed| read_log(&damaged_with(kind, seed)).codes()).collect()
}

#[test]
fn every_kind_changes_something() {
    for kind in Damage::BODY.into_iter().chain(Damage::HEADER) {
        let changed = (0..25).filter(|&seed| damaged_with(kind, seed) != tree_v3(shape(25), seed));
        assert!(changed.count() >= 4, "{kind:?}");
    }
}

#[test]
fn kinds_do_what_they_are_called() {
    for (kind, code) in [
        (Damage::Truncate, "torn-tail"),
        (Damage::DropLf, "fused-records"),
        (Damage::DropLastLf, "torn-tail"),
        (Damage::TornThenNext, "fused-records"),
        (Damage::TornLine, "invalid-json"),
        (Damage::LostLineStart, "invalid-json"),
        (Damage::LostLastBrace, "invalid-json"),
        (Damage::NulLineStart, "nul-run"),
        (Damage::NulMiddle, "nul-run"),
        (Damage::NulTail, "nul-run"),
        (Damage::NulLine, "nul-run"),
        (Damage::FlipBytes, "invalid-json"),
        (Damage::InvalidUtf8, "invalid-utf8"),
        (Damage::LoneSurrogate, "lone-surrogate"),
        (Damage::RawControl, "invalid-json"),
        (Damage::RepeatLine, "duplicate-id"),
        (Damage::SecondHeader, "second-header"),
        (Damage::FusedInOddWays, "fused-records"),
        (Damage::NonObject, "invalid-json"),
        (Damage::DeepLine, "invalid-json"),
        (Damage::DuplicateId, "duplicate-id"),
        (Damage::MissingId, "missing-id"),
        (Damage::BadId, "bad-field"),
        (Damage::BadParent, "bad-field"),
        (Damage::BadTimestamp, "bad-field"),
        (Damage::NumberIds, "missing-parent"),
        (Damage::MissingParent, "missing-parent"),
        (Damage::LaterParent, "parent-cycle"),
        (Damage::SelfParent, "parent-cycle"),
        (Damage::RepeatedKeys, "missing-parent"),
        (Damage::Batch, "torn-batch"),
        (Damage::NoHeader, "no-header"),
        (Damage::BrokenHeader, "no-header"),
        (Damage::NulHeader, "no-header"),
        (Damage::EntryBeforeHeader, "no-header"),
        (Damage::EntryBeforeHeader, "second-header"),
        (Damage::BrokenBeforeHeader, "invalid-json"),
        (Damage::BrokenBeforeHeader, "nul-run"),
    ] {
        assert!(codes(kind).contains(code), "{kind:?}: {:?}", codes(kind));
    }
}

#[test]
fn what_is_only_odd_gives_no_finding() {
    for kind in [
        Damage::LineSeparator,
        Damage::SwapLines,
        Damage::BlankLine,
        Damage::LinesBeforeHeader,
        Damage::BlanksAround,
        Damage::CarriageReturns,
        Damage::ByteOrderMark,
        Damage::GiantLine,
        Damage::NoParent,
        Damage::EscapedKeys,
        Damage::SnakeCaseParent,
        Damage::OddTimestamp,
        Damage::LooseLabel,
    ] {
        assert_eq!(codes(kind), HashSet::new(), "{kind:?}");
    }
}

#[test]
fn the_header_stays_readable_and_all_codes_appear() {
    let mut seen = BTreeSet::new();
    for seed in 0..800 {
        let mut rng = random(seed);
        let log = damage(&tree_v3(shape(12), seed), &mut rng);
        let read = read_log(&log);
        let version = read.header.as_ref().and_then(|header| header.version);
        assert_eq!(version, Some(3), "seed {seed}: {}", log.escape_ascii());
        seen.extend(read.codes());
    }
    let all = [
        "bad-field",
        "duplicate-id",
        "fused-records",
        "invalid-json",
        "invalid-utf8",
        "lone-surrogate",
        "missing-id",
        "missing-parent",
        "nul-run",
        "parent-cycle",
        "second-header",
        "torn-batch",
        "torn-tail",
    ];
    assert_eq!(seen, all.into());
}

#[test]
fn damaged_logs_are_read_without_contradiction() {
    let generators = [tree_v3, tree_v2, linear_v1].into_iter().cycle();
    for (seed, generator) in (0..600).zip(generators) {
        let log = damage(&generator(shape(15), seed), &mut random(seed));
        let read = read_log(&log);
        check_tree(&read);
        check_places(&log, &read);
        check_against_serde(&log, &read);
    }
}

fn check_tree(log: &OracleLog) {
    let keys: HashSet<_> = log.entries.iter().map(|entry| &entry.key).collect();
    assert_eq!(keys.len(), log.entries.len(), "keys are unique");
    for entry in &log.entries {
        let above = entry.parent.map_or(0, |parent| log.entries[parent].depth);
        assert_eq!(entry.depth, above + 1);
        assert!(!entry.leaf || !entry.branch_point);
    }
    let links = log.entries.iter().filter(|entry| entry.parent.is_some()).count();
    assert_eq!(links + log.roots.len(), log.entries.len());
    assert_eq!(log.leaves.len(), log.entries.iter().filter(|entry| entry.leaf).count());
}

/// Checks that entries are in file order and do not overlap, and that findings point into the log.
fn check_places(bytes: &[u8], log: &OracleLog) {
    let mut end = 0;
    for entry in &log.entries {
        assert!(entry.offset >= end && entry.len > 0);
        end = entry.offset + entry.len;
    }
    assert!(end <= bytes.len() as u64);
    for finding in &log.findings {
        let before = &bytes[..finding.offset as usize];
        let line = before.iter().filter(|&&byte| byte == b'\n').count() as u64 + 1;
        assert_eq!(line, finding.line, "{finding:?}");
    }
}

fn id_of(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => (!text.is_empty()).then(|| text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A line that another parser reads as an object is an entry (or a header) of exactly that line. A line that the oracle
/// reads without a finding, and that nests little, is read by the other parser.
fn check_against_serde(bytes: &[u8], log: &OracleLog) {
    let mut start = 0;
    let torn = log.findings.iter().find(|finding| finding.code == "torn-batch").map(|finding| finding.offset);
    for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
        let line = piece.strip_suffix(b"\n").unwrap_or(piece);
        let skipped = if start == 0 && line.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let (offset, line) = ((start + skipped) as u64, &line[skipped..]);
        start += piece.len();
        let entry = log.entries.iter().find(|entry| entry.offset == offset);
        let whole = entry.filter(|entry| entry.len == line.len() as u64);
        match serde_json::from_slice::<Map<String, Value>>(line) {
            Ok(_) if torn.is_some_and(|torn| offset >= torn) => {
                assert!(whole.is_none());
            }
            Ok(object) if object.get("type") == Some(&Value::from("session")) => {
                assert!(whole.is_none());
            }
            Ok(_) if log.header.as_ref().is_some_and(|header| offset < header.offset) => {
                assert!(whole.is_none());
            }
            Ok(object) => {
                let entry = whole.expect("a whole object is an entry");
                assert_eq!(entry.log_id, id_of(object.get("id")));
                assert_eq!(entry.parent_id, id_of(object.get("parentId").or(object.get("parent_id"))));
            }
            Err(_) => {
                let tolerated = ["invalid-utf8", "lone-surrogate"];
                let deep = line.windows(40).any(|window| window.iter().all(|&byte| byte == b'['));
                let excused = log.findings.iter().any(|f| f.offset == offset && tolerated.contains(&f.code));
                assert!(whole.is_none() || excused || deep, "{}", line.escape_ascii());
            }
        }
    }
}

proptest::proptest! {
    #![proptest_config(crate::effort::cases(60))]

    #[test]
    fn strategies_give_logs_with_a_header(
        tree in crate::generate::damaged_tree_v3(20),
        older in crate::generate::damaged_tree_v2(20),
        linear in crate::generate::damaged_linear_v1(20),
    ) {
        for sample in [tree, older, linear] {
            let read = read_log(&sample.bytes);
            proptest::prop_assert!(read.header.is_some(), "{sample:?}");
            check_tree(&read);
        }
    }
}
