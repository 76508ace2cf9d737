//! What jcode cannot ask for, and what it loses when somebody else is in the way.

use jcode_session_native::jcode::{self, Fields, OpenSession, Options, Save, SaveError};
use jcode_session_native::session::Session;
use jcode_session_native::writer::LockMode;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn fields(value: Value) -> Fields {
    Fields::of_session(value.to_string().as_bytes()).expect("an object")
}

fn born() -> Fields {
    let time = "2026-01-01T00:00:00Z";
    fields(json!({"id": "s", "created_at": time, "updated_at": time, "status": "Active", "is_canary": false,
        "is_debug": false, "saved": false, "title": "one"}))
}

fn message(id: &str) -> Vec<u8> {
    json!({"id": id, "role": "user", "content": [{"type": "text", "text": id}]}).to_string().into_bytes()
}

fn session(folder: &Path, options: &Options, ids: &[&str]) -> (OpenSession, PathBuf) {
    let log = folder.join("s.jsonl");
    let mut session = OpenSession::create(&log, &born(), options).expect("created");
    for id in ids {
        session.save(&Save { messages: &[&message(id)], ..Save::of(&born()) }).expect("saved");
    }
    (session, log)
}

fn ids(log: &Path) -> Vec<String> {
    let state = jcode::load(log).expect("loaded");
    state.messages.into_iter().map(|message| message.entry_id).collect()
}

#[test]
fn what_is_not_there_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut session, log) = session(folder.path(), &Options::default(), &["a", "b", "c"]);
    session.rewind(1, &born()).expect("gone back");
    session.save(&Save { messages: &[&message("d")], ..Save::of(&born()) }).expect("saved");
    let before = std::fs::read(&log).expect("read");
    assert!(matches!(session.rewind(9, &born()), Err(SaveError::NoMessage { at: 8, of: 2 })));
    assert!(matches!(session.edit(2, None), Err(SaveError::NoMessage { at: 2, of: 2 })));
    assert!(matches!(session.edit_entry("c", None), Err(SaveError::NotOnPath(_))), "on another branch");
    assert!(matches!(session.edit_entry("gone", None), Err(SaveError::NotOnPath(_))));
    assert!(matches!(session.undo_rewind(&born()), Err(SaveError::NothingToUndo)), "messages followed it");
    assert!(matches!(session.replace_messages(&[], &born()), Err(SaveError::WouldEmpty(2))));
    let fused = br#"{"role":"user"},"id":"x","parentId":{"y":1}"#;
    assert!(matches!(session.save(&Save { messages: &[fused], ..Save::of(&born()) }), Err(SaveError::Payload(_))));
    assert!(session.edit(0, Some(b"[],\"x\":1")).is_err());
    assert_eq!(std::fs::read(&log).expect("read"), before);
    assert_eq!(ids(&log), ["a", "d"]);
    session.save(&Save::of(&born())).expect("nothing new");
    assert_eq!(std::fs::read(&log).expect("read"), before, "nothing new is no entry");
}

#[test]
fn an_id_that_is_taken_becomes_another_one_and_the_message_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut session, log) = session(folder.path(), &Options::default(), &["a"]);
    let new = [message("a"), message("b"), message("a")];
    let new: Vec<&[u8]> = new.iter().map(Vec::as_slice).collect();
    session.save(&Save { messages: &new, ..Save::of(&born()) }).expect("saved");
    let state = jcode::load(&log).expect("loaded");
    let own: Vec<Value> = state.messages.iter().map(|m| serde_json::from_slice(&m.json).expect("JSON")).collect();
    assert_eq!(own.iter().map(|m| m["id"].as_str().expect("an id")).collect::<Vec<_>>(), ["a", "a", "b", "a"]);
    assert_eq!(state.messages[2].entry_id, "b");
    let distinct: std::collections::BTreeSet<_> = state.messages.iter().map(|m| &m.entry_id).collect();
    assert_eq!(distinct.len(), 4);
}

