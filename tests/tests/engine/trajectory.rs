//! Trajectories: valid by the rules of the format, and nothing of a path is missing.

use jcode_session_core::trajectory::{About, Trajectory};
use jcode_session_native::session::Session;
use jcode_session_tests::files::LogDir;
use jcode_session_tests::generate::{LogShape, damage, random, tree_v3};
use jcode_session_tests::homes;
use jcode_session_tests::jcode_model::{ModelRng, Shape, generate};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::Path;

fn document(lines: &[Vec<u8>]) -> Option<Value> {
    let about = About { session_id: "s".into(), leaf: "l".into(), agent: "pi".into(), ..About::default() };
    let mut trajectory = Trajectory::new(about);
    let mut bytes = trajectory.begin();
    for line in lines {
        bytes.extend(trajectory.entry(line));
    }
    let (end, has_steps) = trajectory.finish();
    bytes.extend(end);
    has_steps.then(|| {
        serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&bytes)))
    })
}

fn path_of(log: &Path) -> Vec<Vec<u8>> {
    let session = Session::read(log).expect("reads");
    let ranges = session.path_ranges(None, None).expect("a path");
    ranges.into_iter().map(|range| session.entry_at(range).expect("there").line).collect()
}

/// The rules of the format that a document can break.
fn check(document: &Value) {
    let only = |object: &Value, names: &[&str]| {
        let fields = object.as_object().unwrap_or_else(|| panic!("no object: {object}"));
        let unknown: Vec<&String> = fields.keys().filter(|name| !names.contains(&name.as_str())).collect();
        assert!(unknown.is_empty(), "{unknown:?} in {object}");
    };
    let root = ["schema_version", "session_id", "trajectory_id", "agent", "steps", "notes", "final_metrics", "extra"];
    only(document, &root);
    assert_eq!(document["schema_version"], "ATIF-v1.7");
    only(&document["agent"], &["name", "version", "model_name", "tool_definitions", "extra"]);
    let steps = document["steps"].as_array().expect("steps");
    assert!(!steps.is_empty());
    for (step, number) in steps.iter().zip(1..) {
        let agents = ["model_name", "reasoning_content", "tool_calls", "metrics"];
        let all = ["step_id", "timestamp", "source", "message", "observation", "llm_call_count", "extra"];
        only(step, &[&agents[..], &all].concat());
        assert_eq!(step["step_id"], number);
        let source = step["source"].as_str().expect("a source");
        assert!(["user", "agent", "system"].contains(&source), "{source}");
        assert!(source == "agent" || agents.iter().all(|name| step[name].is_null()), "{step}");
        assert!(step["message"].is_string());
        let calls = step["tool_calls"].as_array().cloned().unwrap_or_default();
        for call in &calls {
            only(call, &["tool_call_id", "function_name", "arguments", "extra"]);
            assert!(
                call["tool_call_id"].is_string() && call["function_name"].is_string() && call["arguments"].is_object()
            );
        }
        let ids: HashSet<&str> = calls.iter().filter_map(|call| call["tool_call_id"].as_str()).collect();
        for result in step["observation"]["results"].as_array().into_iter().flatten() {
            only(result, &["source_call_id", "content", "extra"]);
            assert!(result["content"].is_string());
            assert!(result["source_call_id"].as_str().is_none_or(|id| ids.contains(id)), "{step}");
        }
    }
    assert_eq!(document["final_metrics"]["total_steps"], steps.len());
}

/// All texts of a value.
fn texts<'v>(value: &'v Value, into: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => into.push(text),
        Value::Array(values) => values.iter().for_each(|value| texts(value, into)),
        Value::Object(fields) => fields.values().for_each(|value| texts(value, into)),
        _ => {}
    }
}

