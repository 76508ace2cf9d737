//! A rollback of a log with a sidecar.

use jcode_session_core::source::go_on;
use jcode_session_core::write::Parent;
use jcode_session_native::ops::restore::{rollback, take_checkpoint, undo};
use jcode_session_tests::files::{LogDir, dump};
use jcode_session_tests::written::{NEVER, object, whole, writer};
use std::fs;
use std::io::Write;
use std::path::Path;
use tempfile::TempDir;

/// The sidecar after a rollback is the one that a build makes.
#[test]
fn sidecar_follows_a_rollback() {
    let folder = TempDir::new().expect("a folder");
    let log = folder.path().join("s.jsonl");
    let open = writer(&log, NEVER);
    for n in 0..20 {
        open.append(object(n).as_bytes(), Parent::Leaf).expect("appends");
    }
    open.close().expect("closes");
    take_checkpoint(&log).expect("taken");
    let open = writer(&log, NEVER);
    open.append(br#"{"type":"label","targetId":"e3","label":"x"}"#, Parent::Id("e3")).expect("appends");
    open.close().expect("closes");
    rollback(&log, None, &mut go_on).expect("rolled back");
    let plain = LogDir::new(&fs::read(&log).expect("there"));
    plain.update();
    let rows = |sidecar: &Path| -> Vec<String> {
        // One was built knowing that the log is on the disk.
        let synced = format!("{:?}", "synced_len".as_bytes());
        dump(sidecar).into_iter().filter(|row| !row.contains(&synced) && !row.contains("synced_len")).collect()
    };
    assert_eq!(rows(&log.with_extension("sqlite3")), rows(&plain.sidecar()));
}

/// What a rollback or its undo put there is on the disk: the next writer sets nothing of it aside, damaged as it may be.
#[test]
fn what_was_put_back_stays() {
    let folder = TempDir::new().expect("a folder");
    let log = folder.path().join("s.jsonl");
    let append = |n| {
        let open = writer(&log, NEVER);
        open.append(object(n).as_bytes(), Parent::Leaf).expect("appends");
        open.close().expect("closes");
    };
    (0..8).for_each(append);
    take_checkpoint(&log).expect("taken");
    // Two records in a line, as another program may leave them.
    let record = |id: &str| {
        format!("{{\"type\":\"message\",\"id\":\"{id}\",\"parentId\":null,\"timestamp\":1,\"message\":{{}}}}")
    };
    let mut file = fs::OpenOptions::new().append(true).open(&log).expect("there");
    writeln!(file, "{}{}", record("a"), record("b")).expect("written");
    drop(file);
    let fused = whole(&log);
    take_checkpoint(&log).expect("taken");
    assert_eq!(whole(&log), fused);
    rollback(&log, None, &mut go_on).expect("rolled back");
    assert_ne!(whole(&log), fused);
    undo(&log, false, &mut go_on).expect("taken back");
    append(8);
    assert!(whole(&log).starts_with(&fused), "{}", String::from_utf8_lossy(&whole(&log)));
}
