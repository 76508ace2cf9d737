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

/// What asks the program for something says nothing of the session, unless it is all that was asked.
#[test]
fn a_command_is_no_title() {
    let home = home();
    for (name, prompts) in [
        ("both", &["/model opus", "Sort the shelves"][..]),
        ("only", &["/model opus"]),
        ("path", &["/home/ada/x is gone"]),
    ] {
        let mut log = format!(
            "{{\"type\":\"session\",\"version\":3,\"id\":\"{name}\",\"timestamp\":1770000000000,\"cwd\":\"/\"}}\n"
        );
        for (number, prompt) in prompts.iter().enumerate() {
            let parent = number.checked_sub(1).map_or("null".to_string(), |before| format!("\"{name}{before}\""));
            log += &format!(
                "{{\"type\":\"message\",\"id\":\"{name}{number}\",\"parentId\":{parent},\"timestamp\":1770000000000,\"message\":{{\"role\":\"user\",\"content\":\"{prompt}\"}}}}\n"
            );
        }
        put(home.path(), &format!("{name}.jsonl"), log.as_bytes());
    }
    let v1 = r#"{"id":"old","messages":[{"role":"user","content":[{"type":"text","text":"/init"}]},{"role":"user","content":[{"type":"text","text":"Count"}]}]}"#;
    put(home.path(), "old.json", v1.as_bytes());
    let listed = run(home.path(), ["list"]).text();
    for title in ["Sort the shelves", "/model opus", "/home/ada/x is gone", "Count"] {
        assert!(listed.contains(title), "{title}: {listed}");
    }
    assert_eq!(listed.matches("/model").count(), 1, "{listed}");
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

/// What is shown of a path that is no text can be typed.
#[cfg(unix)]
#[test]
fn a_path_that_is_no_text_can_be_given_back() {
    use std::os::unix::ffi::OsStrExt;
    let home = home();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9 \\xA.jsonl");
    let path = home.path().join("sessions").join(name);
    fs::write(&path, log("it", 2, 1_770_000_000_000, "one")).expect("written");
    let listed = run(home.path(), ["list", "--json"]).json();
    let shown = listed["sessions"][0]["path"].as_str().expect("a path").to_string();
    assert!(shown.ends_with("caf\\xE9 \\xA.jsonl"), "{shown}");
    assert!(run(home.path(), ["show", &shown]).text().contains("one 0"));
    let verified = run(home.path(), ["verify", &shown, "--json"]).json();
    assert_eq!(verified["logs"][0]["path"], shown);
    fs::write(home.path().join("sessions/caf\\xE9 \\xA.jsonl"), log("other", 2, 1_770_000_000_000, "two"))
        .expect("written");
    assert!(run(home.path(), ["show", &shown]).text().contains("two 0"), "a file of just that name goes first");
}

/// A folder is a folder, however it is spelt, and gone or not.
#[test]
fn sessions_are_listed_by_folder_and_not_by_spelling() {
    let home = home();
    let folder = home.path().join("größe");
    fs::create_dir(&folder).expect("made");
    let in_folder = |cwd: &str| {
        String::from_utf8(log("it", 2, 1_770_000_000_000, "one")).expect("text").replacen("/work", cwd, 1).into_bytes()
    };
    let composed = folder.to_string_lossy().into_owned();
    let decomposed = composed.replace('ö', "o\u{308}");
    let spellings = [&*composed, &*decomposed, &*composed.replace("/größe", "//größe/./")];
    for (number, cwd) in spellings.iter().enumerate() {
        put(home.path(), &format!("s{number}.jsonl"), &in_folder(cwd));
    }
    put(home.path(), "other.jsonl", &in_folder(&format!("{composed}2")));
    let count = |folder: &str| {
        let listed = run(home.path(), ["list", "--json", "--cwd", folder]).json();
        listed["sessions"].as_array().expect("a list").len()
    };
    #[cfg(unix)]
    {
        let link = home.path().join("link");
        std::os::unix::fs::symlink(&folder, &link).expect("linked");
        put(home.path(), "s3.jsonl", &in_folder(&link.to_string_lossy()));
        assert_eq!(count(&composed), 4);
        assert_eq!(count(&format!("{}/", link.display())), 4);
    }
    fs::remove_dir(&folder).expect("removed");
    for spelling in spellings {
        assert_eq!(count(spelling), 3, "{spelling}");
    }
    assert_eq!(count(&home.path().to_string_lossy()), 0);
}
