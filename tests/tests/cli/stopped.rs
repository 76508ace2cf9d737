//! Ctrl-C in the middle of long work on one session: what is said, the exit code, and that nothing is left behind. And
//! the bar, which a terminal shows of such work, and only of such.
//!
//! No test waits for a time: the process is held again and again, and once its work can be seen in a folder, it goes on
//! with the signal. One that ended before is started anew, from the same files.

use jcode_session_tests::files::contents;
use jcode_session_tests::homes::{home, log, put};
use jcode_session_tests::program::{Run, at_terminal, command, finished, run};
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

const MS: u64 = 1_770_000_000_000;

/// A home with a session of this many messages of 2 KB.
fn with_session(messages: u64) -> (TempDir, PathBuf) {
    let home = home();
    let text = "words of a message ".repeat(100);
    let path = put(home.path(), "s.jsonl", &log("s", messages, MS, &text));
    (home, path)
}

/// One of 40 MB: work on it can be met.
fn long() -> (TempDir, PathBuf) {
    with_session(20_000)
}

fn clean(home: &Path, args: &[&str]) -> Run {
    let ran = run(home, args);
    assert_eq!(ran.code, 0, "{args:?}: {ran:?}");
    ran
}

fn files(folder: &Path) -> Vec<PathBuf> {
    contents(folder).into_keys().collect()
}

fn is_temporary(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "tmp")
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
}

/// True once a file of this kind lies in a folder of the session.
fn lies_in(home: &Path, is_it: fn(&Path) -> bool) -> bool {
    let folders = ["sessions", "sessions/s.store/quarantine", "sessions/s.store/segments", "."];
    let names = folders.iter().filter_map(|folder| fs::read_dir(home.join(folder)).ok()).flatten().flatten();
    names.map(|entry| entry.path()).any(|path| is_it(&path))
}

/// Runs a command, and sends Ctrl-C once such a file is there.
fn stopped(home: &Path, args: &[&str], is_it: fn(&Path) -> bool) -> Run {
    let before = contents(home);
    for _ in 0..20 {
        let ran = met(home, args, is_it);
        if ran.code == 0 {
            // It was quicker than this test could look.
            put_back(home, &before);
            continue;
        }
        assert_eq!(ran.code, 2, "{args:?}: {ran:?}");
        assert!(ran.stderr.contains("interrupted"), "{args:?}: {ran:?}");
        assert_eq!(files(home).into_iter().find(|path| is_temporary(path)), None, "{args:?}: left behind");
        return ran;
    }
    panic!("{args:?}: it always ended before its work was seen");
}

/// Runs a command a little at a time, until such a file is there or it has ended; then it gets a Ctrl-C and goes on.
fn met(home: &Path, args: &[&str], is_it: fn(&Path) -> bool) -> Run {
    let mut running = command(home);
    running.args(args).current_dir(home).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = running.spawn().expect("the binary is built");
    while child.try_wait().expect("known").is_none() {
        signal(&child, "-STOP");
        let is_met = lies_in(home, is_it);
        if is_met {
            signal(&child, "-INT");
        }
        signal(&child, "-CONT");
        if is_met {
            break;
        }
    }
    finished(child.wait_with_output().expect("ends"))
}

/// The files of before, and no others.
fn put_back(home: &Path, before: &BTreeMap<PathBuf, Vec<u8>>) {
    for path in contents(home).into_keys().filter(|path| !before.contains_key(path)) {
        fs::remove_file(path).expect("removed");
    }
    for (path, bytes) in before {
        fs::write(path, bytes).expect("written");
    }
}

/// Stops a command after which everything is to be as before, and returns what it said.
fn stopped_in_vain(home: &Path, args: &[&str], is_it: fn(&Path) -> bool) -> String {
    let before = contents(home);
    let ran = stopped(home, args, is_it);
    assert_eq!(contents(home).keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>(), "{args:?}");
    assert!(contents(home) == before, "{args:?}: a file changed");
    assert!(ran.stdout.is_empty(), "{args:?}: {ran:?}");
    ran.stderr
}

