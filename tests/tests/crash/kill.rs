//! Real processes, killed with SIGKILL at a time of chance, reopened in a fresh one.
//!
//! `JCODE_SESSION_KILL_ROUNDS` sets the number of rounds in each mode (25).

use jcode_session_native::ops::verify::verify;
use jcode_session_tests::effort;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, Command, Stdio};

const CHILD: &str = env!("CARGO_BIN_EXE_session-child");

fn rounds() -> usize {
    effort::rounds("JCODE_SESSION_KILL_ROUNDS", 25)
}

fn start(mode: &str, log: &Path, count: Option<u64>) -> Child {
    let mut command = Command::new(CHILD);
    command.arg(mode).arg(log).args(count.map(|count| count.to_string()));
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the child starts")
}

/// Lets a child run until it has acknowledged `after` entries, kills it, and returns all that it said.
fn kill_after(mut child: Child, after: u64) -> Vec<String> {
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    let mut lines = Vec::new();
    let mut acks = 0;
    let mut killed = false;
    loop {
        let mut line = String::new();
        if out.read_line(&mut line).expect("reads") == 0 {
            break;
        }
        // The last line may be cut: it says nothing then.
        let Some(line) = line.strip_suffix('\n') else { break };
        acks += u64::from(line.starts_with("ack "));
        lines.push(line.to_string());
        if !killed && acks >= after {
            child.kill().expect("kills");
            killed = true;
        }
    }
    child.wait().expect("reaps");
    lines
}

fn ids(log: &Path) -> Vec<String> {
    let text = std::fs::read(log).expect("reads");
    let mut ids = Vec::new();
    for line in text.split_inclusive(|&b| b == b'\n').skip(1) {
        let value: serde_json::Value = serde_json::from_slice(line).expect("whole lines after recovery");
        ids.push(value["id"].as_str().expect("an id").to_string());
    }
    ids
}

fn kill_rounds(mode: &str, promise: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let mut log = folder.path().join("s0.jsonl");
    let mut promised: Vec<String> = Vec::new();
    let mut acknowledged = 0usize;
    for round in 0..rounds() {
        if round % 25 == 0 {
            log = folder.path().join(format!("s{round}.jsonl"));
            promised.clear();
        }
        // Zero: killed while it opens or right behind.
        let after = if rng.random_range(0..8) == 0 { 0 } else { rng.random_range(1..200) };
        let lines = kill_after(start(mode, &log, None), after);
        let of = |word: &str| lines.iter().filter_map(|line| line.strip_prefix(word)).map(str::to_string).collect();
        let acks: Vec<String> = of("ack ");
        acknowledged += acks.len();
        if promise == "ack " {
            promised.extend(acks);
        } else {
            let flushed: Vec<String> = of(promise);
            let until = acks.iter().position(|id| Some(id) == flushed.last()).map_or(0, |at| at + 1);
            promised.extend(acks.into_iter().take(until));
        }
        // A fresh process recovers, appends one and closes well.
        let lines = kill_after(start(mode, &log, Some(1)), u64::MAX);
        assert_eq!(lines.last().map(String::as_str), Some("done"), "{mode} round {round}: {lines:?}");
        promised.extend(lines.iter().filter_map(|line| line.strip_prefix("ack ")).map(str::to_string));
        let found = ids(&log);
        let set: BTreeSet<&String> = found.iter().collect();
        assert_eq!(set.len(), found.len(), "{mode} round {round}: an id twice");
        let mut rest = found.iter();
        for id in &promised {
            assert!(rest.any(|other| other == id), "{mode} round {round}: {id} is lost or out of order");
        }
        let report = verify(&log, &mut |_| ControlFlow::Continue(())).expect("verifies");
        assert!(report.ok, "{mode} round {round}: {:?}", report.findings);
        assert_eq!(report.sidecar, "fresh", "{mode} round {round}");
        // What was found stays: the next rounds must keep it.
        promised = found;
    }
    println!("{mode}: {} rounds, {acknowledged} acknowledged entries", rounds());
}

#[test]
fn strict_loses_no_acknowledged_entry() {
    kill_rounds("strict", "ack ");
}

#[test]
fn balanced_loses_no_acknowledged_entry() {
    kill_rounds("balanced", "ack ");
}

#[test]
fn throughput_loses_no_flushed_entry() {
    kill_rounds("throughput", "flushed ");
}

/// Several processes at once: one writes, the others are told who, and no line is mixed.
#[test]
fn second_process_is_refused_and_told_who_writes() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("s.jsonl");
    let mut first = start("strict", &log, None);
    let mut out = BufReader::new(first.stdout.take().expect("piped"));
    let mut line = String::new();
    while !line.starts_with("ack ") {
        line.clear();
        out.read_line(&mut line).expect("reads");
    }
    let link = folder.path().join("link.jsonl");
    let hard = folder.path().join("hard.jsonl");
    std::os::unix::fs::symlink(&log, &link).expect("links");
    std::fs::hard_link(&log, &hard).expect("links");
    for name in [&log, &link, &hard] {
        let second = start("balanced", name, Some(3)).wait_with_output().expect("ends");
        let said = String::from_utf8_lossy(&second.stderr).into_owned();
        assert_eq!(second.status.code(), Some(2), "{}: {said}", name.display());
        assert!(said.contains(&format!("process {}", first.id())), "{}: {said}", name.display());
        assert!(second.stdout.is_empty());
    }
    first.kill().expect("kills");
    first.wait().expect("reaps");
    std::fs::remove_file(&link).expect("removes");
    // The dead holder's lock file is there still, and in nobody's way.
    assert!(log.with_extension("lock").exists());
    let third = start("strict", &log, Some(3)).wait_with_output().expect("ends");
    assert!(third.status.success(), "{}", String::from_utf8_lossy(&third.stderr));
    let report = verify(&log, &mut |_| ControlFlow::Continue(())).expect("verifies");
    assert!(report.ok, "{:?}", report.findings);
    assert!(!log.with_extension("lock").exists());
}
