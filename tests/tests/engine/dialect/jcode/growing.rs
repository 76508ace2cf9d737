//! Growth by hand: native entries, divergence, and what a log keeps.

use super::harness::{active_path, check, exported, grown, index, migrated};
use jcode_session_tests::jcode_model::{Growth, ModelRng, Shape, V1Files, generate, grow_as, load, value_of};
use serde_json::{Value, json};

fn session(seed: u64) -> V1Files {
    generate(Shape::Both, 6, &mut ModelRng::new(seed))
}

fn grown_files(files: &V1Files, kind: Growth) -> V1Files {
    grow_as(files, kind, &mut ModelRng::new(99)).unwrap()
}

/// The log with an entry that the native writer appended.
fn native(log: &[u8], kind: &str, id: &str, parent: Option<&str>, rest: Value) -> Vec<u8> {
    let built = index(log);
    let last = built.key(built.entry_count() - 1);
    let mut entry =
        json!({"type": kind, "id": id, "parentId": parent.unwrap_or(&last), "timestamp": "2027-01-01T00:00:00Z"});
    entry.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    [log, format!("{entry}\n").as_bytes()].concat()
}

fn ids_on_path(log: &[u8]) -> Vec<String> {
    let path = active_path(&index(log));
    let line = |range: &std::ops::Range<u64>| value_of(&log[range.start as usize..range.end as usize]).unwrap();
    path.iter().map(|range| line(range)["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn labels_stay_on_the_path_that_goes_on() {
    let files = session(1);
    let log = migrated(&files);
    let target = ids_on_path(&log)[0].clone();
    let labelled = native(&log, "label", "native-label", None, json!({"targetId": target, "label": "here"}));
    assert_eq!(grown(&labelled, &files).unwrap(), labelled, "v1 has not changed");
    let next = grown_files(&files, Growth::Append);
    let new = grown(&labelled, &next).unwrap();
    assert!(ids_on_path(&new).contains(&"native-label".to_owned()));
    check(&new, &load(&next).unwrap(), "label in between");
}

#[test]
fn native_messages_and_v1_messages_diverge() {
    let files = session(2);
    let log = migrated(&files);
    let message = json!({"message": {"id": "n", "role": "user", "content": []}});
    let ahead = native(&log, "message", "0199-native", None, message.clone());
    assert_eq!(grown(&ahead, &files).unwrap(), ahead, "only the log went on");
    assert_eq!(grown(&ahead, &grown_files(&files, Growth::Append)), None);
    assert_eq!(grown(&ahead, &grown_files(&files, Growth::RewindTail)), None);
    assert_eq!(exported(&ahead)["messages"].as_array().unwrap().last().unwrap()["id"], "n");
    // Only fields changed: they are taken over behind the native messages.
    let renamed = grown_files(&files, Growth::Rename);
    let new = grown(&ahead, &renamed).unwrap();
    assert_eq!(exported(&new)["updated_at"], load(&renamed).unwrap()["updated_at"]);
    assert!(ids_on_path(&new).contains(&"0199-native".to_owned()));
    // The same native message on a branch of its own: appending would take the user away from it.
    let first = ids_on_path(&log).into_iter().next().unwrap();
    let elsewhere = native(&log, "message", "0199-native", Some(&first), message);
    assert_eq!(grown(&elsewhere, &files).unwrap(), elsewhere);
    assert_eq!(grown(&elsewhere, &renamed), None);
}

#[test]
fn a_native_message_that_looks_like_v1_is_still_native() {
    let files = session(3);
    let log = migrated(&files);
    let looks =
        json!({"id": "message_1_2", "role": "user", "content": [], "timestamp": "2027-01-01T00:00:00Z", "v1": true});
    let ahead = native(&log, "message", "message_1_2", None, json!({"message": looks}));
    assert_eq!(grown(&ahead, &files).unwrap(), ahead);
    assert_eq!(grown(&ahead, &grown_files(&files, Growth::Append)), None);
}

#[test]
fn a_rewind_branches_from_the_last_equal_message() {
    let files = session(4);
    let log = migrated(&files);
    let next = grown_files(&files, Growth::RewindTail);
    let new = grown(&log, &next).unwrap();
    assert!(new.starts_with(&log));
    check(&new, &load(&next).unwrap(), "rewind");
    let kept = load(&next).unwrap()["messages"].as_array().unwrap().len();
    let built = index(&new);
    assert_eq!(built.tree().leaves.len(), 2, "the old branch is still there");
    assert!(kept > 0 && kept < load(&files).unwrap()["messages"].as_array().unwrap().len());
}

#[test]
fn a_rewind_without_any_other_change_moves_the_leaf() {
    let message = |id: &str| json!({"id": id, "role": "user", "content": [], "timestamp": "2026-01-01T00:00:00Z"});
    let time = "2026-01-01T00:00:00Z";
    let files = |ids: &[&str]| {
        let messages: Vec<_> = ids.iter().map(|id| message(id)).collect();
        let value = json!({"id": "s", "created_at": time, "updated_at": time, "messages": messages});
        V1Files { snapshot: Some(value.to_string().into_bytes()), journal: None, bak: None }
    };
    let mut log = migrated(&files(&["a", "b", "c"]));
    for ids in [&["a", "b"][..], &[], &["a", "x"], &["c"], &["a", "b", "c"], &["c", "b", "a"]] {
        log = grown(&log, &files(ids)).unwrap();
        check(&log, &load(&files(ids)).unwrap(), &format!("{ids:?}"));
    }
}

#[test]
fn side_records_that_are_gone_are_dropped_not_deleted() {
    for kind in [Growth::EnvFrontLost, Growth::SideRecordsGone] {
        let mut files = session(5);
        files = grown_files(&files, Growth::EnvFrontLost);
        let log = migrated(&files);
        let next = grown_files(&files, kind);
        let new = grown(&log, &next).unwrap();
        assert!(new.starts_with(&log));
        check(&new, &load(&next).unwrap(), &format!("{kind:?}"));
    }
}

#[test]
fn a_log_without_its_last_line_feed_gets_it() {
    let files = session(6);
    let mut log = migrated(&files);
    log.pop();
    let next = grown_files(&files, Growth::Append);
    let new = grown(&log, &next).unwrap();
    assert_eq!(new[log.len()], b'\n');
    check(&new, &load(&next).unwrap(), "no line feed");
}

#[test]
fn what_a_checkpoint_spells_differently_is_the_same_session() {
    let time = "2026-01-01T00:00:00Z";
    let before = format!(
        r#"{{"id":"s","created_at":"{time}","updated_at":"{time}","x_new":{{"b":1}},"title":null,"messages":[ {{"content":[{{"text":"\u00e9\/","type":"text","x":1}}],"role":"user","id":"m","timestamp":null,"x":2}} ],"env_snapshots":[]}}"#
    );
    let after = format!(
        r#"{{"id":"s","created_at":"{time}","updated_at":"{time}","messages":[{{"id":"m","role":"user","content":[{{"type":"text","text":"é/"}}]}}]}}"#
    );
    let files = |text: String| V1Files { snapshot: Some(text.into_bytes()), journal: None, bak: None };
    let log = migrated(&files(before));
    assert_eq!(grown(&log, &files(after)).unwrap(), log);
}
