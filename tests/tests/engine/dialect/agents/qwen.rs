//! Transcripts of Qwen Code: the links are the tree, results stand behind their calls.

use super::{holds, holds_though_damaged, lines, show};
use jcode_session_core::finding::Code;
use jcode_session_tests::effort::cases;
use jcode_session_tests::generate::agents::qwen;
use jcode_session_tests::oracle::agents::read_qwen;
use proptest::prelude::*;
use serde_json::{Value, json};

const NAME: &str = "qwen";

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn nothing_is_lost_and_the_active_path_is_the_conversation(seed in any::<u64>(), turns in 1usize..14) {
        let source = qwen(turns, seed);
        holds(&source, NAME, &read_qwen(&source))?;
    }

    #[test]
    fn damaged_lines_hide_nothing(seed in any::<u64>(), turns in 1usize..10) {
        holds_though_damaged(&qwen(turns, seed), seed, NAME)?;
    }
}

fn record(uuid: &str, parent: Option<&str>, kind: &str, parts: Value) -> Value {
    json!({"uuid": uuid, "parentUuid": parent, "sessionId": "q", "timestamp": "2026-01-01T00:00:00Z", "type": kind,
        "cwd": "/w", "message": {"role": "user", "parts": parts}})
}

fn call(id: &str) -> Value {
    json!({"functionCall": {"id": id, "name": "shell", "args": {}}})
}

fn result(id: &str) -> Value {
    json!({"functionResponse": {"id": id, "name": "shell", "response": {"output": id}}})
}

#[test]
fn a_rewind_to_a_response_goes_on_behind_its_results() {
    let source = lines(&[
        record("u", None, "user", json!([{"text": "one"}])),
        record("a", Some("u"), "assistant", json!([call("x"), call("y")])),
        record("r", Some("a"), "tool_result", json!([result("x")])),
        record("s", Some("r"), "tool_result", json!([result("y")])),
        record("v", Some("s"), "user", json!([{"text": "two"}])),
        record("w", Some("a"), "user", json!([{"text": "three"}])),
    ]);
    let (shown, _, _) = show(&source, NAME);
    let path: Vec<&str> = shown.active_path().iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(path, ["u", "a", "r", "s", "w"]);
    assert_eq!(shown.entries.len(), 6);
}

#[test]
fn a_record_whose_parent_is_lost_stays_where_it_is() {
    let source = lines(&[
        record("u", None, "user", json!([{"text": "one"}])),
        record("v", Some("lost"), "user", json!([{"text": "two"}])),
    ]);
    let (shown, _, findings) = show(&source, NAME);
    assert_eq!(shown.active_path().len(), 2);
    let missing = findings.iter().find(|finding| finding.code == Code::MissingParent).expect("told");
    assert!(!missing.is_error() && missing.entry_id.as_deref() == Some("v"), "{missing:?}");
}

/// Its first records are those of the session that it was forked from.
#[test]
fn a_fork_names_its_origin_and_a_sub_agent_its_parent() {
    let mut first = record("u", None, "user", json!([{"text": "one"}]));
    first["forkedFrom"] = json!({"sessionId": "origin", "messageUuid": "u"});
    assert_eq!(show(&lines(&[first]), NAME).0.header["parentSession"], "origin");
    let mut own = record("u", None, "user", json!([{"text": "one"}]));
    own["isSidechain"] = true.into();
    own["agentId"] = "helper".into();
    let (shown, _, _) = show(&lines(&[own.clone()]), NAME);
    assert_eq!((&shown.header["id"], &shown.header["parentSession"]), (&"q.agent-helper".into(), &"q".into()));
    own["uuid"] = "w".into();
    let (shown, _, _) = show(&lines(&[record("u", None, "user", json!([{"text": "one"}])), own]), NAME);
    let last = shown.entries.last().expect("entries");
    assert_eq!((&last.value["customType"], last.parent.as_deref()), (&"qwen/leaf".into(), Some("u")));
}

#[test]
fn a_record_that_is_written_again_is_no_second_message() {
    let prompt = record("u", None, "user", json!([{"text": "one"}]));
    let (shown, _, _) = show(&lines(&[prompt.clone(), prompt]), NAME);
    assert_eq!((shown.count("user"), shown.entries.len()), (1, 2));
}
