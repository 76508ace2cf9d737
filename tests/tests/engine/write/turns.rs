//! Writers that take turns in one session.

use jcode_session_core::write::{AppendError, Cause, Durability, Parent, WriteError};
use jcode_session_native::ops::verify::verify;
use jcode_session_native::os::lock::{LockError, SessionLock};
use jcode_session_native::session::Session;
use jcode_session_native::writer::{LockMode, NewSession, OpenError, Writer, WriterOptions};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

const MODES: [Durability; 3] =
    [Durability::Strict, Durability::Balanced { entries: 8, millis: 5 }, Durability::Throughput];

fn options(durability: Durability) -> WriterOptions {
    let create = Some(NewSession { cwd: "/".into(), ..NewSession::default() });
    WriterOptions { durability, create, lock: LockMode::Batch, ..WriterOptions::default() }
}

fn message(text: &str) -> Vec<u8> {
    format!(r#"{{"type":"message","message":{{"role":"user","content":"{text}"}}}}"#).into_bytes()
}

/// Id and parent of each entry, in file order.
fn links(log: &Path) -> Vec<(String, Option<String>)> {
    let text = std::fs::read_to_string(log).expect("text");
    let entry = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("whole lines");
    let link = |entry: serde_json::Value| {
        (entry["id"].as_str().expect("an id").to_string(), entry["parentId"].as_str().map(str::to_string))
    };
    text.lines().skip(1).map(entry).map(link).collect()
}

fn assert_is_one_chain(log: &Path, count: usize) {
    let links = links(log);
    assert_eq!(links.len(), count);
    for pair in links.windows(2) {
        assert_eq!(pair[1].1.as_deref(), Some(&*pair[0].0), "each below the one before");
    }
    let report = verify(log, &mut |_| ControlFlow::Continue(())).expect("verified");
    assert!(report.ok && report.findings.is_empty(), "{:?}", report.findings);
}

fn two(durability: Durability) -> (tempfile::TempDir, PathBuf, Writer, Writer) {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("s.jsonl");
    let one = Writer::open(&log, &options(durability)).expect("made");
    let two = Writer::open(&log, &options(durability)).expect("both have it open");
    (folder, log, one, two)
}

#[test]
fn what_one_appends_the_other_goes_on_from() {
    for mode in MODES {
        let (_folder, log, one, two) = two(mode);
        for turn in 0..20 {
            let writer = if turn % 3 == 0 { &one } else { &two };
            if turn % 4 == 0 {
                let batch = [message("a"), message("b")];
                let batch: Vec<&[u8]> = batch.iter().map(Vec::as_slice).collect();
                writer.append_batch(&batch, Parent::Leaf).expect("appended");
            } else {
                writer.append(&message("x"), Parent::Leaf).expect("appended");
            }
        }
        assert_eq!((one.foreign_from(), two.foreign_from()), (None, None), "{mode}");
        one.close().expect("closed");
        two.append(&message("last"), Parent::Leaf).expect("the lock file is made anew");
        two.close().expect("closed");
        assert_is_one_chain(&log, 26);
        assert!(!log.with_extension("lock").exists(), "{mode}");
    }
}

#[test]
fn many_threads_and_writers_lose_nothing() {
    for mode in MODES {
        let (_folder, log, one, two) = two(mode);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let writer = if thread % 2 == 0 { &one } else { &two };
                scope.spawn(move || {
                    (0..25).for_each(|_| drop(writer.append(&message("x"), Parent::Leaf).expect("appended")));
                });
            }
        });
        one.close().expect("closed");
        two.close().expect("closed");
        assert_is_one_chain(&log, 100);
    }
}

