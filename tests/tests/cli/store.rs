//! `checkpoints`, `rollback` and `repair` as their users type them: words, exit codes, refusals.

use jcode_session_tests::files::{contents, mode};
use jcode_session_tests::generate::{LogShape, linear_v1};
use jcode_session_tests::jcode_model::{ModelRng, Shape, generate};
use jcode_session_tests::program::{Run, command, fed, run};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;
use tempfile::TempDir;

struct Home(TempDir);

impl Home {
    fn new() -> Self {
        let home = TempDir::new().expect("a folder");
        fs::create_dir(home.path().join("sessions")).expect("made");
        Self(home)
    }

    fn log(&self) -> PathBuf {
        self.0.path().join("sessions/s.jsonl")
    }

    fn run(&self, args: &[&str]) -> Run {
        run(self.0.path(), args)
    }

    fn append(&self, text: &str) {
        let line = format!("{{\"type\":\"message\",\"message\":{{\"role\":\"user\",\"content\":\"{text}\"}}}}\n");
        let run = fed(command(self.0.path()).arg("append").arg(self.log()), &line);
        assert_eq!(run.code, 0, "{run:?}");
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.log()).expect("there")
    }

    fn verified(&self) {
        let run = self.run(&["verify", "s"]);
        assert_eq!(run.code, 0, "{run:?}");
    }
}

fn ok(run: Run) -> String {
    assert_eq!(run.code, 0, "{run:?}");
    run.text()
}

fn refused(run: Run, words: &str) {
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains(words), "{words}: {run:?}");
    assert!(run.stdout.is_empty(), "{run:?}");
}

#[test]
fn there_and_back_again() {
    let home = Home::new();
    home.append("one");
    refused(home.run(&["rollback", "s"]), "no checkpoint yet");
    refused(home.run(&["rollback", "s", "--undo"]), "no rollback to take back");
    assert_eq!(ok(home.run(&["checkpoints", "s"])), "");
    ok(home.run(&["checkpoints", "s", "--take"]));
    let first = home.bytes();
    home.append("two");
    ok(home.run(&["checkpoints", "s", "--take"]));
    home.append("three");
    let whole = home.bytes();

    let listed = home.run(&["checkpoints", "s", "--json"]).json();
    assert_eq!(listed["schema"], "jcode-session.checkpoints");
    assert_eq!(listed["version"], 1);
    assert_eq!(listed["checkpoints"].as_array().expect("a list").len(), 2);
    assert_eq!(listed["checkpoints"][1]["logical_len"], first.len());
    assert_eq!(listed["checkpoints"][1]["current"], false);
    let stamp = listed["checkpoints"][1]["timestamp"].as_str().expect("a time").to_string();
    assert!(ok(home.run(&["checkpoints", "s"])).contains(&stamp));

    let before = contents(home.0.path());
    let plan = ok(home.run(&["rollback", "s", "--to-checkpoint", &stamp, "--dry-run"]));
    assert!(plan.contains("would return") && plan.contains("2 entries"), "{plan}");
    assert_eq!(contents(home.0.path()), before, "a dry run writes nothing");
    let done = ok(home.run(&["rollback", "s", "--to-checkpoint", &stamp]));
    assert_eq!(home.bytes(), first);
    home.verified();
    assert!(ok(home.run(&["rollback", "s", "--to-checkpoint", &stamp])).contains("nothing to do"));

    // The command that it names is the one that takes it back.
    let named = done.lines().find_map(|line| line.split_once("jcode-session ")).expect("a command").1.to_string();
    let args: Vec<&str> = named.split(' ').collect();
    let before = contents(home.0.path());
    assert!(ok(home.run(&["rollback", "s", "--undo", "--dry-run"])).contains("would take back"));
    assert_eq!(contents(home.0.path()), before, "a dry run writes nothing");
    ok(home.run(&args));
    assert_eq!(home.bytes(), whole);
    home.verified();

    // After an append only by force, and what was appended is kept.
    ok(home.run(&["rollback", "s"]));
    home.append("four");
    let other = home.bytes();
    refused(home.run(&["rollback", "s", "--undo"]), "--undo --force");
    assert_eq!(home.bytes(), other);
    let done = ok(home.run(&["rollback", "s", "--undo", "--force"]));
    assert!(done.contains("quarantine"), "{done}");
    assert_eq!(home.bytes(), whole);
    home.verified();
    let quarantine = home.log().with_extension("store").join("quarantine");
    let kept: Vec<Vec<u8>> = contents(&quarantine).into_values().collect();
    assert!(kept.iter().any(|bytes| other.ends_with(bytes) && String::from_utf8_lossy(bytes).contains("four")));
    // All of it is private to its user.
    for (path, _) in contents(&home.log().with_extension("store")) {
        assert!(mode(&path).is_none_or(|mode| mode == 0o600), "{}", path.display());
    }
}

