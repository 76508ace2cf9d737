//! Sessions of OpenCode, as their rows are written down: steps are messages, results stand behind their calls.

use super::{holds, holds_though_damaged, lines, show};
use jcode_session_tests::effort::cases;
use jcode_session_tests::generate::agents::opencode;
use jcode_session_tests::oracle::agents::read_opencode;
use proptest::prelude::*;
use serde_json::{Value, json};

const NAME: &str = "opencode";

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn nothing_is_lost_and_the_active_path_is_the_conversation(seed in any::<u64>(), turns in 1usize..14) {
        let source = opencode(turns, seed);
        holds(&source, NAME, &read_opencode(&source))?;
    }

    #[test]
    fn damaged_lines_hide_nothing(seed in any::<u64>(), turns in 1usize..10) {
        holds_though_damaged(&opencode(turns, seed), seed, NAME)?;
    }
}

fn answer(parts: Value) -> Vec<u8> {
    let parts: Vec<Value> = parts.as_array().expect("parts").iter().map(|data| json!({"data": data})).collect();
    let session =
        json!({"type": "opencode_session", "id": "ses_1", "parent_id": "ses_0", "directory": "/", "title": "t"});
    let data = json!({"role": "assistant", "modelID": "m", "error": {"name": "MessageAbortedError"}});
    lines(&[session, json!({"type": "opencode_message", "id": "a", "time_created": 5, "data": data, "parts": parts})])
}

#[test]
fn an_aborted_response_that_made_calls_is_still_sent_with_their_results() {
    let tool = json!({"type": "tool", "callID": "c", "tool": "t", "state": {"status": "completed", "output": "o"}});
    let stop_of = |parts: Value| {
        let (shown, _, _) = show(&answer(parts), NAME);
        let answer = shown.entries.iter().find(|entry| entry.id == "a").expect("shown").value.clone();
        answer["message"]["stopReason"].as_str().expect("a reason").to_string()
    };
    assert_eq!(stop_of(json!([{"type": "text", "text": "x"}])), "aborted");
    assert_eq!(stop_of(json!([tool])), "toolUse");
}

#[test]
fn what_was_run_for_another_session_names_it_and_the_root_is_no_directory() {
    let (shown, _, _) = show(&answer(json!([])), NAME);
    assert_eq!((&shown.header["parentSession"], &shown.header["cwd"]), (&"ses_0".into(), &"".into()));
    assert_eq!(shown.header["metadata"]["subAgent"], true);
    assert_eq!(shown.entries[1].value["name"], "t");
}
