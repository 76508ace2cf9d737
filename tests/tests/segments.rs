//! Logs whose older lines stand in segments: read as one, and damaged on purpose.

use jcode_session_core::finding::Code;
use jcode_session_core::segment::{MANIFEST, Table, TableError};
use jcode_session_core::source::{ByteSource, SliceSource};
use jcode_session_core::write::Parent;
use jcode_session_native::catalog::{Catalog, Keep};
use jcode_session_native::ops::doctor::{Examination, examine};
use jcode_session_native::ops::fork::fork;
use jcode_session_native::ops::restore::{repair, rollback, take_checkpoint};
use jcode_session_native::ops::seal::{self, Segments};
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::os::paths;
use jcode_session_native::session::Session;
use jcode_session_native::sidecar::rebuild::{self, RebuildError};
use jcode_session_native::writer::{Writer, WriterOptions};
use jcode_session_tests::files::{LogDir, ask, settled};
use jcode_session_tests::generate::{LogShape, tree_v3};
use jcode_session_tests::written::{append, errors, object, whole};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const PLAIN: Segments = Segments { size: 2000, compress: false };
const PRESSED: Segments = Segments { size: 2000, compress: true };

/// A session of 100 entries in a home, sealed.
fn sealed(how: Segments) -> (TempDir, PathBuf, Vec<u8>) {
    let home = TempDir::new().expect("a folder");
    fs::create_dir(home.path().join("sessions")).expect("made");
    let log = home.path().join("sessions/s.jsonl");
    append(&log, 0..100);
    take_checkpoint(&log).expect("taken");
    let bytes = whole(&log);
    assert!(seal::run(&log, how).expect("sealed").plan.ranges.len() > 3);
    assert_eq!(whole(&log), bytes);
    (home, log, bytes)
}

/// The files of segments, in the order of the log.
fn files(log: &Path) -> Vec<PathBuf> {
    let folder = paths::store(log).join("segments");
    let mut found: Vec<PathBuf> =
        fs::read_dir(folder).expect("there").map(|entry| entry.expect("one").path()).collect();
    found.retain(|path| path.file_name().is_some_and(|name| name != MANIFEST));
    let from = |path: &PathBuf| -> u64 {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        name.split('-').next().expect("a number").parse().expect("a number")
    };
    found.sort_by_key(from);
    found
}

fn codes(log: &Path) -> Vec<Code> {
    errors(log).into_iter().map(|(code, _)| code).collect()
}

/// What the doctor says of the one session of a home.
fn doctor(home: &Path) -> Vec<(Code, String)> {
    let report = examine(&Examination { home: home.to_path_buf(), roots: vec![home.join("sessions")], fix: false });
    report.findings.into_iter().map(|found| (found.finding.code, found.finding.message)).collect()
}

/// Ids of the entries that readers show.
fn ids(log: &Path) -> Vec<String> {
    let session = Session::read(log).expect("read");
    let mut ids = Vec::new();
    session
        .file_order(None, &mut |entry| {
            let value: serde_json::Value = serde_json::from_slice(&entry.line).expect("json");
            ids.extend(value["id"].as_str().map(ToString::to_string));
        })
        .expect("read");
    ids
}

