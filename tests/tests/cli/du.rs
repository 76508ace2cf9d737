//! `du`: the kinds of a log add up to its length, its files to what they take, and the sessions to the sum.

use jcode_session_core::measure::{Bytes, measure, of_line};
use jcode_session_core::source::SliceSource;
use jcode_session_tests::generate::agents::claude_code;
use jcode_session_tests::generate::{LogShape, tree_v3};
use jcode_session_tests::homes::{home, log, put};
use jcode_session_tests::program::run;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

fn of(bytes: &[u8]) -> Bytes {
    measure(&SliceSource(bytes), &mut |_| ControlFlow::Continue(())).expect("measured")
}

/// Blocks, names and roles of logs, put together in any way.
fn values() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        Just("image"),
        Just("thinking"),
        Just("toolCall"),
        Just("tool_result"),
        Just("text"),
        Just("toolResult"),
        Just("assistant"),
        Just("bashExecution"),
        Just("many words\n\"in quotes\""),
    ];
    let leaf = prop_oneof![text.prop_map(Value::from), any::<i32>().prop_map(Value::from), Just(Value::Null)];
    let name = prop_oneof![
        Just("type"),
        Just("role"),
        Just("content"),
        Just("text"),
        Just("message"),
        Just("result"),
        Just("arguments"),
        Just("toolCalls"),
        Just("inlineData"),
        Just("thoughts"),
        Just("output"),
        Just("id"),
        Just("toolUseResult"),
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        let fields = prop::collection::vec((name.clone(), inner.clone()), 0..5);
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(Value::from),
            fields.prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_string(), value)).collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn kinds_of_any_values_add_up(values in prop::collection::vec(values(), 0..4), pretty: bool, cut in 0_usize..200) {
        let text = |value: &Value| if pretty { format!("{value:#}\n") } else { format!("{value}\n") };
        let mut bytes = values.iter().map(text).collect::<String>().into_bytes();
        bytes.truncate(bytes.len().saturating_sub(cut % 7));
        prop_assert_eq!(of(&bytes).sum(), bytes.len() as u64);
    }

    #[test]
    fn kinds_of_any_bytes_add_up(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert_eq!(of(&bytes).sum(), bytes.len() as u64);
        prop_assert_eq!(of_line(&bytes).sum(), bytes.len() as u64);
    }

    #[test]
    fn kinds_of_damaged_logs_add_up(seed in 0_u64..200, cuts in prop::collection::vec((0_usize..20_000, any::<u8>()), 0..8)) {
        let mut bytes = tree_v3(LogShape { entries: 30, branch_percent: 20, ..LogShape::default() }, seed);
        for (at, byte) in cuts {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        prop_assert_eq!(of(&bytes).sum(), bytes.len() as u64);
    }
}

#[test]
fn each_kind_is_what_it_is_called() {
    let picture = json!({"type": "image", "mimeType": "image/png", "data": "iVBORw0KGgo="});
    let cases = [
        (json!({"type": "message", "message": {"role": "user", "content": "said"}}), "text", 6),
        (json!({"message": {"role": "assistant", "content": [{"type": "text", "text": "an answer"}]}}), "text", 11),
        (json!({"type": "compaction", "summary": "short"}), "text", 7),
        (json!({"message": {"content": [{"type": "thinking", "thinking": "hm"}]}}), "thinking", 35),
        (json!({"message": {"role": "user", "content": [picture]}}), "images", picture.to_string().len()),
        (json!({"message": {"role": "toolResult", "content": [picture]}}), "images", picture.to_string().len()),
        (json!({"message": {"role": "toolResult", "toolName": "read", "content": "lines"}}), "tool_output", 7),
        (json!({"message": {"content": [{"type": "tool_use", "input": {"a": 1}}]}}), "tool_calls", 35),
        (json!({"type": "message", "message": {"role": "bashExecution", "command": "ls"}}), "tool_calls", 4),
        (json!({"type": "label", "label": "a name", "targetId": "e1"}), "other", 0),
    ];
    for (line, kind, expected) in cases {
        let text = line.to_string();
        let found = serde_json::to_value(of_line(text.as_bytes())).expect("JSON");
        let kinds = ["text", "thinking", "tool_calls", "tool_output", "images"];
        for other in kinds {
            let wanted = if other == kind { expected } else { 0 };
            // A result of a tool with a picture is also the brackets around it.
            let is_right = found[other] == wanted || (other == "tool_output" && kind == "images" && found[other] == 2);
            assert!(is_right, "{other} in {text}: {found}");
        }
    }
}

fn len(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

#[test]
fn files_and_kinds_of_a_home_add_up() {
    let home = home();
    let small = put(home.path(), "small.jsonl", &log("small", 4, 1_770_000_000_000, "word"));
    let large = put(home.path(), "large.jsonl", &tree_v3(LogShape { entries: 3000, ..LogShape::default() }, 5));
    let other = put(home.path(), "other.jsonl", &claude_code(9, 2));
    let plain = len(&large);
    assert_eq!(run(home.path(), ["migrate", "--quiet"]).code, 0);
    assert_eq!(run(home.path(), ["seal", "large", "--segment-size", "64K", "--compress"]).code, 0);
    let measured = run(home.path(), ["du", "--json"]);
    assert_eq!(measured.code, 0, "{measured:?}");
    let report = measured.json();
    assert_eq!((&report["schema"], &report["version"]), (&json!("jcode-session.du"), &json!(1)));
    let sessions = report["sessions"].as_array().expect("sessions");
    let names: Vec<&str> = sessions.iter().map(|session| session["path"].as_str().expect("a path")).collect();
    assert_eq!(names.len(), 3);
    let number = |value: &Value| value.as_u64().expect("a number");
    let disk = |session: &Value| number(&session["disk_bytes"]);
    assert!(sessions.is_sorted_by(|a, b| disk(a) >= disk(b)), "{report:#}");
    for session in sessions.iter().chain([&report["total"]]) {
        let sum = |of: &str| session[of].as_object().expect("an object").values().map(number).sum::<u64>();
        assert_eq!((sum("kinds"), sum("files")), (number(&session["log_bytes"]), disk(session)), "{session:#}");
    }
    assert_eq!(disk(&report["total"]), sessions.iter().map(disk).sum::<u64>());
    let of = |path: &Path| {
        &sessions[names.iter().position(|name| path.ends_with(name) || path == Path::new(name)).expect("listed")]
    };
    // A sealed log is measured as it is read.
    assert_eq!(number(&of(&large)["log_bytes"]), plain);
    assert!(number(&of(&large)["files"]["segments"]) > 0 && number(&of(&large)["files"]["log"]) < plain);
    assert_eq!(number(&of(&small)["files"]["sidecar"]), len(&small.with_extension("sqlite3")));
    assert_eq!(number(&of(&other)["log_bytes"]), len(&other));
    assert!(number(&of(&other)["kinds"]["tool_output"]) > 0 && number(&of(&other)["kinds"]["text"]) > 0);
}

#[test]
fn named_sessions_alone_are_measured() {
    let home = home();
    for id in ["one", "two"] {
        put(home.path(), &format!("{id}.jsonl"), &log(id, 4, 1_770_000_000_000, "word"));
    }
    let shown = run(home.path(), ["du", "one", "one"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    let lines: Vec<String> = shown.text().lines().map(ToString::to_string).collect();
    assert!(lines.len() == 3 && lines[1].contains("one") && lines[2].ends_with("total"), "{lines:?}");
    assert_eq!(run(home.path(), ["du", "nothing"]).code, 2);
    assert_eq!(run(&home.path().join("nowhere"), ["du"]).code, 0);
}
