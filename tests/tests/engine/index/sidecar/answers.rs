//! A sound sidecar: what it answers, when it is believed, what it costs.

use super::sample;
use jcode_session_core::finding::Code;
use jcode_session_core::source::ByteSource;
use jcode_session_native::ops::restore::take_checkpoint;
use jcode_session_native::ops::verify::verify;
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::session::Session;
use jcode_session_native::sidecar;
use jcode_session_native::sidecar::rebuild::{self, Done};
use jcode_session_native::sidecar::sql::SidecarReader;
use jcode_session_tests::effort::cases;
use jcode_session_tests::files::{LogDir, ask, dump, mode};
use jcode_session_tests::generate::{LargeLog, LogShape, Until, damaged_tree_v3, tree_v3};
use jcode_session_tests::sessions::lines;
use jcode_session_tests::written::append;
use proptest::prelude::*;
use rusqlite::Connection;
use std::fs;
use std::io::Write;
use std::ops::ControlFlow;

proptest! {
    #![proptest_config(cases(80))]

    #[test]
    fn a_fresh_sidecar_answers_like_the_log(sample in damaged_tree_v3(40)) {
        let dir = LogDir::new(&sample.bytes);
        let plain = ask(&dir.log());
        prop_assert_eq!(dir.update(), Done::Built);
        prop_assert!(Session::read(&dir.log()).expect("readable").has_sidecar());
        prop_assert_eq!(ask(&dir.log()), plain);
        prop_assert_eq!(dir.update(), Done::Nothing);
    }

    #[test]
    fn catching_up_equals_building(sample in damaged_tree_v3(60), cuts in prop::collection::vec(0.0f64..1.0, 1..5)) {
        let len = sample.bytes.len();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| (cut * len as f64) as usize).collect();
        cuts.sort_unstable();
        cuts.push(len);
        let dir = LogDir::new(b"");
        for cut in cuts {
            let mut file = fs::OpenOptions::new().write(true).open(dir.log()).expect("there");
            file.write_all(&sample.bytes[..cut]).expect("written");
            drop(file);
            dir.update();
            let grown = dump(&dir.sidecar());
            fs::remove_file(dir.sidecar()).expect("removed");
            dir.update();
            prop_assert_eq!(grown, dump(&dir.sidecar()), "after {} bytes", cut);
        }
    }
}

/// Pages that hold rows of entries, but for those of the first and the last ones, are made unreadable: a tree that
/// still comes, and is right, did not read a row an entry.
#[test]
fn the_tree_of_a_long_log_reads_only_roots_leaves_and_branch_points() {
    const PAGE: usize = 1024;
    const TABLE_LEAF: u8 = 13;
    let mut log = Vec::new();
    let shape = LargeLog { until: Until::Entries(5000), entry_bytes: 200, branches: 0, ..LargeLog::default() };
    shape.write(&mut log).expect("written");
    let dir = LogDir::new(&log);
    dir.update();
    let tree = || SidecarReader::new(Connection::open(dir.sidecar()).expect("opens")).expect("readable").tree();
    let plain = tree().expect("whole");
    let mut bytes = fs::read(dir.sidecar()).expect("there");
    let rows: Vec<&mut [u8]> = bytes.chunks_mut(PAGE).skip(1).filter(|page| page[0] == TABLE_LEAF).collect();
    let count = rows.len();
    rows.into_iter().skip(20).take(count / 2).for_each(|page| page.fill(0xFF));
    fs::write(dir.sidecar(), &bytes).expect("written");
    assert_eq!(tree().expect("nothing damaged is read"), plain);
}

#[test]
fn a_touched_or_copied_log_is_not_indexed_anew() {
    let (dir, plain) = sample();
    let copy = dir.folder().join("copy.jsonl");
    fs::copy(dir.log(), &copy).expect("copied");
    fs::rename(&copy, dir.log()).expect("renamed");
    assert!(Session::read(&dir.log()).expect("readable").has_sidecar());
    assert_eq!(dir.update(), Done::Restamped);
    assert_eq!(dir.update(), Done::Nothing);
    assert_eq!(ask(&dir.log()), plain);
}

