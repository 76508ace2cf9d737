//! Sessions of Gemini CLI: a message is one entry, however often it was written; what was taken back is a branch.

use super::{holds, holds_though_damaged, lines, show};
use jcode_session_tests::effort::cases;
use jcode_session_tests::generate::agents::{gemini, gemini_document};
use jcode_session_tests::oracle::agents::read_gemini;
use proptest::prelude::*;
use serde_json::{Value, json};

const NAME: &str = "gemini";

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn nothing_is_lost_and_the_active_path_is_the_conversation(seed in any::<u64>(), turns in 1usize..14) {
        let source = gemini(turns, seed);
        holds(&source, NAME, &read_gemini(&source))?;
    }

    #[test]
    fn a_document_is_shown_as_its_lines_would_be(seed in any::<u64>(), turns in 1usize..14) {
        let source = gemini_document(turns, seed);
        holds(&source, NAME, &read_gemini(&source))?;
        let document: Value = serde_json::from_slice(&source).expect("JSON");
        let (shown, _, _) = show(&source, NAME);
        let data = &shown.entries[0].value["data"];
        prop_assert_eq!((&data["messages"], &data["sessionId"]), (&json!([]), &document["sessionId"]));
        for entry in &shown.entries[1..] {
            let (at, len) = entry.sources[0];
            let message: Value = serde_json::from_slice(&source[at..at + len]).expect("a message, or the document");
            prop_assert!(entry.kind == "session_info" || message["id"].is_string(), "{}", message);
        }
    }

    #[test]
    fn damaged_lines_hide_nothing(seed in any::<u64>(), turns in 1usize..10) {
        holds_though_damaged(&gemini(turns, seed), seed, NAME)?;
    }
}

fn message(id: &str, kind: &str, said: &str) -> Value {
    json!({"id": id, "timestamp": "2026-01-01T00:00:01Z", "type": kind, "content": said})
}

fn session() -> Value {
    json!({"sessionId": "g", "projectHash": "h", "startTime": "2026-01-01T00:00:00Z", "lastUpdated": "x"})
}

fn said(source: &[Value]) -> Vec<String> {
    let (shown, _, _) = show(&lines(source), NAME);
    let path = shown.active_path();
    path.iter().flat_map(|entry| entry.texts()).collect()
}

#[test]
fn what_is_taken_back_is_a_branch() {
    let base = [session(), message("a", "user", "one"), message("b", "gemini", "1"), message("c", "user", "two")];
    let with = |more: &[Value]| said(&[&base, more].concat());
    assert_eq!(with(&[json!({"$rewindTo": "c"})]), ["one", "1"]);
    assert_eq!(with(&[json!({"$rewindTo": "b"}), message("d", "user", "three")]), ["one", "three"]);
    assert_eq!(with(&[json!({"$rewindTo": "nobody"}), message("d", "user", "three")]), ["three"]);
    let again = with(&[json!({"$rewindTo": "c"}), message("c", "user", "anew")]);
    assert_eq!(again, ["one", "1", "anew"], "an id that was taken back may come again");
}

#[test]
fn a_list_of_messages_takes_the_place_of_those_before() {
    let base = [session(), message("a", "user", "one"), message("b", "gemini", "1"), message("c", "user", "two")];
    let with = |messages: Value| said(&[&base[..], &[json!({"$set": {"messages": messages}})]].concat());
    let (a, b, c) = (base[1].clone(), base[2].clone(), base[3].clone());
    assert_eq!(with(json!([a, b, c])), ["one", "1", "two"]);
    assert_eq!(with(json!([a, message("b", "gemini", "longer"), c])), ["one", "longer", "two"]);
    assert_eq!(with(json!([a])), ["one"]);
    assert_eq!(with(json!([message("s", "user", "in short"), c])), ["in short", "two"]);
    assert_eq!(with(json!([])), ["one", "1", "two"], "none says nothing");
}

#[test]
fn all_states_of_a_message_are_parts_of_its_entry() {
    let source = [session(), message("a", "gemini", "1"), message("a", "gemini", "12"), message("a", "gemini", "123")];
    let (shown, _, _) = show(&lines(&source), NAME);
    let entry = shown.entries.iter().find(|entry| entry.id == "a").expect("shown");
    assert_eq!((entry.texts(), entry.sources.len()), (vec!["123".to_string()], 3));
    assert_eq!(shown.count("assistant"), 1);
}

/// The head of a file that is longer than what is looked at tells enough.
#[test]
fn a_long_document_is_known() {
    let mut document = session();
    let messages = (0..400).map(|n| message(&format!("m{n}"), "user", &"long ".repeat(1000)));
    document["messages"] = messages.collect::<Vec<_>>().into();
    let source = format!("{document:#}").into_bytes();
    assert!(source.len() > 1 << 20);
    let (shown, _, _) = show(&source, NAME);
    assert_eq!(shown.count("user"), 400);
}

#[test]
fn what_the_program_says_in_the_place_of_a_prompt_is_marked() {
    let (shown, _, _) = show(&lines(&[session(), message("a", "user", "<session_context>\nhere")]), NAME);
    assert_eq!(shown.entries.last().expect("one").value["injected"], true);
}
