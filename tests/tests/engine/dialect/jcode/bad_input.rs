//! Input by hand: what generated sessions do not hold.

use super::harness::{check, exported, grown, index, migrated, replay_of};
use jcode_session_core::dialect::jcode::{ExportError, Origin, ReplayError, export};
use jcode_session_core::source::SliceSource;
use jcode_session_tests::jcode_model::{V1Files, load, value_of};
use serde_json::{Value, json};

const T0: &str = "2026-01-02T03:04:05.123456789Z";

fn message(id: &str) -> Value {
    json!({"id": id, "role": "user", "content": [{"type": "text", "text": id}], "timestamp": T0})
}

fn snapshot(messages: &str) -> String {
    format!(
        r#"{{"id":"s1","title":"t","created_at":"{T0}","updated_at":"{T0}","working_dir":"/w","messages":[{messages}],"status":"Active"}}"#
    )
}

fn line(messages: &str) -> String {
    format!(
        r#"{{"meta":{{"updated_at":"{T0}","status":"Closed","is_canary":false,"is_debug":false,"saved":true,"title":"t"}},"append_messages":[{messages}]}}"#
    )
}

fn files(snapshot: impl Into<Vec<u8>>, journal: impl Into<Vec<u8>>) -> V1Files {
    let journal = journal.into();
    V1Files { snapshot: Some(snapshot.into()), journal: (!journal.is_empty()).then_some(journal), bak: None }
}

/// Every entry of a log, parsed.
fn entries(log: &[u8]) -> Vec<Value> {
    let lines = log.split(|b| *b == b'\n').filter(|line| !line.is_empty());
    lines.skip(1).map(|line| value_of(line).expect("every line is JSON")).collect()
}

fn of_type<'v>(entries: &'v [Value], name: &str) -> Vec<&'v Value> {
    entries.iter().filter(|entry| entry["customType"] == name).collect()
}

fn comes_back(files: &V1Files, context: &str) -> Vec<u8> {
    let log = migrated(files);
    check(&log, &load(files).unwrap(), context);
    assert_eq!(grown(&log, files).unwrap(), log, "{context}");
    log
}

