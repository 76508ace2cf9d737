//! Pruning deletes what is no longer needed, only when asked, and never what could still be needed.

use jcode_session_tests::generate::{LogShape, linear_v1};
use jcode_session_tests::jcode_model::{ModelRng, Shape, generate};
use jcode_session_tests::program::{Run, run};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const ID: &str = "session_owl_1760000000000_0123abcd";

fn home() -> TempDir {
    let home = TempDir::new().expect("a folder");
    fs::create_dir(home.path().join("sessions")).expect("made");
    fs::write(home.path().join("sessions/old.jsonl"), linear_v1(LogShape::default(), 3)).expect("written");
    let v1 = generate(Shape::Both, 4, &mut ModelRng::new(1));
    v1.write_to(&home.path().join("sessions"), ID).expect("written");
    clean(&run(home.path(), ["migrate"]));
    home
}

fn clean(run: &Run) {
    assert_eq!(run.code, 0, "{run:?}");
}

fn kept(home: &Path) -> (usize, bool) {
    let originals = fs::read_dir(home.join("sessions/old.store/checkpoints")).map_or(0, Iterator::count);
    (originals, home.join(format!("sessions/{ID}.json")).exists())
}

#[test]
fn what_is_young_stays() {
    let home = home();
    clean(&run(home.path(), ["prune"]));
    assert_eq!(kept(home.path()), (1, true));
}

#[test]
fn a_dry_run_tells_and_deletes_nothing() {
    let home = home();
    let told = run(home.path(), ["prune", "--dry-run", "--older-than", "0"]);
    clean(&told);
    assert!(
        told.text().contains("old.store/checkpoints/linear-v1-") && told.text().contains(".journal.jsonl"),
        "{told:?}"
    );
    assert_eq!(kept(home.path()), (1, true));
}

#[test]
fn what_went_is_neither_missed_nor_offered() {
    let home = home();
    let sessions = home.path().join("sessions").to_string_lossy().into_owned();
    clean(&run(home.path(), ["prune", "--older-than", "0"]));
    assert_eq!(kept(home.path()), (0, false));
    clean(&run(home.path(), ["verify", &sessions]));
    assert_eq!(run(home.path(), ["migrate", "--json"]).json()["counts"]["up_to_date"], 2);
    clean(&run(home.path(), ["export", ID, "--format", "jcode-v1"]));
    for id in ["old", ID] {
        let log = fs::read(home.path().join(format!("sessions/{id}.jsonl"))).expect("there");
        // Nothing that could only be returned to with what went is returned to.
        let back = run(home.path(), ["rollback", id]);
        assert_ne!(back.code, 0, "{back:?}");
        assert_eq!(fs::read(home.path().join(format!("sessions/{id}.jsonl"))).expect("there"), log);
    }
    assert!(run(home.path(), ["prune", "--older-than", "0"]).stdout.is_empty(), "there is nothing left");
}

#[test]
fn a_session_that_does_not_verify_keeps_everything() {
    let home = home();
    let log = home.path().join("sessions/old.jsonl");
    let mut bytes = fs::read(&log).expect("there");
    let line = bytes.iter().position(|&b| b == b'\n').expect("lines") + 1;
    bytes[line] = b'x';
    fs::write(&log, bytes).expect("written");
    let pruned = run(home.path(), ["prune", "--older-than", "0"]);
    assert_eq!(pruned.code, 1, "{pruned:?}");
    assert_eq!(kept(home.path()), (1, false), "the other session is sound");
}
