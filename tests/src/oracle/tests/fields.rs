//! Header, ids and keys, named parents, kinds and times.

use super::{AFTER_HEADER, HEADER, entry, found, keys, read};
use crate::oracle::read_log;

#[test]
fn header_is_read_and_is_no_entry() {
    let log = read(&[&entry("a", "")]);
    let header = log.header.expect("the first record is a header");
    assert_eq!((header.offset, header.len), (0, HEADER.len() as u64));
    assert_eq!((header.session_id.as_deref(), header.version), (Some("s"), Some(3)));
    assert_eq!(log.entries.len(), 1);
    assert!(log.findings.is_empty());
}

#[test]
fn what_stands_before_the_header_is_no_entry() {
    let title = r#"{"type":"title","v":1,"title":"t","id":"a"}"#;
    let log = read_log(format!("{title}\nbroken\n\n{HEADER}\n{}\n", entry("a", "")).as_bytes());
    let at = title.len() as u64 + 1;
    assert_eq!((keys(&log), found(&log)), (vec!["a"], vec![("invalid-json", at, 2)]));
    assert_eq!(log.header.map(|header| header.offset), Some(at + 8));
}

#[test]
fn what_no_header_follows_is_an_entry() {
    let title = r#"{"type":"title","title":"t"}"#;
    let log = read_log(format!("{title}\n{}\n{HEADER}\n", entry("a", "")).as_bytes());
    let header = (title.len() + entry("a", "").len() + 2) as u64;
    assert_eq!(keys(&log), ["@0", "a"]);
    assert_eq!(found(&log), [("missing-id", 0, 1), ("no-header", 0, 1), ("second-header", header, 3)]);
}