#[test]
fn other_content_under_the_same_size_and_mtime_is_noticed() {
    let (dir, _) = sample();
    let times = fs::metadata(dir.log()).expect("there");
    let bytes = String::from_utf8(fs::read(dir.log()).expect("there")).expect("text");
    let last = bytes.rfind("\"id\":\"").expect("an id") + 6;
    let mut changed = bytes.into_bytes();
    changed[last] = if changed[last] == b'x' { b'y' } else { b'x' };
    dir.write(&changed);
    let file = fs::OpenOptions::new().write(true).open(dir.log()).expect("there");
    let mtime = times.modified().expect("a time");
    file.set_times(fs::FileTimes::new().set_modified(mtime)).expect("set");
    drop(file);
    assert!(!Session::read(&dir.log()).expect("readable").has_sidecar());
    let plain = LogDir::new(&changed);
    assert_eq!(ask(&dir.log()), ask(&plain.log()));
}

#[test]
fn an_edit_between_the_samples_is_found_by_verify() {
    let dir = LogDir::new(&tree_v3(LogShape { entries: 400, entry_bytes: 2000, ..LogShape::default() }, 5));
    dir.update();
    let clean =
        jcode_session_native::ops::verify::verify(&dir.log(), &mut |_| ControlFlow::Continue(())).expect("verified");
    assert!(clean.ok, "{:?}", clean.findings);
    let mut bytes = fs::read(dir.log()).expect("there");
    // An id that lies in no sample: any that keeps the sidecar fresh.
    let fingerprint = |bytes: &[u8]| {
        let source = jcode_session_core::source::SliceSource(bytes);
        jcode_session_core::source::identity::Fingerprint::take(&source, source.len()).expect("taken")
    };
    let before = fingerprint(&bytes);
    let places = jcode_session_tests::oracle::read_log(&bytes).entries.into_iter().filter_map(|entry| {
        let start = entry.offset as usize;
        let line = &bytes[start..start + entry.len as usize];
        let field = format!("\"id\":\"{}\"", entry.log_id?);
        let at = line.windows(field.len()).position(|window| window == field.as_bytes())?;
        Some(start + at + 6)
    });
    let ids: Vec<usize> = places.collect();
    let hidden = ids.into_iter().find(|&at| {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        fingerprint(&changed) == before
    });
    bytes[hidden.expect("most of the log is not sampled")] ^= 1;
    dir.write(&bytes);
    let report =
        jcode_session_native::ops::verify::verify(&dir.log(), &mut |_| ControlFlow::Continue(())).expect("verified");
    assert_eq!(report.sidecar, "fresh");
    assert!(!report.ok);
}

#[test]
fn a_sidecar_is_private_and_leaves_nothing_beside() {
    let (dir, _) = sample();
    assert!(mode(&dir.sidecar()).is_none_or(|mode| mode == 0o600));
    let mut names: Vec<_> =
        fs::read_dir(dir.folder()).expect("there").map(|e| e.expect("an entry").file_name()).collect();
    names.sort();
    assert_eq!(names, ["log.jsonl", "log.sqlite3"]);
}

#[test]
fn opening_serves_at_once_and_builds_behind() {
    let (dir, plain) = sample();
    fs::remove_file(dir.sidecar()).expect("removed");
    let (session, rebuild) = Session::open(&dir.log()).expect("readable");
    assert!(!session.tail(3).expect("a tail").is_empty());
    rebuild.expect("it was not fresh").join().expect("no panic").expect("built");
    let (session, rebuild) = Session::open(&dir.log()).expect("readable");
    assert!(session.has_sidecar() && rebuild.is_none());
    assert_eq!(ask(&dir.log()), plain);
}

