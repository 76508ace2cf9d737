//! Only what a manifest names counts, and what follows where it is lost.

use jcode_session_core::finding::Code;
use jcode_session_core::segment::{MANIFEST, Segment};
use jcode_session_core::source::go_on;
use jcode_session_native::catalog::{Catalog, Keep};
use jcode_session_native::ops::restore::{plan_repair, repair, take_checkpoint};
use jcode_session_native::ops::seal::{self, Segments};
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::os::paths;
use jcode_session_native::session::Session;
use jcode_session_native::sidecar::rebuild::{self, RebuildError};
use jcode_session_tests::files::{contents, settled};
use jcode_session_tests::jcode_model::{Growth, ModelRng, Shape, generate, grow_as};
use jcode_session_tests::program::run;
use jcode_session_tests::written::{append, errors, whole};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const PLAIN: Segments = Segments { size: 2000, compress: false };
const COMPRESSED: Segments = Segments { size: 2000, compress: true };

struct Sealed {
    home: TempDir,
    /// All bytes of the log.
    bytes: Vec<u8>,
}

impl Sealed {
    /// A session of 100 entries.
    fn new(how: Segments) -> Self {
        let this = Self { home: TempDir::new().expect("a folder"), bytes: Vec::new() };
        fs::create_dir(this.home.path().join("sessions")).expect("made");
        append(&this.log(), 0..100);
        let bytes = whole(&this.log());
        assert!(seal::run(&this.log(), how, &mut go_on).expect("sealed").plan.ranges.len() > 3);
        Self { bytes, ..this }
    }

    fn log(&self) -> PathBuf {
        self.home.path().join("sessions/s.jsonl")
    }

    fn segments(&self) -> PathBuf {
        paths::store(&self.log()).join("segments")
    }

    fn manifest(&self) -> PathBuf {
        self.segments().join(MANIFEST)
    }

