//! Transcripts of Claude Code: nothing of one is lost, nothing is off the active path but what the user went back
//! behind, and a model could go on from it.

use super::{lines, show, shows_all};
use jcode_session_tests::effort::cases;
use jcode_session_tests::generate::agents::{LineDamage, claude_code, claude_code_sub_agent, damaged_lines};
use jcode_session_tests::generate::random;
use jcode_session_tests::oracle::agents::read_claude_code;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::HashSet;

const NAME: &str = "claude-code";

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn nothing_is_lost_and_the_active_path_is_the_conversation(seed in any::<u64>(), turns in 1usize..14) {
        let source = claude_code(turns, seed);
        let expected = read_claude_code(&source);
        let (shown, _, findings) = show(&source, NAME);
        prop_assert!(findings.iter().all(|finding| !finding.is_error()), "{:?}", findings);

        shows_all(&shown, &expected)?;
        prop_assert_eq!(shown.sources().len(), expected.records.len());
        prop_assert_eq!(shown.count("assistant"), expected.responses);
        let path = shown.active_path();
        let prompts = path.iter().filter(|entry| {
            entry.role() == Some("user") && {
                let (at, len) = entry.sources[0];
                let record: Value = serde_json::from_slice(&source[at..at + len]).expect("JSON");
                record["type"] == "user" && !record.to_string().contains("tool_result")
            }
        });
        let prompts: Vec<String> = prompts.map(|entry| entry.texts()[0].clone()).collect();
        prop_assert_eq!(prompts, expected.live_prompts);
    }

    /// What is no rule's is there as it was written.
    #[test]
    fn records_without_a_rule_stand_in_custom_entries(seed in any::<u64>()) {
        let source = claude_code(6, seed);
        let (shown, _, _) = show(&source, NAME);
        let customs = shown.entries.iter().filter(|entry| entry.kind == "custom");
        for entry in customs.filter(|entry| entry.value["customType"] != "claude-code/leaf") {
            let (at, len) = entry.sources[0];
            let record: Value = serde_json::from_slice(&source[at..at + len]).expect("JSON");
            prop_assert_eq!(&entry.value["data"], &record);
            let kind = if record["isMeta"] == true { "meta" } else { record["type"].as_str().expect("a kind") };
            prop_assert_eq!(&entry.value["customType"], &Value::from(format!("claude-code/{kind}")));
        }
    }

    /// The log of a source that grew is that of before and more, but for what its end left open.
    #[test]
    fn ids_stay_when_a_source_grows(seed in any::<u64>()) {
        let source = claude_code(8, seed);
        let lines: Vec<&[u8]> = source.split_inclusive(|&byte| byte == b'\n').collect();
        let (all, _, _) = show(&source, NAME);
        let ids: HashSet<&str> = all.entries.iter().map(|entry| entry.id.as_str()).collect();
        for count in 1..lines.len() {
            let part = lines[..count].concat();
            if part.windows(7).any(|bytes| bytes == b"\"uuid\":") {
                let (part, _, _) = show(&part, NAME);
                let gone = part.entries.iter().filter(|entry| !ids.contains(entry.id.as_str()));
                let gone: Vec<_> = gone.filter(|entry| entry.value["customType"] != "claude-code/leaf").collect();
                // A boundary is shown as it stands until its summary comes.
                prop_assert!(gone.is_empty(), "{:?}", gone);
            }
        }
    }

    #[test]
    fn damaged_lines_hide_nothing(seed in any::<u64>(), turns in 1usize..10) {
        let (source, damage) = damaged_lines(&claude_code(turns, seed), &mut random(seed));
        let expected = read_claude_code(&source);
        let (shown, _, findings) = show(&source, NAME);
        let sources = shown.sources();
        for span in &expected.records {
            prop_assert!(sources.contains(span), "{:?} is shown nowhere", span);
        }
        let glued = damage.iter().filter(|(_, damage)| *damage == LineDamage::Glued).count();
        prop_assert!(sources.len() >= expected.records.len() + glued, "whole records in one line are read");
        let found = findings.iter().filter(|finding| finding.code != jcode_session_core::finding::Code::MissingParent);
        prop_assert!(found.count() >= damage.len(), "{:?} of {:?}", findings, damage);
        prop_assert!(findings.iter().all(|finding| !finding.message.contains("repair")));
    }

    #[test]
    fn any_bytes_behind_a_sign_are_read(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let source = [br#"{"type":"mode","sessionId":"s","mode":"normal"}"#, &b"\n"[..], &bytes].concat();
        let detected = jcode_session_core::dialect::detect(&jcode_session_core::source::SliceSource(&source));
        if detected.is_ok_and(|detected| detected.dialect.name() == NAME) {
            let text = String::from_utf8_lossy(&source);
            if text.as_bytes() == source {
                show(&source, NAME);
            }
        }
    }
}

