//! Events of Copilot CLI: one after the other, sub-agents beside them, results behind their calls.

use super::{holds, holds_though_damaged, lines, show};
use jcode_session_tests::effort::cases;
use jcode_session_tests::generate::agents::copilot;
use jcode_session_tests::oracle::agents::read_copilot;
use proptest::prelude::*;
use serde_json::{Value, json};

const NAME: &str = "copilot";

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn nothing_is_lost_and_the_active_path_is_the_conversation(seed in any::<u64>(), turns in 1usize..14) {
        let source = copilot(turns, seed);
        holds(&source, NAME, &read_copilot(&source))?;
    }

    #[test]
    fn damaged_lines_hide_nothing(seed in any::<u64>(), turns in 1usize..10) {
        holds_though_damaged(&copilot(turns, seed), seed, NAME)?;
    }
}

fn event(id: &str, kind: &str, data: Value) -> Value {
    json!({"type": kind, "id": id, "parentId": null, "timestamp": "2026-01-01T00:00:00Z", "data": data})
}

fn start() -> Value {
    event("s", "session.start", json!({"sessionId": "c", "selectedModel": "m", "context": {"cwd": "/w"}}))
}

#[test]
fn what_a_sub_agent_does_is_beside_the_conversation() {
    let mut inner = event("i", "assistant.message", json!({"content": "inner"}));
    inner["agentId"] = "helper".into();
    let source = [
        start(),
        event("u", "user.message", json!({"content": "one"})),
        inner,
        event("a", "assistant.message", json!({"content": "outer"})),
    ];
    let (shown, _, _) = show(&lines(&source), NAME);
    let said: Vec<String> = shown.active_path().iter().flat_map(|entry| entry.texts()).collect();
    assert_eq!(said, ["one", "outer"]);
    let inner = shown.entries.iter().find(|entry| entry.id == "i").expect("shown");
    assert_eq!(inner.parent, None);
    assert_eq!((&shown.header["id"], &shown.header["cwd"]), (&"c".into(), &"/w".into()));
}

/// A call that nothing asked for is one; what ends without a beginning, or twice, is no result.
#[test]
fn calls_and_results_pair() {
    let began = |id: &str, call: &str| event(id, "tool.execution_start", json!({"toolCallId": call, "toolName": "t"}));
    let ended = |id: &str, call: &str| {
        event(id, "tool.execution_complete", json!({"toolCallId": call, "success": true, "result": {"content": id}}))
    };
    let source = [start(), began("a", "x"), ended("b", "x"), ended("c", "x"), ended("d", "nobody"), began("e", "x")];
    let (shown, _, _) = show(&lines(&source), NAME);
    assert_eq!((shown.calls(), shown.count("toolResult"), shown.entries.len()), (1, 1, 7));
    let response = shown.entries.iter().find(|entry| entry.id == "a").expect("shown");
    assert_eq!((&response.value["message"]["model"], response.calls()), (&"m".into(), vec!["x".to_string()]));
}

#[test]
fn a_failed_call_says_so() {
    let request = json!({"toolCallId": "x", "name": "t", "arguments": "text"});
    let failed = json!({"toolCallId": "x", "success": false, "error": {"message": "no"}});
    let source = [
        start(),
        event("a", "assistant.message", json!({"content": "", "toolRequests": [request]})),
        event("b", "tool.execution_complete", failed),
    ];
    let (shown, _, _) = show(&lines(&source), NAME);
    let result = &shown.entries.last().expect("entries").value["message"];
    assert_eq!((&result["isError"], &result["content"][0]["text"]), (&true.into(), &"no".into()));
}