#[test]
fn ids_and_parents_of_others_are_known() {
    let (_folder, _log, one, two) = two(Durability::Strict);
    one.append(br#"{"type":"message","id":"mine","message":{}}"#, Parent::Leaf).expect("appended");
    // The last id alone would be known as the leaf.
    one.append(&message("behind"), Parent::Leaf).expect("appended");
    assert!(matches!(
        two.append(br#"{"type":"message","id":"mine","message":{}}"#, Parent::Leaf),
        Err(AppendError::Refused(_))
    ));
    two.append(&message("below"), Parent::Id("mine")).expect("it is there");
}

#[test]
fn what_a_writer_left_half_done_when_it_died_is_set_aside_whole() {
    for mode in MODES {
        for torn in [
            r#"{"type":"message","id":"x","parentId":null,"ti"#.to_string(),
            format!("{}\n", r#"{"type":"message","id":"x","parentId":null,"timestamp":1,"batch":3,"message":{}}"#),
            format!(
                "{}\n{}\n{{\"ty",
                r#"{"type":"message","id":"x","parentId":null,"timestamp":1,"batch":3,"message":{}}"#,
                r#"{"type":"message","id":"y","parentId":"x","timestamp":1,"message":{}}"#
            ),
        ] {
            let (_folder, log, one, two) = two(mode);
            one.append(&message("a"), Parent::Leaf).expect("appended");
            two.append(&message("b"), Parent::Leaf).expect("appended");
            // As a third one would have, in its turn.
            let mut file = std::fs::OpenOptions::new().append(true).open(&log).expect("opened");
            file.write_all(torn.as_bytes()).expect("written");
            let repaired = two.in_turn(|turn| {
                turn.append(&message("c"), Parent::Leaf)?;
                Ok::<_, AppendError>(turn.others().cloned().expect("something was there"))
            });
            let aside = repaired.expect("appended").recovery.set_aside.expect("set aside");
            assert_eq!(aside.name.len, torn.len() as u64);
            one.append(&message("d"), Parent::Leaf).expect("appended");
            one.close().expect("closed");
            two.close().expect("closed");
            assert_is_one_chain(&log, 4);
        }
    }
}

#[test]
fn a_writer_for_life_keeps_those_out_that_take_turns_and_waits_for_their_turn() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("s.jsonl");
    let turns = Writer::open(&log, &options(Durability::Strict)).expect("made");
    turns.append(&message("a"), Parent::Leaf).expect("appended");
    let life = WriterOptions { lock: LockMode::Lifetime, ..options(Durability::Strict) };
    let holder = Writer::open(&log, &life).expect("between two turns");
    let refused = turns.append(&message("b"), Parent::Leaf).expect_err("held");
    let AppendError::Write(WriteError::Held { why }) = refused else { panic!("{refused}") };
    assert!(why.contains(&format!("process {}", std::process::id())), "{why}");
    assert!(matches!(Writer::open(&log, &options(Durability::Strict)), Err(OpenError::Lock(LockError::Held { .. }))));
    holder.append(&message("b"), Parent::Leaf).expect("appended");
    holder.close().expect("closed");
    turns.append(&message("c"), Parent::Leaf).expect("nothing was latched");
    let lock = SessionLock::acquire(&log).expect("nobody has a turn");
    assert_eq!(lock.stale, None, "a name of turns is no holder that died");
    drop(lock);
    turns.close().expect("closed");
    assert_is_one_chain(&log, 3);
}

#[test]
fn a_log_that_was_replaced_cut_or_removed_latches_at_the_next_turn() {
    for how in ["replaced", "cut", "removed"] {
        let (_folder, log, one, two) = two(Durability::Strict);
        one.append(&message("a"), Parent::Leaf).expect("appended");
        two.append(&message("b"), Parent::Leaf).expect("appended");
        match how {
            "replaced" => {
                let copy = log.with_extension("copy");
                std::fs::copy(&log, &copy).expect("copied");
                std::fs::rename(&copy, &log).expect("renamed");
            }
            "cut" => {
                let len = std::fs::metadata(&log).expect("there").len();
                let file = std::fs::OpenOptions::new().write(true).open(&log).expect("opened");
                file.set_len(len - 10).expect("cut");
            }
            _ => std::fs::remove_file(&log).expect("removed"),
        }
        let refused = two.append(&message("c"), Parent::Leaf).expect_err("displaced");
        let AppendError::Write(WriteError::Latched(Cause::Displaced(displaced))) = refused else { panic!("{refused}") };
        assert!(displaced.to_string().contains(how), "{displaced}");
        assert!(two.latched().is_some());
    }
}

#[test]
fn the_sidecar_is_that_of_the_log_whoever_closes_last() {
    let (_folder, log, one, two) = two(Durability::default());
    for _ in 0..30 {
        one.append(&message("x"), Parent::Leaf).expect("appended");
        two.append(&message("y"), Parent::Leaf).expect("appended");
        one.flush().expect("flushed");
    }
    two.close().expect("closed");
    let closed = one.close().expect("closed");
    assert_eq!(closed.sidecar_lags, None);
    assert!(Session::read(&log).expect("read").has_sidecar());
    assert_is_one_chain(&log, 60);
}
