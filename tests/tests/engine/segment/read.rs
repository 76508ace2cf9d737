//! A sealed log is the log: whoever reads, writes, forks or rolls it back.

use super::{PLAIN, PRESSED, files, ids, sealed};
use jcode_session_core::source::{ByteSource, go_on};
use jcode_session_core::write::Parent;
use jcode_session_native::ops::fork::fork;
use jcode_session_native::ops::restore::{rollback, take_checkpoint};
use jcode_session_native::ops::seal;
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::session::Session;
use jcode_session_native::sidecar::rebuild;
use jcode_session_native::writer::{Writer, WriterOptions};
use jcode_session_tests::effort::seeds;
use jcode_session_tests::files::{LogDir, ask};
use jcode_session_tests::generate::{LogShape, tree_v3};
use jcode_session_tests::written::{append, errors, object, whole};
use std::fs;
use std::ops::ControlFlow;
use tempfile::TempDir;

/// Random logs answer the same, sealed or not, compressed or not, with and without sidecar.
#[test]
fn answers_do_not_depend_on_where_bytes_stand() {
    for seed in seeds(8) {
        let shape = LogShape { entries: 60, ..LogShape::default() };
        let dir = LogDir::new(&tree_v3(shape, seed));
        let bytes = whole(&dir.log());
        let answers = ask(&dir.log());
        dir.update();
        for how in [PLAIN, PRESSED] {
            let done = seal::run(&dir.log(), how, &mut go_on).expect("sealed");
            assert!(!done.plan.is_nothing() || done.compressed.segments > 0, "seed {seed}");
            assert!(fs::metadata(dir.log()).expect("there").len() < bytes.len() as u64);
            assert_eq!(whole(&dir.log()), bytes, "seed {seed}");
            assert!(Session::read(&dir.log()).expect("read").has_sidecar(), "seed {seed}: the sidecar follows");
            assert_eq!(ask(&dir.log()), answers, "seed {seed}");
            fs::remove_file(dir.sidecar()).expect("removed");
            assert_eq!(ask(&dir.log()), answers, "seed {seed}");
            let log = LogFile::open(&dir.log()).expect("there");
            rebuild::build(&log, &mut |_| ControlFlow::Continue(())).expect("built");
            assert_eq!(ask(&dir.log()), answers, "seed {seed}");
            assert_eq!(errors(&dir.log()), [], "seed {seed}");
        }
        seal::undo(&dir.log(), &mut go_on).expect("put back");
        assert_eq!(fs::read(dir.log()).expect("there"), bytes, "seed {seed}");
        assert!(files(&dir.log()).is_empty(), "seed {seed}");
    }
}

/// Compressed segments are what any `zstd -d` reads.
#[test]
fn compressed_segments_are_plain_zstandard() {
    let (_home, log, bytes) = sealed(PRESSED);
    let mut found = Vec::new();
    for file in files(&log) {
        let stored = fs::read(&file).expect("there");
        found.extend(zstd::stream::decode_all(stored.as_slice()).expect("frames"));
    }
    let header = bytes.iter().position(|&b| b == b'\n').expect("a line") + 1;
    assert!(bytes[header..].starts_with(&found) && found.len() > 5000);
}

#[test]
fn a_sealed_log_is_written_forked_and_sealed_again() {
    let (_home, log, bytes) = sealed(PRESSED);
    let options = WriterOptions { segments: Some(PLAIN), ..WriterOptions::default() };
    let writer = Writer::open(&log, &options).expect("opens");
    assert!(writer.append(object(3).as_bytes(), Parent::Leaf).is_err(), "an id in a segment is taken");
    for n in 100..200 {
        writer.append(object(n).as_bytes(), Parent::Leaf).expect("appends");
    }
    let before = files(&log).len();
    assert_eq!(writer.close().expect("closes").not_sealed, None);
    assert!(files(&log).len() > before, "closing seals");
    assert!(whole(&log).starts_with(&bytes));
    assert_eq!(ids(&log).len(), 200);
    assert_eq!(errors(&log), []);
    let forked = fork(&log, Some("e50")).expect("forked");
    assert_eq!(ids(&forked.log).len(), 51);
}

/// A program that has the old file open reads on, or is told; it never sees other bytes.
#[test]
fn readers_that_are_open_meanwhile_see_the_log_or_an_error() {
    let home = TempDir::new().expect("a folder");
    let log = home.path().join("s.jsonl");
    append(&log, 0..100);
    let bytes = whole(&log);
    let plain = LogFile::open(&log).expect("there");
    seal::run(&log, PLAIN, &mut go_on).expect("sealed");
    let segmented = LogFile::open(&log).expect("there");
    assert_eq!(plain.read_vec(0, bytes.len()).expect("read"), bytes);
    seal::run(&log, PRESSED, &mut go_on).expect("compressed");
    assert_eq!(segmented.read_vec(0, bytes.len()).expect("read"), bytes, "the other form will do");
    seal::undo(&log, &mut go_on).expect("put back");
    let late = segmented.read_vec(0, bytes.len());
    assert!(late.is_err() || late == Ok(bytes), "{late:?}");
}

/// A plain copy of the log put in the place of a sealed one is that log, and its segments are nobody's.
#[test]
fn a_plain_log_put_in_place_is_believed() {
    let (_home, log, bytes) = sealed(PLAIN);
    let before = files(&log);
    fs::write(&log, &bytes).expect("written");
    assert_eq!(whole(&log), bytes);
    assert_eq!(errors(&log), []);
    append(&log, 100..130);
    seal::run(&log, PLAIN, &mut go_on).expect("sealed");
    assert_eq!(ids(&log).len(), 130);
    assert!(files(&log).len() >= before.len());
}

#[test]
fn a_rollback_below_the_sealed_end_keeps_whole_segments() {
    let home = TempDir::new().expect("a folder");
    let log = home.path().join("s.jsonl");
    append(&log, 0..60);
    take_checkpoint(&log).expect("taken");
    let then = whole(&log);
    append(&log, 60..120);
    seal::run(&log, PRESSED, &mut go_on).expect("sealed");
    let before = files(&log);
    rollback(&log, None, &mut go_on).expect("rolled back");
    assert_eq!(whole(&log), then);
    let after = files(&log);
    assert!(!after.is_empty() && after.len() < before.len() && before.starts_with(&after));
    assert_eq!(errors(&log), []);
    // Other bytes, in segments of the same names.
    append(&log, 60..120);
    let again = whole(&log);
    seal::run(&log, PRESSED, &mut go_on).expect("sealed");
    assert_eq!(files(&log), before);
    assert_eq!(whole(&log), again);
    assert_eq!(errors(&log), []);
}