#[test]
fn bad_arguments_are_refused() {
    let home = Home::new();
    home.append("one");
    ok(home.run(&["checkpoints", "s", "--take"]));
    refused(home.run(&["rollback", "s", "--to-checkpoint", "yesterday"]), "write a time as");
    refused(home.run(&["rollback", "s", "--to-checkpoint", "2020-01-01"]), "at or before 2020-01-01T23:59:59.999Z");
    refused(home.run(&["rollback", "s", "--to-checkpoint", "2020-01-01T00:00:00Z"]), "at or before 2020-01-01");
    refused(home.run(&["rollback", "s", "--force"]), "--undo");
    refused(home.run(&["rollback", "s", "--undo", "--to-checkpoint", "2020-01-01T00:00:00Z"]), "cannot be used with");
    refused(home.run(&["rollback", "nobody"]), "no session");
    refused(home.run(&["repair", "nobody"]), "no session");
    refused(home.run(&["checkpoints", "nobody"]), "no session");
}

#[test]
fn a_session_that_is_written_is_refused() {
    let home = Home::new();
    home.append("one");
    ok(home.run(&["checkpoints", "s", "--take"]));
    home.append("two");
    let mut child = command(home.0.path());
    child.arg("append").arg(home.log()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = child.spawn().expect("runs");
    let mut input = child.stdin.take().expect("piped");
    input.write_all(b"{\"type\":\"message\",\"message\":{}}\n").expect("written");
    let mut ack = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.as_mut().expect("piped")), &mut ack)
        .expect("acknowledged");
    let before = home.bytes();
    for args in
        [&["rollback", "s"][..], &["rollback", "s", "--undo"], &["repair", "s"], &["checkpoints", "s", "--take"]]
    {
        refused(home.run(args), "is being written by process");
    }
    assert_eq!(home.bytes(), before);
    drop(input);
    child.wait().expect("ends");
    ok(home.run(&["rollback", "s"]));
}

#[test]
fn a_migration_is_rolled_back_byte_for_byte() {
    let home = Home::new();
    let original = linear_v1(LogShape { entries: 30, ..LogShape::default() }, 4);
    fs::write(home.log(), &original).expect("written");
    ok(home.run(&["migrate"]));
    let upgraded = home.bytes();
    assert_ne!(upgraded, original);
    home.append("native");
    let grown = home.bytes();
    // The log as it was upgraded, then the original.
    ok(home.run(&["rollback", "s"]));
    assert_eq!(home.bytes(), upgraded);
    ok(home.run(&["rollback", "s"]));
    assert_eq!(home.bytes(), original);
    assert!(!home.log().with_extension("sqlite3").exists());
    home.verified();
    ok(home.run(&["rollback", "s", "--undo"]));
    assert_eq!(home.bytes(), upgraded);
    home.verified();
    ok(home.run(&["rollback", "s", "--undo"]));
    assert_eq!(home.bytes(), grown);
    home.verified();
    // And the original migrates again.
    ok(home.run(&["rollback", "s"]));
    ok(home.run(&["rollback", "s"]));
    assert_eq!(home.bytes(), original);
    ok(home.run(&["migrate"]));
    assert_eq!(home.bytes(), upgraded);
    home.verified();
    ok(home.run(&["rollback", "s"]));
    assert_eq!(home.bytes(), original);
}

/// The file in `quarantine/` or `checkpoints/` from which a log comes back, in other states than it was kept in.
#[test]
fn what_was_kept_is_compared_in_a_dry_run_too() {
    let linear = linear_v1(LogShape { entries: 20, ..LogShape::default() }, 3);
    for (folder, args) in [("quarantine", &["rollback", "s", "--undo"][..]), ("checkpoints", &["rollback", "s"])] {
        let home = Home::new();
        fs::write(home.log(), &linear).expect("written");
        ok(home.run(&["migrate"]));
        if folder == "quarantine" {
            ok(home.run(&["rollback", "s"]));
        }
        let entries = fs::read_dir(home.log().with_extension("store").join(folder)).expect("there");
        let kept = entries.map(|entry| entry.expect("an entry").path()).next().expect("one");
        let sound = fs::read(&kept).expect("there");
        let changed = [&sound[..sound.len() - 2], b"?\n"].concat();
        for (bytes, words) in [(&sound[1..], "shorter"), (&changed, "does not hold")] {
            fs::write(&kept, bytes).expect("written");
            let before = home.bytes();
            refused(home.run(&[args, &["--dry-run"]].concat()), words);
            refused(home.run(args), words);
            assert_eq!(home.bytes(), before);
        }
        fs::write(&kept, &sound).expect("written");
        ok(home.run(&[args, &["--dry-run"]].concat()));
        ok(home.run(args));
    }
}

