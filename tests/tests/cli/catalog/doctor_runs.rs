//! What `doctor` says of homes that other programs wrote: one line about modes, and when they were indexed.

use jcode_session_native::os::host::now_ms;
use jcode_session_tests::files::set_mode;
use jcode_session_tests::program::{command, fed, run};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A home with sessions as pi leaves them: readable by all.
fn home() -> TempDir {
    let home = TempDir::new().expect("a folder");
    fs::create_dir(home.path().join("sessions")).expect("made");
    for id in ["a", "b", "c"] {
        let log = format!(
            "{{\"type\":\"session\",\"version\":3,\"id\":\"{id}\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"cwd\":\"/\"}}\n\
             {{\"type\":\"message\",\"id\":\"e\",\"parentId\":null,\"timestamp\":\"2026-01-01T00:00:01Z\",\"message\":{{}}}}\n"
        );
        fs::write(of(home.path(), id), log).expect("written");
        set_mode(&of(home.path(), id), 0o644);
    }
    home
}

fn of(home: &Path, id: &str) -> PathBuf {
    home.join("sessions").join(format!("{id}.jsonl"))
}

fn doctor(home: &Path) -> Value {
    run(home, ["doctor", "--json"]).json()
}

fn last_migrate(home: &Path) -> Option<i64> {
    doctor(home)["sessions"]["last_migrate"].as_i64()
}

fn append(home: &Path, id: &str) {
    let entry = "{\"type\":\"message\",\"message\":{}}\n";
    assert_eq!(fed(command(home).arg("append").arg(of(home, id)), entry).code, 0);
}

/// Only where files have modes.
#[cfg(unix)]
#[test]
fn open_modes_are_one_line_with_a_count() {
    let home = home();
    let report = doctor(home.path());
    let findings = report["findings"].as_array().expect("a list");
    let about: Vec<&str> = findings
        .iter()
        .filter(|finding| finding["code"] == "permissions")
        .map(|finding| finding["message"].as_str().expect("words"))
        .collect();
    assert!(matches!(about[..], [words] if words.starts_with("3 files can be read by others")), "{about:?}");
    assert_eq!(run(home.path(), ["doctor"]).code, 0, "a warning");
    for id in ["a", "b"] {
        set_mode(&of(home.path(), id), 0o600);
    }
    assert!(doctor(home.path())["findings"].to_string().contains("1 file can be read by others"));
}

#[test]
fn a_home_that_was_only_indexed_says_when() {
    let home = home();
    assert_eq!(last_migrate(home.path()), None);
    append(home.path(), "a");
    assert_eq!(last_migrate(home.path()), None, "no migration made this sidecar");
    let before = now_ms();
    assert_eq!(run(home.path(), ["migrate"]).code, 0);
    let at = last_migrate(home.path()).expect("told");
    assert!((before..=now_ms()).contains(&at), "{at}");
    assert!(!home.path().join("sessions/b.store").exists(), "and no store was made for it");
    let text = run(home.path(), ["doctor"]).text();
    assert!(text.contains("last migration: 20"), "{text}");
    // A run that changes nothing, a writer, and a sidecar that is built anew are no migrations.
    assert_eq!(run(home.path(), ["migrate"]).code, 0);
    append(home.path(), "b");
    assert_eq!(last_migrate(home.path()), Some(at));
    for id in ["a", "b", "c"] {
        let mut log = fs::read(of(home.path(), id)).expect("there");
        let place = log.len() - 3;
        log.splice(place..place, *b"  ");
        fs::write(of(home.path(), id), log).expect("written");
    }
    assert_eq!(run(home.path(), ["doctor", "--fix"]).code, 0);
    assert_eq!(last_migrate(home.path()), Some(at));
    // One that brings a session up to date is.
    append(home.path(), "c");
    let mut log = fs::OpenOptions::new().append(true).open(of(home.path(), "c")).expect("there");
    let line = "{\"type\":\"message\",\"id\":\"f\",\"parentId\":\"e\",\"timestamp\":\"2026-01-01T00:00:02Z\",\"message\":{}}\n";
    std::io::Write::write_all(&mut log, line.as_bytes()).expect("written");
    drop(log);
    assert_eq!(run(home.path(), ["migrate"]).code, 0);
    assert!(last_migrate(home.path()) > Some(at));
}
