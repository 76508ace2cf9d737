//! Imports: all of the source is kept, what it gains is appended, and nothing is written where it lies.

use jcode_session_core::dialect::{detect, jcode};
use jcode_session_core::finding::Code;
use jcode_session_core::source::SliceSource;
use jcode_session_native::ops::import::{ImportError, Imported, import, original};
use jcode_session_native::ops::verify::verify;
use jcode_session_native::session::Session;
use jcode_session_tests::effort::seeds;
use jcode_session_tests::files::contents;
use jcode_session_tests::generate::agents::{AGENTS, claude_code, claude_code_sub_agent};
use jcode_session_tests::jcode_model::{V1Files, load};
use jcode_session_tests::oracle::agents::{Shown, ShownEntry};
use serde_json::Value;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder of another agent, and a home of ours.
struct Place {
    theirs: TempDir,
    home: TempDir,
}

impl Place {
    fn new(source: &[u8]) -> Self {
        let place = Self { theirs: TempDir::new().expect("a folder"), home: TempDir::new().expect("a folder") };
        place.write(source);
        place
    }

    fn source(&self) -> PathBuf {
        self.theirs.path().join("theirs.jsonl")
    }

    fn write(&self, source: &[u8]) {
        fs::write(self.source(), source).expect("written");
    }

    fn import(&self) -> Result<Imported, ImportError> {
        let before = contents(self.theirs.path());
        let done = import(&self.source(), self.home.path(), &mut |_| ControlFlow::Continue(()));
        assert_eq!(contents(self.theirs.path()), before, "nothing is written where the source lies");
        done
    }

    fn original(&self, log: &Path) -> Vec<u8> {
        let mut bytes = Vec::new();
        let given = original(log, &mut |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        });
        given.expect("kept").expect("in memory");
        bytes
    }
}

fn read(log: &Path) -> Shown {
    Shown::read(&fs::read(log).expect("there"))
}

fn is_sound(log: &Path) {
    let report = verify(log, &mut |_| ControlFlow::Continue(())).expect("readable");
    assert!(report.ok && report.sidecar == "fresh" && report.findings.is_empty(), "{report:?}");
}

/// These lines are known as a session of this agent, and say whose.
fn is_linked(lines: &[u8], agent: &str) -> bool {
    let is_known = detect(&SliceSource(lines)).is_ok_and(|detected| detected.dialect.name() == agent);
    is_known && (agent != "claude-code" || lines.windows(7).any(|part| part == b"\"uuid\":"))
}

/// What was said on the active path, by whom.
fn said(shown: &Shown) -> Vec<(Option<String>, Vec<String>, Vec<String>)> {
    let path = shown.active_path();
    let messages = path.into_iter().filter(|entry| entry.kind == "message");
    messages.map(|entry| (entry.role().map(str::to_string), entry.texts(), entry.calls())).collect()
}

#[test]
fn all_of_a_source_is_kept_and_a_second_import_changes_nothing() {
    for (seed, (agent, generate)) in seeds(30).zip(AGENTS.into_iter().cycle()) {
        let source = generate(4, seed);
        let place = Place::new(&source);
        let done = place.import().expect("imported");
        assert!(done.is_new && done.entries > 0);
        let shown = read(&done.log);
        let note = &shown.header["metadata"]["import"];
        assert_eq!((&note["agent"], note["length"].as_u64()), (&agent.into(), Some(source.len() as u64)));
        assert_eq!(note["digest"], blake3::hash(&source).to_hex().to_string());
        assert_eq!(note["path"], fs::canonicalize(place.source()).expect("there").to_string_lossy().into_owned());
        assert_eq!(shown.header["id"], done.session_id);
        let checkpoints = contents(&done.log.with_extension("store").join("checkpoints"));
        assert!(checkpoints.values().any(|kept| *kept == source), "verbatim");
        assert_eq!(place.original(&done.log), source);
        is_sound(&done.log);
        // It is what readers show of the source, under another id.
        let session = Session::read(&place.source()).expect("readable");
        let bytes = session.bytes().read_vec(0, session.bytes().len() as usize).expect("read");
        let entries = |shown: &Shown| shown.entries.iter().map(|entry| entry.value.clone()).collect::<Vec<Value>>();
        assert_eq!(entries(&Shown::read(&bytes)), entries(&shown));

        let before = contents(place.home.path());
        let again = place.import().expect("imported");
        assert_eq!((again.is_new, again.entries), (false, 0));
        assert_eq!(contents(place.home.path()), before);
    }
}