#[test]
fn a_v1_migration_is_rolled_back() {
    let home = Home::new();
    let sessions = home.0.path().join("sessions");
    generate(Shape::Both, 6, &mut ModelRng::new(3)).write_to(&sessions, "s").expect("written");
    let before = contents(&sessions);
    ok(home.run(&["migrate"]));
    let log = home.bytes();
    home.verified();
    assert!(ok(home.run(&["rollback", "s", "--dry-run"])).contains("the log of"));
    let done = ok(home.run(&["rollback", "s"]));
    let named = done.lines().find_map(|line| line.split_once("jcode-session ")).expect("a command").1.to_string();
    assert!(!home.log().exists());
    let left: BTreeMap<_, _> =
        contents(&sessions).into_iter().filter(|(path, _)| !path.to_string_lossy().contains("s.store")).collect();
    assert_eq!(left, before, "as jcode left it");
    ok(home.run(&named.split(' ').collect::<Vec<_>>()));
    assert_eq!(home.bytes(), log);
    home.verified();
    // Without the v1 files there is nothing to go back to.
    fs::remove_file(sessions.join("s.json")).expect("removed");
    refused(home.run(&["rollback", "s"]), "checkpoint");
    assert_eq!(home.bytes(), log);
}

#[test]
fn repair_says_what_it_does_and_leaves_sound_logs_alone() {
    let home = Home::new();
    for text in ["one", "two", "three"] {
        home.append(text);
    }
    let good = home.bytes();
    for args in [&["repair", "s"][..], &["repair", "s", "--dry-run"]] {
        assert!(ok(home.run(args)).contains("nothing is wrong"));
    }
    assert_eq!(home.bytes(), good);
    assert!(!home.log().with_extension("store").join("quarantine").exists(), "nothing was set aside");
    let mut damaged = good.clone();
    let second = damaged.iter().position(|&b| b == b'\n').expect("lines") + 1;
    damaged.splice(second..second, b"{\"broken\n\0\0\0\n".iter().copied());
    fs::write(home.log(), &damaged).expect("written");
    assert_eq!(home.run(&["verify", "s"]).code, 1);
    let before = contents(home.0.path());
    assert!(ok(home.run(&["repair", "s", "--dry-run"])).contains("would repair"));
    assert_eq!(contents(home.0.path()), before, "a dry run writes nothing");
    let done = ok(home.run(&["repair", "s"]));
    assert!(done.contains("2 findings, 3 entries kept") && done.contains("quarantine"), "{done}");
    assert_eq!(home.bytes(), good);
    home.verified();
}

/// What recovery took out comes back where it stood; what is in the log already does not come twice.
#[test]
fn repair_puts_back_what_recovery_set_aside() {
    let home = Home::new();
    for text in ["one", "two", "three", "four"] {
        home.append(text);
    }
    let good = home.bytes();
    let ends: Vec<usize> = good.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1).collect();
    // Damage behind two entries, and no more is known to be on the disk than those.
    let mut damaged = good[..ends[2]].to_vec();
    damaged.extend_from_slice(b"{\"broken\n");
    damaged.extend_from_slice(&good[ends[2]..]);
    fs::write(home.log(), &good[..ends[2]]).expect("written");
    ok(home.run(&["migrate", "--force"]));
    home.append("five");
    let five = home.bytes()[ends[2]..].to_vec();
    fs::write(home.log(), &good[..ends[2]]).expect("written");
    let quarantine = home.log().with_extension("store").join("quarantine");
    fs::create_dir_all(&quarantine).expect("made");
    let rest = &damaged[ends[2]..];
    fs::write(quarantine.join(format!("{}-{}-1760000000000.bin", ends[2], rest.len())), rest).expect("written");
    fs::write(home.log(), [&good[..ends[2]], &five].concat()).expect("written");
    let done = ok(home.run(&["repair", "s"]));
    assert!(done.contains("2 of them from quarantine"), "{done}");
    assert_eq!(home.bytes(), [&good[..], &five].concat());
    home.verified();
    assert!(ok(home.run(&["repair", "s"])).contains("nothing is wrong"));
    assert!(quarantine.join(format!("{}-{}-1760000000000.bin", ends[2], rest.len())).exists());
}

/// The state before each run of a writer is a state to return to, without anybody asking for it.
#[test]
fn a_rollback_returns_to_before_the_last_run() {
    let home = tempfile::TempDir::new().expect("a folder");
    let log = home.path().join("s.jsonl");
    let path = log.to_string_lossy().into_owned();
    let mut states = Vec::new();
    for text in ["one", "two", "three"] {
        let line = format!("{{\"type\":\"message\",\"message\":{{\"role\":\"user\",\"content\":\"{text}\"}}}}\n");
        let mut child = jcode_session_tests::program::command(home.path())
            .args(["append", &path])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("the binary is built");
        std::io::Write::write_all(&mut child.stdin.take().expect("piped"), line.as_bytes()).expect("written");
        assert!(child.wait_with_output().expect("ends").status.success());
        states.push(std::fs::read(&log).expect("there"));
    }
    for state in states.iter().rev().skip(1) {
        let back = jcode_session_tests::program::run(home.path(), ["rollback", &path]);
        assert_eq!(back.code, 0, "{back:?}");
        assert_eq!(&std::fs::read(&log).expect("there"), state);
    }
    for state in states.iter().skip(1) {
        assert_eq!(jcode_session_tests::program::run(home.path(), ["rollback", &path, "--undo"]).code, 0);
        assert_eq!(&std::fs::read(&log).expect("there"), state);
    }
    assert_eq!(jcode_session_tests::program::run(home.path(), ["verify", &path]).code, 0);
}