/// Everything that was said, thought, called and given back on the path stands in the document, as often.
fn nothing_is_missing(lines: &[Vec<u8>], document: &Value) {
    let read: Vec<Value> = lines.iter().filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let mut there = Vec::new();
    texts(document, &mut there);
    let all = there.join("\u{1}");
    let (mut calls, mut agents) = (0, 0);
    for entry in &read {
        let message = &entry["message"];
        agents += usize::from(entry["type"] == "message" && message["role"] == "assistant");
        let blocks = message["content"].as_array().cloned().unwrap_or_default();
        for block in &blocks {
            calls += usize::from(
                message["role"] == "assistant" && ["toolCall", "tool_use"].iter().any(|kind| block["type"] == *kind),
            );
            for name in ["text", "thinking"] {
                assert!(block[name].as_str().is_none_or(|text| all.contains(text)), "{block}");
            }
        }
        assert!(message["content"].as_str().is_none_or(|text| all.contains(text)), "{entry}");
        assert!(entry["summary"].as_str().is_none_or(|text| all.contains(text)), "{entry}");
    }
    let steps = document["steps"].as_array().expect("steps");
    let of_calls: usize = steps.iter().map(|step| step["tool_calls"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!(of_calls, calls);
    assert_eq!(steps.iter().filter(|step| step["source"] == "agent").count(), agents);
}

#[test]
fn a_path_is_a_valid_document_in_which_nothing_is_missing() {
    let mut checked = 0;
    for seed in 0..60 {
        let log = tree_v3(LogShape { entries: 40, branch_percent: 15, ..LogShape::default() }, seed);
        let log = if seed % 3 == 2 { damage(&log, &mut random(seed)) } else { log };
        let dir = LogDir::new(&log);
        let Ok(session) = Session::read(&dir.log()) else { continue };
        drop(session);
        let lines = path_of(&dir.log());
        let Some(document) = document(&lines) else { continue };
        check(&document);
        if seed % 3 != 2 {
            nothing_is_missing(&lines, &document);
        }
        checked += 1;
    }
    assert!(checked > 45, "{checked}");
}

#[test]
fn sessions_from_jcode_too() {
    for seed in 1..12 {
        let home = homes::home();
        let v1 = generate(Shape::Both, 12, &mut ModelRng::new(seed));
        v1.write_to(&home.path().join("sessions"), "session_v").expect("written");
        let lines = path_of(&home.path().join("sessions/session_v.json"));
        if let Some(document) = document(&lines) {
            check(&document);
            nothing_is_missing(&lines, &document);
        }
    }
}

#[test]
fn results_stand_with_their_calls() {
    let message = |id: &str, message: Value| {
        json!({"type": "message", "id": id, "timestamp": "2026-03-01T08:00:00.000Z", "message": message})
            .to_string()
            .into_bytes()
    };
    let result = |id: &str, text: &str| {
        message(
            "r",
            json!({"role": "toolResult", "toolCallId": id, "content": [{"type": "text", "text": text}], "isError": text == "no"}),
        )
    };
    let lines = vec![
        message("u", json!({"role": "user", "content": "do it"})),
        br#"{"type":"model_change","id":"m","modelId":"big"}"#.to_vec(),
        message(
            "a",
            json!({"role": "assistant", "model": "big", "content": [
            {"type": "thinking", "thinking": "hm"}, {"type": "toolCall", "id": "c1", "name": "read", "arguments": {"path": "x"}},
            {"type": "tool_use", "name": "bash", "input": "{\"command\":\"ls\"}"}, {"type": "text", "text": "so"}],
            "usage": {"input": 10, "output": 2, "cacheRead": 5, "cacheWrite": 1, "cost": {"total": 0.5}}}),
        ),
        result("c1", "no"),
        result("gone", "late"),
        br#"{"type":"compaction","id":"k","summary":"all of it","tokensBefore":9}"#.to_vec(),
        br#"{"type":"label","id":"l","targetId":"u","label":"x"}"#.to_vec(),
    ];
    let document = document(&lines).expect("steps");
    check(&document);
    let steps = document["steps"].as_array().expect("steps");
    assert_eq!(steps.len(), 4, "{document}");
    let agent = &steps[1];
    assert_eq!(
        (&agent["model_name"], &agent["reasoning_content"], &agent["message"]),
        (&json!("big"), &json!("hm"), &json!("so"))
    );
    assert_eq!(
        agent["tool_calls"][1],
        json!({"tool_call_id": "a:2", "function_name": "bash", "arguments": {"command": "ls"}})
    );
    assert_eq!(
        agent["observation"]["results"],
        json!([{"source_call_id": "c1", "content": "no", "extra": {"is_error": true}}])
    );
    assert_eq!(
        agent["metrics"],
        json!({"prompt_tokens": 16, "completion_tokens": 2, "cached_tokens": 5, "cost_usd": 0.5, "extra": {"cache_write_tokens": 1}})
    );
    assert_eq!(agent["extra"]["entries_before"][0]["modelId"], "big");
    let lost = &steps[2];
    assert_eq!(
        (&lost["source"], &lost["observation"]["results"][0]["extra"]["source_call_id"]),
        (&json!("system"), &json!("gone"))
    );
    assert_eq!((&steps[3]["message"], &steps[3]["extra"]["tokensBefore"]), (&json!("all of it"), &json!(9)));
    assert_eq!(document["extra"]["entries"][0]["label"], "x");
    assert_eq!(document["final_metrics"]["total_prompt_tokens"], 16);
}
