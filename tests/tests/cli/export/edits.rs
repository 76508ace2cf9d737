//! Edits of the context: the last on a path holds, on that path.

use super::harness::page;
use jcode_session_native::session::{Edited, Edits, Session};
use jcode_session_tests::files::LogDir;
use jcode_session_tests::generate::random;
use jcode_session_tests::program::run;
use proptest::prelude::*;
use rand::RngExt;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const HEADER: &str = r#"{"type":"session","version":3,"id":"s","timestamp":"2026-01-01T00:00:00Z","cwd":"/w"}"#;

fn log_of(entries: &[Value]) -> Vec<u8> {
    let lines = entries.iter().map(ToString::to_string);
    [HEADER.to_string()].into_iter().chain(lines).flat_map(|line| format!("{line}\n").into_bytes()).collect()
}

fn entry(kind: &str, id: &str, parent: Option<&str>, more: Value) -> Value {
    let mut entry = json!({"type": kind, "id": id, "parentId": parent, "timestamp": "2026-01-01T00:00:01Z"});
    let fields = entry.as_object_mut().expect("an object");
    fields.extend(more.as_object().cloned().unwrap_or_default());
    entry
}

fn said(id: &str, parent: Option<&str>, role: &str, content: &Value) -> Value {
    entry("message", id, parent, json!({"message": {"role": role, "content": content, "timestamp": 7}}))
}

fn edit(id: &str, parent: &str, target: &str, replacement: &Value) -> Value {
    entry("context_edit", id, Some(parent), json!({"targetId": target, "replacement": replacement}))
}

/// Two branches: one on which the first message is edited twice and the second left out, one without an edit.
fn two_branches() -> Vec<u8> {
    log_of(&[
        said("u1", None, "user", &json!("the key is 1234")),
        said("a1", Some("u1"), "assistant", &json!([{"type": "text", "text": "a long answer"}])),
        entry("custom_message", "c1", Some("a1"), json!({"customType": "hint", "content": "a hint", "display": true})),
        said("plain", Some("c1"), "user", &json!("goes on without edits")),
        edit("x1", "c1", "u1", &json!({"content": "the key is hidden"})),
        edit("x2", "x1", "a1", &Value::Null),
        edit("x3", "x2", "u1", &json!({"content": [{"type": "text", "text": "the key is <b>gone</b>"}]})),
        edit("x4", "x3", "c1", &json!({"content": "another hint"})),
        said("end", Some("x4"), "user", &json!("go on")),
    ])
}

#[test]
fn a_path_shows_what_its_last_edits_left() {
    let dir = LogDir::new(&two_branches());
    let log = dir.log().to_string_lossy().into_owned();
    let show = |args: &[&str]| {
        let shown = run(dir.folder(), ["show", &log].iter().chain(args));
        assert_eq!((shown.code, shown.stderr.as_str()), (0, ""));
        shown.text()
    };
    // The head has a title, which is the first prompt.
    let behind = |page: String, head: &str| page.split_once(head).expect("a head").1.to_string();
    for sidecar in [false, true] {
        if sidecar {
            dir.update();
        }
        let html = behind(page(&two_branches(), "html").replace("&lt;", "<").replace("&gt;", ">"), "<main>");
        assert!(page(&two_branches(), "html").contains("<title>the key is &lt;b&gt;gone&lt;/b&gt;</title>"));
        let markdown = behind(page(&two_branches(), "markdown").replace('\\', ""), "\n## ");
        for shown in [show(&[]), show(&["--tail", "20"]), show(&["--path", "end"]), html, markdown] {
            for there in [
                "the key is <b>gone</b>",
                "another hint",
                "left out of the context by the edit x2",
                "replaced by the edit x3",
                "go on",
            ] {
                assert_eq!(shown.matches(there).count(), 1, "{there}: {shown}");
            }
            for gone in ["1234", "the key is hidden", "a long answer", "a hint"] {
                assert!(!shown.contains(gone), "{gone}: {shown}");
            }
            assert!(shown.contains("u1: edited, but a later edit holds"), "{shown}");
        }
        let other = show(&["--path", "plain"]);
        assert!(other.contains("1234") && other.contains("a long answer") && !other.contains("hidden"), "{other}");
        // Before the second edit the first one holds.
        assert!(show(&["--path", "x1"]).contains("the key is hidden"));
        // A page without the target shows what the edit puts there.
        assert!(show(&["--tail", "2"]).contains("c1: replaced\n  another hint"));
        let all = show(&["--file-order"]);
        for both in ["1234", "the key is hidden", "the key is <b>gone</b>", "a long answer", "a hint", "another hint"] {
            assert!(all.contains(both), "{both}: {all}");
        }
        assert!(show(&["--entry", "u1"]).contains("1234"));
        // The raw lines stay as they are.
        let lines = String::from_utf8(two_branches()).expect("UTF-8");
        let raw: Vec<String> = show(&["--json"]).lines().map(String::from).collect();
        assert!(raw.iter().all(|line| lines.lines().any(|own| own == line)) && raw.len() == 8);
    }
}