    /// Names of files in a folder of the store.
    fn names(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(paths::store(&self.log()).join(folder)) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("one").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn entry_counts(&self) -> Vec<Option<u64>> {
        let catalog = Catalog::new(self.home.path(), &[self.home.path().join("sessions")]);
        catalog.refresh(Keep::Store).sessions.into_iter().map(|one| one.summary.entry_count).collect()
    }
}

fn ids(log: &Path) -> Vec<String> {
    let mut ids = Vec::new();
    let each = &mut |entry: jcode_session_native::session::Entry| {
        let value: serde_json::Value = serde_json::from_slice(&entry.line).expect("json");
        ids.extend(value["id"].as_str().map(ToString::to_string));
    };
    Session::read(log).expect("read").file_order(None, each).expect("read");
    ids
}

fn names_damage(log: &Path) -> bool {
    errors(log).iter().any(|(code, words)| *code == Code::SegmentDamaged && words.contains("manifest.json"))
}

/// The ways in which a manifest is no more.
const LOST: [fn(&Path); 3] = [
    |manifest| fs::remove_file(manifest).expect("removed"),
    |manifest| fs::write(manifest, "{\"version\":1,\"segments\":[{").expect("written"),
    |manifest| {
        let newer = fs::read_to_string(manifest).expect("there").replace("\"version\":1", "\"version\":2");
        fs::write(manifest, newer).expect("written");
    },
];

/// A file of the right name, whose bytes would fit in behind the last segment or in front of the rest.
#[test]
fn a_file_that_the_manifest_does_not_name_never_counts() {
    let session = Sealed::new(PLAIN);
    let last = session.names("segments").iter().filter_map(|name| Segment::parse(name)).map(|one| one.end()).max();
    let line = "{\"type\":\"message\",\"id\":\"x\",\"parentId\":null,\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"message\":{}}\n";
    let stray = format!("{}-{}.jsonl", last.expect("some"), line.len());
    fs::write(session.segments().join(&stray), line).expect("written");
    assert_eq!(whole(&session.log()), session.bytes);
    assert_eq!(errors(&session.log()), []);
    append(&session.log(), 100..200);
    seal::run(&session.log(), PLAIN, &mut go_on).expect("sealed");
    assert_eq!(ids(&session.log()).len(), 200);
    assert_eq!(errors(&session.log()), []);
    assert!(session.names("segments").contains(&stray), "it is nobody's, and nobody's to remove");
}

/// Nor in a log that is one file; what a seal by the order of old left there does not even make a finding.
#[test]
fn segments_without_a_manifest_never_count() {
    let session = Sealed::new(PLAIN);
    let segments = contents(&session.segments());
    seal::undo(&session.log(), &mut go_on).expect("put back");
    for (path, bytes) in segments.iter().filter(|(path, _)| !path.ends_with(MANIFEST)) {
        fs::write(session.segments().join(path), bytes).expect("written");
    }
    assert_eq!(whole(&session.log()), session.bytes);
    assert_eq!(errors(&session.log()), []);
    assert!(take_checkpoint(&session.log()).expect("taken"));
    for how in [COMPRESSED, PLAIN] {
        seal::run(&session.log(), how, &mut go_on).expect("sealed");
        assert_eq!(whole(&session.log()), session.bytes);
        assert_eq!(errors(&session.log()), []);
    }
}

#[test]
fn what_a_lost_manifest_named_is_missed_and_nothing_is_kept_without_it() {
    for (how, lose) in [PLAIN, COMPRESSED].into_iter().flat_map(|how| LOST.map(|lose| (how, lose))) {
        let session = Sealed::new(how);
        let log = session.log();
        let manifest = fs::read(session.manifest()).expect("there");
        let own = fs::read(&log).expect("there");
        fs::remove_file(paths::sidecar(&log)).expect("removed");
        lose(&session.manifest());
        assert_eq!(whole(&log), own, "no segment counts");
        assert!(names_damage(&log), "{:?}", errors(&log));
        settled(session.home.path());
        assert_ne!(session.entry_counts(), [Some(100)]);
        let open = LogFile::open(&log).expect("there");
        let built = rebuild::update(&open, false, &mut |_| ControlFlow::Continue(()));
        assert!(matches!(built, Err(RebuildError::Lost)), "{built:?}");
        assert!(take_checkpoint(&log).is_err());
        // What was appended meanwhile is there when the manifest is.
        append(&log, 100..101);
        fs::write(session.manifest(), manifest).expect("put back");
        assert!(whole(&log).starts_with(&session.bytes));
        assert_eq!(session.entry_counts(), [Some(101)]);
        assert_eq!(errors(&log), []);
    }
}

#[test]
fn repair_brings_back_what_a_lost_manifest_named() {
    for (how, lose) in [PLAIN, COMPRESSED].into_iter().flat_map(|how| LOST.map(|lose| (how, lose))) {
        let session = Sealed::new(how);
        let log = session.log();
        lose(&session.manifest());
        append(&log, 100..101);
        let files: Vec<String> = session.names("segments").into_iter().filter(|name| name != MANIFEST).collect();
        let before = contents(session.home.path());
        for refused in [
            seal::plan(&log, PLAIN.size).map(drop),
            seal::run(&log, PLAIN, &mut go_on).map(drop),
            seal::undo(&log, &mut go_on).map(drop),
            seal::decompress(&log, &mut go_on).map(drop),
        ] {
            assert!(refused.expect_err("refused").to_string().contains("`repair`"));
        }
        let planned = plan_repair(&log, &mut go_on).expect("planned");
        assert_eq!(contents(session.home.path()), before, "nothing moved");
        let (done, _) = repair(&log, &mut go_on).expect("repaired");
        assert_eq!((planned.findings, planned.entries), (done.findings, done.entries));
        assert!(whole(&log).starts_with(&session.bytes));
        assert_eq!(fs::read(&log).expect("there"), whole(&log), "it is one file");
        assert_eq!(ids(&log).len(), 101);
        assert_eq!(errors(&log), []);
        assert_eq!(session.names("segments"), Vec::<String>::new());
        let kept = session.names("quarantine");
        assert!(files.iter().all(|name| kept.contains(name)), "{kept:?}");
    }
}

/// A log that the ledger knows as it is lacks nothing, whatever lies beside it.
#[test]
fn repair_takes_no_segment_into_a_log_that_lacks_none() {
    let home = TempDir::new().expect("a folder");
    let log = home.path().join("s.jsonl");
    append(&log, 0..10);
    take_checkpoint(&log).expect("taken");
    append(&log, 10..12);
    let bytes = whole(&log);
    let header = bytes.iter().position(|&byte| byte == b'\n').expect("a line") + 1;
    let folder = paths::store(&log).join("segments");
    fs::create_dir(&folder).expect("made");
    let line = b"{\"type\":\"message\",\"id\":\"x\",\"parentId\":null,\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"message\":{}}\n";
    let name = format!("{header}-{}.jsonl", line.len());
    fs::write(folder.join(&name), line).expect("written");
    assert!(names_damage(&log));
    repair(&log, &mut go_on).expect("repaired");
    assert_eq!(whole(&log), bytes);
    assert_eq!(errors(&log), []);
    assert_eq!(fs::read(paths::store(&log).join("quarantine").join(name)).expect("kept"), line);
}

/// One flipped byte where the layout is told by costs what it would in any log.
#[test]
fn a_damaged_start_of_the_log_hides_no_segment() {
    for line in 0..2 {
        let session = Sealed::new(PLAIN);
        let log = session.log();
        let mut own = fs::read(&log).expect("there");
        let start = own.iter().position(|&byte| byte == b'\n').expect("a line") + 1;
        own[if line == 0 { 10 } else { start + 10 }] ^= 0x20;
        fs::write(&log, &own).expect("written");
        assert!(ids(&log).len() >= 99, "{}", ids(&log).len());
        assert!(names_damage(&log), "{:?}", errors(&log));
        assert!(seal::run(&log, PLAIN, &mut go_on).expect_err("refused").to_string().contains("`repair`"));
        repair(&log, &mut go_on).expect("repaired");
        assert!(ids(&log).len() >= 99);
        assert_eq!(errors(&log), []);
        assert_eq!(session.names("segments"), Vec::<String>::new());
    }
}

/// jcode goes on with its own files of a sealed session: what is missing of the log is not taken for what v1 gained.
#[test]
fn growth_of_v1_files_waits_for_a_lost_segment() {
    let lose: [fn(&Path); 2] = [
        |segments| fs::remove_file(segments.join(MANIFEST)).expect("removed"),
        |segments| {
            let mut files = fs::read_dir(segments).expect("there").map(|entry| entry.expect("one").path());
            let file = files.find(|path| path.extension().is_some_and(|ending| ending == "jsonl"));
            fs::remove_file(file.expect("some")).expect("removed");
        },
    ];
    for lose in lose {
        let home = TempDir::new().expect("a folder");
        let folder = home.path().join("sessions");
        fs::create_dir(&folder).expect("made");
        let files = generate(Shape::Both, 12, &mut ModelRng::new(7));
        files.write_to(&folder, "v").expect("written");
        assert_eq!(run(home.path(), ["migrate"]).code, 0);
        let log = folder.join("v.jsonl");
        let whole_log = whole(&log);
        seal::run(&log, PLAIN, &mut go_on).expect("sealed");
        let segments = paths::store(&log).join("segments");
        let saved = contents(&segments);
        lose(&segments);
        grow_as(&files, Growth::Append, &mut ModelRng::new(99))
            .expect("it grows")
            .write_to(&folder, "v")
            .expect("written");
        let own = fs::read(&log).expect("there");
        for args in [&["migrate", "--dry-run"][..], &["migrate"]] {
            let ran = run(home.path(), args);
            assert_eq!(ran.code, 1, "{ran:?}");
            assert_eq!(fs::read(&log).expect("there"), own, "{args:?}");
        }
        for (path, bytes) in &saved {
            fs::write(segments.join(path), bytes).expect("put back");
        }
        assert_eq!(run(home.path(), ["migrate"]).code, 0);
        assert!(whole(&log).starts_with(&whole_log) && whole(&log).len() > whole_log.len());
        assert_eq!(errors(&log), []);
    }
}

/// Another program puts a log in place that is one file, behind the second seal: what the manifest names is nobody's.
#[test]
fn segments_behind_a_plain_log_put_in_place_go_with_the_next_seal() {
    let session = Sealed::new(PLAIN);
    let log = session.log();
    append(&log, 100..160);
    seal::run(&log, PLAIN, &mut go_on).expect("sealed");
    let bytes = whole(&log);
    fs::write(&log, &bytes).expect("written");
    assert_eq!((whole(&log), errors(&log)), (bytes.clone(), Vec::new()));
    let old = session.names("segments");
    seal::run(&log, Segments { size: 3000, compress: true }, &mut go_on).expect("sealed");
    assert_eq!((whole(&log), errors(&log)), (bytes, Vec::new()));
    let left = session.names("segments");
    assert!(old.iter().filter(|name| *name != MANIFEST).all(|name| !left.contains(name)), "{left:?}");
}
