//! A store that was sealed by a build whose seals wrote segments first and the manifest behind them.
//!
//! `sealed-0.1` is what that build left: a checkpoint, a seal, another checkpoint, a rollback, a seal with compression,
//! a third checkpoint. `whole.jsonl` is the log as that build read it.

use super::{PLAIN, PRESSED, files};
use jcode_session_core::source::go_on;
use jcode_session_native::ops::restore::{rollback, undo};
use jcode_session_native::ops::seal;
use jcode_session_native::os::paths;
use jcode_session_tests::files::contents;
use jcode_session_tests::written::{append, errors, whole};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn kept() -> (TempDir, PathBuf, Vec<u8>) {
    let dir = TempDir::new().expect("a folder");
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine/segment/sealed-0.1");
    for (path, bytes) in contents(&kept) {
        let to = dir.path().join(path.strip_prefix(&kept).expect("below"));
        fs::create_dir_all(to.parent().expect("a folder")).expect("made");
        fs::write(to, bytes).expect("written");
    }
    let log = dir.path().join("s.jsonl");
    let bytes = fs::read(dir.path().join("whole.jsonl")).expect("there");
    (dir, log, bytes)
}

#[test]
fn an_older_store_is_read_written_and_put_back() {
    let (_dir, log, bytes) = kept();
    assert_eq!(whole(&log), bytes);
    assert_eq!(errors(&log), []);
    append(&log, 28..60);
    let grown = whole(&log);
    assert!(grown.starts_with(&bytes));
    for how in [PLAIN, PRESSED] {
        seal::run(&log, how, &mut go_on).expect("sealed");
        assert_eq!((whole(&log), errors(&log)), (grown.clone(), Vec::new()));
    }
    seal::undo(&log, &mut go_on).expect("put back");
    assert_eq!(fs::read(&log).expect("there"), grown);
    assert!(files(&log).is_empty());
}

#[test]
fn an_older_store_is_rolled_back_and_forth() {
    let (_dir, log, bytes) = kept();
    let before = files(&log);
    let mut states = vec![bytes];
    // By their times: with age, fewer states are offered to who names none.
    for to_ms in [1_795_952_537_849, 1_795_952_537_774] {
        rollback(&log, Some(to_ms), &mut go_on).expect("rolled back");
        states.push(whole(&log));
        assert_eq!(errors(&log), []);
    }
    assert_eq!(states.iter().map(Vec::len).collect::<Vec<_>>(), [3613, 3105, 1581]);
    assert!(states.iter().all(|state| states[0].starts_with(state)));
    let left = files(&log);
    assert!(left.len() == 2 && before.starts_with(&left), "whole segments stay sealed: {left:?}");
    while let Some(state) = states.pop() {
        assert_eq!(whole(&log), state);
        if !states.is_empty() {
            undo(&log, false, &mut go_on).expect("taken back");
        }
    }
    assert_eq!(errors(&log), []);
}

/// What such a build had written of a seal when it was killed: segments, and a manifest that does not name them yet.
#[test]
fn a_seal_that_an_older_build_did_not_end_is_nothing() {
    let (_dir, log, bytes) = kept();
    let manifest = paths::store(&log).join("segments/manifest.json");
    let text = fs::read_to_string(&manifest).expect("there");
    append(&log, 28..60);
    let grown = whole(&log);
    let own = fs::read(&log).expect("there");
    seal::run(&log, PLAIN, &mut go_on).expect("sealed");
    let new = files(&log).len();
    fs::write(&log, &own).expect("put back");
    fs::write(&manifest, text).expect("put back");
    assert_eq!(whole(&log), grown);
    rollback(&log, Some(1_795_952_537_849), &mut go_on).expect("rolled back");
    append(&log, 60..62);
    assert!(whole(&log).starts_with(&bytes[..3105]));
    assert_eq!(errors(&log), []);
    seal::run(&log, PRESSED, &mut go_on).expect("sealed");
    assert!(whole(&log).starts_with(&bytes[..3105]));
    assert_eq!(errors(&log), []);
    assert!(files(&log).len() <= new);
}
