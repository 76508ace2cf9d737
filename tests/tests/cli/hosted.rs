//! A program that keeps its sessions here, process by process, beside our own commands.

use super::mounted::{host, host_command};
use jcode_session_tests::program::run;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

fn keep(home: &Path, args: &str) -> Value {
    let args: Vec<&str> = ["keep"].into_iter().chain(args.split(' ')).collect();
    let run = host(home, &args);
    assert_eq!(run.code, 0, "{args:?}: {run:?}");
    serde_json::from_slice(&run.stdout).unwrap_or(Value::Null)
}

fn texts(session: &Value) -> Vec<&str> {
    let messages = session["messages"].as_array().expect("messages");
    messages.iter().map(|message| message["content"][0]["text"].as_str().expect("a text")).collect()
}

/// What the host reads is what our command exports, and nothing is wrong with any log.
fn assert_sound(home: &Path, id: &str) -> Value {
    let shown = keep(home, &format!("show {id}"));
    let exported = run(home, ["export", id, "--format", "jcode-v1"]);
    assert_eq!(exported.code, 0, "{exported:?}");
    assert_eq!(exported.json(), shown);
    let verified = run(home, ["verify", home.to_str().expect("a path"), "--json"]);
    assert_eq!(verified.code, 0, "{verified:?}");
    assert_eq!(verified.json()["ok"], true);
    shown
}

#[test]
fn a_session_lives_through_many_processes() {
    let home = tempfile::tempdir().expect("a folder");
    let home = home.path();
    keep(home, "create s The_task");
    keep(home, "save s 100");
    assert_eq!(keep(home, "status s")["messages"], 200);
    // Another process gives it a name, and the next save leaves that alone.
    assert_eq!(host(home, &["session", "rename", "s", "The shop"]).code, 0);
    keep(home, "save s 1");
    assert_eq!(keep(home, "status s")["fields"]["custom_title"], "The shop");
    keep(home, "rewind s 150");
    assert_eq!(texts(&assert_sound(home, "s")).len(), 150);
    keep(home, "undo s");
    assert_eq!(texts(&assert_sound(home, "s")).len(), 202);
    keep(home, "edit s 3 shorter");
    let shown = assert_sound(home, "s");
    assert_eq!(texts(&shown)[3], "shorter");
    assert!(run(home, ["show", "s", "--file-order", "--json"]).text().contains("context_edit"));
    keep(home, "fork s 10 child");
    let child = assert_sound(home, "child");
    assert_eq!((texts(&child).len(), &child["status"], &child["parent_id"]), (10, &"Closed".into(), &"s".into()));
    assert_eq!(texts(&child)[3], "shorter");
    // Both are listed, and only where they were.
    let at = home.to_str().expect("a path");
    assert!(host(home, &["-C", at, "session", "list"]).text().contains("The shop"));
    let listed = host(home, &["session", "list", "--cwd", "/work", "--json"]).json();
    assert_eq!(listed["sessions"].as_array().map(Vec::len), Some(2), "{listed}");
    let elsewhere = host(home, &["session", "list", "--cwd", "/elsewhere", "--json"]).json();
    assert_eq!(elsewhere["sessions"], Value::Array(Vec::new()));
    assert!(host(home, &["keep", "pick"]).text().contains("s The shop"));
}

#[test]
fn what_was_acknowledged_before_a_kill_is_there_and_no_half_turn() {
    for (lock, durability) in [("lifetime", "balanced"), ("batch", "strict"), ("batch", "throughput")] {
        let home = tempfile::tempdir().expect("a folder");
        let home = home.path();
        keep(home, "create s t");
        let mut child = host_command(home)
            .args(["keep", "--lock", lock, "--durability", durability, "save", "s", "1000000"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the host is built");
        let out = BufReader::new(child.stdout.take().expect("piped"));
        let acked: Vec<String> = out.lines().take(60).map(|line| line.expect("text")).collect();
        child.kill().expect("killed");
        child.wait().expect("ended");
        // A session that a killed process had open is resumed without a word.
        keep(home, &format!("--lock {lock} save s 1"));
        let shown = assert_sound(home, "s");
        let messages = shown["messages"].as_array().expect("messages");
        assert_eq!(messages.len() % 2, 0, "{lock} {durability}: a turn is there or not");
        let ids: Vec<&str> = messages.iter().map(|message| message["id"].as_str().expect("an id")).collect();
        for ack in &acked {
            let id = ack.strip_prefix("ack ").expect("an acknowledgement");
            assert!(ids.contains(&id), "{lock} {durability}: {id} was acknowledged");
        }
    }
}

#[test]
fn processes_take_turns_and_lose_nothing() {
    const PROCESSES: usize = 8;
    const SAVES: usize = 25;
    let home = tempfile::tempdir().expect("a folder");
    let home = home.path();
    keep(home, "create s t");
    std::thread::scope(|scope| {
        for _ in 0..PROCESSES {
            scope.spawn(|| keep(home, &format!("--lock batch save s {SAVES}")));
        }
        scope.spawn(|| assert_eq!(run(home, ["rename", "s", "meanwhile"]).code, 0));
    });
    let shown = assert_sound(home, "s");
    assert_eq!(shown["custom_title"], "meanwhile");
    let texts = texts(&shown);
    assert_eq!(texts.len(), PROCESSES * SAVES * 2);
    for turn in texts.chunks(2) {
        let by = |text: &str| text.rsplit(' ').next().map(str::to_string);
        assert!(turn[0].starts_with("user") && turn[1].starts_with("assistant"), "{turn:?}");
        assert_eq!(by(turn[0]), by(turn[1]), "turns are whole");
    }
    assert_eq!(run(home, ["tree", "s", "--json"]).json()["leaves"].as_array().map(Vec::len), Some(1));
}

#[test]
fn v1_beside_the_log_is_no_growth() {
    let home = tempfile::tempdir().expect("a folder");
    let home = home.path();
    let all = ["create s t", "save s 3", "rewind s 4", "save s 2", "edit s 1 new", "undo s"];
    for what in all {
        let run = host(home, &["keep", "--also-v1"].into_iter().chain(what.split(' ')).collect::<Vec<_>>());
        // The messages that followed the rewind cannot be undone.
        assert_eq!(run.code, i32::from(what == "undo s") * 2, "{what}: {run:?}");
        let migrated = run_migrate(home);
        assert_eq!(migrated["counts"]["upgrade"], 0, "{what}: {migrated}");
        assert_eq!(migrated["counts"]["failed"], 0, "{what}: {migrated}");
        assert_sound(home, "s");
    }
    // One that the old jcode made alone is migrated as always.
    std::fs::copy(home.join("sessions/s.json"), home.join("sessions/old.json")).expect("copied");
    assert_eq!(run_migrate(home)["counts"]["upgrade"], 1);
}

fn run_migrate(home: &Path) -> Value {
    let run = host(home, &["session", "migrate", "--json"]);
    assert_eq!(run.code, 0, "{run:?}");
    run.json()
}
