//! SESSION as people type it: what `list` shows as an id is that session to every command, or a refusal.

use jcode_session_tests::homes::{home, log, put};
use jcode_session_tests::program::run;
use std::fs;

/// One session's id is the id part of another's file name.
#[test]
fn an_id_that_is_another_files_name_is_refused_by_every_command() {
    let home = home();
    let message = log("bbbb-2222", 2, 1_770_000_000_000, "one");
    let first = put(home.path(), "2026-10-01T10-00-00-000Z_aaaa-1111.jsonl", &message);
    let other = log("cccc-3333", 2, 1_770_000_000_000, "other");
    let second = put(home.path(), "2026-10-01T10-00-00-000Z_bbbb-2222.jsonl", &other);
    let commands: [&[&str]; 8] = [
        &["show", "bbbb-2222"],
        &["tree", "bbbb-2222"],
        &["export", "bbbb-2222", "--format", "html"],
        &["tag", "bbbb-2222", "+mine"],
        &["label", "bbbb-2222", "e1", "here"],
        &["fork", "bbbb-2222"],
        &["repair", "bbbb-2222"],
        &["migrate", "--session", "bbbb-2222"],
    ];
    for command in commands {
        let refused = run(home.path(), command);
        assert_eq!(refused.code, 2, "{command:?}: {refused:?}");
        for path in [&first, &second] {
            assert!(refused.stderr.contains(&*path.to_string_lossy()), "{command:?}: {refused:?}");
        }
    }
    assert_eq!((fs::read(&first).expect("there"), fs::read(&second).expect("there")), (message, other));
    for (id, text) in [("cccc-3333", "other 0"), ("aaaa-1111", "one 0")] {
        let shown = run(home.path(), ["show", id]);
        assert!(shown.code == 0 && shown.text().contains(text), "{id}: {shown:?}");
    }
}

/// The same where the whole stem equals another's id.
#[test]
fn an_id_that_is_another_files_stem_is_refused() {
    let home = home();
    put(home.path(), "x1.jsonl", &log("x2", 2, 1_770_000_000_000, "one"));
    put(home.path(), "x2.jsonl", &log("x3", 2, 1_770_000_000_000, "other"));
    assert_eq!(run(home.path(), ["show", "x2"]).code, 2);
    assert!(run(home.path(), ["show", "x1"]).text().contains("one 0"));
    assert!(run(home.path(), ["show", "x3"]).text().contains("other 0"));
}
