//! v1 sessions on a file system: migrated once, followed as they grow, never changed.

use jcode_session_core::report::{MigrateAction, MigratedSession};
use jcode_session_native::ops::migrate::{Options, migrate};
use jcode_session_native::ops::verify::verify;
use jcode_session_native::session::Session;
use jcode_session_tests::effort::seeds;
use jcode_session_tests::files::contents;
use jcode_session_tests::jcode_model::Shape;
use jcode_session_tests::jcode_model::{ModelRng, V1Files, generate, grow};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const ID: &str = "session_owl_1760000000000_0123abcd";

fn folder(files: &V1Files) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    files.write_to(folder.path(), ID).expect("written");
    folder
}

fn file(folder: &TempDir, ending: &str) -> PathBuf {
    folder.path().join(format!("{ID}.{ending}"))
}

fn go(path: &Path, dry_run: bool) -> MigratedSession {
    migrate(path, Options { dry_run, ..Options::default() }, &mut |_| ControlFlow::Continue(()))
}

/// Predicts, runs, and compares both.
fn migrated(path: &Path) -> MigratedSession {
    let planned = go(path, true);
    let done = go(path, false);
    assert_eq!(planned, done);
    done
}

#[test]
fn sessions_are_migrated_followed_and_left_as_they_are() {
    for seed in seeds(40) {
        let mut rng = ModelRng::new(seed);
        let shape = [Shape::SnapshotOnly, Shape::JournalOverSmallSnapshot, Shape::Both][seed as usize % 3];
        let mut v1 = generate(shape, 1 + seed as usize % 12, &mut rng);
        let folder = folder(&v1);
        let (snapshot, log) = (file(&folder, "json"), file(&folder, "jsonl"));
        let before = contents(folder.path());

        let shown = Session::read(&snapshot).expect("readable").tree().expect("a tree");
        let done = migrated(&snapshot);
        assert_eq!(done.action, MigrateAction::Upgrade, "{seed}: {:?}", done.reason);
        assert_eq!(shown, Session::read(&log).expect("readable").tree().expect("a tree"), "{seed}");
        let report = verify(&log, &mut |_| ControlFlow::Continue(())).expect("readable");
        assert!(report.ok && report.sidecar == "fresh", "{seed}: {report:?}");
        let after = contents(folder.path());
        for (path, bytes) in &before {
            assert_eq!(after.get(path), Some(bytes), "{seed}: {} is jcode's", path.display());
        }
        assert_eq!(migrated(&log).action, MigrateAction::UpToDate, "{seed}");
        assert_eq!(contents(folder.path()), after, "{seed}: a second run changes no byte");

        let Some((grown, how)) = grow(&v1, &mut rng) else { continue };
        v1 = grown;
        v1.write_to(folder.path(), ID).expect("written");
        let old = fs::read(&log).expect("there");
        let done = migrated(&log);
        let new = fs::read(&log).expect("there");
        assert!(new.starts_with(&old), "{seed}: {how:?}: the log is never rewritten");
        assert_ne!(done.action, MigrateAction::Failed, "{seed}: {how:?}: {:?}", done.reason);
        assert_eq!(new.len() > old.len(), done.action == MigrateAction::Upgrade, "{seed}: {how:?}");
        let report = verify(&log, &mut |_| ControlFlow::Continue(())).expect("readable");
        assert!(report.ok && report.sidecar == "fresh", "{seed}: {how:?}: {report:?}");
        assert_eq!(migrated(&log).action, MigrateAction::UpToDate, "{seed}: {how:?}");
    }
}

#[test]
fn a_session_that_went_on_on_both_sides_is_reported_and_left_alone() {
    let mut rng = ModelRng::new(5);
    let v1 = generate(Shape::Both, 6, &mut rng);
    let folder = folder(&v1);
    let log = file(&folder, "jsonl");
    assert_eq!(migrated(&file(&folder, "json")).action, MigrateAction::Upgrade);
    let last = Session::read(&log).expect("readable").tree().expect("a tree").tree.active_leaf.expect("entries");
    let mut bytes = fs::read(&log).expect("there");
    bytes.extend_from_slice(
        format!(
            "{{\"type\":\"message\",\"id\":\"native\",\"parentId\":\"{last}\",\"timestamp\":\"2026-01-01T00:00:00Z\",\
             \"message\":{{\"role\":\"user\",\"content\":\"hi\"}}}}\n"
        )
        .as_bytes(),
    );
    fs::write(&log, &bytes).expect("written");
    assert_eq!(migrated(&log).action, MigrateAction::Index, "native entries alone are no conflict");
    let line = b"{\"meta\":{\"updated_at\":\"2026-02-01T00:00:00Z\",\"status\":\"Active\",\"is_canary\":false,\"is_debug\":false,\"saved\":false},\"append_messages\":[{\"id\":\"late\",\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"more\"}]}]}\n";
    let mut journal = fs::read(file(&folder, "journal.jsonl")).unwrap_or_default();
    journal.extend_from_slice(line);
    fs::write(file(&folder, "journal.jsonl"), journal).expect("written");
    let done = migrated(&log);
    assert_eq!(done.action, MigrateAction::Skipped);
    assert!(done.reason.expect("a reason").contains("diverged"));
    assert_eq!(fs::read(&log).expect("there"), bytes);
    let report = verify(&log, &mut |_| ControlFlow::Continue(())).expect("readable");
    assert!(report.findings.iter().any(|f| f.code == jcode_session_core::finding::Code::Diverged), "{report:?}");
}