#[test]
fn a_source_that_grows_is_followed_and_the_log_never_rewritten() {
    for (seed, (agent, generate)) in seeds(10).zip(AGENTS.into_iter().cycle()) {
        let source = generate(5, seed);
        let lines: Vec<&[u8]> = source.split_inclusive(|&byte| byte == b'\n').collect();
        let is_known = |n: &usize| is_linked(&lines[..*n].concat(), agent);
        let start = (1..lines.len()).find(is_known);
        let place = Place::new(b"");
        let mut log: Option<(PathBuf, Vec<u8>)> = None;
        for count in (start.expect("linked records")..=lines.len()).step_by(2 + seed as usize % 4).chain([lines.len()])
        {
            let part = lines[..count].concat();
            place.write(&part);
            let done = place.import().expect("imported");
            let now = fs::read(&done.log).expect("there");
            if let Some((path, before)) = &log {
                assert_eq!(path, &done.log, "seed {seed}: one session");
                assert!(now.starts_with(before), "seed {seed}: the log is never rewritten");
                assert_eq!(now.len() > before.len(), done.entries > 0);
            }
            is_sound(&done.log);
            let session = Session::read(&place.source()).expect("readable");
            let bytes = session.bytes().read_vec(0, session.bytes().len() as usize).expect("read");
            assert_eq!(said(&read(&done.log)), said(&Shown::read(&bytes)), "seed {seed}: after {count} lines");
            if done.entries > 0 {
                assert_eq!(place.original(&done.log), part, "seed {seed}");
            }
            let again = place.import().expect("imported");
            assert_eq!(again.entries, 0, "seed {seed}: after {count} lines there is nothing more");
            log = Some((done.log, now));
        }
    }
}

#[test]
fn a_session_that_went_on_on_both_sides_is_left_alone() {
    let source = claude_code(3, 7);
    let lines: Vec<&[u8]> = source.split_inclusive(|&byte| byte == b'\n').collect();
    let place = Place::new(&lines[..lines.len() - 6].concat());
    let done = place.import().expect("imported");
    let last = read(&done.log).entries.last().expect("entries").id.clone();
    let mut log = fs::read(&done.log).expect("there");
    let own = format!(
        "{{\"type\":\"message\",\"id\":\"own\",\"parentId\":\"{last}\",\"timestamp\":\"2026-01-01T00:00:00Z\",\
         \"message\":{{\"role\":\"user\",\"content\":\"hi\",\"timestamp\":1}}}}\n"
    );
    log.extend_from_slice(own.as_bytes());
    fs::write(&done.log, &log).expect("written");
    assert_eq!(place.import().expect("nothing to do").entries, 0, "messages of ours alone are no conflict");
    place.write(&source);
    let refused = place.import().expect_err("both went on").to_string();
    assert!(refused.contains("diverged"), "{refused}");
    assert_eq!(fs::read(&done.log).expect("there"), log);
}

#[test]
fn a_session_of_ours_is_never_taken_for_an_import() {
    let place = Place::new(&claude_code(2, 3));
    let done = place.import().expect("imported");
    let own =
        b"{\"type\":\"session\",\"version\":3,\"id\":\"x\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"cwd\":\"/\"}\n";
    fs::write(&done.log, own).expect("written");
    assert!(place.import().expect_err("another session").to_string().contains("move that one away"));
    assert_eq!(fs::read(&done.log).expect("there"), own);
    // And what is no other agent's is not imported.
    fs::write(place.source(), own).expect("written");
    assert!(place.import().expect_err("ours").to_string().contains("nothing to import"));
}

#[test]
fn a_source_that_was_kept_and_is_gone_is_found() {
    let place = Place::new(&claude_code(2, 4));
    let done = place.import().expect("imported");
    let folder = done.log.with_extension("store").join("checkpoints");
    let kept = contents(&folder).into_keys().next().expect("kept");
    fs::write(&kept, b"other bytes").expect("written");
    let report = verify(&done.log, &mut |_| ControlFlow::Continue(())).expect("readable");
    assert!(report.findings.iter().any(|finding| finding.code == Code::CheckpointMissing), "{report:?}");
    assert!(original(&done.log, &mut |_| Ok(())).is_err());
}

#[test]
fn a_sub_agent_is_a_session_of_its_own() {
    let place = Place::new(&claude_code_sub_agent(5));
    let done = place.import().expect("imported");
    let header = read(&done.log).header;
    assert!(done.session_id.contains(".agent-") && header["metadata"]["subAgent"] == true, "{header}");
}

/// jcode reads the snapshot, and finds in it what was said.
#[test]
fn an_import_goes_to_jcode() {
    for (seed, (_, generate)) in seeds(15).zip(AGENTS.into_iter().cycle()) {
        let place = Place::new(&generate(4, seed));
        let done = place.import().expect("imported");
        let session = Session::read(&done.log).expect("readable");
        let mut snapshot = Vec::new();
        let path = session.path_ranges(None, None).expect("a path");
        let written = jcode::export(&session.bytes(), path.into_iter(), &mut |bytes| {
            snapshot.extend_from_slice(bytes);
            Ok::<(), ()>(())
        });
        written.expect("exported");
        let files = V1Files { snapshot: Some(snapshot), ..V1Files::default() };
        let loaded = load(&files).expect("jcode loads it");
        let messages = loaded["messages"].as_array().expect("messages");
        let shown = read(&done.log);
        let path: Vec<&ShownEntry> = shown.active_path();
        let count = |role: &str| path.iter().filter(|entry| entry.role() == Some(role)).count();
        let blocks = |kind: &str| {
            let all = messages.iter().flat_map(|message| message["content"].as_array().expect("blocks"));
            all.filter(|block| block["type"] == kind).count()
        };
        assert_eq!(messages.iter().filter(|message| message["role"] == "assistant").count(), count("assistant"));
        assert_eq!(blocks("tool_result"), count("toolResult"), "seed {seed}");
        assert_eq!(blocks("tool_use"), path.iter().map(|entry| entry.calls().len()).sum::<usize>());
        assert_eq!(loaded["id"], done.session_id);
    }
}
