//! Many processes on one home: writers, readers, migrations, lists and checks, at the same time.
//!
//! Owns: that everybody gets an answer, and that afterwards every log is sound and holds all that was acknowledged.
//! `JCODE_SESSION_ROUNDS` sets how often each writer opens a session (6).

use jcode_session_native::ops::verify::verify;
use jcode_session_tests::effort;
use jcode_session_tests::program::{command, run};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

const CHILD: &str = env!("CARGO_BIN_EXE_session-child");

/// Sessions, and writers; two writers at least want the same session.
const SESSIONS: usize = 3;
const WRITERS: usize = 5;

/// What readers ask, over and over.
const READERS: [&[&str]; 3] = [
    &["list --json", "list", "doctor --json"],
    &["tree s0 --json", "show s1 --tail 5", "verify s2 --json", "show s0 --file-order --json"],
    &["migrate --include-active", "migrate --force", "tag s1", "checkpoints s2", "export s0 --format html"],
];

fn write(log: &Path, mode: &str) -> Option<Vec<String>> {
    let output = Command::new(CHILD).arg(mode).arg(log).arg("40").output().expect("runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.code() == Some(2) {
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.is_empty() && why.contains("process"), "refused, and not told who writes: {why}");
        return None;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(said.lines().filter_map(|line| line.strip_prefix("ack ")).map(str::to_string).collect())
}

#[test]
fn everybody_gets_an_answer_and_nothing_is_lost() {
    let rounds = effort::rounds("JCODE_SESSION_ROUNDS", 6);
    let home = tempfile::tempdir().expect("a folder");
    let sessions = home.path().join("sessions");
    std::fs::create_dir(&sessions).expect("made");
    let logs: Vec<_> = (0..SESSIONS).map(|number| sessions.join(format!("s{number}.jsonl"))).collect();
    for log in &logs {
        write(log, "strict").expect("nobody else is there");
    }
    let (writing, asked, refused) = (AtomicBool::new(true), AtomicU64::new(0), AtomicU64::new(0));
    let mut promised: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    std::thread::scope(|scope| {
        let readers: Vec<_> = READERS
            .iter()
            .map(|questions| {
                let (home, writing, asked) = (home.path(), &writing, &asked);
                scope.spawn(move || {
                    for question in questions.iter().cycle() {
                        let ran = run(home, question.split(' '));
                        assert_eq!(ran.code, 0, "{question}: {ran:?}");
                        asked.fetch_add(1, Ordering::Relaxed);
                        if !writing.load(Ordering::Relaxed) {
                            return;
                        }
                    }
                })
            })
            .collect();
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| {
                let (logs, refused) = (&logs, &refused);
                scope.spawn(move || {
                    let mut acked = Vec::new();
                    for round in 0..rounds {
                        let session = (number + round) % SESSIONS;
                        let mode = ["strict", "balanced"][(number + round) % 2];
                        match write(&logs[session], mode) {
                            Some(ids) => acked.push((session, ids)),
                            None => drop(refused.fetch_add(1, Ordering::Relaxed)),
                        }
                    }
                    acked
                })
            })
            .collect();
        for writer in writers {
            for (session, ids) in writer.join().expect("a writer") {
                promised.entry(session).or_default().extend(ids);
            }
        }
        writing.store(false, Ordering::Relaxed);
        readers.into_iter().for_each(|reader| reader.join().expect("a reader"));
    });
    let mut acknowledged = 0;
    for (session, log) in logs.iter().enumerate() {
        let report = verify(log, &mut |_| ControlFlow::Continue(())).expect("verifies");
        assert!(report.ok, "{:?}", report.findings);
        let text = std::fs::read_to_string(log).expect("text");
        let mut ids: Vec<String> = text
            .lines()
            .skip(1)
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("whole lines"))
            .map(|entry| entry["id"].as_str().expect("an id").to_string())
            .collect();
        let there = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), there, "an id twice");
        for id in promised.get(&session).into_iter().flatten() {
            assert!(ids.binary_search(id).is_ok(), "{id} was acknowledged, and is lost");
            acknowledged += 1;
        }
    }
    // The last list is of the end.
    assert!(command(home.path()).arg("migrate").output().expect("runs").status.success());
    let list = run(home.path(), ["list", "--json"]).json();
    assert_eq!(list["sessions"].as_array().map(Vec::len), Some(SESSIONS));
    println!(
        "{WRITERS} writers, {acknowledged} acknowledged entries, {} refused, {} questions answered",
        refused.into_inner(),
        asked.into_inner()
    );
}
