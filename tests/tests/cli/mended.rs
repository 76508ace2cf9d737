//! Repair: records that only raw control characters break come back, and every repair can be taken back.
//!
//! Owns: what `repair` does beyond what readers show, what its dry run tells of it, the way back byte for byte, and
//! that a report of thousands of findings stays short.

use jcode_session_core::source::go_on;
use jcode_session_native::ops::restore::{plan_repair, repair, undo};
use jcode_session_tests::files::{LogDir, contents};
use jcode_session_tests::generate::{LogShape, damage, random, tree_v3};
use jcode_session_tests::program::{Run, command, fed, finished, run};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const HEADER: &str =
    r#"{"type":"session","version":3,"id":"s","timestamp":"2026-03-01T08:00:00.000Z","cwd":"/home/u/p"}"#;

fn entry(id: &str, parent: &str, text: &str) -> String {
    let parent = if parent.is_empty() { "null".to_string() } else { format!("\"{parent}\"") };
    format!(
        r#"{{"type":"message","id":"{id}","parentId":{parent},"timestamp":"2026-03-01T08:00:01.000Z","message":{{"role":"user","content":"{text}"}}}}"#
    )
}

fn joined(lines: &[&str]) -> Vec<u8> {
    lines.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect()
}

struct Home(TempDir);

impl Home {
    fn new(bytes: &[u8]) -> Self {
        let home = Self(TempDir::new().expect("a folder"));
        fs::create_dir(home.0.path().join("sessions")).expect("made");
        home.write(bytes);
        home
    }

    fn log(&self) -> PathBuf {
        self.0.path().join("sessions/s.jsonl")
    }

    fn write(&self, bytes: &[u8]) {
        fs::write(self.log(), bytes).expect("written");
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.log()).expect("there")
    }

    fn run(&self, args: &[&str]) -> Run {
        run(self.0.path(), args)
    }

    fn ok(&self, args: &[&str]) -> String {
        let run = self.run(args);
        assert_eq!(run.code, 0, "{args:?}: {run:?}");
        run.text()
    }

    fn append(&self, line: &str) {
        let run = fed(command(self.0.path()).args(["append", "s"]), &format!("{line}\n"));
        assert_eq!(run.code, 0, "{run:?}");
    }

    /// Keys of all entries, in file order.
    fn ids(&self) -> Vec<String> {
        let text = self.ok(&["show", "s", "--file-order", "--json"]);
        let values = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        values.map(|value| value["id"].as_str().expect("an id").to_string()).collect()
    }
}

/// The command that a report names, run by a shell from another folder.
fn run_named(home: &Home, report: &str) {
    let named = report.lines().find_map(|line| line.split_once("to take this back: ")).expect("a command").1;
    let ran = run_in_shell(home, named);
    assert_eq!(ran.code, 0, "{named}: {ran:?}");
}

/// A command line of this program, run by a shell from another folder.
fn run_in_shell(home: &Home, named: &str) -> Run {
    let bin = TempDir::new().expect("a folder");
    let program = bin.path().join("jcode-session").with_extension(std::env::consts::EXE_EXTENSION);
    another_name(jcode_session_tests::program::binary(), program).expect("made");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([bin.path().into()].into_iter().chain(std::env::split_paths(&path)));
    let path = path.expect("no separator in it");
    let ran = shell(named).current_dir(bin.path()).env("PATH", path).env("JCODE_HOME", home.0.path()).output();
    finished(ran.expect("runs"))
}

#[cfg(windows)]
use std::fs::hard_link as another_name;
#[cfg(unix)]
use std::os::unix::fs::symlink as another_name;

#[cfg(unix)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("bash");
    shell.args(["-c", command]);
    shell
}

#[cfg(windows)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    std::os::windows::process::CommandExt::raw_arg(&mut shell, format!("/C \"{command}\""));
    shell
}

/// Any byte that must be escaped: the record is back where it stood, with this byte as its escape and nothing else
/// changed; the dry run tells how many there are, `verify` what will happen.
#[test]
fn a_raw_control_character_costs_no_record() {
    for byte in (0u8..32).filter(|byte| *byte != b'\n') {
        let raw = String::from_utf8(vec![b'x', byte, b'y', byte]).expect("text");
        let escaped = format!(r"x\u{byte:04x}y\u{byte:04x}");
        let lines = |text: &str| joined(&[HEADER, &entry("a", "", "1"), &entry("b", "a", text), &entry("c", "b", "3")]);
        let home = Home::new(&lines(&raw));
        assert_eq!(home.ids(), ["a", "c"], "no reader shows it");
        let verified = home.run(&["verify", "s"]);
        assert_eq!(verified.code, 1);
        assert!(verified.text().contains("`repair` escapes those and keeps the record"), "{byte}: {verified:?}");
        let planned = home.ok(&["repair", "s", "--dry-run"]);
        assert!(planned.contains("3 entries kept, 1 unreadable record mended"), "{planned}");
        assert_eq!(home.bytes(), lines(&raw));
        let done = home.ok(&["repair", "s"]);
        assert!(done.contains("3 entries kept, 1 unreadable record mended"), "{done}");
        assert_eq!(home.bytes(), lines(&escaped), "{byte}");
        assert_eq!(home.run(&["verify", "s"]).code, 0);
        assert_eq!(home.ids(), ["a", "b", "c"]);
        run_named(&home, &done);
        assert_eq!(home.bytes(), lines(&raw), "taken back");
    }
}

