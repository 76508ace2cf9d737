//! Records inside damaged lines: which are salvaged, where they lie, and the finding of the line.

use super::{AFTER_HEADER, HEADER, entry, found, keys, read};
use crate::oracle::{OracleLog, read_log};

/// Code, number of salvaged records, and whether nothing was lost, of the only finding.
fn verdict(log: &OracleLog) -> (&'static str, usize, bool) {
    assert_eq!(log.findings.len(), 1, "{:?}", log.findings);
    (log.findings[0].code, log.findings[0].salvaged, log.findings[0].all_recovered)
}

/// The log with `line` before another entry, so that it is not the last one.
fn inside(line: &str) -> OracleLog {
    read(&[line, &entry("z", "")])
}

#[test]
fn fused_records_are_all_found() {
    let (a, b) = (entry("a", ""), entry("b", "a"));
    for gap in ["", " \t\r"] {
        let log = inside(&format!("{a}{gap}{b}"));
        assert_eq!((keys(&log), verdict(&log)), (vec!["a", "b", "z"], ("fused-records", 2, true)));
        let second = AFTER_HEADER + (a.len() + gap.len()) as u64;
        assert_eq!((log.entries[0].offset, log.entries[0].len), (AFTER_HEADER, a.len() as u64));
        assert_eq!((log.entries[1].offset, log.entries[1].len), (second, b.len() as u64));
        assert_eq!(found(&log), [("fused-records", AFTER_HEADER, 2)]);
    }
}

#[test]
fn fused_records_on_the_last_line_are_no_torn_tail() {
    let line = entry("a", "") + &entry("b", "a");
    assert_eq!(verdict(&read(&[&line])), ("fused-records", 2, true));
    let unterminated = read_log(format!("{HEADER}\n{line}").as_bytes());
    assert_eq!(verdict(&unterminated), ("fused-records", 2, true));
}

