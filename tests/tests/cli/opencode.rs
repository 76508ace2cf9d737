//! Sessions of OpenCode, whose database another program has open: read without a trace, followed when they grow.

use jcode_session_tests::files::{contents, set_mode};
use jcode_session_tests::generate::agents::{opencode, opencode_database, put_opencode};
use jcode_session_tests::oracle::agents::{Shown, read_opencode};
use jcode_session_tests::program::{Run, command, finished};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

struct Place {
    user: TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { user: TempDir::new().expect("a folder") };
        fs::create_dir_all(place.theirs()).expect("made");
        place
    }

    fn theirs(&self) -> PathBuf {
        self.user.path().join(".local/share/opencode")
    }

    fn run(&self, args: &[&str]) -> Run {
        let mut command = command(&self.user.path().join(".jcode"));
        command.env("HOME", self.user.path()).env("USERPROFILE", self.user.path()).env_remove("JCODE_SESSION_OTHERS");
        for name in ["XDG_DATA_HOME", "OPENCODE_DB", "APPDATA", "LOCALAPPDATA"] {
            command.env_remove(name);
        }
        finished(command.args(args).output().expect("the binary is built"))
    }

    fn rows(&self) -> Vec<Value> {
        self.run(&["list", "--json", "--agent", "opencode"]).json()["sessions"].as_array().expect("a list").clone()
    }
}

#[test]
fn what_stands_in_a_live_wal_is_read_and_nothing_is_left() {
    let place = Place::new();
    let sessions: Vec<Vec<u8>> = (0..6).map(|seed| opencode(4, seed)).collect();
    let database = opencode_database(&place.theirs().join("opencode.db"), &sessions);
    let before = contents(&place.theirs());
    set_mode(&place.theirs(), 0o500);
    let rows = place.rows();
    assert_eq!(rows.len(), sessions.len());
    for source in &sessions {
        let last = source.trim_ascii_end().rsplit(|&byte| byte == b'\n').next().expect("a line");
        let state: Value = serde_json::from_slice(last).expect("JSON");
        let id = state["id"].as_str().expect("an id");
        let row = rows.iter().find(|row| row["session_id"] == id).expect("listed");
        assert_eq!((&row["title"], &row["cwd"]), (&state["title"], &state["directory"]));
        let shown = Shown::read(&place.run(&["export", id, "--format", "v3"]).stdout);
        let expected = read_opencode(source);
        assert_eq!((shown.count("assistant"), shown.calls()), (expected.responses, expected.calls), "{id}");
        assert_eq!(shown.count("toolResult"), expected.results);
        assert_eq!(place.run(&["verify", row["path"].as_str().expect("a path")]).code, 0);
        assert_eq!(place.run(&["import", id]).code, 0);
    }
    set_mode(&place.theirs(), 0o700);
    assert_eq!(contents(&place.theirs()), before);
    drop(database);
}

#[test]
fn rows_that_change_are_read_again_and_those_that_go_are_gone() {
    let place = Place::new();
    let path = place.theirs().join("opencode-dev.db");
    let database = opencode_database(&path, &[opencode(2, 1), opencode(2, 2)]);
    assert_eq!(place.rows().len(), 2);
    let before = place.rows();
    assert_eq!(before, place.rows(), "nothing changed");
    put_opencode(&database, &opencode(6, 1));
    let count = |rows: &[Value]| rows.iter().map(|row| row["message_count"].as_u64().expect("counted")).sum::<u64>();
    let after = place.rows();
    assert!(count(&after) > count(&before), "{after:?}");
    for table in ["session", "session_v2"] {
        database.execute(&format!("DELETE FROM {table} WHERE id = 'ses_000000000002'"), []).expect("deleted");
    }
    assert_eq!(place.rows().len(), 1);
    drop(database);
    fs::write(&path, b"no database").expect("written");
    assert_eq!(place.run(&["list", "--agent", "opencode"]).code, 0, "what cannot be read stops nothing");
}
