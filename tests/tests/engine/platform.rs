//! What every platform must give: file ids, locks that hinder no reader, replacement of what is open, paths as they are
//! typed.

use jcode_session_core::source::ByteSource;
use jcode_session_core::write::Parent;
use jcode_session_native::os::files::{stamp, stamp_at, stamp_of_open};
use jcode_session_native::os::lock::{LockError, SessionLock};
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::os::turn::TurnLock;
use jcode_session_native::os::{host, path_text, replace, stat};
use jcode_session_native::sidecar::rebuild;
use jcode_session_tests::files::LogDir;
use jcode_session_tests::generate::{LogShape, tree_v3};
use jcode_session_tests::written::{NEVER, object, writer};
use std::fs::{self, File};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

fn log() -> LogDir {
    LogDir::new(&tree_v3(LogShape { entries: 40, ..LogShape::default() }, 3))
}

fn append(path: &Path, text: &[u8]) {
    File::options().append(true).open(path).and_then(|mut file| file.write_all(text)).expect("others may write");
}

#[test]
fn a_stamp_tells_one_file_from_another_and_follows_it_under_every_name() {
    let dir = log();
    let other = dir.folder().join("other.jsonl");
    fs::copy(dir.log(), &other).expect("copied");
    let of = |path: &Path| stamp(path).expect("read").expect("there");
    let first = of(&dir.log());
    assert!(first.ino != 0 && !first.is_same_file(&of(&other)), "{first:?}");
    assert_eq!(stamp_at(&dir.log()).expect("there"), first);
    assert_eq!(stamp_of_open(&File::open(dir.log()).expect("there")).expect("read"), first);
    assert_eq!(LogFile::open(&dir.log()).expect("there").stamp(), first);
    fs::hard_link(dir.log(), dir.folder().join("link.jsonl")).expect("linked");
    assert!(of(&dir.folder().join("link.jsonl")).is_same_file(&first));
    append(&dir.log(), b"{}\n");
    let grown = of(&dir.log());
    assert!(grown.is_same_file(&first) && grown.len == first.len + 3 && grown.ctime_ns >= first.ctime_ns);
    fs::rename(dir.log(), dir.folder().join("moved.jsonl")).expect("moved");
    assert!(of(&dir.folder().join("moved.jsonl")).is_same_file(&first));
    assert_eq!(stamp(&dir.log()).expect("read"), None);
}

#[test]
fn who_writes_is_named_and_hinders_no_reader_and_no_other_program() {
    let dir = log();
    let names_us = |error: LockError| match error {
        LockError::Held { holder, .. } => assert_eq!(holder.pid, Some(std::process::id()), "{holder}"),
        other => panic!("{other}"),
    };
    let lock = SessionLock::acquire(&dir.log()).expect("free");
    names_us(SessionLock::acquire(&dir.log()).expect_err("held"));
    names_us(TurnLock::open(&dir.log()).expect("opens").take().expect_err("held"));
    let lock_file = fs::read_to_string(dir.log().with_extension("lock")).expect("it can be read");
    assert!(lock_file.contains(&std::process::id().to_string()), "{lock_file}");
    let before = fs::read(dir.log()).expect("it can be read");
    append(&dir.log(), b"{}\n");
    assert_eq!(fs::read(dir.log()).expect("it can be read").len(), before.len() + 3);
    drop(lock);
    assert!(!dir.log().with_extension("lock").exists());
    drop(SessionLock::acquire(&dir.log()).expect("free again"));
}

#[test]
fn a_log_that_is_written_under_one_name_is_not_written_under_another() {
    let dir = log();
    let link = dir.folder().join("link.jsonl");
    fs::hard_link(dir.log(), &link).expect("linked");
    let lock = SessionLock::acquire(&dir.log()).expect("free");
    assert!(matches!(SessionLock::acquire(&link), Err(LockError::Held { .. })));
    drop(lock);
    drop(SessionLock::acquire(&link).expect("free"));
}

#[test]
fn a_file_that_is_open_is_replaced_and_its_reader_keeps_what_it_has() {
    let dir = log();
    let before = fs::read(dir.log()).expect("there");
    let reader = LogFile::open(&dir.log()).expect("there");
    let mut new = replace::temporary_for(&dir.log()).expect("made");
    new.write_all(b"new").expect("written");
    replace::publish(new, &dir.log()).expect("replaced");
    assert_eq!(fs::read(dir.log()).expect("there"), b"new");
    assert_eq!(reader.read_vec(0, before.len()).expect("the old one"), before);
    let new = replace::temporary_for(&dir.log()).expect("made");
    replace::publish_new(new, &dir.log()).expect_err("there is one");
    assert_eq!(fs::read_dir(dir.folder()).expect("there").count(), 1, "no temporary file is left");
}

#[test]
fn a_log_that_a_reader_has_open_is_cut() {
    let dir = log();
    let mut bytes = fs::read(dir.log()).expect("there");
    let whole = bytes.len();
    bytes.extend_from_slice(b"{\"type\":\"message\",\"id\":\"torn");
    dir.write(&bytes);
    let reader = LogFile::open(&dir.log()).expect("there");
    let writer = writer(&dir.log(), NEVER);
    assert_eq!(fs::metadata(dir.log()).expect("there").len(), whole as u64, "half a line is set aside");
    assert!(reader.still_whole().is_err());
    writer.append(object(1).as_bytes(), Parent::Leaf).expect("appends");
    writer.close().expect("closes");
    assert!(fs::read(dir.log()).expect("there").starts_with(&bytes[..whole]));
}

/// SQLite's handles of other programs bar the way on Windows, and nowhere else.
#[test]
fn a_sidecar_that_somebody_has_open_is_replaced_or_left_whole() {
    let dir = log();
    dir.update();
    let other = rusqlite::Connection::open(dir.sidecar()).expect("opened");
    let count = || other.query_row("SELECT count(*) FROM entries", [], |row| row.get::<_, i64>(0)).expect("read");
    let before = count();
    let file = LogFile::open(&dir.log()).expect("there");
    let built = rebuild::build(&file, &mut |_| ControlFlow::Continue(()));
    assert_eq!(built.is_ok(), cfg!(unix), "{built:?}");
    assert_eq!(count(), before);
    drop(other);
    rebuild::build(&file, &mut |_| ControlFlow::Continue(())).expect("built");
    let mut names: Vec<_> = fs::read_dir(dir.folder()).expect("there").map(|it| it.expect("one").file_name()).collect();
    names.sort();
    assert_eq!(names, ["log.jsonl", "log.sqlite3"]);
}

#[test]
fn paths_are_as_they_are_typed() {
    let dir = log();
    let real = stat::real_path(&dir.log()).expect("there");
    assert!(real.is_absolute() && !path_text::shown(&real).contains(r"\\?\"), "{}", real.display());
    let typed = path_text::plain("a/b.jsonl".into());
    assert_eq!(path_text::shown(&typed), ["a", "b.jsonl"].join(std::path::MAIN_SEPARATOR_STR));
}

#[test]
fn this_process_is_alive() {
    let pid = i32::try_from(std::process::id()).expect("a number");
    assert!(host::is_alive(pid));
    assert!([0, -1, i32::MAX].into_iter().all(|nobody| !host::is_alive(nobody)));
}
