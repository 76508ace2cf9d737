//! One judgement of what a file is: all commands say the same of it, and what is no session is never written.
//!
//! Owns: that for every kind of file that may lie among sessions. The header rule is held against the oracle's.

use jcode_session_core::dialect::{FileKind, detect};
use jcode_session_core::source::SliceSource;
use jcode_session_tests::files::contents;
use jcode_session_tests::generate::{
    Damage, LogShape, OtherFile, damaged_linear_v1, damaged_tree_v2, damaged_tree_v3, linear_v1, random, tree_v3,
};
use jcode_session_tests::oracle::read_log;
use jcode_session_tests::program::{Run, command, fed, run};
use proptest::prelude::*;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder with a session, and a file of each other kind beside it.
struct Folder {
    home: TempDir,
    sessions: TempDir,
}

impl Folder {
    fn new(seed: u64) -> Self {
        let folder = Self { home: TempDir::new().expect("a folder"), sessions: TempDir::new().expect("a folder") };
        fs::write(folder.path("good.jsonl"), tree_v3(LogShape { entries: 3, ..LogShape::default() }, seed))
            .expect("written");
        for kind in OtherFile::ALL {
            fs::write(folder.of(kind), kind.bytes(&mut random(seed))).expect("written");
        }
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.sessions.path().join(name)
    }

    fn of(&self, kind: OtherFile) -> PathBuf {
        self.path(&format!("{kind:?}.jsonl"))
    }

    fn run(&self, args: &[&str]) -> Run {
        let sessions = self.sessions.path().to_string_lossy().into_owned();
        run(self.home.path(), ["--sessions-dir", &sessions].into_iter().chain(args.iter().copied()))
    }
}

fn append(home: &Path, log: &Path, entries: &str) -> Run {
    fed(command(home).arg("append").arg(log), entries)
}

/// The element of a list that is about this path.
fn about<'j>(list: &'j Value, path: &Path) -> Vec<&'j Value> {
    let list = list.as_array().expect("a list");
    list.iter().filter(|one| one["path"].as_str() == path.to_str()).collect()
}

#[test]
fn all_commands_say_the_same_of_a_file() {
    for seed in 0..2 {
        let folder = Folder::new(seed);
        let all = folder.sessions.path().to_string_lossy().into_owned();
        let before = contents(folder.sessions.path());
        let verify = folder.run(&["verify", &all, "--json"]).json();
        let planned = folder.run(&["migrate", &all, "--dry-run", "--json"]).json();
        let list = folder.run(&["list", "--json"]);
        let doctor = folder.run(&["doctor", "--json"]);
        let (listed, examined) = (list.json(), doctor.json());
        assert_eq!(contents(folder.sessions.path()), before);
        for kind in OtherFile::ALL {
            let path = folder.of(kind);
            let code = if kind.is_newer() { "newer-version" } else { "not-a-session" };
            let verified = about(&verify["logs"], &path)[0];
            let findings = verified["findings"].as_array().expect("a list");
            assert_eq!(verified["dialect"], kind.dialect(), "{kind:?}");
            let migrated = about(&planned["sessions"], &path)[0];
            assert_eq!((&migrated["action"], &migrated["dialect"]), (&"skipped".into(), &kind.dialect().into()));
            let found = about(&examined["findings"], &path).into_iter();
            let found: Vec<&Value> = found.filter(|found| found["code"] != "permissions").collect();
            if kind.is_read() {
                assert_eq!((findings.len(), found.len(), verified["ok"].as_bool()), (0, 0, Some(true)), "{verified}");
                let reason = migrated["reason"].as_str().expect("words");
                assert!(reason.contains(kind.word()) && reason.contains("`import`"), "{kind:?}: {reason}");
                assert_eq!(about(&listed["sessions"], &path)[0]["agent"], kind.dialect(), "{kind:?}");
                continue;
            }
            assert_eq!((findings.len(), verified["ok"].as_bool()), (1, Some(false)), "{kind:?}: {verified}");
            assert_eq!(findings[0]["code"], code, "{kind:?}");
            let words = findings[0]["message"].as_str().expect("words");
            assert!(words.contains(kind.word()), "{kind:?}: {words}");

            assert_eq!(migrated["reason"], words, "{kind:?}");

            assert_eq!(about(&listed["sessions"], &path).len(), usize::from(kind.is_newer()), "{kind:?}");

            assert_eq!(found.len(), 1, "{kind:?}: {found:?}");
            assert_eq!((&found[0]["code"], &found[0]["message"]), (&code.into(), &words.into()), "{kind:?}");
            let is_error = kind.is_damage() || kind.is_newer();
            assert_eq!(found[0]["severity"] == "error", is_error, "{kind:?}");
        }
        let others = OtherFile::ALL.into_iter().filter(|kind| !kind.is_newer() && !kind.is_read()).count();
        assert!(list.stderr.contains(&format!("{others} files")), "{list:?}");
        assert_eq!(examined["sessions"]["not_sessions"], others);
        assert_eq!(examined["sessions"]["count"], 1 + OtherFile::ALL.len() - others);
        assert_eq!((list.code, doctor.code), (0, 1));
        let done = folder.run(&["migrate", &all, "--json"]).json();
        assert_eq!((&done["sessions"], &done["counts"]), (&planned["sessions"], &planned["counts"]));
        assert_eq!(contents(folder.sessions.path()).len(), before.len() + 1, "one sidecar, of the session");
    }
}

