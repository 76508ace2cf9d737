//! Random orders of our appends and of what another program, which takes no lock, does to the log, in all modes.
//!
//! Owns: that no acknowledged entry is missing without being named, and that the sidecar says what the log says.

use jcode_session_core::write::{
    AppendError, Cause, Displaced, Displacement, Durability, Kept, Parent, Unwritten, WriteError,
};
use jcode_session_native::ops::verify::verify;
use jcode_session_native::session::Session;
use jcode_session_native::writer::{Writer, WriterOptions};
use jcode_session_tests::effort::cases;
use jcode_session_tests::sessions::lines;
use jcode_session_tests::written::object;
use proptest::prelude::*;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

/// One step of a run.
#[derive(Debug, Clone)]
enum Step {
    /// We append below the leaf, or below an entry of the other program.
    Ours,
    Flush,
    /// The other program appends.
    Append(Vec<u8>),
    /// It gives the log's name to a copy of its first lines, so many of ten.
    Replace(usize),
    Remove,
    /// It cuts the log behind its first lines, so many of ten.
    Cut(usize),
    /// It writes the first lines anew, and one that is longer than all that were there.
    Rewrite(usize),
}

fn appended(number: u8) -> Vec<u8> {
    let entry = format!(
        "{{\"type\":\"message\",\"id\":\"f{number}\",\"parentId\":\"e1\",\"timestamp\":\"2026-01-01T00:00:09.000Z\"}}\n"
    );
    match number % 8 {
        0 => b"no record\n".to_vec(),
        1 => entry.as_bytes()[..30].to_vec(),
        2 => entry.trim_end().as_bytes().to_vec(),
        3 => b"\0\0\0".to_vec(),
        4 => [entry.as_bytes(), b"\n"].concat(),
        5 => format!("{{\"type\":\"label\",\"id\":\"l{number}\",\"parentId\":\"e2\",\"timestamp\":\"2026-01-01T00:00:09.000Z\",\"targetId\":\"e1\",\"label\":\"n{number}\"}}\n").into_bytes(),
        // A parent that comes later, if it comes.
        6 => entry.replace("\"e1\"", &format!("\"e{}\"", 100 + number / 16)).into_bytes(),
        _ => entry.into_bytes(),
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let harmless = || prop_oneof![5 => Just(Step::Ours), 1 => Just(Step::Flush), 4 => any::<u8>().prop_map(|n| Step::Append(appended(n)))];
    let displacing = prop_oneof![
        (0..=10usize).prop_map(Step::Replace),
        Just(Step::Remove),
        (0..=9usize).prop_map(Step::Cut),
        (0..=9usize).prop_map(Step::Rewrite),
    ];
    (prop::collection::vec(harmless(), 0..14), prop::option::of(displacing), prop::collection::vec(harmless(), 0..5))
        .prop_map(|(before, displacing, after)| before.into_iter().chain(displacing).chain(after).collect())
}

/// The first lines of a log: header, and so many tenths of the rest.
fn first_lines(log: &[u8], tenths: usize) -> Vec<u8> {
    let all: Vec<&[u8]> = log.split_inclusive(|&b| b == b'\n').collect();
    all.iter().take(1 + (all.len() - 1) * tenths / 10).flat_map(|line| line.iter().copied()).collect()
}

fn act(log: &Path, step: &Step) {
    let Ok(there) = std::fs::read(log) else { return };
    match step {
        Step::Ours | Step::Flush => {}
        Step::Append(bytes) => {
            let mut file = std::fs::OpenOptions::new().append(true).open(log).expect("opens");
            file.write_all(bytes).expect("written");
        }
        Step::Replace(tenths) => {
            let other = log.with_extension("other");
            std::fs::write(&other, first_lines(&there, *tenths)).expect("written");
            std::fs::rename(&other, log).expect("replaced");
        }
        Step::Remove => std::fs::remove_file(log).expect("removed"),
        Step::Cut(tenths) => {
            let file = std::fs::OpenOptions::new().write(true).open(log).expect("opens");
            file.set_len(first_lines(&there, *tenths).len() as u64).expect("cut");
        }
        Step::Rewrite(tenths) => {
            let long = format!("{{\"type\":\"custom\",\"data\":\"{}\"}}\n", "z".repeat(there.len()));
            std::fs::write(log, [&first_lines(&there, *tenths), long.as_bytes()].concat()).expect("written");
        }
    }
}

/// How the log was found displaced, if it was.
fn displaced(error: &WriteError) -> &Displaced {
    match error {
        WriteError::Latched(Cause::Displaced(displaced)) => displaced,
        other => panic!("{other}"),
    }
}

struct Ran {
    acked: Vec<String>,
    closed: Result<Option<u64>, Unwritten>,
    lags: Option<String>,
}

fn ran(log: &Path, durability: Durability, steps: &[Step]) -> Ran {
    let writer = Writer::open(log, &WriterOptions { durability, ..WriterOptions::default() }).expect("opens");
    let mut acked = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Ours => match writer.append(object(100 + number as u64).as_bytes(), Parent::Leaf) {
                Ok(id) => acked.push(id),
                Err(AppendError::Write(error)) => drop(displaced(&error)),
                // The other program's entry may have taken it; this one's never do.
                Err(AppendError::Refused(refusal)) => panic!("{refusal}"),
                Err(other) => panic!("{other}"),
            },
            Step::Flush => drop(writer.flush()),
            act_of_another => act(log, act_of_another),
        }
    }
    match writer.close() {
        Ok(closed) => Ran { acked, closed: Ok(closed.foreign_from), lags: closed.sidecar_lags },
        Err(unwritten) => Ran { acked, closed: Err(unwritten), lags: None },
    }
}

