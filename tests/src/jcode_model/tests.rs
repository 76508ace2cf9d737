//! The model loads as jcode does: the fixtures, and each rule of section 8 on its own.

use super::*;
use serde_json::{Value, json};

const T0: &str = "2026-11-22T21:15:49.1Z";

fn message(id: &str) -> Value {
    json!({"id": id, "role": "user", "content": [{"type": "text", "text": "x"}]})
}

pub fn snapshot(ids: &[&str]) -> Value {
    let messages: Vec<Value> = ids.iter().map(|id| message(id)).collect();
    json!({"id": "s", "created_at": T0, "updated_at": T0, "title": "old", "save_label": "kept?",
        "route_api_method": "openai-api", "messages": messages})
}

/// A journal line that appends one message.
fn line(id: &str) -> Value {
    json!({"meta": {"title": "new", "updated_at": T0, "status": "Closed", "is_canary": false,
        "is_debug": false, "saved": true, "save_label": null}, "append_messages": [message(id)]})
}

fn files(snapshot: Value, journal: impl Into<Vec<u8>>) -> V1Files {
    V1Files { snapshot: Some(snapshot.to_string().into_bytes()), journal: Some(journal.into()), bak: None }
}

fn ids(session: &Value) -> Vec<&str> {
    let messages = session["messages"].as_array().unwrap();
    messages.iter().map(|m| m["id"].as_str().unwrap()).collect()
}

/// The ids of the messages after a replay of this journal over a snapshot with the one message `m`.
fn replayed(journal: impl Into<Vec<u8>>) -> Vec<String> {
    let session = load(&files(snapshot(&["m"]), journal)).unwrap();
    ids(&session)[1..].iter().map(|id| id.to_string()).collect()
}

fn edited(id: &str, edit: impl FnOnce(&mut Value)) -> String {
    let mut line = line(id);
    edit(&mut line);
    line.to_string()
}

#[test]
fn every_fixture_loads_as_jcode_loaded_it() {
    let Ok(root) = std::env::var("SESSION_FIXTURES") else {
        eprintln!("skipped: SESSION_FIXTURES is not set");
        return;
    };
    let dir = Path::new(&root).join("jcode");
    let (mut seen, mut damaged) = (0, 0);
    for file in std::fs::read_dir(&dir).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let Some(id) = name.strip_suffix(".loaded.json") else {
            continue;
        };
        let expected: Value = serde_json::from_slice(&std::fs::read(dir.join(&name)).unwrap()).unwrap();
        let files = V1Files::read_from(&dir.join("sessions"), id).unwrap();
        let loaded = load_with(&files, Rules::default()).unwrap();
        assert_eq!(normal_form(&loaded.session), normal_form(&expected), "{id}");
        // The normal form must not drop fields that should be compared.
        assert_eq!(normal_form(&expected), without_nulls(expected.clone()), "{id}");
        seen += 1;
        damaged += usize::from(loaded.bad_lines > 0);
    }
    assert_eq!((seen, damaged), (12, 3));
}

