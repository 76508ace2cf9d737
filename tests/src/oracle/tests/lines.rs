//! Framing, blank lines, places of entries, and the findings of lines that hold one whole record or none.

use super::{AFTER_HEADER, HEADER, entry, found, keys, log, read};
use crate::oracle::read_log;

#[test]
fn only_lf_frames() {
    let line = "{\"id\":\"a\",\"text\":\"x\u{2028}y\u{85}z\"}\r".to_owned();
    let log = read(&[&line, &entry("b", "a")]);
    assert_eq!(keys(&log), ["a", "b"]);
    assert_eq!((log.entries[0].offset, log.entries[0].len), (AFTER_HEADER, line.len() as u64));
    assert!(log.findings.is_empty());
}

#[test]
fn blanks_around_a_record_are_part_of_its_line() {
    let line = format!(" \t{} \r", entry("a", ""));
    let log = read(&["", "  \t\r", &line]);
    assert_eq!((log.entries[0].offset, log.entries[0].len), (AFTER_HEADER + 6, line.len() as u64));
    assert_eq!(log.entries[0].line, 4);
    assert!(log.findings.is_empty());
}

#[test]
fn byte_order_mark_is_skipped_at_the_start_only() {
    let log = read_log(format!("\u{feff}{HEADER}\n{}\n", entry("a", "")).as_bytes());
    let header = log.header.expect("the header stands behind the mark");
    assert_eq!((header.offset, header.len), (3, HEADER.len() as u64));
    assert_eq!(log.entries[0].offset, AFTER_HEADER + 3);
    assert!(log.findings.is_empty());
    let later = read(&[&format!("\u{feff}{}", entry("a", "")), &entry("b", "")]);
    assert_eq!(later.codes(), ["fused-records"]);
    assert_eq!(found(&read_log("\u{feff}x\n".as_bytes())), [("no-header", 0, 1), ("torn-tail", 3, 1)]);
}

#[test]
fn whole_last_line_without_lf_is_an_entry() {
    let mut bytes = log(&[&entry("a", "")]);
    bytes.pop();
    let log = read_log(&bytes);
    assert_eq!((keys(&log), found(&log)), (vec!["a"], vec![("torn-tail", AFTER_HEADER, 2)]));
    assert_eq!(found(&read_log(HEADER.as_bytes())), [("torn-tail", 0, 1)]);
}

#[test]
fn broken_last_line_is_a_torn_tail() {
    let whole = entry("a", "");
    for tail in ["{\"type\":\"mess", "{\"type\":\"mess\n", "{\"type\":\"mess\n \r\n\n"] {
        let bytes = [log(&[&whole]), tail.into()].concat();
        let log = read_log(&bytes);
        let offset = AFTER_HEADER + whole.len() as u64 + 1;
        assert_eq!((keys(&log), found(&log)), (vec!["a"], vec![("torn-tail", offset, 3)]), "{tail}");
    }
}

#[test]
fn other_broken_lines_are_invalid_json() {
    for line in ["{\"type\":", "[]", "7", "\"text\"", "null", "{}{}", "{} x", "\u{a0}"] {
        let log = read(&[line, &entry("a", "")]);
        assert_eq!((keys(&log), found(&log)), (vec!["a"], vec![("invalid-json", AFTER_HEADER, 2)]), "{line}");
    }
}

#[test]
fn objects_without_any_field_are_records() {
    let log = read(&["{}"]);
    assert_eq!((log.entries.len(), log.entries[0].kind.as_str()), (1, ""));
    assert_eq!(log.codes(), ["missing-id"]);
}

#[test]
fn entries_with_undecodable_text_stand() {
    let mut bytes = log(&[r#"{"id":"a","parentId":null,"text":"\ud800"}"#]);
    let second = bytes.len() as u64;
    bytes.extend_from_slice(b"{\"id\":\"b\",\"parentId\":\"a\",\"text\":[\"\xc3(\"]}\n");
    let log = read_log(&bytes);
    assert_eq!(keys(&log), ["a", "b"]);
    assert_eq!(log.entries[1].parent, Some(0));
    assert_eq!(found(&log), [("lone-surrogate", AFTER_HEADER, 2), ("invalid-utf8", second, 3)]);
}

#[test]
fn lines_of_nuls_are_damaged() {
    for (line, code) in [("\0\0\0", "nul-run"), ("\0 x", "nul-run"), ("{\"a\":\"\0\"}", "nul-run")] {
        let inside = read(&[line, &entry("a", "")]);
        assert_eq!(found(&inside), [(code, AFTER_HEADER, 2)], "{line:?}");
        let last = read(&[line]);
        assert_eq!(found(&last), [(code, AFTER_HEADER, 2)], "{line:?}");
        assert!(!last.findings[0].all_recovered);
    }
}

#[test]
fn active_leaf_is_the_last_entry() {
    assert_eq!(read(&[]).active_leaf, None);
    let log = read(&[&entry("a", ""), &entry("b", "a"), &entry("a", "")]);
    assert_eq!(log.active_leaf, Some(log.entries[2].key.clone()));
}