/// The last ones only read: what cannot be shown they refuse too.
const COMMANDS: [&[&str]; 20] = [
    &["label", "LOG", "a", "name"],
    &["tag", "LOG", "+tag"],
    &["tag", "LOG"],
    &["fork", "LOG"],
    &["repair", "LOG"],
    &["repair", "--dry-run", "LOG"],
    &["seal", "LOG"],
    &["seal", "--dry-run", "LOG"],
    &["seal", "--undo", "LOG"],
    &["seal", "--plain", "LOG"],
    &["rollback", "LOG"],
    &["rollback", "--dry-run", "LOG"],
    &["rollback", "--undo", "LOG"],
    &["checkpoints", "--take", "LOG"],
    &["export", "LOG", "--format", "v3"],
    &["export", "LOG", "--format", "jcode-v1"],
    &["export", "LOG", "--format", "markdown"],
    &["tree", "LOG"],
    &["show", "LOG"],
    &["show", "LOG", "--tail", "3"],
];
const READING: usize = 4;

#[test]
fn what_is_no_session_is_refused_and_left_alone() {
    let folder = Folder::new(7);
    let before = contents(folder.sessions.path());
    for kind in OtherFile::ALL {
        let log = folder.of(kind);
        let path = log.to_string_lossy().into_owned();
        let check = |what: &dyn std::fmt::Debug, refused: &Run| {
            assert_eq!((refused.code, refused.stdout.len()), (2, 0), "{kind:?} {what:?}: {refused:?}");
            assert!(refused.stderr.contains(kind.word()), "{kind:?} {what:?}: {refused:?}");
            for command in ["repair", "migrate", "fork", "seal", "rollback", "checkpoints"] {
                assert!(
                    !refused.stderr.contains(&format!("`{command}")),
                    "{kind:?} {what:?} advises what is refused: {refused:?}"
                );
            }
            assert_eq!(contents(folder.sessions.path()), before, "{kind:?} {what:?}");
        };
        if kind != OtherFile::Empty {
            check(&"append", &append(folder.home.path(), &log, r#"{"type":"custom","customType":"t"}"#));
        }
        for (at, args) in COMMANDS.into_iter().enumerate() {
            let args: Vec<&str> = args.iter().map(|&arg| if arg == "LOG" { path.as_str() } else { arg }).collect();
            let reads = at >= COMMANDS.len() - READING || kind.is_read() && args.contains(&"v3");
            // A header of a later version is read as far as it goes.
            if reads && (kind == OtherFile::NewerVersion || kind.is_read()) {
                let read = folder.run(&args);
                assert!(kind.is_newer() || read.code == 0 && !read.stdout.is_empty(), "{kind:?} {args:?}: {read:?}");
                assert_eq!(contents(folder.sessions.path()), before, "{kind:?} {args:?}");
                continue;
            }
            check(&args, &folder.run(&args));
        }
    }
    folder.run(&["doctor", "--fix"]);
    folder.run(&["prune", "--older-than", "0"]);
    assert_eq!(contents(folder.sessions.path()), before);
}

/// It has ids and messages, as a snapshot of jcode's has; it is read, and nothing is made of it.
#[test]
fn a_document_of_another_agent_is_no_snapshot() {
    let folder = Folder::new(2);
    let document = folder.path("other.json");
    fs::write(&document, OtherFile::GeminiDocument.bytes(&mut random(2))).expect("written");
    let path = document.to_string_lossy().into_owned();
    let report = folder.run(&["verify", &path, "--json"]).json();
    assert_eq!((&report["logs"][0]["dialect"], &report["ok"]), (&"gemini".into(), &true.into()));
    assert_eq!(about(&folder.run(&["list", "--json"]).json()["sessions"], &document).len(), 1);
    folder.run(&["migrate"]);
    folder.run(&["doctor", "--fix"]);
    let beside = contents(folder.sessions.path()).into_keys().filter(|path| path.with_extension("json") == document);
    assert_eq!(beside.collect::<Vec<_>>(), [document]);
}

#[test]
fn an_empty_file_becomes_a_session_as_its_words_say() {
    let folder = Folder::new(1);
    let log = folder.of(OtherFile::Empty);
    let done = append(folder.home.path(), &log, r#"{"type":"custom","customType":"t"}"#);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(folder.run(&["verify", &log.to_string_lossy()]).code, 0);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_no_file_and_keeps_nobody_waiting() {
    let folder = Folder::new(1);
    let pipe = folder.path("pipe.jsonl");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("there is a mkfifo").success());
    let path = pipe.to_string_lossy().into_owned();
    let verified = folder.run(&["verify", &path, "--json"]);
    assert_eq!(verified.code, 1, "{verified:?}");
    let finding = &verified.json()["logs"][0]["findings"][0];
    assert_eq!(finding["code"], "not-a-session");
    assert!(finding["message"].as_str().expect("words").contains("no regular file"));
    for args in [["tree", &path].as_slice(), &["repair", &path], &["tag", &path, "+t"], &["fork", &path]] {
        let refused = folder.run(args);
        assert!(refused.code == 2 && refused.stderr.contains("regular"), "{args:?}: {refused:?}");
    }
    let refused = append(folder.home.path(), &pipe, "{}");
    assert!(refused.code == 2 && refused.stderr.contains("regular"), "{refused:?}");
    assert_eq!(folder.run(&["migrate", &path, "--json"]).json()["sessions"][0]["action"], "failed");
    let doctor = folder.run(&["doctor", "--json"]).json();
    assert_eq!(about(&doctor["findings"], &pipe)[0]["code"], "not-a-session");
}

#[test]
fn a_log_that_is_lost_comes_back_from_what_its_ledger_kept() {
    let folder = Folder::new(1);
    let log = folder.path("old.jsonl");
    let original = linear_v1(LogShape { entries: 4, ..LogShape::default() }, 3);
    fs::write(&log, &original).expect("written");
    let path = log.to_string_lossy().into_owned();
    assert_eq!(folder.run(&["migrate", &path]).code, 0);
    fs::write(&log, vec![0; 5000]).expect("written");
    let back = folder.run(&["rollback", &path]);
    assert_eq!(back.code, 0, "{back:?}");
    assert_eq!(fs::read(&log).expect("there"), original);
}

/// The kind of a log in memory.
fn kind_of(bytes: &[u8]) -> FileKind {
    detect(&SliceSource(bytes)).expect("in memory").kind
}

fn cases(count: u32) -> ProptestConfig {
    ProptestConfig::with_cases(count)
}

proptest! {
    #![proptest_config(cases(300))]

    /// Whatever is wrong behind or before the header, it is the oracle's, and the file a log of its dialect.
    #[test]
    fn damage_does_not_make_another_file_of_a_log(
        (sample, dialect) in prop_oneof![
            damaged_tree_v3(15).prop_map(|sample| (sample, "tree-v3")),
            damaged_tree_v2(15).prop_map(|sample| (sample, "tree-v2")),
            damaged_linear_v1(15).prop_map(|sample| (sample, "linear-v1")),
        ]
    ) {
        let detected = detect(&SliceSource(&sample.bytes)).expect("in memory");
        prop_assert_eq!((detected.kind, detected.dialect.name()), (FileKind::Log, dialect));
        let header = detected.header.map(|header| (header.offset, header.len, header.session_id));
        let expected = read_log(&sample.bytes).header.map(|header| (header.offset, header.len, header.session_id));
        prop_assert_eq!(header, expected);
    }

    /// A log whose header is lost is known by its entries, and repaired.
    #[test]
    fn a_log_without_its_header_is_still_one(
        seed in any::<u64>(),
        entries in 2usize..12,
        damage in prop::sample::select(Damage::HEADER.to_vec()),
    ) {
        let mut bytes = tree_v3(LogShape { entries, ..LogShape::default() }, seed);
        damage.apply(&mut bytes, &mut random(seed));
        prop_assert_eq!(kind_of(&bytes), FileKind::Headless);
        prop_assert!(read_log(&bytes).header.is_none());
    }

    /// Every other file is known for what it is, whatever stands in it.
    #[test]
    fn other_files_are_known(seed in any::<u64>(), kind in prop::sample::select(OtherFile::ALL.to_vec())) {
        let bytes = kind.bytes(&mut random(seed));
        let detected = detect(&SliceSource(&bytes)).expect("in memory");
        prop_assert_eq!(detected.is_session(), kind.is_newer() || kind.is_read(), "{:?}", detected);
        prop_assert_eq!(detected.dialect.name(), kind.dialect());
        if kind.is_read() {
            prop_assert_eq!(detected.kind, FileKind::Foreign);
            return Ok(());
        }
        let words = detected.finding().expect("a finding").message;
        prop_assert!(words.contains(kind.word()), "{}", words);
    }
}

#[test]
fn entries_far_behind_a_lost_start_are_found() {
    let log = tree_v3(LogShape { entries: 30, ..LogShape::default() }, 5);
    let behind_header = log.iter().position(|&byte| byte == b'\n').expect("a line") + 1;
    for lost in [vec![0; 2 << 20], b"{\"a\":".repeat(1 << 18), b"garbage\n".repeat(1 << 18)] {
        let bytes = [&lost, b"\n".as_slice(), &log[behind_header..]].concat();
        assert_eq!(kind_of(&bytes), FileKind::Headless);
    }
}
