//! Entries that are saved together.

use jcode_session_core::log::MAX_BATCH;
use jcode_session_core::write::{AppendError, Durability, Parent, Refusal};
use jcode_session_native::ops::verify::verify;
use jcode_session_native::session::Session;
use jcode_session_native::writer::{NewSession, Writer, WriterOptions};
use serde_json::Value;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

const MODES: [Durability; 3] =
    [Durability::Strict, Durability::Balanced { entries: 7, millis: 20 }, Durability::Throughput];

fn open(log: &Path, durability: Durability) -> Writer {
    let create = Some(NewSession { cwd: "/".into(), ..NewSession::default() });
    Writer::open(log, &WriterOptions { durability, create, ..WriterOptions::default() }).expect("opens")
}

fn message(text: &str) -> Vec<u8> {
    format!("{{\"type\":\"message\",\"message\":{{\"role\":\"user\",\"content\":\"{text}\"}}}}").into_bytes()
}

/// The entries as they stand in the log.
fn entries(log: &Path) -> Vec<Value> {
    let text = fs::read_to_string(log).expect("text");
    text.lines().skip(1).map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn assert_fresh(log: &Path) {
    let report = verify(log, &mut |_| ControlFlow::Continue(())).expect("verifies");
    assert!(report.ok && report.findings.is_empty(), "{:?}", report.findings);
    assert_eq!(report.sidecar, "fresh");
}

#[test]
fn a_batch_says_how_many_it_has_and_hangs_together() {
    for mode in MODES {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("s.jsonl");
        let writer = open(&log, mode);
        let mut ids = vec![writer.append(&message("alone"), Parent::Leaf).expect("appends")];
        for size in [1usize, 3, 20, 1, 9] {
            let objects: Vec<Vec<u8>> = (0..size).map(|n| message(&n.to_string())).collect();
            let batch: Vec<&[u8]> = objects.iter().map(Vec::as_slice).collect();
            let saved = writer.append_batch(&batch, Parent::Leaf).expect("appends");
            assert_eq!(saved.len(), size);
            assert_eq!(writer.leaf(), saved.last().cloned());
            ids.extend(saved);
        }
        ids.extend(writer.append_batch(&[&message("a"), &message("b")], Parent::Id(&ids[2])).expect("appends"));
        writer.close().expect("closes");
        assert_fresh(&log);
        let found = entries(&log);
        let batches: Vec<(usize, u64)> =
            found.iter().enumerate().filter_map(|(at, entry)| Some((at, entry.get("batch")?.as_u64()?))).collect();
        assert_eq!(batches, [(2, 3), (5, 20), (26, 9), (35, 2)]);
        assert_eq!(found.iter().map(|entry| entry["id"].as_str().expect("an id")).collect::<Vec<_>>(), ids);
        let before = |at: usize| if at == 35 { 2 } else { at - 1 };
        assert!((1..found.len()).all(|at| found[at]["parentId"] == ids[before(at)].as_str()));
    }
}

/// One entry that is refused refuses all, and leaves nothing behind.
#[test]
fn a_batch_is_refused_as_a_whole() {
    for mode in MODES {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("s.jsonl");
        let writer = open(&log, mode);
        let first = writer.append(&message("first"), Parent::Leaf).expect("appends");
        let taken = format!("{{\"type\":\"x\",\"id\":\"{first}\"}}").into_bytes();
        let good = br#"{"type":"x","id":"good"}"#;
        let refused = |batch: &[&[u8]], parent| match writer.append_batch(batch, parent) {
            Err(AppendError::Refused(refusal)) => refusal,
            other => panic!("{other:?}"),
        };
        let why = |refusal| match refusal {
            Refusal::InBatch { at, why } => (at, *why),
            other => panic!("{other:?}"),
        };
        assert_eq!(why(refused(&[good, &taken], Parent::Leaf)), (1, Refusal::TakenId(first.clone())));
        assert_eq!(why(refused(&[good, good], Parent::Leaf)), (1, Refusal::TakenId("good".into())));
        assert_eq!(why(refused(&[good], Parent::Id("none"))), (0, Refusal::UnknownParent("none".into())));
        let later: &[u8] = br#"{"type":"x","parentId":"later"}"#;
        let named: &[u8] = br#"{"type":"x","id":"later"}"#;
        assert_eq!(why(refused(&[later, named], Parent::Leaf)), (0, Refusal::UnknownParent("later".into())));
        assert_eq!(refused(&[], Parent::Leaf), Refusal::BatchCount(0));
        let most = usize::try_from(MAX_BATCH).expect("small");
        let many = vec![&br#"{"type":"x"}"#[..]; most + 1];
        assert_eq!(refused(&many, Parent::Leaf), Refusal::BatchCount(most + 1));
        assert_eq!(writer.leaf(), Some(first.clone()));
        let saved = writer.append_batch(&[named, good, later], Parent::Leaf).expect("appends");
        assert_eq!((&*saved[0], &*saved[1]), ("later", "good"));
        writer.append_batch(&many[1..], Parent::Leaf).expect("as many as may be");
        writer.close().expect("closes");
        assert_fresh(&log);
        assert_eq!(entries(&log).len(), 4 + most);
        assert_eq!(entries(&log)[1]["parentId"], first);
    }
}

/// Nobody can say of an entry that it begins a batch but the writer: it would be left out once it is the last.
#[test]
fn a_number_that_an_entry_brings_along_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("s.jsonl");
    let writer = open(&log, Durability::Strict);
    let own = br#"{"type":"x","batch":5,"data":{"batch":6}}"#;
    writer.append(own, Parent::Leaf).expect("appends");
    writer.append_batch(&[own, br#"{"type":"x","b\u0061tch":7}"#], Parent::Leaf).expect("appends");
    writer.append(br#"{"type":"x","batch":"mine"}"#, Parent::Leaf).expect("appends");
    writer.close().expect("closes");
    let batches: Vec<Value> = entries(&log).into_iter().map(|entry| entry["batch"].clone()).collect();
    assert_eq!(batches, [Value::Null, Value::from(2), Value::Null, Value::from("mine")]);
    assert_eq!(entries(&log)[0]["data"]["batch"], 6);
}

/// An incomplete batch at the end is set aside whole, though each of its lines is, and what is appended is shown.
#[test]
fn a_torn_batch_is_set_aside_before_anything_is_appended() {
    for mode in MODES {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("s.jsonl");
        let writer = open(&log, Durability::Strict);
        writer.append_batch(&[&message("a"), &message("b"), &message("c")], Parent::Leaf).expect("appends");
        writer.close().expect("closes");
        // Somebody made more of it, in place.
        let text = fs::read_to_string(&log).expect("text").replace("\"batch\":3", "\"batch\":9");
        fs::write(&log, &text).expect("written");
        let shown = || Session::read(&log).expect("readable").entry_count().expect("a count");
        assert_eq!(shown(), 0);
        let writer = open(&log, mode);
        assert_eq!(writer.leaf(), None);
        writer.append_batch(&[&message("d")], Parent::Leaf).expect("appends");
        writer.append(&message("e"), Parent::Leaf).expect("appends");
        writer.close().expect("closes");
        assert_eq!(shown(), 2, "{mode}");
        assert_eq!(entries(&log).len(), 2, "{mode}");
        let aside = fs::read_dir(log.with_extension("store").join("quarantine")).expect("made");
        let kept: Vec<u8> = aside.flat_map(|file| fs::read(file.expect("a file").path()).expect("read")).collect();
        assert!(text.as_bytes().ends_with(&kept) && kept.starts_with(b"{"), "{mode}");
    }
}
