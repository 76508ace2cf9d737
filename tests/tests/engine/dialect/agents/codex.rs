//! Rollouts of Codex: nothing of one is lost, what was taken back is a branch, and a model could go on from it.

use super::{holds_though_damaged, lines, show, shows_all};
use jcode_session_tests::effort::cases;
use jcode_session_tests::generate::agents::{codex, codex_sub_agent};
use jcode_session_tests::oracle::agents::read_codex;
use proptest::prelude::*;
use serde_json::{Value, json};

const NAME: &str = "codex";

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn nothing_is_lost_and_the_active_path_is_the_conversation(seed in any::<u64>(), turns in 1usize..14) {
        let source = codex(turns, seed);
        let expected = read_codex(&source);
        let (shown, _, findings) = show(&source, NAME);
        prop_assert!(findings.is_empty(), "{:?}", findings);

        shows_all(&shown, &expected)?;
        prop_assert_eq!(shown.sources().len(), expected.records.len());
        let path = shown.active_path();
        let prompts = path.iter().filter(|entry| entry.role() == Some("user")).map(|entry| entry.texts()[0].clone());
        prop_assert_eq!(prompts.collect::<Vec<_>>(), expected.live_prompts);
    }

    #[test]
    fn records_without_a_rule_stand_in_custom_entries(seed in any::<u64>()) {
        let source = codex(6, seed);
        let (shown, _, _) = show(&source, NAME);
        for entry in shown.entries.iter().filter(|entry| entry.kind == "custom") {
            let (at, len) = entry.sources[0];
            let record: Value = serde_json::from_slice(&source[at..at + len]).expect("JSON");
            prop_assert_eq!(&entry.value["data"], &record);
            let kind = record["type"].as_str().unwrap_or("session_meta");
            prop_assert_eq!(&entry.value["customType"], &Value::from(format!("codex/{kind}")));
        }
    }

    #[test]
    fn damaged_lines_hide_nothing(seed in any::<u64>(), turns in 1usize..10) {
        holds_though_damaged(&codex(turns, seed), seed, NAME)?;
    }
}

#[test]
fn a_sub_agent_names_its_parent() {
    let (shown, _, _) = show(&codex_sub_agent(3), NAME);
    assert_eq!(
        (&shown.header["parentSession"], &shown.header["metadata"]["subAgent"]),
        (&"the-parent".into(), &true.into())
    );
}

fn record(kind: &str, payload: Value) -> Value {
    json!({"timestamp": "2026-01-01T00:00:00Z", "type": kind, "payload": payload})
}

#[test]
fn a_response_has_the_tokens_that_are_counted_behind_it_and_the_model_of_its_turn() {
    let usage = json!({"input_tokens": 20, "cached_input_tokens": 5, "output_tokens": 7});
    let source = lines(&[
        record("session_meta", json!({"id": "c", "cwd": "/w", "model_provider": "p"})),
        record("turn_context", json!({"model": "m"})),
        record(
            "response_item",
            json!({"type": "function_call", "call_id": "1", "name": "a", "arguments": "{\"x\": 1}"}),
        ),
        record("response_item", json!({"type": "custom_tool_call", "call_id": "2", "name": "b", "input": "plain"})),
        record("response_item", json!({"type": "function_call_output", "call_id": "2", "output": "two"})),
        record("response_item", json!({"type": "function_call_output", "call_id": "1", "output": "one"})),
        record("event_msg", json!({"type": "token_count", "info": {"last_token_usage": usage}})),
    ]);
    let (shown, _, _) = show(&source, NAME);
    let response = shown.entries.iter().find(|entry| entry.role() == Some("assistant")).expect("one");
    let message = &response.value["message"];
    assert_eq!((&message["provider"], &message["model"]), (&"p".into(), &"m".into()));
    assert_eq!((&message["usage"]["input"], &message["usage"]["cacheRead"]), (&15.into(), &5.into()));
    assert_eq!(message["content"][0]["arguments"], json!({"x": 1}));
    assert_eq!(message["content"][1]["arguments"], json!({"input": "plain"}));
    let kinds: Vec<&str> = shown.entries.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(kinds, ["custom", "custom", "model_change", "message", "message", "message", "custom"]);
}

#[test]
fn what_was_taken_back_is_a_branch() {
    let prompt = |text: &str| {
        record(
            "response_item",
            json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}),
        )
    };
    let source = lines(&[
        record("session_meta", json!({"id": "c", "cwd": "/w"})),
        prompt("one"),
        prompt("two"),
        record("event_msg", json!({"type": "thread_rolled_back", "num_turns": 1})),
        prompt("three"),
    ]);
    let (shown, _, _) = show(&source, NAME);
    let path = shown.active_path();
    let said: Vec<String> = path.iter().flat_map(|entry| entry.texts()).collect();
    assert_eq!(said, ["one", "three"]);
    assert_eq!(shown.entries.len(), 5, "what was taken back is there");
}