/// The fixtures hold no unknown field and no empty list. So their normal form is the file itself without the nulls of
/// optional fields (nulls in tool inputs stay).
fn without_nulls(mut session: Value) -> Value {
    fn strip(v: &mut Value) {
        match v {
            Value::Object(map) => {
                map.retain(|_, value| !value.is_null());
                map.iter_mut().filter(|(key, _)| *key != "input").for_each(|(_, value)| strip(value));
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut session);
    session
}

#[test]
fn meta_replaces_and_clears_but_the_route_stays() {
    let session = load(&files(snapshot(&["m"]), line("a").to_string())).unwrap();
    assert_eq!(session["title"], "new");
    assert_eq!(session["status"], "Closed");
    assert_eq!(session["route_api_method"], "openai-api");
    assert_eq!(session.get("save_label"), None, "null clears");
    let absent = edited("a", |l| drop(l["meta"].as_object_mut().unwrap().remove("title")));
    assert_eq!(load(&files(snapshot(&["m"]), absent)).unwrap().get("title"), None, "absent clears");
}

#[test]
fn a_line_that_jcode_cannot_read_is_skipped_whole() {
    for field in ["updated_at", "status", "is_canary", "is_debug", "saved"] {
        let bad = edited("bad", |l| drop(l["meta"].as_object_mut().unwrap().remove(field)));
        assert_eq!(replayed(format!("{}\n{bad}\n{}\n", line("a"), line("b"))), ["a", "b"], "{field}");
    }
    let bad: [fn(&mut Value); 12] = [
        |l| l["append_messages"][0]["content"][0] = json!({"type": "hologram", "text": "x"}),
        |l| l["append_messages"][0]["content"] = json!("text"),
        |l| l["append_messages"][0]["role"] = json!("system"),
        |l| l["append_messages"][0]["timestamp"] = json!("yesterday"),
        |l| l["append_messages"][0]["id"] = Value::Null,
        |l| l["append_messages"] = Value::Null,
        |l| l["append_replay_events"] = json!([{"timestamp": T0, "event": "moonrise"}]),
        |l| l["append_env_snapshots"] = json!([{"captured_at": T0}]),
        |l| l["meta"]["last_pid"] = json!(-1),
        |l| l["meta"]["last_pid"] = json!(4294967296u64),
        |l| l["meta"]["status"] = json!("Crashed"),
        |l| l["meta"]["status"] = json!({"Error": {}}),
    ];
    for (i, edit) in bad.into_iter().enumerate() {
        assert_eq!(replayed(edited("bad", edit)), [""; 0], "bad line {i}");
    }
    let good: [fn(&mut Value); 6] = [
        |l| l["append_messages"][0]["content"][0]["cache_control"] = Value::Null,
        |l| l["append_messages"][0]["unknown"] = json!([1]),
        |l| l["append_messages"][0]["timestamp"] = json!("2026-11-22T21:15:49+02:00"),
        |l| l["unknown"] = json!({"a": null}),
        |l| l["meta"]["status"] = json!({"Crashed": {"message": null}}),
        |l| l["meta"]["status"] = json!({"Active": null}),
    ];
    for (i, edit) in good.into_iter().enumerate() {
        assert_eq!(replayed(edited("good", edit)), ["good"], "good line {i}");
    }
}

#[test]
fn a_known_field_that_stands_twice_is_refused_an_unknown_one_is_not() {
    let twice = |field: &str| line("a").to_string().replacen("{\"meta\":{", &format!("{{\"meta\":{{{field},"), 1);
    assert_eq!(replayed(twice("\"title\":\"x\"")), [""; 0]);
    assert_eq!(replayed(twice("\"x\":\"\\ud800\",\"x\":1e999")), ["a"]);
    let meta = line("b")["meta"].to_string();
    let two_metas = line("b").to_string().replacen('{', &format!("{{\"meta\":{meta},"), 1);
    assert_eq!(replayed(two_metas), [""; 0]);
    let input = r#"{"type":"tool_use","id":"i","name":"n","input":{"a":1,"a":2}}"#;
    let tool = |block: &str| line("a").to_string().replace(r#"{"type":"text","text":"x"}"#, block);
    assert_eq!(replayed(tool(input)), ["a"]);
    assert_eq!(replayed(tool(&input.replace("\"a\":2", "\"b\":1e999"))), [""; 0]);
    assert_eq!(replayed(tool(&input.replace("\"a\":2", "\"b\":\"\\udc00\""))), [""; 0]);
}

#[test]
fn whole_entries_are_salvaged_from_the_first_place_that_yields_any() {
    let (a, b, c) = (line("a").to_string(), line("b").to_string(), line("c").to_string());
    let torn = &a[..a.len() / 2];
    assert_eq!(replayed(format!("{torn}{b}\n{c}")), ["b", "c"]);
    assert_eq!(replayed(format!("{a}{b} {c}")), ["a", "b", "c"]);
    assert_eq!(replayed(format!("{a}{torn}{c}")), ["a"], "what stands behind the damage is lost");
    assert_eq!(replayed(format!("{a}\0\0\n\0{b}\n\u{feff}{c}")), ["a", "b", "c"]);
    assert_eq!(replayed(format!("\r\n\u{2028} {a}\u{a0}\r\n\n{b}\r\n")), ["a", "b"]);
    // An entry inside a tool's input is found too, once the line around it is torn.
    let decoy = edited("outer", |l| {
        l["append_messages"][0]["content"] =
            json!([{"type": "tool_use", "id": "i", "name": "n", "input": line("inner")}]);
    });
    assert_eq!(replayed(decoy.clone()), ["outer"]);
    assert_eq!(replayed(&decoy[..decoy.len() - 3]), ["inner"]);
}

#[test]
fn a_journal_replayed_twice_stands_twice_and_is_not_cut_unless_asked() {
    let env = super::record::env_snapshot(&mut ModelRng::new(1), 1, "s");
    let mut full = snapshot(&["m", "a"]);
    full["env_snapshots"] = Value::Array(vec![env.clone(); 8]);
    let journal = edited("a", |l| l["append_env_snapshots"] = json!([env]));
    let files = files(full, journal);
    let session = load(&files).unwrap();
    assert_eq!(ids(&session), ["m", "a", "a"]);
    assert_eq!(session["env_snapshots"].as_array().unwrap().len(), 9);
    let capped = load_with(&files, Rules { cap_env_snapshots: true, ..Rules::default() }).unwrap();
    assert_eq!(capped.session["env_snapshots"].as_array().unwrap().len(), 8);
}

#[test]
fn a_broken_snapshot_falls_back_to_the_bak() {
    let mut f = files(snapshot(&["m", "n"]), line("a").to_string());
    let good = f.snapshot.clone();
    f.snapshot.as_mut().unwrap().truncate(200);
    assert_eq!(load(&f), Err(LoadError::SnapshotBroken));
    f.bak = Some(snapshot(&["m"]).to_string().into());
    let loaded = load_with(&f, Rules::default()).unwrap();
    assert!(loaded.from_bak);
    assert_eq!(ids(&loaded.session), ["m", "a"], "the journal is replayed over the bak");
    f.bak = Some(b"{}".to_vec());
    assert_eq!(load(&f), Err(LoadError::BakBroken));
    f.bak = good;
    f.snapshot = None;
    assert_eq!(load(&f), Err(LoadError::NoSnapshot));
}

#[test]
fn invalid_utf8_ends_jcodes_load_and_costs_one_line_when_tolerated() {
    let mut journal = format!("{}\n{}\n", line("a"), line("bad")).into_bytes();
    let at = journal.len() - 20;
    journal[at] = 0xff;
    journal.extend(line("b").to_string().bytes());
    let mut f = files(snapshot(&["m"]), journal);
    assert_eq!(load(&f), Err(LoadError::JournalNotUtf8));
    let tolerant = Rules { tolerate_bad_utf8: true, ..Rules::default() };
    assert_eq!(ids(&load_with(&f, tolerant).unwrap().session), ["m", "a", "b"]);
    f.snapshot.as_mut().unwrap()[8] = 0xff;
    f.bak = Some(snapshot(&["bak"]).to_string().into());
    assert_eq!(load(&f), Err(LoadError::SnapshotNotUtf8));
    assert_eq!(ids(&load_with(&f, tolerant).unwrap().session), ["bak", "a", "b"]);
}