#[test]
fn the_last_line_and_the_header_come_back() {
    let good = joined(&[HEADER, &entry("a", "", "1")]);
    for end in ["\n", ""] {
        let last = entry("b", "a", "tab\there");
        let home = Home::new(&[&good, last.as_bytes(), end.as_bytes()].concat());
        assert!(home.ok(&["verify", "s"]).contains("`repair` escapes those and keeps the record"), "a torn tail");
        home.ok(&["repair", "s"]);
        assert_eq!(home.bytes(), [&good, entry("b", "a", r"tab\u0009here").as_bytes(), b"\n"].concat());
    }
    for (mark, cwd, escaped) in [("", "/a\tb", r"/a\u0009b"), ("\u{feff}", "/\u{1}", r"/\u0001")] {
        let header = |cwd: &str| HEADER.replace("/home/u/p", cwd).replace("\"id\":\"s\"", "\"id\":\"its own\"");
        let home = Home::new(&joined(&[&format!("{mark}{}", header(cwd)), &entry("a", "", "1")]));
        home.ok(&["repair", "s"]);
        assert_eq!(home.bytes(), joined(&[&header(escaped), &entry("a", "", "1")]));
        assert_eq!(home.run(&["verify", "s"]).code, 0);
    }
}

/// What is no record of its own, or not certainly this one, stays out as it does without control characters.
#[test]
fn what_is_no_record_stays_out() {
    let without_time = r#"{"type":"message","id":"b","parentId":"a","message":"x	y"}"#;
    let other_version = HEADER.replace("\"version\":3", "\"version\":4").replace("/home", "/\thome");
    for line in [
        entry("b\t", "a", "the id is damaged"),
        entry("b", "a\t", "the parent is"),
        entry("a", "", "an id\tthat is taken"),
        without_time.to_string(),
        format!("{}x", entry("b", "a", "more\tbehind it")),
        entry("b", "a", "a backslash \\\tbefore it"),
        entry("b", "a", "torn\t").trim_end_matches('}').to_string(),
        entry("b", "a", "outside\tand inside").replacen(",\"id\"", ",\u{1}\"id\"", 1),
        other_version,
    ] {
        let home = Home::new(&joined(&[HEADER, &entry("a", "", "1"), &line, &entry("c", "a", "3")]));
        let verified = home.run(&["verify", "s"]).text();
        let is_taken = line.contains("taken");
        assert_eq!(verified.contains("repair` escapes those"), is_taken, "{line}: {verified}");
        home.ok(&["repair", "s"]);
        assert_eq!(home.ids(), ["a", "c"], "{line}");
    }
    let other = HEADER.replace("\"version\":3", "\"version\":4").replace("/home", "/\thome");
    let home = Home::new(&joined(&[&other, &entry("a", "", "1")]));
    home.ok(&["repair", "s"]);
    assert_eq!((home.ids(), home.run(&["verify", "s"]).code), (vec!["a".to_string()], 0));
}