#[test]
fn a_repair_that_is_stopped_changes_nothing() {
    let (home, log) = long();
    OpenOptions::new().append(true).open(log).expect("there").write_all(b"{\"torn\n\0\n{}\n").expect("written");
    clean(home.path(), &["checkpoints", "s"]);
    let said = stopped_in_vain(home.path(), &["repair", "s"], is_temporary);
    assert!(said.contains("s.jsonl: interrupted; the log is as it was"), "{said}");
    clean(home.path(), &["repair", "s"]);
}

#[test]
fn a_rollback_and_its_undo_that_are_stopped_change_nothing() {
    let (home, path) = with_session(100);
    clean(home.path(), &["checkpoints", "s", "--take"]);
    let text = "more words of a message ".repeat(100);
    let whole = log("s", 20_000, MS, &text);
    let behind = log("s", 100, MS, &text).len();
    OpenOptions::new().append(true).open(&path).expect("there").write_all(&whole[behind..]).expect("written");
    let is_set_aside = |path: &Path| path.extension().is_some_and(|ending| ending == "bin");
    // What is set aside has a folder of its own, which stays.
    fs::create_dir_all(home.path().join("sessions/s.store/quarantine")).expect("made");
    let said = stopped_in_vain(home.path(), &["rollback", "s"], is_set_aside);
    assert!(said.contains("interrupted; the log is as it was"), "{said}");
    clean(home.path(), &["rollback", "s"]);
    let said = stopped_in_vain(home.path(), &["rollback", "s", "--undo"], is_temporary);
    assert!(said.contains("interrupted; the log is as it was"), "{said}");
    clean(home.path(), &["rollback", "s", "--undo"]);
}

#[test]
fn a_seal_that_is_stopped_leaves_one_file() {
    let (home, path) = long();
    let whole = fs::read(&path).expect("there");
    let said = stopped(home.path(), &["seal", "s", "--segment-size", "8M"], is_temporary).stderr;
    assert!(said.contains("interrupted; the log is as it was"), "{said}");
    assert!(fs::read(&path).expect("there") == whole);
    assert_eq!(fs::read_dir(home.path().join("sessions/s.store/segments")).map_or(0, Iterator::count), 0);
    clean(home.path(), &["seal", "s", "--segment-size", "8M"]);
    let sealed = fs::read(&path).expect("there");
    // Segments get their other form one by one.
    let said = stopped(home.path(), &["seal", "s", "--compress", "--segment-size", "8M"], is_temporary).stderr;
    assert!(said.contains("still plain; the log is the same"), "{said}");
    clean(home.path(), &["verify", "s"]);
    let said = stopped(home.path(), &["seal", "s", "--undo"], is_temporary).stderr;
    assert!(said.contains("interrupted; the log is as it was"), "{said}");
    assert!(fs::read(&path).expect("there") == sealed);
    assert!(clean(home.path(), &["export", "s", "--format", "v3"]).stdout == whole);
}

#[test]
fn an_export_that_is_stopped_writes_no_file() {
    let (home, _) = long();
    for name in ["out.jsonl", "out.html", "out.md"] {
        let said = stopped_in_vain(home.path(), &["export", "s", "--output", name], is_temporary);
        assert!(said.contains(&format!("interrupted; {name} was not written")), "{said}");
        fs::write(home.path().join(name), "of before").expect("written");
        stopped_in_vain(home.path(), &["export", "s", "--force", "--output", name], is_temporary);
    }
}

#[test]
fn a_terminal_shows_a_bar_of_long_work_alone() {
    // Passes over 120 MB take a moment, however fast the machine is: a repair makes ten, a page is made of each message.
    let (home, path) = with_session(60_000);
    let shown = |args: &str| at_terminal(home.path(), args, Some(80), &[]).text();
    OpenOptions::new().append(true).open(&path).expect("there").write_all(b"{\"torn\n\0\n{}\n").expect("written");
    let seen = shown("repair s");
    assert!(seen.contains("repairing ["), "{seen}");
    let seen = shown(&format!("export s --output {}", home.path().join("out.html").display()));
    assert!(seen.contains("exporting "), "{seen}");
    let seen = shown("--no-progress repair s --dry-run");
    assert!(!seen.contains('['), "{seen}");
    let (short, _) = with_session(10);
    let seen = at_terminal(short.path(), "repair s", Some(80), &[]).text();
    assert!(!seen.contains('['), "{seen}");
}