#[test]
fn record_behind_a_torn_one_is_found() {
    let log = inside(&format!(r#"{{"type":"message","id":"t","par{}"#, entry("a", "")));
    assert_eq!((keys(&log), verdict(&log)), (vec!["a", "z"], ("fused-records", 1, false)));
    let log = inside(&format!("xx{} {}\0{} \0\r", entry("a", ""), entry("b", "a"), entry("c", "b")));
    assert_eq!((keys(&log), verdict(&log)), (vec!["a", "b", "c", "z"], ("fused-records", 3, false)));
}

#[test]
fn records_at_both_ends_are_found() {
    let log = inside(&format!("{}{{\"type\":{}", entry("a", ""), entry("b", "a")));
    assert_eq!((keys(&log), verdict(&log)), (vec!["a", "b", "z"], ("fused-records", 2, false)));
    let last = read(&[&format!("{}{{\"type\":{}", entry("a", ""), entry("b", "a"))]);
    assert_eq!(verdict(&last), ("fused-records", 2, false));
}

#[test]
fn chain_before_a_torn_tail() {
    let first = entry("a", "") + &entry("b", "a");
    let log = read(&[&format!("{first} {{\"type\":\"mes")]);
    assert_eq!((keys(&log), verdict(&log)), (vec!["a", "b"], ("torn-tail", 2, false)));
    assert_eq!(found(&log), [("torn-tail", AFTER_HEADER + first.len() as u64 + 1, 2)]);
    let not_last = inside(&format!("{first} {{\"type\":\"mes"));
    assert_eq!(found(&not_last), [("fused-records", AFTER_HEADER, 2)]);
    let with_nul = read(&[&format!("{first}\0x")]);
    assert_eq!(found(&with_nul), [("torn-tail", AFTER_HEADER + first.len() as u64, 2)]);
}

#[test]
fn nuls_beside_records_are_a_nul_run() {
    for line in [
        format!("\0\0{}", entry("a", "")),
        format!("{}\0 \0", entry("a", "")),
        format!("\0{}\0{}", entry("y", ""), entry("a", "")),
    ] {
        for log in [inside(&line), read(&[&line])] {
            let (code, _, all) = verdict(&log);
            assert_eq!((code, all, log.entry("a").is_some()), ("nul-run", true, true), "{line:?}");
        }
    }
    // NULs between a chain and the rest: the chain stops, but the rest is anchored to the line's end.
    let log = inside(&format!("{}\0{}", entry("a", ""), entry("b", "a")));
    assert_eq!((keys(&log), verdict(&log)), (vec!["a", "b", "z"], ("nul-run", 2, true)));
}

#[test]
fn records_must_have_the_four_fields_at_their_own_level() {
    let inner = entry("inner", "");
    for lacking in [
        r#"{"id":"a","parentId":null,"timestamp":1}"#.to_owned(),
        r#"{"type":"m","parentId":null,"timestamp":1}"#.to_owned(),
        r#"{"type":"m","id":"a","timestamp":1}"#.to_owned(),
        r#"{"type":"m","id":"a","parentId":null}"#.to_owned(),
        format!(r#"{{"message":{inner}}}"#),
    ] {
        assert_eq!(verdict(&inside(&format!("x{lacking}"))), ("invalid-json", 0, false), "{lacking}");
        let first = inside(&format!("{lacking}{}", entry("a", "")));
        assert_eq!((keys(&first), verdict(&first)), (vec!["a", "z"], ("fused-records", 1, false)));
        let last = inside(&format!("{}{lacking}", entry("a", "")));
        assert_eq!((keys(&last), verdict(&last)), (vec!["a", "z"], ("fused-records", 1, false)));
    }
    let snake = inside(r#"x{"type":"m","id":"a","parent_id":null,"timestamp":1}"#);
    assert_eq!(keys(&snake), ["a", "z"]);
}

#[test]
fn objects_in_payloads_are_no_records() {
    let inner = entry("inner", "");
    // First not at the line's end; then at its end, but inside a record that is.
    let torn = inside(&format!(r#"{{"type":"message","id":"t","message":[{inner},"#));
    assert_eq!((keys(&torn), verdict(&torn)), (vec!["z"], ("invalid-json", 0, false)));
    let outer = format!(r#"{{"type":"m","id":"o","parentId":null,"timestamp":1,"message":{inner}}}"#);
    let fused = inside(&format!("x{outer}"));
    assert_eq!((keys(&fused), fused.entries[0].offset), (vec!["o", "z"], AFTER_HEADER + 1));
    // After a lost closing brace the payload's object stands at the line's end, and that is enough for salvage.
    let open = inside(&outer[..outer.len() - 1]);
    assert_eq!((keys(&open), verdict(&open)), (vec!["inner", "z"], ("fused-records", 1, false)));
}

#[test]
fn chain_stops_at_what_is_no_record() {
    let log = inside(&format!("{}{{}}{}x", entry("a", ""), entry("b", "a")));
    assert_eq!((keys(&log), verdict(&log)), (vec!["a", "z"], ("fused-records", 1, false)));
    let blank_start = inside(&format!("  {}x", entry("a", "")));
    assert_eq!((keys(&blank_start), blank_start.entries[0].offset), (vec!["a", "z"], AFTER_HEADER + 2));
}

#[test]
fn fused_header_is_saved_at_the_start_of_the_log_only() {
    let log = read_log(format!("\n{HEADER}{}\n", entry("a", "")).as_bytes());
    assert_eq!(log.header.as_ref().map(|header| (header.offset, header.len)), Some((1, HEADER.len() as u64)));
    assert_eq!((keys(&log), verdict(&log)), (vec!["a"], ("fused-records", 2, true)));
    let later = inside(&format!("{HEADER}{}", entry("a", "")));
    assert_eq!((keys(&later), verdict(&later)), (vec!["a", "z"], ("fused-records", 1, false)));
    let second = read_log(format!("{HEADER}{HEADER}{}\n", entry("a", "")).as_bytes());
    assert_eq!((second.codes(), second.entries.len()), (vec!["fused-records"], 1));
    assert!(!second.findings[0].all_recovered);
    let torn = read_log(format!("x{HEADER}\n{}\n", entry("a", "")).as_bytes());
    assert_eq!((torn.header, torn.findings.len()), (None, 2));
}

#[test]
fn saved_second_header_is_no_entry() {
    let full = r#"{"type":"session","id":"s","parentId":null,"timestamp":1}"#;
    let log = inside(&format!("{}{full}", entry("a", "")));
    assert_eq!(keys(&log), ["a", "z"]);
    assert_eq!(log.codes(), ["fused-records", "second-header"]);
    assert_eq!((log.findings[0].salvaged, log.findings[0].all_recovered), (2, true));
}

#[test]
fn saved_records_may_hold_undecodable_text() {
    let mut bytes = super::log(&[]);
    bytes.extend_from_slice(b"x{\"type\":\"m\",\"id\":\"a\",\"parentId\":null,\"timestamp\":1,\"t\":\"\xff\"}\n");
    let log = read_log(&bytes);
    assert_eq!((keys(&log), log.codes()), (vec!["a"], vec!["fused-records", "invalid-utf8"]));
}
