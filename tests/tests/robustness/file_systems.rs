//! Real file systems that refuse: full, closed, limited, and a clock that goes back.
//!
//! Owns: that a refusal changes nothing and says why, and that reads go on.

use jcode_session_core::source::go_on;
use jcode_session_core::store::{SessionStore, rollback};
use jcode_session_native::ops::verify::verify;
use jcode_session_tests::crash_storage::Machine;
use jcode_session_tests::files::{ask, in_memory};
use jcode_session_tests::program::{Run, finished, limited, run};
use jcode_session_tests::sessions::{NOW, append, lines, log_of, with_log};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A small file system in memory, gone when dropped.
struct Mount(TempDir);

impl Mount {
    /// `None` where mounting is not allowed: the test then says so and ends.
    fn new(kib: u32) -> Option<Self> {
        let folder = TempDir::new().expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={kib}k,mode=700"), "tmpfs"]).arg(folder.path());
        if mount.output().is_ok_and(|output| output.status.success()) {
            return Some(Self(folder));
        }
        println!("skipped: only root may mount a file system");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn remount(&self, how: &str) {
        let status = Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(self.path()).status();
        assert!(status.expect("runs").success(), "{how}");
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

const LINEAR: &str = "{\"type\":\"session\",\"id\":\"old\",\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"cwd\":\"/\"}\n\
    {\"type\":\"message\",\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"message\":{\"role\":\"user\"}}\n";

/// A session to go on with, one to migrate.
fn fill(home: &Path) {
    fs::create_dir(home.join("sessions")).expect("made");
    fs::write(home.join("sessions/s.jsonl"), lines(0..40)).expect("written");
    assert_eq!(run(home, ["checkpoints", "s", "--take"]).code, 0);
    assert_eq!(run(home, ["label", "s", "e1", "later"]).code, 0);
    fs::write(home.join("sessions/old.jsonl"), LINEAR).expect("written");
}

fn logs(home: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    ["s", "old"]
        .iter()
        .map(|stem| home.join(format!("sessions/{stem}.jsonl")))
        .map(|path| (path.clone(), fs::read(&path).expect("there")))
        .collect()
}

const WRITES: [&[&str]; 8] = [
    &["migrate"],
    &["label", "s", "e2", "more"],
    &["tag", "s", "+t"],
    &["fork", "s"],
    &["checkpoints", "s", "--take"],
    &["rollback", "s"],
    &["repair", "s"],
    &["list"],
];

/// After a command that was refused: the logs are as they were, or as the command makes them.
fn whole(home: &Path, before: &[(PathBuf, Vec<u8>)], ran: &Run, what: &str) {
    for (path, old) in before {
        let report = verify(path, &mut |_| ControlFlow::Continue(())).expect("verifies");
        assert!(report.ok, "{what}: {:?}", report.findings);
        let now = fs::read(path).expect("there");
        assert!(ran.code == 0 || now == *old || what.contains("migrate"), "{what}: refused, and changed: {ran:?}");
    }
    let left = fs::read_dir(home.join("sessions")).expect("there").map(|e| e.expect("an entry").file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().ends_with(".tmp")).collect();
    assert!(left.is_empty() || ran.code < 0, "{what}: {left:?}");
}

#[test]
fn a_full_disk_changes_nothing_and_is_told() {
    let Some(first) = Mount::new(256) else { return };
    drop(first);
    let mut refused = 0;
    for args in WRITES {
        // From hardly anything to nearly enough.
        for room in [0, 4, 8, 16, 24] {
            let disk = Mount::new(20 << 10).expect("mounted before");
            fill(disk.path());
            let before = logs(disk.path());
            let filler = disk.path().join("filler");
            let _ = fs::write(&filler, vec![0; 21 << 20]);
            let len = fs::metadata(&filler).expect("there").len();
            fs::OpenOptions::new().write(true).open(&filler).expect("opens").set_len(len - (room << 10)).expect("cut");
            let what = format!("{args:?} with {room} KiB");
            let ran = run(disk.path(), args);
            whole(disk.path(), &before, &ran, &what);
            if ran.code != 0 {
                let said = format!("{}{}", ran.stderr, ran.text());
                assert!(["space", "room"].iter().any(|word| said.contains(word)), "{what}: {said}");
                refused += 1;
            }
            fs::remove_file(&filler).expect("removed");
            let again = run(disk.path(), args);
            let done = args[0] == "rollback" && ran.code == 0;
            assert!(again.code == 0 || done, "{what}, with room again: {again:?}");
        }
    }
    println!("{refused} commands refused for lack of space");
    assert!(refused > 10, "{refused}");
}

#[test]
fn a_closed_folder_reads_as_an_open_one() {
    let Some(disk) = Mount::new(1024) else { return };
    fill(disk.path());
    let log = disk.path().join("sessions/s.jsonl");
    let questions: [&[&str]; 5] = [
        &["list", "--json"],
        &["tree", "s", "--json"],
        &["show", "s", "--json"],
        &["verify", "s", "--json"],
        &["tree", "old"],
    ];
    let answers = |home: &Path| questions.map(|args| (run(home, args).code, run(home, args).text()));
    let (before, asked) = (answers(disk.path()), ask(&log));
    disk.remount("ro");
    assert_eq!(answers(disk.path()), before);
    assert_eq!(ask(&log), asked);
    for args in WRITES.iter().filter(|args| args[0] != "list") {
        let ran = run(disk.path(), *args);
        assert_ne!(ran.code, 0, "{args:?}: {ran:?}");
        assert!(!ran.stderr.is_empty() || !ran.text().is_empty());
    }
    disk.remount("rw");
    assert_eq!(answers(disk.path()), before);
}

/// A limit on the size of files: as a signal, which kills, and as an error, which is reported.
#[test]
fn a_limit_on_the_size_of_files_is_a_full_disk() {
    for (trap, kib) in ["", "trap '' XFSZ;"].iter().flat_map(|trap| (0..9).map(move |kib| (trap, kib))) {
        for args in WRITES {
            let home = in_memory();
            fill(home.path());
            let before = logs(home.path());
            let mut shell = limited(home.path(), &format!("{trap} ulimit -c 0; ulimit -f {kib}"));
            let ran = finished(shell.args(args).output().expect("runs"));
            whole(home.path(), &before, &ran, &format!("{args:?}, {kib} KiB, {trap}"));
            let done = logs(home.path()) != before;
            let again = run(home.path(), args);
            // A rollback that was killed behind its last step is done.
            assert!(again.code == 0 || (args[0] == "rollback" && done), "{args:?}: {again:?}");
        }
    }
}

/// States stand in the order in which they were recorded, whatever the clock said.
#[test]
fn a_clock_that_goes_back_reorders_nothing() {
    let machine = with_log(&lines(0..2));
    for (at, now) in [(2, NOW), (4, NOW - 86_400_000), (6, NOW - 2 * 86_400_000)] {
        append(&machine, &lines(at..at + 2));
        SessionStore::open(&machine).expect("opens").checkpoint(now, "test").expect("taken");
    }
    append(&machine, &lines(8..9));
    let back = |machine: &Machine, now_ms: i64| {
        let options = rollback::Options { to_ms: None, now_ms, has_source: true };
        let mut store = SessionStore::open(machine).expect("opens");
        rollback::run(&mut store, &options, &mut go_on).expect("rolled back");
        store.acknowledge();
    };
    back(&machine, NOW - 3 * 86_400_000);
    assert_eq!(log_of(&machine.world()), Some(lines(0..8)));
    back(&machine, 0);
    assert_eq!(log_of(&machine.world()), Some(lines(0..6)));
}
