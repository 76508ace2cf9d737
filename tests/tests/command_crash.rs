//! Every command that writes, as its users run it, crashed between any two of its system calls.
//!
//! Owns: the commands and what each starts from. A run is recorded; from each state on its way every outcome of a
//! kill and of a power cut is put on a disk, read, and the command is run again.
//! `JCODE_SESSION_LONG` looks at all outcomes instead of the most telling ones.
#![cfg(target_os = "linux")]

mod command_crash {
    pub(crate) mod explore;
}

use command_crash::explore::{Case, explore};
use jcode_session_tests::jcode_model::{ModelRng, Shape, generate, grow_as};
use jcode_session_tests::program::run;
use jcode_session_tests::sessions::lines;
use std::fs;
use std::path::Path;

fn sessions(home: &Path) -> std::path::PathBuf {
    let folder = home.join("sessions");
    fs::create_dir_all(&folder).expect("made");
    folder
}

fn log(home: &Path, name: &str, bytes: &[u8]) {
    fs::write(sessions(home).join(format!("{name}.jsonl")), bytes).expect("written");
}

fn done(home: &Path, args: &[&str]) {
    let ran = run(home, args);
    assert_eq!(ran.code, 0, "{args:?}: {ran:?}");
}

/// A session with a sidecar, two states to return to, and entries behind them.
fn session(home: &Path) {
    log(home, "s", &lines(0..3));
    done(home, &["migrate"]);
    done(home, &["checkpoints", "s", "--take"]);
    done(home, &["label", "s", "e1", "before"]);
    done(home, &["checkpoints", "s", "--take"]);
    done(home, &["tag", "s", "+t"]);
}

fn v1(home: &Path, grown: bool) {
    let mut rng = ModelRng::new(5);
    let files = generate(Shape::Both, 3, &mut rng);
    files.write_to(&sessions(home), "session_v").expect("written");
    if grown {
        done(home, &["migrate"]);
        let more = grow_as(&files, jcode_session_tests::jcode_model::Growth::Append, &mut rng).expect("it grows");
        more.write_to(&sessions(home), "session_v").expect("written");
    }
}

const LINEAR: &str = "{\"type\":\"session\",\"id\":\"s\",\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"cwd\":\"/\"}\n\
    {\"type\":\"message\",\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"message\":{\"role\":\"hookMessage\"}}\n\
    {\"type\":\"message\",\"timestamp\":\"2026-01-01T00:00:01.000Z\",\"message\":{\"role\":\"user\"}}\n";

fn tree_v2(home: &Path) {
    let text = String::from_utf8(lines(0..4)).expect("text").replace("\"version\":3", "\"version\":2");
    log(home, "s", text.as_bytes());
}

#[test]
fn migrate_of_a_linear_log() {
    explore(&Case::same("migrate linear-v1", &["migrate"], &|home| log(home, "s", LINEAR.as_bytes())));
}

#[test]
fn migrate_of_a_tree_v2_log() {
    explore(&Case::same("migrate tree-v2", &["migrate"], &tree_v2));
}

#[test]
fn migrate_of_a_current_log() {
    explore(&Case::same("migrate tree-v3", &["migrate"], &|home| log(home, "s", &lines(0..4))));
}

#[test]
fn migrate_of_v1_files() {
    explore(&Case::same("migrate jcode-v1", &["migrate"], &|home| v1(home, false)));
}

#[test]
fn migrate_of_v1_files_that_grew() {
    explore(&Case::same("migrate jcode-v1, grown", &["migrate"], &|home| v1(home, true)));
}

#[test]
fn append() {
    let input = "{\"type\":\"custom\",\"id\":\"n1\"}\n{\"type\":\"custom\",\"id\":\"n2\"}\n{\"type\":\"custom\",\"id\":\"n3\"}\n";
    let args = ["append", "s", "--session-durability", "strict"];
    explore(&Case { input, grows: true, again: false, ..Case::same("append", &args, &session) });
}

#[test]
fn label() {
    explore(&Case { grows: true, ..Case::same("label", &["label", "s", "e0", "name"], &session) });
}

#[test]
fn tag() {
    explore(&Case { grows: true, ..Case::same("tag", &["tag", "s", "+one", "-t"], &session) });
}

#[test]
fn fork() {
    explore(&Case { others: true, ..Case::same("fork", &["fork", "s", "--at", "e1"], &session) });
}

#[test]
fn list_that_refreshes() {
    let changed = |home: &Path| {
        session(home);
        done(home, &["list"]);
        log(home, "other", &lines(0..2));
        done(home, &["tag", "s", "+new"]);
    };
    explore(&Case::same("list", &["list", "--json"], &changed));
}

#[test]
fn doctor_that_mends() {
    let stale = |home: &Path| {
        session(home);
        log(home, "other", &lines(0..2));
        fs::write(sessions(home).join("other.sqlite3"), b"no database").expect("written");
    };
    explore(&Case { sound: false, ..Case::same("doctor --fix", &["doctor", "--fix"], &stale) });
}

#[test]
fn export_to_a_file() {
    let there = |home: &Path| {
        session(home);
        fs::write(home.join("out.html"), "what was there").expect("written");
    };
    let args = ["export", "s", "--format", "html", "--output", "out.html", "--force"];
    explore(&Case::same("export", &args, &there));
}

#[test]
fn checkpoint() {
    explore(&Case::same("checkpoints --take", &["checkpoints", "s", "--take"], &session));
}

#[test]
fn rollback() {
    explore(&Case { again: false, ..Case::same("rollback", &["rollback", "s"], &session) });
}

#[test]
fn rollback_of_a_migration() {
    let migrated = |home: &Path| {
        log(home, "s", LINEAR.as_bytes());
        done(home, &["migrate"]);
    };
    explore(&Case { again: false, ..Case::same("rollback of a migration", &["rollback", "s"], &migrated) });
}

#[test]
fn undo() {
    let back = |home: &Path| {
        session(home);
        done(home, &["rollback", "s"]);
    };
    explore(&Case { again: false, ..Case::same("rollback --undo", &["rollback", "s", "--undo"], &back) });
}

#[test]
fn repair() {
    let damaged = |home: &Path| {
        let mut bytes = lines(0..2);
        bytes.extend_from_slice(b"{\"type\":\"message\",\"id\":\"torn\n\0\0\n");
        bytes.extend_from_slice(&lines(2..4));
        log(home, "s", &bytes);
    };
    explore(&Case { sound: false, ..Case::same("repair", &["repair", "s"], &damaged) });
}

#[test]
fn prune() {
    let old = |home: &Path| {
        log(home, "s", LINEAR.as_bytes());
        v1(home, false);
        done(home, &["migrate"]);
    };
    explore(&Case { removes: true, ..Case::same("prune", &["prune", "--older-than", "0"], &old) });
}