/// What recovery set aside comes back, also where only control characters broke it.
#[test]
fn what_recovery_set_aside_is_mended_too() {
    let good = joined(&[HEADER, &entry("a", "", "1")]);
    let home = Home::new(&good);
    home.append(r#"{"type":"message","id":"e","parentId":"a","message":{}}"#);
    let last = home.bytes()[good.len()..].to_vec();
    let aside = joined(&[&entry("b", "a", "tab\there"), &entry("c", "b", "3"), &entry("b", "a", "again\t")]);
    let quarantine = home.log().with_extension("store").join("quarantine");
    fs::create_dir_all(&quarantine).expect("made");
    fs::write(quarantine.join(format!("{}-{}-1760000000000.bin", good.len(), aside.len())), &aside).expect("written");
    let done = home.ok(&["repair", "s"]);
    assert!(done.contains("2 of them from quarantine"), "{done}");
    let back = joined(&[&entry("b", "a", r"tab\u0009here"), &entry("c", "b", "3")]);
    assert_eq!(home.bytes(), [good, back, last].concat());
    let once = home.bytes();
    run_named(&home, &done);
    home.ok(&["repair", "s"]);
    assert_eq!(home.bytes(), once, "it comes back again");
}

fn damaged() -> Vec<u8> {
    joined(&[HEADER, &entry("a", "", "1"), "{broken", &entry("b", "gone", "2"), &entry("b", "a", "3")])
}

/// Back and forth by every way that there is, and the store is sound after each step.
#[test]
fn a_repair_is_taken_back_and_done_again() {
    let home = Home::new(&damaged());
    let sound = |what: &str| {
        let report = home.run(&["verify", "s", "--json"]).text();
        assert!(!report.contains("ledger-broken") && !report.contains("checkpoint-missing"), "{what}: {report}");
    };
    let done = home.ok(&["repair", "s"]);
    let repaired = home.bytes();
    assert_eq!(home.run(&["verify", "s"]).code, 0);
    // A dry run says what is taken back, and takes nothing back.
    let before = contents(home.0.path());
    assert!(home.ok(&["rollback", "s", "--undo", "--dry-run"]).contains("would take back the repair of"));
    assert_eq!(contents(home.0.path()), before);
    run_named(&home, &done);
    assert_eq!(home.bytes(), damaged());
    sound("undone");
    let refused = home.run(&["rollback", "s", "--undo"]);
    assert!(refused.code == 2 && refused.stderr.contains("no rollback to take back, and no repair"), "{refused:?}");
    home.ok(&["repair", "s"]);
    assert_eq!(home.bytes(), repaired);
    // The state before it is a checkpoint as well.
    let listed = home.run(&["checkpoints", "s", "--json"]).json();
    let states: Vec<_> = listed["checkpoints"].as_array().expect("a list").iter().map(|c| &c["restores"]).collect();
    assert_eq!(states, ["cut", "file"], "{listed}");
    let kept = listed["checkpoints"][1]["checkpoint_path"].as_str().expect("a file").to_string();
    assert_eq!(fs::read(home.log().with_extension("store").join(kept)).expect("there"), damaged());
    assert!(home.ok(&["rollback", "s", "--dry-run"]).contains("from before its repair"));
    home.ok(&["rollback", "s"]);
    assert_eq!(home.bytes(), damaged());
    sound("rolled back");
    home.ok(&["rollback", "s", "--undo"]);
    assert_eq!(home.bytes(), repaired);
    sound("and forth");
    home.ok(&["rollback", "s", "--undo"]);
    assert_eq!(home.bytes(), damaged(), "the repair itself");
    home.ok(&["repair", "s"]);
    assert_eq!(home.bytes(), repaired);
}

#[test]
fn what_was_appended_since_is_not_lost() {
    let home = Home::new(&damaged());
    home.ok(&["repair", "s"]);
    let repaired = home.bytes();
    home.append(r#"{"type":"message","id":"new","message":{}}"#);
    let grown = home.bytes();
    let refused = home.run(&["rollback", "s", "--undo"]);
    assert_eq!(refused.code, 2);
    let appended = format!("{} bytes were appended after the repair of", grown.len() - repaired.len());
    assert!(refused.stderr.contains(&appended), "{refused:?}");
    assert_eq!(home.bytes(), grown);
    home.ok(&["rollback", "s", "--undo", "--force"]);
    assert_eq!(home.bytes(), damaged());
    let kept = contents(&home.log().with_extension("store").join("quarantine"));
    assert!(kept.into_values().any(|bytes| bytes == grown));
    // By checkpoints: the repaired log, then the one before.
    let home = Home::new(&damaged());
    home.ok(&["repair", "s"]);
    home.append(r#"{"type":"message","id":"new","message":{}}"#);
    home.ok(&["rollback", "s"]);
    assert_eq!(home.bytes(), repaired);
    home.ok(&["rollback", "s"]);
    assert_eq!(home.bytes(), damaged());
}

/// A rollback before the repair can be taken back once the repair was; one behind it goes first.
#[test]
fn rollbacks_around_a_repair_are_taken_back_in_turn() {
    let home = Home::new(&joined(&[HEADER, &entry("a", "", "1")]));
    home.append(r#"{"type":"message","id":"b","message":{}}"#);
    let two = home.bytes();
    home.ok(&["rollback", "s"]);
    let one = home.bytes();
    let mut file = fs::OpenOptions::new().append(true).open(home.log()).expect("there");
    file.write_all(b"{\"torn").expect("written");
    drop(file);
    home.ok(&["repair", "s"]);
    assert_eq!(home.bytes(), one);
    home.append(r#"{"type":"message","id":"c","message":{}}"#);
    let three = home.bytes();
    home.ok(&["rollback", "s"]);
    for state in [&three, &[&one[..], b"{\"torn"].concat(), &two] {
        home.ok(&["rollback", "s", "--undo", "--force"]);
        assert_eq!(&home.bytes(), state);
    }
}

/// What was set aside is named where it is gone or changed, and the log stays as it is.
#[test]
fn a_lost_original_is_named() {
    let home = Home::new(&damaged());
    home.ok(&["repair", "s"]);
    let repaired = home.bytes();
    let quarantine = home.log().with_extension("store").join("quarantine");
    let kept = contents(&quarantine).into_keys().next().expect("a file");
    for damage in [Some(damaged()[1..].to_vec()), Some(vec![b' '; damaged().len()]), None] {
        match damage {
            Some(bytes) => fs::write(&kept, bytes).expect("written"),
            None => fs::remove_file(&kept).expect("removed"),
        }
        let verified = home.run(&["verify", "s"]);
        assert!(verified.code == 1 && verified.text().contains("what the repair of"), "{verified:?}");
        assert_eq!(home.run(&["rollback", "s", "--undo"]).code, 2);
        assert_eq!(home.run(&["rollback", "s"]).code, 2);
        assert_eq!(home.bytes(), repaired);
    }
}

/// The command works whatever the path is.
#[test]
fn the_command_is_quoted_for_a_shell() {
    for name in ["plain", "with blank", "it's", "tab\tand\u{1b}[31m", "$HOME `x` \"y\" \\"] {
        let home = Home::new(b"");
        let folder = home.0.path().join("sessions").join(name);
        fs::create_dir(&folder).expect("made");
        fs::write(folder.join("t.jsonl"), damaged()).expect("written");
        let path = folder.join("t.jsonl");
        let shown = home.run(&["show", path.to_str().expect("text")]);
        let (_, named) = shown.stderr.split_once("; `").expect("a command");
        let (named, _) = named.rsplit_once("` names").expect("its end");
        let verified = run_in_shell(&home, &format!("jcode-session {named}"));
        assert!(verified.code == 1 && verified.text().contains("invalid-json"), "{named}: {verified:?}");
        let done = home.ok(&["repair", path.to_str().expect("text")]);
        run_named(&home, &done);
        assert_eq!(fs::read(&path).expect("there"), damaged(), "{name}");
    }
}

#[test]
fn thousands_of_findings_are_counted() {
    let broken = vec!["{broken"; 1000];
    let home = Home::new(&joined(&[&[HEADER, &entry("a", "", "1")], &broken[..], &[&entry("b", "a", "2")]].concat()));
    let planned = home.ok(&["repair", "s", "--dry-run"]);
    let done = home.ok(&["repair", "s"]);
    for (report, rest) in [(planned, "and 980 more invalid-json; `verify --json` lists all"), (done, "and 980 more")] {
        assert!(report.contains("1,000 findings, 2 entries kept") && report.contains(rest), "{report}");
        assert!(report.lines().count() < 30, "{report}");
    }
}

/// Damage of every kind: the plan tells what the run does, the way back is byte for byte, and there again the same.
#[test]
fn every_repair_is_predicted_and_can_be_taken_back() {
    let mut repaired = 0;
    for seed in 1000..1120 {
        let good = tree_v3(LogShape { entries: 12, branch_percent: 20, ..LogShape::default() }, seed);
        let bytes = damage(&good, &mut random(seed));
        let dir = LogDir::new(&bytes);
        let Ok(planned) = plan_repair(&dir.log(), &mut go_on) else { continue };
        let (plan, _) = repair(&dir.log(), &mut go_on).expect("as planned");
        let told = |plan: &jcode_session_core::store::repair::Plan| {
            (plan.findings.clone(), plan.entries, plan.restored, plan.mended, plan.from_len)
        };
        assert_eq!(told(&planned), told(&plan), "seed {seed}");
        let entries = jcode_session_tests::oracle::read_log(&read(&dir.log())).entries.len();
        assert_eq!(entries as u64, plan.entries, "seed {seed}");
        if plan.is_nothing() {
            continue;
        }
        let mended = read(&dir.log());
        undo(&dir.log(), false, &mut go_on).expect("taken back");
        assert_eq!(read(&dir.log()), bytes, "seed {seed}");
        repair(&dir.log(), &mut go_on).expect("again");
        assert_eq!(read(&dir.log()), mended, "seed {seed}");
        repaired += 1;
    }
    assert!(repaired > 60, "{repaired}");
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).expect("there")
}
