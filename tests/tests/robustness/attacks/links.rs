//! Links where files are expected, and files that others may read.

use super::{Home, SECRET};
use jcode_session_tests::program::{binary, finished};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

/// A link at each name that we make files under.
#[test]
fn no_write_follows_a_link() {
    for name in [
        "s.sqlite3",
        "s.sqlite3-journal",
        "s.lock",
        "s.store",
        ".jcode-session-s-0.tmp",
        ".jcode-session-s-1.tmp",
        "../agent/sessions.idx.db",
        "../agent/sessions.idx.db.lock",
        "../agent/sessions.idx.db-wal",
    ] {
        let home = Home::new();
        let at = home.file(name);
        fs::create_dir_all(at.parent().expect("a folder")).expect("made");
        symlink(home.secret(), &at).expect("linked");
        home.run_all();
        home.untouched(&[name]);
    }
}

/// A link to another place at each name in a store.
#[test]
fn no_write_follows_a_link_in_a_store() {
    for name in ["ledger.jsonl", "ledger.head", "checkpoints", "quarantine", "segments"] {
        let home = Home::new();
        let elsewhere = home.path().join("elsewhere");
        fs::create_dir(&elsewhere).expect("made");
        assert_eq!(home.run(&["checkpoints", "s", "--take"]).code, 0);
        let at = home.file("s.store").join(name);
        let target = if name.contains('.') { home.secret() } else { elsewhere.clone() };
        let _ = fs::remove_file(&at);
        let _ = fs::remove_dir(&at);
        symlink(target, &at).expect("linked");
        home.run_all();
        assert_eq!(fs::read_dir(&elsewhere).expect("there").count(), 0, "{name}");
    }
}

/// The kept original of a migration, exchanged for a link to another file, is not read back into the log.
#[test]
fn no_link_is_restored() {
    let home = Home::new();
    home.log("s", b"{\"type\":\"session\",\"id\":\"s\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"cwd\":\"/\"}\n{\"type\":\"message\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"message\":{}}\n");
    assert_eq!(home.run(&["migrate"]).code, 0);
    let kept = fs::read_dir(home.file("s.store/checkpoints")).expect("there").next().expect("one").expect("one").path();
    fs::remove_file(&kept).expect("removed");
    symlink(home.secret(), &kept).expect("linked");
    assert_ne!(home.run(&["rollback", "s"]).code, 0);
    assert!(!fs::read_to_string(home.file("s.jsonl")).expect("a log").contains(SECRET.trim()));
    home.untouched(&["rollback"]);
}

/// A file that has a second name elsewhere is replaced here, and stays as it is there.
#[test]
fn a_second_name_keeps_the_old_bytes() {
    let home = Home::new();
    let old = "{\"type\":\"session\",\"id\":\"s\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"cwd\":\"/\"}\n";
    home.log("s", old.as_bytes());
    let other = home.path().join("other.jsonl");
    fs::hard_link(home.file("s.jsonl"), &other).expect("linked");
    home.run(&["migrate"]);
    assert_eq!(fs::read_to_string(&other).expect("there"), old);
}

/// Pipes and devices under the names of logs hold nobody up.
#[test]
fn what_is_no_file_is_no_session() {
    let home = Home::new();
    for name in ["p.jsonl", "q.json", "s.sqlite3", "s.store/ledger.jsonl"] {
        fs::create_dir_all(home.file("s.store")).expect("made");
        let made = Command::new("mkfifo").arg(home.file(name)).status().expect("runs");
        assert!(made.success());
    }
    symlink("/dev/zero", home.file("z.jsonl")).expect("linked");
    home.run(&["verify", "z"]);
    home.run(&["verify", "p"]);
    home.run_all();
}

/// Whatever the umask: files for the user alone.
#[test]
fn everything_that_is_made_is_private() {
    let home = Home::new();
    let log = home.file("new.jsonl");
    let script = "umask 000; bin=$1; log=$2; shift 2; \
        echo '{\"type\":\"custom\",\"id\":\"c\"}' | $bin append $log --session-durability strict && $bin migrate && \
        $bin list && $bin checkpoints s --take && $bin label s e1 n && $bin rollback s && $bin rollback s --undo && \
        $bin fork s && $bin tag new +t && $bin export s --format html --output out.html && $bin doctor --fix && \
        $bin push --store store && rm -r sessions/new.* && $bin pull --all --store store";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "sh"]).arg(binary()).arg(&log).env("JCODE_HOME", home.path()).current_dir(home.path());
    let ran = finished(shell.output().expect("runs"));
    assert_eq!(ran.code, 0, "{ran:?}");
    let mut seen = 0;
    look(home.path(), home.path(), &mut seen);
    assert!(seen > 12, "{seen} files made");
}

fn look(root: &Path, folder: &Path, seen: &mut u32) {
    // Made by the test itself, under its own umask.
    let given = ["sessions", "secret", "sessions/s.jsonl"];
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let metadata = fs::symlink_metadata(&path).expect("there");
        if !given.iter().any(|given| path == root.join(given)) {
            let (mode, wanted) = (metadata.permissions().mode() & 0o777, if path.is_dir() { 0o700 } else { 0o600 });
            assert_eq!(mode, wanted, "{}: {mode:o}", path.display());
            *seen += 1;
        }
        if path.is_dir() {
            look(root, &path, seen);
        }
    }
}