#[test]
fn numbers_are_the_tokens_of_the_source() {
    let input = r#"{"a":9007199254740993,"b":0.1,"c":1E5,"d":-0.0,"e":123456789012345678901234567890,"f":1e-7}"#;
    let message = format!(
        r#"{{"id":"m","role":"assistant","content":[{{"type":"tool_use","id":"t","name":"n","input":{input}}}],"x":[1E5 , 2]}}"#
    );
    for files in [files(snapshot(&message), ""), files(snapshot(""), line(&message))] {
        let log = comes_back(&files, "numbers");
        assert!(String::from_utf8(log).unwrap().contains(&format!(r#","v1":true,"message":{message}}}"#)));
    }
}

#[test]
fn lone_surrogates_cost_what_they_cost_jcode() {
    // In a field that jcode ignores, it passes; the log keeps it as it stands.
    let ignored = r#"{"id":"m","role":"user","content":[],"x_note":"\ud800"}"#;
    let kept = files(snapshot(ignored), "");
    let log = migrated(&kept);
    assert!(String::from_utf8(log.clone()).unwrap().contains(ignored));
    assert_eq!(exported(&log)["messages"][0]["id"], "m");
    // In text that jcode reads, and anywhere in a content block, the line is skipped whole.
    for block in [r#"{"type":"text","text":"\udc00"}"#, r#"{"type":"text","text":"a","x":"\udc00"}"#] {
        let bad = line(&format!(r#"{{"id":"m2","role":"user","content":[{block}]}}"#));
        let journal = format!("{bad}\n{}\n", line(&message("m3").to_string()));
        let files = files(snapshot(""), journal);
        let log = migrated(&files);
        assert_eq!(exported(&log)["messages"].as_array().unwrap().len(), 1);
        assert_eq!(of_type(&entries(&log), "jcode/unloaded").len(), 1);
        assert_eq!(replay_of(&files).unwrap().findings().len(), 1);
    }
}

#[test]
fn what_jcode_skips_is_kept_but_not_exported() {
    let whole = line(&message("m1").to_string());
    let third = line(&message("m3").to_string());
    let unknown = line(r#"{"id":"m4","role":"user","content":[{"type":"tool_reference","tool_use_id":"t"}]}"#);
    let journal = format!("{whole}{{\"meta\":{{\"upda{third}\n{unknown}\n[1,2]\n");
    let files = files(snapshot(""), journal);
    let log = comes_back(&files, "entry, torn, entry");
    let entries = entries(&log);
    let unloaded: Vec<_> = of_type(&entries, "jcode/unloaded").into_iter().map(|entry| entry["data"].clone()).collect();
    assert_eq!(unloaded, [value_of(third.as_bytes()).unwrap(), value_of(unknown.as_bytes()).unwrap(), json!([1, 2])]);
    let replay = replay_of(&files).unwrap();
    let found: Vec<_> = replay.findings().iter().map(|f| (f.code, f.line, f.is_error())).collect();
    use jcode_session_core::finding::Code;
    assert_eq!(
        found,
        [
            (Code::FusedRecords, Some(1), false),
            (Code::InvalidJson, Some(2), false),
            (Code::InvalidJson, Some(3), false)
        ]
    );
}

#[test]
fn a_line_that_is_no_utf8_costs_only_itself() {
    let mut bad = line(&message("mX").to_string()).into_bytes();
    let at = bad.iter().position(|b| *b == b'X').unwrap();
    bad[at] = 0xFF;
    let mut journal = line(&message("m1").to_string()).into_bytes();
    journal.push(b'\n');
    journal.extend(bad);
    journal.push(b'\n');
    journal.extend(line(&message("m2").to_string()).into_bytes());
    let files = files(snapshot(""), journal);
    assert!(load(&files).is_err(), "jcode gives up");
    let log = migrated(&files);
    assert!(index(&log).findings.is_empty());
    let messages = exported(&log)["messages"].clone();
    assert_eq!(messages, json!([message("m1"), message("m2")]));
    let all = entries(&log);
    assert_eq!(of_type(&all, "jcode/unloaded")[0]["data"]["append_messages"][0]["id"], "m\u{FFFD}");
    assert_eq!(grown(&log, &files).unwrap(), log);
}

#[test]
fn line_breaks_between_tokens_do_not_break_lines_of_the_log() {
    let value: Value = serde_json::from_str(&snapshot(&message("m1").to_string())).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap().replace('\n', "\r\n");
    let log = comes_back(&files(pretty, ""), "pretty");
    assert!(!log.contains(&b'\r'));
    assert_eq!(entries(&log).len(), 1);
    // jcode rewrites it compactly: the same session.
    assert_eq!(grown(&log, &files(value.to_string(), "")).unwrap(), log);
}

#[test]
fn ids_used_before_get_generated_ones() {
    let first = entries(&migrated(&files(snapshot(r#"{"id":"","role":"user","content":[]}"#), "")));
    let generated = first[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(generated.len(), 16);
    let ids = ["a", "a", "", "\\u0061", &generated, "b", "a"];
    let messages: Vec<_> = ids.iter().map(|id| format!(r#"{{"id":"{id}","role":"user","content":[]}}"#)).collect();
    let (one, two) = messages.split_at(4);
    let log = comes_back(&files(snapshot(&one.join(",")), line(&two.join(","))), "ids");
    let all = entries(&log);
    let given: Vec<_> = all.iter().map(|entry| entry["id"].as_str().unwrap()).collect();
    assert_eq!((given[0], given[4], given[5]), ("a", generated.as_str(), "b"));
    let distinct: std::collections::BTreeSet<_> = given.iter().collect();
    assert_eq!(distinct.len(), given.len());
    assert_eq!(all[1]["message"]["id"], "a", "the message keeps its own");
}

#[test]
fn messages_replayed_twice_stand_twice() {
    let journal = format!("{}\n{}\n", line(&message("m2").to_string()), line(&message("m3").to_string()));
    let all = [message("m1"), message("m2"), message("m3")].map(|m| m.to_string()).join(",");
    let log = comes_back(&files(snapshot(&all), journal), "crash between rename and delete");
    assert_eq!(exported(&log)["messages"].as_array().unwrap().len(), 5);
}

#[test]
fn large_values_stand_behind_the_header() {
    let big = "x".repeat(5000);
    let many: Vec<_> = (0..40).map(|i| format!(r#""x_{i}":"{}""#, "y".repeat(3000))).collect();
    let compaction = r#"{"summary_text":"S","covers_up_to_turn":1,"original_turn_count":2,"compacted_count":1}"#;
    let text = snapshot(&message("m1").to_string());
    let text = text.replace(r#""status""#, &format!(r#""save_label":"{big}",{},"status""#, many.join(",")));
    let journal =
        line("").replace(r#""title""#, &format!(r#""compaction":{compaction},"custom_title":"{big}","title""#));
    let log = comes_back(&files(text, journal), "large fields");
    let back = exported(&log);
    assert_eq!(back["x_39"], "y".repeat(3000), "unknown fields are exported too");
    let huge = snapshot("").replace("/w", &"/long".repeat(2000));
    comes_back(&files(huge, ""), "a long folder");
    let none = snapshot("").replace(r#""working_dir":"/w""#, r#""working_dir":"""#);
    assert_eq!(exported(&comes_back(&files(none, ""), "an empty folder"))["working_dir"], "");
}

#[test]
fn a_line_and_a_message_of_some_megabytes() {
    let text = "long \\\" \\u00e9 日本 ".repeat(200_000);
    let big =
        format!(r#"{{"id":"big","role":"user","content":[{{"type":"text","text":"{text}"}}],"timestamp":"{T0}"}}"#);
    let journal = format!("{}\n{}\n", line(&big.replace("big", "big2")), line(&message("m").to_string()));
    let log = comes_back(&files(snapshot(&format!("{},{big},{}", message("a"), message("z"))), journal), "megabytes");
    assert!(log.len() > 8_000_000);
}

#[test]
fn empty_messages_and_times_that_are_missing() {
    comes_back(&files(snapshot(""), ""), "empty");
    let untimed = r#"{"id":"u","role":"user","content":[],"timestamp":null}"#;
    let log = comes_back(&files(snapshot(&format!("{untimed},{},{untimed}", message("m"))), ""), "untimed");
    let all = entries(&log);
    assert!(all.iter().all(|entry| entry["timestamp"] == T0), "{all:?}");
    assert_eq!(all.iter().map(|e| e["parentId"].clone()).collect::<Vec<_>>()[..2], [Value::Null, json!("u")]);
}

#[test]
fn what_jcode_cannot_load_is_salvaged_or_refused() {
    let journal = line(&message("m1").to_string());
    let only = V1Files { snapshot: None, journal: Some(journal.clone().into_bytes()), bak: None };
    assert_eq!(replay_of(&only).unwrap().origin(), Origin::Journal);
    let log = migrated(&only);
    assert!(index(&log).findings.is_empty());
    assert_eq!(exported(&log)["messages"], json!([message("m1")]));
    let bak = V1Files { snapshot: None, journal: None, bak: Some(snapshot(&message("b").to_string()).into_bytes()) };
    assert_eq!(replay_of(&bak).unwrap().origin(), Origin::Backup);
    // A newer jcode's content block: jcode 0.79 refuses the whole snapshot, a reader need not.
    let newer = r#"{"id":"n","role":"user","content":[{"type":"tool_reference","tool_use_id":"t"}]}"#;
    let log = migrated(&files(snapshot(newer), ""));
    assert_eq!(exported(&log)["messages"].as_array().unwrap().len(), 1);
    let whole = snapshot(&format!("{},{}", message("m1"), message("m2")));
    let cut = whole.find("m2").unwrap();
    let log = migrated(&files(&whole.as_bytes()[..cut], ""));
    assert_eq!(exported(&log)["messages"], json!([message("m1")]));
    for nothing in ["", "{}", "[]", "null", "{\"messages\":[]}", "{\"a\":1", "\u{feff}"] {
        let error = replay_of(&files(nothing, "")).map(|_| ()).unwrap_err();
        assert!(matches!(error, ReplayError::Unreadable { .. }), "{nothing}: {error}");
    }
}

#[test]
fn facts_are_those_after_the_journal() {
    let files = files(snapshot(&message("m1").to_string()), line(&message("m2").to_string()));
    let facts = replay_of(&files).unwrap().facts().unwrap();
    assert_eq!((facts.session_id.as_str(), facts.message_count, facts.saved), ("s1", 2, true));
    assert_eq!((facts.status.as_deref(), facts.title.as_deref()), (Some("Closed"), Some("t")));
    assert_eq!(facts.working_dir, None, "a meta without it clears it");
    assert_eq!(facts.last_message_at, Some(1_767_323_045_123));
}

#[test]
fn other_logs_are_not_exported() {
    let pi = br#"{"type":"session","version":3,"id":"s","timestamp":"2026-01-01T00:00:00Z","cwd":"/"}"#;
    let error = export(&SliceSource(pi), std::iter::empty(), &mut |_| Ok::<(), ()>(()));
    assert_eq!(error, Err(ExportError::NotFromJcode));
}

#[test]
fn a_field_that_stands_twice_is_refused() {
    let good = line(&message("m1").to_string());
    let twice = [
        good.replace(r#""saved":true"#, r#""saved":true,"saved":true"#),
        good.replace(r#""role":"user""#, r#""role":"user","r\u006fle":"user""#),
        good.replace(r#""append_messages":"#, r#""append_messages":[],"append_messages":"#),
        format!("{},{}}}", good.trim_end_matches('}'), &good[1..good.find(",\"append").unwrap()]),
    ];
    for line in twice {
        assert_ne!(line, good);
        let log = comes_back(&files(snapshot(""), line.clone()), &line);
        assert_eq!(of_type(&entries(&log), "jcode/unloaded").len(), 1, "{line}");
    }
    for (from, to) in
        [(r#""title":"t""#, r#""title":"t","title":"u""#), (r#""role":"#, r#""x":1,"role":"user","role":"#)]
    {
        let text = snapshot(&message("new").to_string());
        let mut files = files(text.replace(from, to), "");
        assert_eq!(replay_of(&files).unwrap().origin(), Origin::Salvaged);
        files.bak = Some(b"{\"id\":".to_vec());
        assert_eq!(replay_of(&files).unwrap().origin(), Origin::Salvaged, "a broken backup does not help");
        files.bak = Some(snapshot(&message("old").to_string()).into_bytes());
        assert_eq!(replay_of(&files).unwrap().origin(), Origin::Backup);
        comes_back(&files, "backup");
    }
}

#[test]
fn records_are_merged_by_time_and_ties_go_to_the_message() {
    let at = |second: &str| format!("2026-01-02T03:04:{second}Z");
    let message = |id: &str, time: Option<&str>| {
        json!({"id": id, "role": "user", "content": [], "timestamp": time.map(at)}).to_string()
    };
    let event = |text: &str, time: &str| {
        json!({"timestamp": at(time), "event": "display_message", "role": "r", "content": text}).to_string()
    };
    let memory = json!({"summary": "", "content": "memory", "count": 1, "timestamp": at("06")}).to_string();
    let messages =
        [message("a", Some("05")), message("b", None), message("c", Some("07.000000001")), message("d", Some("04"))];
    let events = [event("e1", "05"), event("e2", "06"), event("e3", "07"), event("e4", "09")];
    let text = snapshot(&messages.join(","));
    let arrays = format!(r#""replay_events":[{}],"memory_injections":[{memory}],"status""#, events.join(","));
    let log = comes_back(&files(text.replace(r#""status""#, &arrays), ""), "merge");
    let all = entries(&log);
    let name = |e: &Value| e["message"]["id"].as_str().or(e["data"]["content"].as_str()).unwrap().to_owned();
    assert_eq!(all.iter().map(name).collect::<Vec<_>>(), ["a", "b", "e1", "memory", "e2", "e3", "c", "d", "e4"]);
    assert_eq!(all[1]["timestamp"], json!(at("05")), "its predecessor's");
}

#[test]
fn nesting_beyond_what_jcode_reads_is_refused() {
    let nested = |levels: usize| {
        let input = "[".repeat(levels) + &"]".repeat(levels);
        format!(
            r#"{{"id":"m","role":"assistant","content":[{{"type":"tool_use","id":"t","name":"n","input":{input}}}]}}"#
        )
    };
    comes_back(&files(snapshot(&nested(122)), line(&nested(122))), "127 levels in all");
    let log = comes_back(&files(snapshot(""), line(&nested(123))), "one more");
    assert_eq!(lines_with(&log, "\"customType\":\"jcode/unloaded\""), 1);
    // In a field that jcode ignores any depth passes, and deep data does not overflow a stack.
    let deep =
        nested(1).replace(r#""id":"m""#, &format!(r#""id":"m","x":{}{}"#, "[".repeat(50_000), "]".repeat(50_000)));
    let log = migrated(&files(snapshot(&deep), ""));
    assert_eq!(lines_with(&log, "{\"type\":\"message\""), 1);
}

/// Not parsed: the model reads no deeper than jcode.
fn lines_with(log: &[u8], text: &str) -> usize {
    String::from_utf8_lossy(log).lines().filter(|line| line.contains(text)).count()
}

#[test]
fn values_that_end_where_a_window_ends() {
    let window = 1 << 20;
    let padded = |total: usize| {
        let bare = snapshot(&message("").to_string()).len();
        // The id stands twice in a message.
        let text = snapshot(&message(&"x".repeat((total - bare) / 2)).to_string());
        text + &" ".repeat((total - bare) % 2)
    };
    for total in window - 2..window + 4 {
        let text = padded(total);
        assert_eq!(text.len(), total);
        comes_back(&files(text.clone(), ""), "snapshot");
        let one = line(&message(&"y".repeat((total - line(&message("").to_string()).len()) / 2)).to_string());
        comes_back(&files(snapshot(""), format!("{one}\n{}\n", line(&message("z").to_string()))), "journal");
        comes_back(&files(snapshot(""), one), "journal without its last line feed");
    }
}