#[test]
fn a_first_page_knows_its_edits_and_pages_before_it_get_them() {
    let dir = LogDir::new(&two_branches());
    let session = Session::read(&dir.log()).expect("readable");
    let resume = session.resume(4).expect("a page");
    let mut edits = resume.edits.clone();
    assert!(resume.page.iter().all(|entry| edits.apply(&entry.line) == Edited::No));
    let older = session.before("x2", 9).expect("a page");
    edits.put_before(Edits::of(older.iter().map(|entry| &*entry.line)));
    let shown: Vec<String> = older
        .iter()
        .map(|entry| match edits.apply(&entry.line) {
            Edited::Replaced { by, line } => format!("{by} {}", String::from_utf8_lossy(&line)),
            Edited::LeftOut { by } => format!("{by} left out"),
            Edited::No => "as it is".into(),
        })
        .collect();
    assert!(shown[0].starts_with("x3 ") && shown[0].contains("<b>gone</b>") && !shown[0].contains("1234"), "{shown:?}");
    assert_eq!(shown[1], "x2 left out");
    assert!(shown[2].starts_with("x4 ") && shown[2].contains("\"content\":\"another hint\""), "{shown:?}");
    assert_eq!(shown[3], "as it is");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// The model: a map from targets to the last edit, applied to values instead of bytes.
    #[test]
    fn edited_lines_are_what_a_map_of_edits_gives(seed: u64) {
        let rng = &mut random(seed);
        let roles = ["user", "assistant", "toolResult", "custom", "system", "narrator"];
        let contents = [Value::Null, json!("x\n\"y\""), json!([{"type": "text", "text": "{\"content\":1}"}]), json!(7)];
        let mut entries: Vec<Value> = Vec::new();
        let mut model: BTreeMap<String, Option<Value>> = BTreeMap::new();
        for number in 0..rng.random_range(2..20_usize) {
            let id = format!("e{number}");
            let parent = number.checked_sub(1).map(|before| format!("e{before}"));
            let pick = rng.random_range(0..contents.len());
            entries.push(match rng.random_range(0..4) {
                0 if number > 0 => {
                    let target = format!("e{}", rng.random_range(0..number));
                    let replacement = if rng.random_bool(0.3) { Value::Null } else { json!({"content": contents[pick]}) };
                    model.insert(target.clone(), replacement.get("content").cloned());
                    edit(&id, parent.as_deref().unwrap_or_default(), &target, &replacement)
                }
                1 => entry("custom_message", &id, parent.as_deref(), json!({"content": contents[pick], "customType": "t"})),
                _ => {
                    let role = roles[rng.random_range(0..roles.len())];
                    let mut said = said(&id, parent.as_deref(), role, &contents[pick]);
                    if rng.random_bool(0.2) {
                        said["message"].as_object_mut().expect("an object").remove("content");
                    }
                    said
                }
            });
        }
        let lines: Vec<Vec<u8>> = entries.iter().map(|entry| entry.to_string().into_bytes()).collect();
        let edits = Edits::of(lines.iter().map(|line| &**line));
        for (entry, line) in entries.iter().zip(&lines) {
            let role = entry["message"]["role"].as_str();
            let is_message = role.is_some() || entry["type"] == "custom_message";
            let held = model.get(entry["id"].as_str().expect("an id")).filter(|_| is_message);
            let editable = role.is_none_or(|role| ["user", "assistant", "toolResult", "custom"].contains(&role));
            match (edits.apply(line), held) {
                (Edited::No, None) => {}
                (Edited::No, Some(Some(_))) => prop_assert!(!editable, "{entry}"),
                (Edited::LeftOut { .. }, Some(None)) => {}
                (Edited::Replaced { line, .. }, Some(Some(content))) => {
                    prop_assert!(editable);
                    let mut expected = entry.clone();
                    if role.is_some() { expected["message"]["content"] = content.clone() } else { expected["content"] = content.clone() }
                    let got: Value = serde_json::from_slice(&line).expect("JSON");
                    // Where there was no content, it stands in another place.
                    prop_assert_eq!(sorted(&got), sorted(&expected));
                }
                (got, held) => prop_assert!(false, "{entry}: {got:?}, {held:?}"),
            }
        }
    }
}

/// The same for every order of fields.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<&String, String> = fields.iter().map(|(name, value)| (name, sorted(value))).collect();
            format!("{fields:?}")
        }
        value => value.to_string(),
    }
}