#[test]
fn a_header_is_looked_for_in_the_first_mib() {
    for (len, is_found) in [(1 << 20, true), ((1 << 20) + 1, false)] {
        let filler = |len: usize| format!(r#"{{"type":"title","pad":"{}"}}"#, "x".repeat(len));
        let pad = len - HEADER.len() - 1 - filler(0).len();
        let log = read_log(format!("{}\n{HEADER}\n{}\n", filler(pad), entry("a", "")).as_bytes());
        assert_eq!(log.header.is_some(), is_found, "{len}");
        assert_eq!(log.codes().is_empty(), is_found, "{len}");
    }
}

#[test]
fn log_without_header() {
    assert_eq!(found(&read_log(b"")), [("no-header", 0, 1)]);
    assert_eq!(found(&read_log(b"\n \n")), [("no-header", 0, 1)]);
    let log = read_log(format!("\n{}\n", entry("a", "")).as_bytes());
    assert_eq!((keys(&log), found(&log)), (vec!["a"], vec![("no-header", 1, 2)]));
    assert!(log.header.is_none());
}

#[test]
fn later_header_is_no_entry() {
    let log = read(&[&entry("a", ""), HEADER, &entry("b", "a")]);
    let offset = AFTER_HEADER + entry("a", "").len() as u64 + 1;
    assert_eq!((keys(&log), found(&log)), (vec!["a", "b"], vec![("second-header", offset, 3)]));
    let headless = read_log(format!("{}\n{HEADER}\n", entry("a", "")).as_bytes());
    assert!(headless.header.is_none());
    assert_eq!(headless.codes(), ["no-header", "second-header"]);
}

#[test]
fn fields_are_those_of_the_entry_itself() {
    let log = read(&[
        r#"{"message":{"id":"inner","parentId":"inner","type":"x"},"type":"message","id":"a","parentId":null}"#,
    ]);
    assert_eq!((keys(&log), log.entries[0].kind.as_str()), (vec!["a"], "message"));
    assert_eq!(log.entries[0].parent_id, None);
}

#[test]
fn last_repeat_holds_and_escapes_are_decoded() {
    let log = read(&[
        &entry("a", ""),
        r#"{"id":"x","type":"y","parentId":null,"\u0069d":"\u0062","parentId":"\u0061","type":"z"}"#,
    ]);
    assert_eq!(keys(&log), ["a", "b"]);
    assert_eq!((log.entries[1].parent, log.entries[1].kind.as_str()), (Some(0), "z"));
    let cleared = read(&[&entry("a", ""), r#"{"id":"b","parentId":"a","parentId":null}"#]);
    assert_eq!(cleared.entries[1].parent_id, None);
}

#[test]
fn camel_case_parent_goes_first() {
    let log = read(&[
        &entry("a", ""),
        r#"{"id":"b","parent_id":"a"}"#,
        r#"{"id":"c","parentId":"b","parent_id":"a"}"#,
        r#"{"id":"d","parentId":null,"parent_id":"a"}"#,
    ]);
    let named: Vec<_> = log.entries.iter().map(|entry| entry.parent_id.as_deref()).collect();
    assert_eq!(named, [None, Some("a"), Some("b"), None]);
}

#[test]
fn unusable_ids_give_keys_by_offset() {
    for (id, code) in [
        ("", "missing-id"),
        (r#","id":null"#, "missing-id"),
        (r#","id":"""#, "bad-field"),
        (r#","id":true"#, "bad-field"),
        (r#","id":{}"#, "bad-field"),
        (r#","id":[7]"#, "bad-field"),
        (r#","id":"\ud800""#, "bad-field"),
    ] {
        let log = read(&[&format!(r#"{{"type":"message"{id}}}"#)]);
        assert_eq!(keys(&log), [format!("@{AFTER_HEADER}")], "{id}");
        assert_eq!(log.entries[0].log_id, None);
        assert!(log.findings.iter().any(|f| (f.code, f.offset) == (code, AFTER_HEADER)), "{id}");
    }
    let mut bytes = super::log(&[]);
    bytes.extend_from_slice(b"{\"type\":\"message\",\"id\":\"\xff\"}\n");
    assert_eq!(read_log(&bytes).codes(), ["bad-field", "invalid-utf8"]);
}

#[test]
fn a_number_is_an_id_by_its_token() {
    let log = read(&[
        r#"{"id":12,"parentId":null}"#,
        r#"{"id":"b","parentId":12}"#,
        r#"{"id":"c","parentId":"12"}"#,
        r#"{"id":"d","parentId":12.0}"#,
        r#"{"type":"label","id":"e","parentId":null,"targetId":12,"label":"name"}"#,
    ]);
    assert_eq!(keys(&log), ["12", "b", "c", "d", "e"]);
    let parents: Vec<_> = log.entries.iter().map(|entry| entry.parent).collect();
    assert_eq!(parents, [None, Some(0), Some(0), None, None]);
    assert_eq!(log.entries[3].parent_id.as_deref(), Some("12.0"));
    assert_eq!(log.codes(), ["missing-parent"]);
    assert_eq!(log.labels[0].entry, 0);
}

#[test]
fn seen_ids_give_keys_with_offset() {
    let log = read(&[&entry("a", ""), &entry("a", "")]);
    let second = AFTER_HEADER + entry("a", "").len() as u64 + 1;
    assert_eq!(keys(&log), ["a".to_owned(), format!("a#{second}")]);
    assert_eq!(log.entries[1].log_id.as_deref(), Some("a"));
    assert_eq!(found(&log), [("duplicate-id", second, 3)]);
}

#[test]
fn taken_keys_grow_until_free() {
    // The first entries already have the ids that would be the keys of the later duplicate.
    let plain = entry("a", "");
    let (one, two) = (entry("a#000", "").len(), entry("a#000#000", "").len());
    let offset = AFTER_HEADER + (one + 1 + two + 1 + plain.len() + 1) as u64;
    let squatters = [entry(&format!("a#{offset}"), ""), entry(&format!("a#{offset}#{offset}"), "")];
    assert_eq!([squatters[0].len(), squatters[1].len()], [one, two]);
    let log = read(&[&squatters[0], &squatters[1], &plain, &plain]);
    assert_eq!(
        (log.entries[3].offset, log.entries[3].key.as_str()),
        (offset, format!("a#{offset}#{offset}#{offset}").as_str())
    );
    assert_eq!(log.codes(), ["duplicate-id"]);
}

#[test]
fn missing_parent_names_stay_missing() {
    assert_eq!(read(&[r#"{"id":"b","parentId":null}"#]).codes(), [""; 0]);
    for parent in [r#""""#, r#"["a"]"#, "true", "false", "{}", "[]"] {
        let log = read(&[&entry("a", ""), &format!(r#"{{"id":"b","parentId":{parent}}}"#)]);
        assert_eq!((log.entries[1].parent_id.as_deref(), log.codes()), (None, vec!["bad-field"]), "{parent}");
    }
    // An id that cannot be decoded names no entry, not even one whose id equals its lossy form.
    let log = read(&[&entry("\u{fffd}", ""), r#"{"id":"b","parentId":"\ud800"}"#]);
    assert_eq!((log.entries[1].parent, log.entries[1].parent_id.as_deref()), (None, None));
    assert_eq!(log.codes(), ["lone-surrogate", "missing-parent"]);
    let nameless = read(&[r#"{"type":"message","parentId":"\ud800"}"#]);
    assert_eq!(nameless.codes(), ["lone-surrogate", "missing-id", "missing-parent"]);
}

#[test]
fn times_are_text_or_integer() {
    let read = |value: &str| {
        let line = format!(r#"{{"type":"message","id":"a","timestamp":{value},"message":{{"timestamp":5}}}}"#);
        read(&[&line])
    };
    for (value, ts) in [
        (r#""1970-01-01T00:00:01Z""#, 1000),
        (r#""1970\u002d01-01T00:00:01Z""#, 1000),
        ("1700000000123", 1_700_000_000_123),
        ("1700000000", 1_700_000_000_000),
        ("-5", -5000),
        ("99999999999", 99_999_999_999_000),
        ("100000000000", 100_000_000_000),
        ("-99999999999", -99_999_999_999_000),
        ("-100000000000", -100_000_000_000),
    ] {
        let log = read(value);
        assert_eq!((log.entries[0].ts, log.codes().len()), (Some(ts), 0), "{value}");
    }
    for none in ["1.5", "1e3", "99999999999999999999", "{}", "\"soon\"", "\"\"", "\"1700000000123\""] {
        let log = read(none);
        assert_eq!((log.entries[0].ts, log.codes()), (None, vec!["bad-field"]), "{none}");
    }
    assert_eq!((read("null").entries[0].ts, read("null").codes().len()), (None, 0));
    assert_eq!(super::read(&[r#"{"id":"a"}"#]).entries[0].ts, None);
}