/// Random logs answer the same, sealed or not, compressed or not, with and without sidecar.
#[test]
fn answers_do_not_depend_on_where_bytes_stand() {
    for seed in 0..12 {
        let shape = LogShape { entries: 60, ..LogShape::default() };
        let dir = LogDir::new(&tree_v3(shape, seed));
        let bytes = whole(&dir.log());
        let answers = ask(&dir.log());
        dir.update();
        for how in [PLAIN, PRESSED] {
            let done = seal::run(&dir.log(), how).expect("sealed");
            assert!(!done.plan.is_nothing() || done.compressed > 0, "seed {seed}");
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
        seal::undo(&dir.log()).expect("put back");
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
    seal::run(&log, PLAIN).expect("sealed");
    let segmented = LogFile::open(&log).expect("there");
    assert_eq!(plain.read_vec(0, bytes.len()).expect("read"), bytes);
    seal::run(&log, PRESSED).expect("compressed");
    assert_eq!(segmented.read_vec(0, bytes.len()).expect("read"), bytes, "the other form will do");
    seal::undo(&log).expect("put back");
    let late = segmented.read_vec(0, bytes.len());
    assert!(late.is_err() || late == Ok(bytes), "{late:?}");
}

#[test]
fn a_lost_segment_is_named_and_all_else_is_read() {
    for how in [PLAIN, PRESSED] {
        let (home, log, bytes) = sealed(how);
        let all = ids(&log);
        let lost = files(&log).remove(1);
        fs::remove_file(&lost).expect("removed");
        let left = ids(&log);
        assert!(left.len() < all.len() && left.len() > all.len() / 2);
        assert!(left.iter().all(|id| all.contains(id)) && left.last() == all.last());
        assert_eq!(LogFile::open(&log).expect("there").len(), bytes.len() as u64, "offsets hold");
        let name = lost.file_name().expect("a name").to_string_lossy().replace(".zst", "");
        let named = |found: &[(Code, String)]| {
            found.iter().any(|(code, words)| *code == Code::SegmentDamaged && words.contains(&name))
        };
        assert!(named(&errors(&log)), "{:?}", errors(&log));
        assert!(named(&doctor(home.path())), "{:?}", doctor(home.path()));
        // Nobody returns a log with lost bytes to one file as if they were blank; repair says what it does.
        assert!(seal::undo(&log).expect_err("refused").to_string().contains("segments/"));
        repair(&log).expect("repaired");
        assert_eq!(errors(&log), []);
        assert_eq!(ids(&log).len(), left.len());
    }
}

#[test]
fn a_flipped_byte_in_a_segment_is_named_and_all_else_is_read() {
    for how in [PLAIN, PRESSED] {
        let (home, log, _) = sealed(how);
        let all = ids(&log);
        let file = files(&log).remove(2);
        let mut stored = fs::read(&file).expect("there");
        let middle = stored.len() / 3;
        stored[middle] ^= 0x20;
        fs::write(&file, &stored).expect("written");
        assert!(codes(&log).contains(&Code::SegmentDamaged), "{:?}", errors(&log));
        assert!(doctor(home.path()).iter().any(|(code, _)| *code == Code::SegmentDamaged));
        let left = ids(&log);
        assert!(left.len() > all.len() / 2, "{} of {}", left.len(), all.len());
        // The damaged file is set aside, not deleted, when it leaves the log.
        if how.compress {
            assert!(seal::decompress(&log).is_err());
        }
        repair(&log).expect("repaired");
        assert_eq!(errors(&log), []);
        let aside = paths::store(&log).join("quarantine").join(file.file_name().expect("a name"));
        assert_eq!(fs::read(aside).expect("set aside"), stored);
    }
}

/// A segment may come back, which nothing of the log tells: neither a sidecar nor a row of a list is kept without it.
#[test]
fn what_is_read_without_a_segment_is_not_kept() {
    let cut: fn(&mut Vec<u8>) = |bytes| bytes.truncate(bytes.len() / 2);
    let flip: fn(&mut Vec<u8>) = |bytes| {
        let middle = bytes.len() / 3;
        bytes[middle] ^= 0x20;
    };
    for (how, damage) in [(PLAIN, Vec::clear as fn(&mut Vec<u8>)), (PLAIN, cut), (PRESSED, Vec::clear), (PRESSED, flip)]
    {
        let (home, log, _) = sealed(how);
        let all = ids(&log);
        let listed = || {
            let catalog = Catalog::new(home.path(), &[home.path().join("sessions")]);
            catalog.refresh(Keep::Store).sessions.into_iter().map(|one| one.summary.entry_count).collect::<Vec<_>>()
        };
        let update = |force| {
            let log = LogFile::open(&log).expect("there");
            rebuild::update(&log, force, &mut |_| ControlFlow::Continue(()))
        };
        fs::remove_file(paths::sidecar(&log)).expect("removed");
        let file = files(&log).remove(2);
        let stored = fs::read(&file).expect("there");
        let mut damaged = stored.clone();
        damage(&mut damaged);
        fs::write(&file, &damaged).expect("written");
        assert!(ids(&log).len() < all.len());
        settled(home.path());
        assert_ne!(listed(), [Some(100)]);
        assert!(matches!(update(false), Err(RebuildError::Lost)));
        assert!(!paths::sidecar(&log).exists());
        fs::write(&file, &stored).expect("put back");
        assert_eq!(listed(), [Some(100)]);
        assert_eq!(ids(&log), all);
        // A sidecar that knows more than what is left stays.
        update(false).expect("built");
        fs::write(&file, &damaged).expect("written");
        assert!(matches!(update(true), Err(RebuildError::Lost)));
        fs::write(&file, &stored).expect("put back");
        assert!(Session::read(&log).expect("read").has_sidecar());
        assert_eq!(errors(&log), []);
    }
}

/// Nor does a checkpoint tell of a log without one.
#[test]
fn a_log_that_lacks_bytes_gets_no_checkpoint() {
    for how in [PLAIN, PRESSED] {
        let home = TempDir::new().expect("a folder");
        let log = home.path().join("s.jsonl");
        append(&log, 0..100);
        seal::run(&log, how).expect("sealed");
        let file = files(&log).remove(2);
        let stored = fs::read(&file).expect("there");
        let mut damaged = stored.clone();
        match how.compress {
            true => damaged[stored.len() / 3] ^= 0x20,
            false => damaged.truncate(stored.len() / 3),
        }
        fs::write(&file, &damaged).expect("written");
        assert!(take_checkpoint(&log).expect_err("refused").to_string().contains("put its file back"));
        let writer = Writer::open(&log, &WriterOptions::default()).expect("opens");
        writer.append(object(100).as_bytes(), Parent::Leaf).expect("appends");
        writer.close().expect("closes");
        fs::write(&file, &stored).expect("put back");
        assert_eq!(errors(&log), []);
        assert!(take_checkpoint(&log).expect("taken"));
        assert_eq!(errors(&log), []);
    }
}

/// Files that have the name of a new segment, and other bytes, are kept, as many as there were.
#[test]
fn what_is_set_aside_takes_the_place_of_nothing() {
    let (_home, log, bytes) = sealed(PLAIN);
    let store = paths::store(&log);
    let mut names = Vec::new();
    for text in ["one", "two", "three"] {
        append(&log, 100..130);
        let grown = whole(&log);
        let new = seal::plan(&log, PLAIN.size).expect("planned").ranges.remove(0);
        names.push(format!("{}-{}", new.start, new.end - new.start));
        fs::write(store.join(format!("segments/{}-{}.jsonl", new.start, new.end - new.start)), text).expect("written");
        seal::run(&log, PRESSED).expect("sealed");
        assert_eq!((whole(&log), errors(&log)), (grown, Vec::new()));
        rollback(&log, None).expect("rolled back");
        assert_eq!(whole(&log), bytes);
    }
    names.dedup();
    assert_eq!(names.len(), 1);
    let kept = ["jsonl", "1.jsonl", "2.jsonl"].map(|ending| format!("quarantine/{}.{ending}", names[0]));
    assert_eq!(kept.map(|name| fs::read_to_string(store.join(name)).expect("kept")), ["one", "two", "three"]);
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
    seal::run(&log, PLAIN).expect("sealed");
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
    seal::run(&log, PRESSED).expect("sealed");
    let before = files(&log);
    rollback(&log, None).expect("rolled back");
    assert_eq!(whole(&log), then);
    let after = files(&log);
    assert!(!after.is_empty() && after.len() < before.len() && before.starts_with(&after));
    assert_eq!(errors(&log), []);
    // Other bytes, in segments of the same names.
    append(&log, 60..120);
    let again = whole(&log);
    seal::run(&log, PRESSED).expect("sealed");
    assert_eq!(files(&log), before);
    assert_eq!(whole(&log), again);
    assert_eq!(errors(&log), []);
}

/// Claims of a table are not believed further than they fit.
#[test]
fn hostile_tables_cost_no_memory_and_no_crash() {
    let table = |entries: &[(u32, u32)], claimed: u32, flags: u8| {
        let mut file = vec![0xAA; 1000];
        file.extend_from_slice(&0x184D_2A5E_u32.to_le_bytes());
        file.extend_from_slice(&claimed.wrapping_mul(8).wrapping_add(9).to_le_bytes());
        for (stored, plain) in entries {
            file.extend_from_slice(&stored.to_le_bytes());
            file.extend_from_slice(&plain.to_le_bytes());
        }
        file.extend_from_slice(&claimed.to_le_bytes());
        file.push(flags);
        file.extend_from_slice(&0x8F92_EAB1_u32.to_le_bytes());
        file
    };
    let read = |file: &[u8], len: u64| Table::read(&SliceSource(file), len);
    assert!(read(&table(&[(600, 5000), (400, 5000)], 2, 0), 10_000).is_ok());
    assert!(matches!(read(&table(&[(600, 5000), (400, 5000)], 2, 0), 10_001), Err(TableError::Sum { .. })));
    assert!(matches!(read(&table(&[(600, 5000), (900, 5000)], 2, 0), 10_000), Err(TableError::Sum { .. })));
    assert_eq!(read(&table(&[(1000, u32::MAX)], 1, 0), u64::from(u32::MAX)), Err(TableError::Frame(0)));
    assert_eq!(read(&table(&[(1000, 0)], 1, 0), 0), Err(TableError::Frame(0)));
    assert_eq!(read(&table(&[], u32::MAX, 0), 10), Err(TableError::TooMany(u32::MAX)));
    assert_eq!(read(&table(&[], 1 << 20, 0), 10), Err(TableError::NoTable));
    assert_eq!(read(&table(&[(1000, 10)], 1, 0x7C), 10), Err(TableError::NoTable));
    assert_eq!(read(b"", 0), Err(TableError::NoTable));
    // A frame that holds more than its block, and one that holds garbage: the block is lost, nothing else.
    let (_home, log, bytes) = sealed(PRESSED);
    let file = files(&log).remove(1);
    let mut bomb = zstd::bulk::compress(&vec![b'x'; 50 << 20], 1).expect("compressed");
    let stored = u32::try_from(bomb.len()).expect("small");
    let name = file.file_name().expect("a name").to_string_lossy().into_owned();
    let len: u32 = name.split(['-', '.']).nth(1).expect("a length").parse().expect("a number");
    let behind = table(&[(stored, len)], 1, 0);
    bomb.extend_from_slice(&behind[1000..]);
    fs::write(&file, bomb).expect("written");
    assert_eq!(whole(&log).len(), bytes.len());
    assert!(codes(&log).contains(&Code::SegmentDamaged));
}

/// Hostile manifests are not believed; segments that overlap or leave gaps are none.
#[test]
fn hostile_manifests_describe_no_log() {
    let (_home, log, _) = sealed(PLAIN);
    let own = fs::read(&log).expect("there");
    let manifest = paths::store(&log).join("segments").join(MANIFEST);
    let good: serde_json::Value = serde_json::from_slice(&fs::read(&manifest).expect("there")).expect("json");
    let changes: [fn(&mut serde_json::Value); 5] = [
        |m| m["segments"][1]["from"] = 7.into(),
        |m| m["segments"][1]["len"] = u64::MAX.into(),
        |m| m["segments"][0]["len"] = 0.into(),
        |m| m["after"]["segments"] = 1000.into(),
        |m| m["version"] = 2.into(),
    ];
    for change in changes {
        let mut hostile = good.clone();
        change(&mut hostile);
        fs::write(&manifest, hostile.to_string()).expect("written");
        assert_eq!(whole(&log), own, "{hostile}");
        assert!(codes(&log).contains(&Code::SegmentDamaged), "{hostile}");
    }
}
