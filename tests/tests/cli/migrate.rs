//! `migrate` over folders of v1 sessions, and over sessions that jcode wrote itself.

use jcode_session_tests::files::contents;
use jcode_session_tests::jcode_model::Shape;
use jcode_session_tests::jcode_model::{ModelRng, generate};
use jcode_session_tests::program::run;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const ID: &str = "session_owl_1760000000000_0123abcd";

#[test]
fn what_lies_beside_is_taken_for_no_session() {
    let home = TempDir::new().expect("a folder");
    let sessions = home.path().join("sessions");
    fs::create_dir(&sessions).expect("made");
    generate(Shape::Both, 3, &mut ModelRng::new(1)).write_to(&sessions, ID).expect("written");
    for name in [
        "journal.corrupt.jsonl",
        "json.pre-wipe-1760000000000.bak",
        "journal.jsonl.pre-wipe-1760000000000.bak",
        "json.tmp.1234",
        "tmp.1234.json",
    ] {
        fs::write(sessions.join(format!("{ID}.{name}")), b"{\"id\":\"x\",\"messages\":[]").expect("written");
    }
    fs::write(sessions.join("package.json"), b"{\"name\":\"something else\"}").expect("written");
    // Two broken sessions: one that only its backup saves, one that nothing does.
    let good = generate(Shape::SnapshotOnly, 3, &mut ModelRng::new(2)).snapshot.expect("a snapshot");
    fs::write(sessions.join("saved.json"), &good[..good.len() / 2]).expect("written");
    fs::write(sessions.join("saved.bak"), &good).expect("written");
    fs::write(sessions.join("lost.json"), b"{\"id\":\"lost\",\"messages\":").expect("written");
    let report = run(home.path(), ["migrate", "--json"]).json();
    let paths: Vec<&str> =
        report["sessions"].as_array().expect("a list").iter().map(|s| s["path"].as_str().expect("a path")).collect();
    assert_eq!(paths.len(), 3, "{paths:?}");
    assert_eq!(
        report["counts"]["upgrade"].as_u64().expect("a number")
            + report["counts"]["failed"].as_u64().expect("a number"),
        3
    );
    assert!(sessions.join("saved.jsonl").is_file());
}

#[test]
fn recorded_sessions_come_back_as_jcode_loads_them() {
    use jcode_session_tests::jcode_model::{normal_form, value_of};
    let Some(fixtures) = std::env::var_os("SESSION_FIXTURES") else { return };
    let fixtures = Path::new(&fixtures).join("jcode");
    let home = TempDir::new().expect("a folder");
    let sessions = home.path().join("sessions");
    fs::create_dir(&sessions).expect("made");
    for entry in fs::read_dir(fixtures.join("sessions")).expect("the fixtures") {
        let path = entry.expect("an entry").path();
        fs::write(sessions.join(path.file_name().expect("a name")), fs::read(&path).expect("there")).expect("written");
    }
    let done = run(home.path(), ["migrate", "--all", "--json"]);
    assert_eq!((done.code, done.json()["counts"]["upgrade"].as_u64()), (0, Some(12)), "{done:?}");
    let before = contents(&sessions);
    assert_eq!(run(home.path(), ["verify", &sessions.to_string_lossy()]).code, 0);
    for log in before.keys().filter(|path| path.extension().is_some_and(|ending| ending == "jsonl")) {
        let Some(id) = log.file_stem().and_then(|stem| stem.to_str()).filter(|stem| !stem.ends_with(".journal")) else {
            continue;
        };
        if id == "ledger" {
            continue;
        }
        let exported = run(home.path(), ["export", id, "--format", "jcode-v1"]);
        assert_eq!(exported.code, 0, "{exported:?}");
        let exported = value_of(&exported.stdout).expect("json");
        let loaded = fs::read(fixtures.join(format!("{id}.loaded.json"))).expect("the fixture");
        assert_eq!(normal_form(&exported), normal_form(&value_of(&loaded).expect("json")), "{id}");
    }
    assert_eq!(run(home.path(), ["migrate", "--json"]).json()["counts"]["up_to_date"], 12);
    assert_eq!(contents(&sessions), before, "a second run changes no byte");
}
