//! The native writer: what the sidecar says after appends, branches and labels, and that nothing waits for it.

use jcode_session_core::write::{AppendError, Durability, Parent, Refusal};
use jcode_session_native::ops::verify::verify;
use jcode_session_native::os::files::stamp;
use jcode_session_native::session::Session;
use jcode_session_native::writer::{NewSession, Writer, WriterOptions};
use jcode_session_tests::files::mode as mode_of;
use rusqlite::Connection;
use std::ops::ControlFlow;
use std::path::Path;

const MODES: [Durability; 3] =
    [Durability::Strict, Durability::Balanced { entries: 7, millis: 20 }, Durability::Throughput];

fn open(log: &Path, durability: Durability) -> Writer {
    let create = Some(NewSession { cwd: "/".into(), ..NewSession::default() });
    Writer::open(log, &WriterOptions { durability, create, ..WriterOptions::default() }).expect("opens")
}

fn message(number: usize) -> Vec<u8> {
    format!("{{\"type\":\"message\",\"message\":{{\"role\":\"user\",\"content\":\"{number}\"}}}}").into_bytes()
}

fn assert_fresh(log: &Path, what: &str) {
    let report = verify(log, &mut |_| ControlFlow::Continue(())).expect("verifies");
    assert!(report.ok && report.findings.is_empty(), "{what}: {:?}", report.findings);
    assert_eq!(report.sidecar, "fresh", "{what}");
}

/// Branches and labels are in the sidecar as a scan of the log gives them, without a rebuild, over several openings.
#[test]
fn branches_and_labels_follow_in_the_sidecar() {
    for mode in MODES {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("s.jsonl");
        let mut ids: Vec<String> = Vec::new();
        let mut inode = None;
        for opening in 0..4 {
            let writer = open(&log, mode);
            assert_eq!(writer.leaf(), ids.last().cloned());
            for number in 0..100 {
                let parent = match number % 10 {
                    3 if !ids.is_empty() => Parent::Id(&ids[(number * 7 + opening) % ids.len()]),
                    9 if opening == 2 => Parent::Root,
                    _ => Parent::Leaf,
                };
                let entry = match number % 25 {
                    5 if !ids.is_empty() => {
                        let target = &ids[number * 3 % ids.len()];
                        format!("{{\"type\":\"label\",\"targetId\":\"{target}\",\"label\":\"name {number}\"}}")
                            .into_bytes()
                    }
                    _ => message(number),
                };
                ids.push(writer.append(&entry, parent).expect("appends"));
                if number % 30 == 29 {
                    writer.flush().expect("flushes");
                }
            }
            let closed = writer.close().expect("closes");
            assert_eq!(closed.sidecar_lags, None);
            assert_fresh(&log, &format!("{mode}, opening {opening}"));
            let now = stamp(&log.with_extension("sqlite3")).expect("read").expect("there").ino;
            assert_eq!(*inode.get_or_insert(now), now, "{mode}: the sidecar was built anew");
            let with = Session::read(&log).expect("reads").tree().expect("a tree");
            let aside = folder.path().join("aside.jsonl");
            std::fs::copy(&log, &aside).expect("copies");
            let without = Session::read(&aside).expect("reads").tree().expect("a tree");
            assert_eq!(with.tree, without.tree, "{mode}");
            assert_eq!(with.tree.active_leaf.as_ref(), ids.last());
        }
        for path in [&log, &log.with_extension("sqlite3")] {
            assert!(mode_of(path).is_none_or(|mode| mode == 0o600), "{}", path.display());
        }
        assert!(!log.with_extension("store").join("quarantine").exists(), "nothing was set aside");
    }
}

/// Another process may hold the sidecar, or put nonsense in its place: appends go on, and it catches up.
#[test]
fn sidecar_that_is_locked_or_broken_delays_nothing() {
    for mode in MODES {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("s.jsonl");
        let sidecar = log.with_extension("sqlite3");
        let writer = open(&log, mode);
        writer.append(&message(0), Parent::Leaf).expect("appends");
        writer.close().expect("closes");
        let blocker = rusqlite::Connection::open(&sidecar).expect("opens");
        blocker.execute_batch("BEGIN EXCLUSIVE").expect("locks");
        let writer = open(&log, mode);
        for number in 0..200 {
            writer.append(&message(number), Parent::Leaf).expect("appends");
        }
        writer.flush().expect("flushes");
        let closed = writer.close().expect("closes");
        assert!(closed.sidecar_lags.is_some(), "{mode}: locked to the end");
        blocker.execute_batch("ROLLBACK").expect("unlocks");
        drop(blocker);
        let writer = open(&log, mode);
        writer.append(&message(1), Parent::Leaf).expect("appends");
        assert_eq!(writer.close().expect("closes").sidecar_lags, None);
        assert_fresh(&log, "after the lock");
        std::fs::write(&sidecar, b"SQLite format 3\0 and nothing more").expect("breaks");
        let writer = open(&log, mode);
        writer.append(&message(2), Parent::Leaf).expect("appends");
        assert_eq!(writer.close().expect("closes").sidecar_lags, None);
        assert_fresh(&log, "after nonsense");
    }
}

