//! Segments that are lost or changed: named, passed over, and nothing made without them is kept.

use super::{PLAIN, PRESSED, codes, doctor, files, ids, sealed};
use jcode_session_core::finding::Code;
use jcode_session_core::source::{ByteSource, go_on};
use jcode_session_core::write::Parent;
use jcode_session_native::catalog::{Catalog, Keep};
use jcode_session_native::ops::restore::{repair, rollback, take_checkpoint};
use jcode_session_native::ops::seal;
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::os::paths;
use jcode_session_native::session::Session;
use jcode_session_native::sidecar::rebuild::{self, RebuildError};
use jcode_session_native::writer::{Writer, WriterOptions};
use jcode_session_tests::files::settled;
use jcode_session_tests::written::{append, errors, object, whole};
use std::fs;
use std::ops::ControlFlow;
use tempfile::TempDir;

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
        assert!(seal::undo(&log, &mut go_on).expect_err("refused").to_string().contains("segments/"));
        repair(&log, &mut go_on).expect("repaired");
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
            assert!(seal::decompress(&log, &mut go_on).is_err());
        }
        repair(&log, &mut go_on).expect("repaired");
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
        seal::run(&log, how, &mut go_on).expect("sealed");
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
        seal::run(&log, PRESSED, &mut go_on).expect("sealed");
        assert_eq!((whole(&log), errors(&log)), (grown, Vec::new()));
        rollback(&log, None, &mut go_on).expect("rolled back");
        assert_eq!(whole(&log), bytes);
    }
    names.dedup();
    assert_eq!(names.len(), 1);
    let kept = ["jsonl", "1.jsonl", "2.jsonl"].map(|ending| format!("quarantine/{}.{ending}", names[0]));
    assert_eq!(kept.map(|name| fs::read_to_string(store.join(name)).expect("kept")), ["one", "two", "three"]);
}
