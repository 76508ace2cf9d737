//! A sidecar that is missing, cut, overwritten, locked, or of another log: the same answers, and it is built anew.

use super::sample;
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::session::Session;
use jcode_session_native::sidecar::rebuild::Done;
use jcode_session_native::sidecar::{self, Sidecar};
use jcode_session_tests::effort::cases;
use jcode_session_tests::files::{LogDir, ask};
use jcode_session_tests::generate::{LogShape, tree_v3};
use proptest::prelude::*;
use std::fs;
use std::io::{Seek, SeekFrom, Write};

proptest! {
    #![proptest_config(cases(80))]

    #[test]
    fn flipped_bytes_in_a_sidecar_change_no_answer(
        seed in 0u64..1000,
        flips in prop::collection::vec((0.0f64..1.0, 1u8..=255), 1..4),
    ) {
        let dir = LogDir::new(&tree_v3(LogShape { entries: 40, ..LogShape::default() }, seed));
        let plain = ask(&dir.log());
        dir.update();
        let mut bytes = fs::read(dir.sidecar()).expect("there");
        for (place, flip) in flips {
            let place = (place * bytes.len() as f64) as usize;
            bytes[place] ^= flip;
        }
        fs::write(dir.sidecar(), &bytes).expect("written");
        prop_assert_eq!(ask(&dir.log()), plain);
    }
}

/// What is ordered by a number in its row is not shown in the order of another one.
#[test]
fn numbers_that_order_leaves_and_labels_are_checked() {
    let (dir, plain) = sample();
    for change in [
        "UPDATE branches SET seq=seq+100000 WHERE seq=(SELECT min(seq) FROM branches)",
        "UPDATE labels SET target=target+100000 WHERE target=(SELECT min(target) FROM labels)",
    ] {
        dir.update();
        let connection = rusqlite::Connection::open(dir.sidecar()).expect("a sidecar");
        assert_eq!(connection.execute(change, []).expect("changed"), 1, "{change}");
        drop(connection);
        assert_eq!(ask(&dir.log()), plain, "{change}");
        fs::remove_file(dir.sidecar()).expect("removed");
    }
}

/// The sidecar was damaged: answers are the same, it is not used, and `update` makes it good again.
fn still_answers(dir: &LogDir, plain: &jcode_session_tests::files::Answers) {
    assert_eq!(&ask(&dir.log()), plain);
    let log = LogFile::open(&dir.log()).expect("there");
    assert!(
        !matches!(sidecar::open(&log).expect("readable"), Sidecar::Fresh { .. }),
        "a damaged sidecar was taken for good"
    );
    assert_eq!(dir.update(), Done::Built);
    assert_eq!(&ask(&dir.log()), plain);
}

#[test]
fn a_missing_sidecar_is_rebuilt() {
    let (dir, plain) = sample();
    fs::remove_file(dir.sidecar()).expect("removed");
    still_answers(&dir, &plain);
}

#[test]
fn a_cut_sidecar_is_rebuilt() {
    let (dir, plain) = sample();
    for len in [0, 1, 100, 1024, 5000] {
        fs::OpenOptions::new().write(true).open(dir.sidecar()).expect("there").set_len(len).expect("cut");
        still_answers(&dir, &plain);
    }
}

#[test]
fn a_zeroed_header_is_rebuilt() {
    let (dir, plain) = sample();
    let mut file = fs::OpenOptions::new().write(true).open(dir.sidecar()).expect("there");
    file.write_all(&[0; 100]).expect("written");
    still_answers(&dir, &plain);
}

#[test]
fn overwritten_pages_change_no_answer() {
    let (dir, plain) = sample();
    let pages = fs::metadata(dir.sidecar()).expect("there").len() / 1024;
    let good = fs::read(dir.sidecar()).expect("there");
    for page in 0..pages {
        for byte in [0, 0xFF, 0x0D] {
            fs::write(dir.sidecar(), &good).expect("written");
            let mut file = fs::OpenOptions::new().write(true).open(dir.sidecar()).expect("there");
            file.seek(SeekFrom::Start(page * 1024)).expect("sought");
            file.write_all(&[byte; 1024]).expect("written");
            drop(file);
            assert_eq!(ask(&dir.log()), plain, "page {page} filled with {byte:#x}");
        }
    }
}

#[test]
fn another_sessions_sidecar_is_rebuilt() {
    let (dir, plain) = sample();
    let other = LogDir::new(&tree_v3(LogShape { entries: 400, ..LogShape::default() }, 12));
    other.update();
    fs::copy(other.sidecar(), dir.sidecar()).expect("copied");
    still_answers(&dir, &plain);
}

#[test]
fn a_newer_sidecar_is_not_used() {
    let (dir, plain) = sample();
    let connection = rusqlite::Connection::open(dir.sidecar()).expect("a sidecar");
    connection.execute_batch("PRAGMA user_version=99").expect("set");
    drop(connection);
    still_answers(&dir, &plain);
}

#[test]
fn a_locked_sidecar_blocks_nobody() {
    let (dir, plain) = sample();
    let connection = rusqlite::Connection::open(dir.sidecar()).expect("a sidecar");
    connection.execute_batch("BEGIN EXCLUSIVE").expect("locked");
    assert_eq!(ask(&dir.log()), plain);
}

#[test]
fn a_sidecar_of_another_boot_that_was_not_synced_is_rebuilt() {
    let (dir, plain) = sample();
    let connection = rusqlite::Connection::open(dir.sidecar()).expect("a sidecar");
    let meta = jcode_session_native::sidecar::sql::read_meta(&connection).expect("readable").expect("sound");
    let unsynced = |boot: &str| jcode_session_core::index::meta::IndexMeta {
        unsynced_boot: Some(boot.to_string()),
        ..meta.clone()
    };
    let this_boot = jcode_session_native::os::host::boot_id().expect("the system tells");
    jcode_session_native::sidecar::sql::write_meta(&connection, &unsynced(this_boot)).expect("written");
    assert!(Session::read(&dir.log()).expect("readable").has_sidecar(), "a killed writer's sidecar is whole");
    jcode_session_native::sidecar::sql::write_meta(&connection, &unsynced("an earlier boot")).expect("written");
    drop(connection);
    still_answers(&dir, &plain);
}

#[test]
fn left_over_journals_do_not_come_to_life() {
    let (dir, plain) = sample();
    for ending in ["-wal", "-shm", "-journal"] {
        fs::write(format!("{}{ending}", dir.sidecar().display()), b"left by a crash").expect("written");
    }
    fs::write(dir.sidecar(), b"not a database").expect("written");
    still_answers(&dir, &plain);
    assert!(!dir.folder().join("log.sqlite3-wal").exists());
}