fn has(bytes: &[u8], id: &str) -> bool {
    memchr::memmem::find(bytes, format!("\"id\":\"{id}\"").as_bytes()).is_some()
}

/// Findings about the sidecar, and what a tree is with and without it.
fn coherent(log: &Path) {
    let report = verify(log, &mut |_| ControlFlow::Continue(())).expect("verifies");
    let of_rows = report.findings.iter().filter(|finding| {
        let code = format!("{:?}", finding.code);
        code.starts_with("Row") || code == "SidecarCorrupt"
    });
    assert_eq!(of_rows.count(), 0, "{} {:?}", report.sidecar, report.findings);
    let with = Session::read(log).expect("reads").tree().expect("a tree").tree;
    let aside = log.with_file_name("aside.jsonl");
    std::fs::copy(log, &aside).expect("copied");
    let without = Session::read(&aside).expect("reads").tree().expect("a tree").tree;
    std::fs::remove_file(&aside).expect("removed");
    assert_eq!(with, without);
}

fn check(durability: Durability, steps: &[Step]) {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("s.jsonl");
    std::fs::write(&log, lines(0..3)).expect("written");
    let Ran { acked, closed, lags } = ran(&log, durability, steps);
    let there = std::fs::read(&log).unwrap_or_default();
    let missing: Vec<&String> = acked.iter().filter(|id| !has(&there, id)).collect();
    match closed {
        Ok(foreign_from) => {
            assert!(missing.is_empty(), "{missing:?}");
            let appended = steps.iter().any(|step| matches!(step, Step::Append(bytes) if !bytes.is_empty()));
            let rewritten = steps.iter().any(|step| matches!(step, Step::Replace(_) | Step::Remove));
            assert!(!rewritten, "not noticed");
            assert!(
                foreign_from.is_some()
                    || !appended
                    || steps.iter().any(|s| matches!(s, Step::Cut(_) | Step::Rewrite(_)))
            );
            assert_eq!(lags, None);
        }
        Err(unwritten) => {
            let displaced = displaced(&unwritten.error);
            // A log that is written anew is empty for a moment, and may be looked at then.
            let emptied = steps.iter().any(|step| matches!(step, Step::Rewrite(_)));
            let there_later = displaced.missing - missing.len() as u64;
            assert!(there_later == 0 || emptied, "{there_later} more: {displaced}");
            assert_eq!(displaced.lost, 0, "{displaced}");
            if let Kept::SetAside(file) = &displaced.kept {
                let held = std::fs::read(file).expect("there");
                assert!(missing.iter().all(|id| has(&held, id)), "{displaced}");
            }
            assert!(missing.is_empty() || matches!(displaced.kept, Kept::SetAside(_)), "{displaced}");
            assert_eq!(displaced.how == Displacement::Removed, !log.exists(), "{displaced}");
        }
    }
    assert!(!log.with_extension("lock").exists());
    if log.exists() {
        coherent(&log);
        // And once more when the session was opened again, and written to.
        let writer = Writer::open(&log, &WriterOptions::default()).expect("opens");
        let id = writer.append(br#"{"type":"custom"}"#, Parent::Leaf).expect("appends");
        assert_eq!(writer.close().expect("closes").sidecar_lags, None);
        assert!(has(&std::fs::read(&log).expect("there"), &id));
        coherent(&log);
    }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn strict(steps in steps()) {
        check(Durability::Strict, &steps);
    }

    #[test]
    fn balanced(steps in steps()) {
        check(Durability::default(), &steps);
    }

    /// Syncs come between any two entries.
    #[test]
    fn balanced_with_many_syncs(steps in steps()) {
        check(Durability::Balanced { entries: 1, millis: 1 }, &steps);
    }

    #[test]
    fn throughput(steps in steps()) {
        check(Durability::Throughput, &steps);
    }
}