#[test]
fn many_logs_with_large_sidecars_take_few_bytes() {
    let small = LogDir::new(&tree_v3(LogShape { entries: 10, ..LogShape::default() }, 1));
    small.update();
    let len = fs::metadata(small.sidecar()).expect("there").len();
    assert!(len <= 8192, "{len} bytes for 10 entries");
    let mut bytes = Vec::new();
    let shape = LargeLog { until: Until::Entries(20_000), entry_bytes: 200, branches: 20, ..LargeLog::default() };
    shape.write(&mut bytes).expect("memory takes it");
    let large = LogDir::new(&bytes);
    large.update();
    let len = fs::metadata(large.sidecar()).expect("there").len();
    assert!(len <= 20_000 * 190, "{len} bytes for 20,000 entries");
    let log = LogFile::open(&large.log()).expect("there");
    let force = rebuild::update(&log, true, &mut |_| ControlFlow::Continue(())).expect("built").0;
    assert_eq!(force, Done::Built);
}

#[test]
fn a_glance_says_what_sqlite_says_or_nothing() {
    use jcode_session_core::index::meta_from_pages::{META_PAGES_LEN, meta_from_pages};
    let (dir, _) = sample();
    let connection = rusqlite::Connection::open(dir.sidecar()).expect("a sidecar");
    let meta = jcode_session_native::sidecar::sql::read_meta(&connection).expect("readable").expect("sound");
    drop(connection);
    let mut bytes = fs::read(dir.sidecar()).expect("there");
    bytes.truncate(META_PAGES_LEN);
    assert_eq!(meta_from_pages(&bytes).as_ref(), Some(&meta), "the layout is the one that is read");
    assert_eq!(sidecar::quick_meta(&dir.log()), Some(meta.clone()));
    for at in 0..bytes.len() {
        for flip in [1, 0x80, 0xFF] {
            bytes[at] ^= flip;
            let seen = meta_from_pages(&bytes);
            assert!(seen.is_none() || seen.as_ref() == Some(&meta), "byte {at} ^ {flip:#x} changed the answer");
            bytes[at] ^= flip;
        }
    }
    for len in 0..bytes.len() {
        assert_eq!(meta_from_pages(&bytes[..len]), None);
    }
    // Not after the log changed, nor beside a commit that did not end.
    fs::write(format!("{}-journal", dir.sidecar().display()), b"x").expect("written");
    assert_eq!(sidecar::quick_meta(&dir.log()), None);
}

/// Rows, branches, metadata and checkpoints are compared as they were at one time, whoever writes meanwhile.
#[test]
fn a_log_is_verified_with_one_state_of_what_lies_beside_it() {
    let mut bytes = lines(0..3);
    // The last row is compared long before the log's end.
    let blank = [[b' '; 1023].as_slice(), b"\n"].concat();
    bytes.extend_from_slice(&blank.repeat(4 << 10));
    let dir = LogDir::new(&bytes);
    dir.update();
    let mut written = false;
    let report = verify(&dir.log(), &mut |_| {
        if !written {
            append(&dir.log(), 100..101);
            take_checkpoint(&dir.log()).expect("taken");
            written = true;
        }
        ControlFlow::Continue(())
    });
    let report = report.expect("verifies");
    assert!(written && report.ok, "{:?}", report.findings);
    assert_eq!(report.entry_count, 3);
}

/// Only `verify` judges UTF-8: what it counts of a last line that lacks its LF is what a build counted.
#[test]
fn a_last_line_that_is_no_text_and_lacks_its_lf_is_no_difference() {
    let mut log = tree_v3(LogShape { entries: 4, ..LogShape::default() }, 3);
    log.extend_from_slice(
        b"no record\n{\"type\":\"custom\",\"id\":\"x\",\"parentId\":null,\"data\":[\"\xed\",\"\\ud800\"]}",
    );
    let dir = LogDir::new(&log);
    dir.update();
    let report = verify(&dir.log(), &mut |_| ControlFlow::Continue(())).expect("it can be read");
    let codes: Vec<Code> = report.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::InvalidJson, Code::TornTail, Code::InvalidUtf8, Code::LoneSurrogate]);
}
