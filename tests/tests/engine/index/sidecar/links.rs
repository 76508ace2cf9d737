//! Sidecars and symbolic links: those above a session are followed, one in the sidecar's place is not.

use jcode_session_core::source::ByteSource;
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::os::paths;
use jcode_session_native::sidecar::{self, Sidecar, quick_meta};
use jcode_session_tests::files::LogDir;
use jcode_session_tests::written::{NEVER, append, object, writer};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Appends an entry; why the sidecar lags behind then, if it does.
fn lags(log: &Path, number: u64) -> Option<String> {
    let writer = writer(log, NEVER);
    writer.append(object(number).as_bytes(), jcode_session_core::write::Parent::Leaf).expect("appends");
    writer.close().expect("closes").sidecar_lags
}

#[test]
fn a_writer_keeps_the_sidecar_of_a_session_below_a_linked_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("real")).expect("made");
    symlink("real", folder.path().join("link")).expect("linked");
    let log = folder.path().join("link/s.jsonl");
    for number in 0..3 {
        assert_eq!(lags(&log, number), None);
        let len = LogFile::open(&log).expect("there").len();
        let meta = quick_meta(&log).expect("fresh");
        assert_eq!((meta.counts.entries, meta.synced_len), (number + 1, len));
    }
}

#[test]
fn a_link_in_the_sidecars_place_is_neither_read_nor_written_through() {
    let other = LogDir::new(b"");
    append(&other.log(), 0..3);
    let there = fs::read(other.sidecar()).expect("there");

    let dir = LogDir::new(&fs::read(other.log()).expect("there"));
    symlink(other.sidecar(), dir.sidecar()).expect("linked");
    let log = LogFile::open(&dir.log()).expect("there");
    assert!(matches!(sidecar::open(&log).expect("readable"), Sidecar::Corrupt(_)));
    append(&dir.log(), 3..4);
    assert_eq!(fs::read(other.sidecar()).expect("there"), there);
    assert!(fs::symlink_metadata(paths::sidecar(&dir.log())).expect("there").is_file(), "its own now");
}