/// Threads share flights; the log has every entry once, in one chain.
/// A reader may hold its lock for as long as it likes: what could not be committed meanwhile comes later, whole.
#[test]
fn commit_that_waits_for_a_reader_loses_no_row() {
    for mode in MODES {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("s.jsonl");
        let first = open(&log, mode);
        first.append(&message(0), Parent::Leaf).expect("appends");
        first.close().expect("closes");
        let journal = folder.path().join("s.sqlite3-journal");
        let journaled = || std::fs::metadata(&journal).is_ok_and(|metadata| metadata.len() > 0);
        let writer = open(&log, mode);
        writer.append(&message(1), Parent::Leaf).expect("appends");
        writer.flush().expect("flushes");
        let reader = Connection::open(log.with_extension("sqlite3")).expect("opens");
        reader.busy_timeout(std::time::Duration::from_secs(10)).expect("waits");
        let count = "SELECT count(*) FROM entries";
        let stored = || reader.query_row(count, [], |row| row.get::<_, i64>(0)).expect("reads");
        while stored() != 2 {
            std::thread::yield_now();
        }
        reader.execute_batch("BEGIN").expect("begins");
        assert_eq!(stored(), 2);
        writer.append(&message(2), Parent::Leaf).expect("appends");
        writer.flush().expect("flushes");
        // The commit is begun, waits, and is given up.
        for awaited in [true, false] {
            while journaled() != awaited {
                std::thread::yield_now();
            }
        }
        reader.execute_batch("COMMIT").expect("ends");
        writer.append(&message(3), Parent::Leaf).expect("appends");
        writer.close().expect("closes");
        assert_fresh(&log, "a reader was there");
    }
}

#[test]
fn threads_append_through_one_writer() {
    for mode in MODES {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("s.jsonl");
        let writer = open(&log, mode);
        let all: Vec<String> = std::thread::scope(|scope| {
            let spawn = |_| scope.spawn(|| (0..100).map(|n| writer.append(&message(n), Parent::Leaf)).collect());
            let threads: Vec<_> = (0..8).map(spawn).collect();
            let ids: Vec<Result<Vec<String>, AppendError>> =
                threads.into_iter().map(|thread| thread.join().expect("ends")).collect();
            ids.into_iter().flat_map(|ids| ids.expect("appends")).collect()
        });
        writer.close().expect("closes");
        assert_fresh(&log, "threads");
        let session = Session::read(&log).expect("reads");
        let tree = session.tree().expect("a tree").tree;
        assert_eq!((tree.entry_count, tree.leaves.len()), (800, 1), "{mode}");
        assert!(all.iter().all(|id| session.entry(id).is_ok()));
    }
}

/// What cannot stand in the log is refused by name, and the session goes on.
#[test]
fn refuses_what_cannot_be_an_entry() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("s.jsonl");
    let writer = open(&log, Durability::Strict);
    writer.append(br#"{"type":"message","id":"a","message":{}}"#, Parent::Leaf).expect("appends");
    writer.close().expect("closes");
    let writer = open(&log, Durability::Strict);
    let refused = |entry: &[u8]| match writer.append(entry, Parent::Leaf) {
        Err(AppendError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(br#"{"type":"x","id":"a"}"#), Refusal::TakenId("a".into()));
    assert_eq!(refused(br#"{"type":"x","parentId":"b"}"#), Refusal::UnknownParent("b".into()));
    assert_eq!(refused(br#"{"type":"session"}"#), Refusal::IsHeader);
    assert_eq!(refused(br#"{"message":1}"#), Refusal::NoType);
    assert_eq!(refused(br#"{"type":"x","id":7}"#), Refusal::BadId);
    assert_eq!(refused(br#"{"type":"x","parentId":7}"#), Refusal::BadParent);
    assert!(matches!(refused(b"{\"type\":\"x\",\"t\":\"a\nb\"}"), Refusal::NotAnObject { .. }));
    assert!(matches!(refused(b"{\"type\":\"x\""), Refusal::Incomplete { .. }));
    assert!(matches!(refused(b"{\"type\":\"x\",\"t\":\"\xFF\"}"), Refusal::NotUtf8 { .. }));
    // White space goes where a line cannot hold it; the rest is kept to the byte.
    let id = writer.append(b"{\n  \"type\" : \"custom\",\r\n  \"n\":1.50e1 }\n", Parent::Leaf).expect("appends");
    writer.close().expect("closes");
    let text = std::fs::read_to_string(&log).expect("reads");
    let last = text.lines().last().expect("lines");
    let head = format!("{{  \"type\" : \"custom\",\"id\":\"{id}\",\"parentId\":\"a\",\"timestamp\":\"");
    assert!(last.starts_with(&head) && last.ends_with("\",  \"n\":1.50e1 }"), "{last}");
    assert_fresh(&log, "refusals");
}