#[test]
fn the_file_of_a_sub_agent_is_a_session_of_its_own() {
    let source = claude_code_sub_agent(3);
    let (shown, _, _) = show(&source, NAME);
    let parent = shown.header["parentSession"].as_str().expect("a parent");
    assert_eq!(shown.header["id"], format!("{parent}.agent-a1b2c3"));
    assert_eq!(shown.active_path().len(), shown.entries.len(), "its records are the conversation");
}

fn said(uuid: &str, parent: Option<&str>, kind: &str, message: Value) -> Value {
    json!({"type": kind, "uuid": uuid, "parentUuid": parent, "sessionId": "s", "message": message,
        "timestamp": "2026-01-01T00:00:00.000Z"})
}

/// Where the conversation was: chosen, noted, cleared.
#[test]
fn the_last_entry_is_where_the_conversation_was() {
    let user = |text: &str| json!({"role": "user", "content": text});
    let answer = |id: &str| json!({"id": id, "role": "assistant", "content": [{"type": "text", "text": id}]});
    let base = [
        said("a", None, "user", user("one")),
        said("b", Some("a"), "assistant", answer("m1")),
        said("c", Some("b"), "user", user("two")),
        said("d", Some("c"), "assistant", answer("m2")),
    ];
    let leaf_of = |more: &[Value]| {
        let (shown, _, _) = show(&lines([&base, more].concat()), NAME);
        let path = shown.active_path();
        path.iter().rev().find(|entry| entry.kind == "message").map(|entry| entry.id.clone())
    };
    let noted = json!({"type": "last-prompt", "sessionId": "s", "leafUuid": "b"});
    let chosen = json!({"type": "last-prompt", "sessionId": "s", "leafUuid": "b", "explicit": true});
    let cleared = json!({"type": "last-prompt", "sessionId": "s", "leafUuid": null, "explicit": true});
    let silent = json!({"type": "last-prompt", "sessionId": "s", "lastPrompt": "x"});
    let more = said("e", Some("d"), "assistant", answer("m3"));
    assert_eq!(leaf_of(&[]).as_deref(), Some("d"));
    assert_eq!(leaf_of(std::slice::from_ref(&noted)).as_deref(), Some("b"));
    assert_eq!(leaf_of(&[noted.clone(), silent]).as_deref(), Some("b"), "a line that names none says nothing");
    assert_eq!(leaf_of(&[noted, more.clone()]).as_deref(), Some("e"), "what was said behind it is newer");
    assert_eq!(leaf_of(&[chosen.clone(), more]).as_deref(), Some("b"));
    assert_eq!(leaf_of(&[chosen.clone(), said("f", Some("b"), "user", user("three"))]).as_deref(), Some("f"));
    assert_eq!(leaf_of(&[chosen, cleared]).as_deref(), Some("d"));
}

#[test]
fn a_compaction_is_one_entry_and_keeps_what_it_names() {
    let user = |text: &str| json!({"role": "user", "content": text});
    let boundary = json!({"type": "system", "subtype": "compact_boundary", "uuid": "k", "parentUuid": null,
        "logicalParentUuid": "b", "sessionId": "s", "timestamp": "2026-01-01T00:00:00.000Z",
        "compactMetadata": {"preTokens": 77, "preservedSegment": {"headUuid": "b"}}});
    let mut summary = said("m", Some("k"), "user", user("in short"));
    summary["isCompactSummary"] = true.into();
    let source = lines(&[
        said("a", None, "user", user("one")),
        said("b", Some("a"), "user", user("two")),
        boundary,
        summary,
        said("c", Some("m"), "user", user("three")),
    ]);
    let (shown, _, _) = show(&source, NAME);
    assert_eq!(shown.entries.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), ["a", "b", "k", "c"]);
    let compaction = &shown.entries[2].value;
    assert_eq!((&compaction["type"], &compaction["summary"]), (&"compaction".into(), &"in short".into()));
    assert_eq!((&compaction["firstKeptEntryId"], &compaction["tokensBefore"]), (&"b".into(), &77.into()));
    assert_eq!(shown.active_path().len(), 4);
}

#[test]
fn titles_of_the_user_go_before_those_of_the_model() {
    let record = |kind: &str, key: &str, text: &str| json!({"type": kind, key: text, "sessionId": "s"});
    let source = lines(&[
        record("ai-title", "aiTitle", "first"),
        record("ai-title", "aiTitle", "first"),
        record("custom-title", "customTitle", "mine"),
        record("ai-title", "aiTitle", "second"),
    ]);
    let (shown, _, _) = show(&source, NAME);
    let names = shown.entries.iter().filter(|entry| entry.kind == "session_info");
    assert_eq!(names.map(|entry| entry.value["name"].as_str().expect("a name")).collect::<Vec<_>>(), ["first", "mine"]);
}