#[test]
fn of_two_changes_of_one_field_the_later_holds_and_of_two_fields_both() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options { lock: LockMode::Batch, ..Options::default() };
    let (mut one, log) = session(folder.path(), &options, &["a"]);
    let (mut two, state) = OpenSession::open(&log, &options).expect("both have it open");
    let with = |base: &Fields, name: &str, value: Value| {
        let mut changed = base.clone();
        changed.apply(&Fields::from_iter([(name.to_string(), value.to_string().into_bytes())]));
        changed
    };
    let mine = with(&born(), "title", json!("by one"));
    let theirs = with(&with(&state.fields, "custom_title", json!("by two")), "title", json!("later by two"));
    one.save(&Save { messages: &[&message("b")], ..Save::of(&mine) }).expect("saved");
    let saved = two.save(&Save { messages: &[&message("c")], ..Save::of(&theirs) }).expect("saved");
    assert!(saved.others_wrote);
    one.save(&Save { messages: &[&message("d")], ..Save::of(&with(&mine, "saved", json!(true))) }).expect("saved");
    let state = jcode::load(&log).expect("loaded");
    let text = |name: &str| state.fields.text(name);
    assert_eq!((text("title"), text("custom_title")), (Some("later by two".into()), Some("by two".into())));
    assert_eq!(state.fields.get("saved"), Some(&b"true"[..]));
    assert_eq!(ids(&log), ["a", "b", "c", "d"], "never beside each other");
    assert_eq!(Session::read(&log).expect("read").tree().expect("a tree").tree.leaves.len(), 1);
}

#[test]
fn an_edit_stays_behind_a_rewind_and_goes_with_its_undo() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut session, log) = session(folder.path(), &Options::default(), &["a", "b", "c"]);
    let content = |log: &Path, at: usize| {
        let state = jcode::load(log).expect("loaded");
        serde_json::from_slice::<Value>(&state.messages[at].json).expect("JSON")["content"].clone()
    };
    session.edit(0, Some(br#"[{"type":"text","text":"new"}]"#)).expect("edited");
    session.rewind(2, &born()).expect("gone back");
    assert_eq!(content(&log, 0)[0]["text"], "new");
    session.edit(1, None).expect("left out");
    assert_eq!(ids(&log), ["a"]);
    session.undo_rewind(&born()).expect("taken back");
    assert_eq!(ids(&log), ["a", "b", "c"]);
    assert_eq!(content(&log, 0)[0]["text"], "new");
    assert_eq!(content(&log, 1)[0]["text"], "b");
    session.close().expect("closed");
    let (mut session, _) = OpenSession::open(&log, &Options::default()).expect("opened");
    session.undo_rewind(&born()).expect("the undo too can be taken back, also by the next process");
    assert_eq!(ids(&log), ["a"]);
}

#[test]
fn a_fork_has_its_own_fields_and_its_parents_messages_and_records() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut session, log) = session(folder.path(), &Options::default(), &["a", "b"]);
    let injection =
        json!({"summary": "s", "content": "c", "count": 1, "timestamp": "2026-01-01T00:00:00Z"}).to_string();
    session
        .save(&Save { messages: &[&message("c")], memory_injections: &[injection.as_bytes()], ..Save::of(&born()) })
        .expect("saved");
    session.edit(0, Some(b"[]")).expect("edited");
    session.flush().expect("flushed");
    let child =
        fields(json!({"id": "child", "created_at": "2026-02-01T00:00:00Z", "updated_at": "2026-02-01T00:00:00Z",
        "parent_id": "s", "status": "Closed", "is_canary": false, "is_debug": false, "saved": false}));
    let target = folder.path().join("child.jsonl");
    let state = jcode::fork(&log, Some(2), &target, &child).expect("forked");
    assert_eq!(state.fields, child);
    assert_eq!(ids(&target), ["a", "b"]);
    assert_eq!(serde_json::from_slice::<Value>(&state.messages[0].json).expect("JSON")["content"], json!([]));
    assert_eq!(state.memory_injections.len(), 1);
    assert_eq!(jcode::recent(&target).expect("read").messages, Some(2));
    let forked = Session::read(&target).expect("read");
    assert_eq!(forked.header().and_then(|header| header.parent_session.clone()).as_deref(), log.to_str());
    assert_eq!(jcode::load(&log).expect("loaded").messages.len(), 3, "the parent is as it was");
}
