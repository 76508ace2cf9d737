//! Times that other programs write: seconds are seconds, and a clock that was far ahead does not rule the list.

use jcode_session_native::catalog::{Catalog, Keep, Picker};
use jcode_session_native::os::host::now_ms;
use jcode_session_tests::files::settled;
use jcode_session_tests::program::run;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

const DAY_MS: i64 = 24 * 3_600_000;

fn home() -> TempDir {
    let home = TempDir::new().expect("a folder");
    fs::create_dir(home.path().join("sessions")).expect("made");
    home
}

/// A session with a message at this time, in a file that was changed `days` ago.
fn put(home: &Path, id: &str, time: &Value, days: u64) -> PathBuf {
    let header = json!({"type": "session", "version": 3, "id": id, "timestamp": "2026-01-01T00:00:00Z", "cwd": "/"});
    let message =
        json!({"type": "message", "id": "a", "parentId": null, "timestamp": time, "message": {"role": "user"}});
    let path = home.join("sessions").join(format!("{id}.jsonl"));
    fs::write(&path, format!("{header}\n{message}\n")).expect("written");
    let changed = SystemTime::now() - Duration::from_secs(days * 24 * 3600);
    fs::File::options().write(true).open(&path).and_then(|file| file.set_modified(changed)).expect("set");
    path
}

fn ids(home: &Path) -> Vec<String> {
    let list = run(home, ["list", "--json"]).json();
    let sessions = list["sessions"].as_array().expect("a list").clone();
    sessions.iter().map(|session| session["session_id"].as_str().expect("an id").to_string()).collect()
}

#[test]
fn a_time_in_seconds_is_that_time() {
    let home = home();
    for (id, time, ms) in [
        ("seconds", json!(1_780_000_000), 1_780_000_000_000_i64),
        ("millis", json!(1_780_000_000_001_i64), 1_780_000_000_001),
        ("text", json!("2026-05-28T20:26:40.002Z"), 1_780_000_000_002),
        ("last-second", json!(99_999_999_999_i64), 99_999_999_999_000),
        ("first-milli", json!(100_000_000_000_i64), 100_000_000_000),
        ("before-1970", json!(-1), -1000),
    ] {
        put(home.path(), id, &time, 1);
        let of = |tree: Value| tree["leaves"][0]["ts"].clone();
        assert_eq!(of(run(home.path(), ["tree", id, "--json"]).json()), ms, "{id}");
        assert_eq!(run(home.path(), ["migrate", "--session", id]).code, 0);
        assert_eq!(of(run(home.path(), ["tree", id, "--json"]).json()), ms, "{id}, from the sidecar");
        assert_eq!(run(home.path(), ["verify", id]).code, 0, "{id}");
        let list = run(home.path(), ["list", "--json"]).json();
        let sessions = list["sessions"].as_array().expect("a list");
        let session = sessions.iter().find(|session| session["session_id"] == id).expect("listed");
        assert_eq!(session["last_modified"], ms, "{id}");
    }
    put(home.path(), "today", &json!(now_ms()), 0);
    // The year 5138 is ahead of any clock: its file, of yesterday, counts.
    let wanted = ["today", "last-second", "text", "millis", "seconds", "first-milli", "before-1970"];
    assert_eq!(ids(home.path()), wanted);
}

#[test]
fn a_time_from_the_far_future_does_not_head_the_list() {
    let home = home();
    let ago = |days: i64| json!(now_ms() - days * DAY_MS);
    put(home.path(), "three-days", &ago(3), 3);
    put(home.path(), "one-day", &ago(1), 1);
    put(home.path(), "2099", &json!("2099-01-01T00:00:00Z"), 2);
    put(home.path(), "in-another-zone", &json!(now_ms() + DAY_MS / 2), 9);
    let wanted = ["in-another-zone", "one-day", "2099", "three-days"];
    // From the sessions, from the index, and from an index whose rows are old enough to be believed.
    for _ in 0..2 {
        assert_eq!(ids(home.path()), wanted);
    }
    settled(&home.path().join("sessions"));
    for _ in 0..2 {
        assert_eq!(ids(home.path()), wanted);
    }
    let session = run(home.path(), ["list", "--json"]).json()["sessions"][2].clone();
    assert_eq!(session["last_modified"], 4_070_908_800_000_i64, "what the log says is told all the same");
    // The picker's first page is in the same order, and its pages go on where they ended.
    let catalog = || Catalog::new(home.path(), &[home.path().join("sessions")]);
    let mut picker = Picker::open(catalog(), 3);
    let first: Vec<&str> = picker.sessions().iter().map(|session| session.summary.session_id.as_str()).collect();
    assert_eq!(first, wanted[..3]);
    assert!(picker.refresh().changed.is_empty(), "and a refresh changes nothing in it");
    let mut after = None;
    let mut paged = Vec::new();
    while let Some(last) = picker.page(&Default::default(), after.as_ref(), 1).first() {
        after = Some(last.cursor());
        paged.push(last.summary.session_id.clone());
    }
    assert_eq!(paged, wanted);
    let scanned = Catalog::new(Path::new("/nowhere"), &[home.path().join("sessions")]).refresh(Keep::Nothing);
    assert_eq!(scanned.sessions, catalog().refresh(Keep::Nothing).sessions);
}

/// A file whose own time lies ahead, with nothing in it to say better, is as old as the system knows it to be.
#[test]
fn a_file_from_the_far_future_does_not_head_the_list() {
    let home = home();
    let odd = put(home.path(), "odd", &Value::Null, 0);
    let ahead = SystemTime::now() + Duration::from_secs(400 * 24 * 3600);
    fs::File::options().write(true).open(&odd).and_then(|file| file.set_modified(ahead)).expect("set");
    put(home.path(), "new", &json!(now_ms() + 60_000), 0);
    assert_eq!(ids(home.path()), ["new", "odd"]);
}
