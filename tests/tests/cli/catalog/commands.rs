//! `list` and `tag` as their users run them.

use jcode_session_tests::generate::{LogShape, linear_v1, tree_v3};
use jcode_session_tests::homes::{home, index, listed, log, put, scanned, sessions};
use jcode_session_tests::jcode_model::{ModelRng, Shape, generate};
use jcode_session_tests::oracle::read_log;
use jcode_session_tests::program::run;
use serde_json::{Value, json};
use std::fs;
use std::io::Write;

const MS: u64 = 1_770_000_000_000;

#[test]
fn list_says_what_the_oracle_sees() {
    let home = home();
    let mut wanted = Vec::new();
    for seed in 0..20u64 {
        let bytes = tree_v3(LogShape { entries: 5 + seed as usize, ..LogShape::default() }, seed);
        let path = put(home.path(), &format!("s{seed}.jsonl"), &bytes);
        let oracle = read_log(&bytes);
        let messages: Vec<_> = oracle.entries.iter().filter(|entry| entry.kind == "message").collect();
        let last = messages.iter().rev().find_map(|entry| entry.ts);
        let last = last.or(oracle.entries.iter().rev().find_map(|entry| entry.ts)).expect("a time");
        wanted.push(json!({
            "path": path.to_string_lossy(), "session_id": oracle.header.and_then(|h| h.session_id),
            "last_modified": last, "entry_count": oracle.entries.len(), "message_count": messages.len(),
            "size_bytes": bytes.len(), "active_leaf": oracle.active_leaf, "dialect": "tree-v3", "tags": [],
        }));
    }
    let key = |value: &Value| (std::cmp::Reverse(value["last_modified"].as_i64()), value["session_id"].to_string());
    wanted.sort_by_key(key);
    for _ in 0..2 {
        let list = run(home.path(), ["list", "--json"]);
        assert_eq!(list.code, 0, "{list:?}");
        let list = list.json();
        assert_eq!((&list["schema"], &list["version"]), (&json!("jcode-session.list"), &json!(1)));
        let found = list["sessions"].as_array().expect("an array");
        assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(&wanted) {
            for (name, value) in wanted.as_object().expect("an object") {
                assert_eq!(&found[name], value, "{name}");
            }
            for name in ["cwd", "title", "created_at", "model", "status", "saved", "save_label", "parent_session"] {
                assert!(found.get(name).is_some(), "{name}");
            }
        }
    }
    let limited = run(home.path(), ["list", "--limit", "3", "--json"]).json();
    assert_eq!(limited["sessions"].as_array().map(Vec::len), Some(3));
    let nowhere = run(home.path(), ["list", "--cwd", "/nowhere/at/all", "--json"]).json();
    assert_eq!(nowhere["sessions"], json!([]));
}

#[test]
fn flags_choose_sessions_by_what_jcode_says_of_them() {
    let home = home();
    let of = |id: &str, fields: Value| {
        let time = "2026-01-01T00:00:00Z";
        let header = json!({"type": "session", "version": 3, "id": id, "timestamp": time, "cwd": "/w",
            "metadata": {"jcode": fields}});
        put(home.path(), &format!("{id}.jsonl"), format!("{header}\n").as_bytes());
    };
    of("kept", json!({"status": "Closed", "saved": true}));
    of("open", json!({"status": "Active"}));
    of("crashed", json!({"status": {"Crashed": {"message": "out of memory"}}, "saved": true, "is_debug": true}));
    let ids = |args: &str| -> Vec<String> {
        let list = run(home.path(), ["list", "--json"].into_iter().chain(args.split_whitespace()));
        assert_eq!(list.code, 0, "{args}: {list:?}");
        let mut ids: Vec<String> = list.json()["sessions"]
            .as_array()
            .expect("an array")
            .iter()
            .map(|session| session["session_id"].as_str().expect("an id").to_string())
            .collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(ids("--saved"), ["crashed", "kept"]);
    assert_eq!(ids("--saved --no-debug"), ["kept"]);
    assert_eq!(ids("--debug"), ["crashed"]);
    assert_eq!(ids("--status Crashed"), ["crashed"]);
    assert_eq!(ids("--status crashed"), [""; 0], "jcode's own names");
    assert_eq!(ids("--id open --id kept --id gone"), ["kept", "open"]);
    assert_eq!(ids("--agent jcode --id open"), ["open"]);
    assert_eq!(run(home.path(), ["list", "--debug", "--no-debug"]).code, 2);
}

#[test]
fn an_empty_home_has_an_empty_list() {
    let home = tempfile::TempDir::new().expect("a folder");
    let list = run(&home.path().join("none"), ["list", "--json"]);
    assert_eq!((list.code, list.json()["sessions"].clone()), (0, json!([])));
    assert!(!home.path().join("none").exists(), "and stays away");
}

#[test]
fn tags_live_in_the_log() {
    let home = home();
    let path = put(home.path(), "a.jsonl", &log("a", 3, MS, "hello"));
    put(home.path(), "b.jsonl", &log("b", 3, MS, "hello"));
    let tag = |args: &[&str]| run(home.path(), ["tag", "a"].iter().chain(args));
    assert_eq!(tag(&["+work", "+urgent"]).text(), "urgent\nwork\n");
    assert_eq!(tag(&["-urgent", "+q"]).text(), "q\nwork\n");
    let before = fs::read(&path).expect("read");
    assert_eq!(tag(&["+work", "-nothing"]).text(), "q\nwork\n");
    assert_eq!(fs::read(&path).expect("read"), before, "no change, no entry");
    assert_eq!(tag(&[]).text(), "q\nwork\n");
    let ids = |args: &[&str]| -> Vec<String> {
        let list = run(home.path(), ["list", "--json"].iter().chain(args)).json();
        let ids = list["sessions"].as_array().expect("an array").iter();
        ids.map(|session| session["session_id"].as_str().expect("an id").to_string()).collect()
    };
    assert_eq!(ids(&["--tag", "work"]), ["a"]);
    assert_eq!(ids(&["--tag", "urgent"]), [""; 0]);
    fs::remove_dir_all(home.path().join("agent")).expect("removed");
    fs::remove_file(path.with_extension("sqlite3")).expect("removed");
    assert_eq!(ids(&["--tag", "work"]), ["a"], "from the log alone");
    assert_eq!(tag(&["-q"]).text(), "work\n", "a tag that looks like a flag");
    for bad in [&["work"][..], &["+"], &["+two words"], &["--json"], &["++x"]] {
        assert_eq!(tag(bad).code, 2, "{bad:?}");
    }
    let verified = run(home.path(), ["verify", "a", "--json"]).json();
    assert_eq!(verified["ok"], true);
    // Time of the last message, not of the tagging.
    assert_eq!(listed(home.path())[0].summary.last_modified, MS as i64);
}

#[test]
fn older_dialects_are_migrated_before_they_are_tagged() {
    let home = home();
    put(home.path(), "l.jsonl", &linear_v1(LogShape::default(), 3));
    generate(Shape::Both, 4, &mut ModelRng::new(1)).write_to(&sessions(home.path()), "owl").expect("written");
    for session in ["sessions/l.jsonl", "sessions/owl.json"] {
        let session = home.path().join(session);
        let tag = run(home.path(), ["tag".as_ref(), session.as_os_str(), "+x".as_ref()]);
        assert_eq!(tag.code, 2);
        assert!(tag.stderr.contains("migrate"), "{tag:?}");
    }
}

#[test]
fn a_large_log_gets_its_counts_and_tags_from_the_sidecar() {
    let home = home();
    let bytes = log("big", 600, MS, &"x".repeat(2000));
    let path = put(home.path(), "big.jsonl", &bytes);
    let summary = || listed(home.path()).remove(0).summary;
    let unknown = summary();
    assert_eq!((unknown.entry_count, unknown.message_count), (None, None));
    assert_eq!((unknown.last_modified, unknown.session_id.as_str()), (MS as i64, "big"));
    assert_eq!(unknown.preview.as_deref().map(|text| text.len() > 100), Some(true));
    assert_eq!(run(home.path(), ["migrate"]).code, 0);
    assert_eq!(summary().entry_count, Some(600), "the row is read again once there is a sidecar");
    assert_eq!(run(home.path(), ["tag", "big", "+kept"]).code, 0);
    assert_eq!((summary().entry_count, summary().tags), (Some(601), vec!["kept".to_string()]));
    // Another program appends more than any tail holds.
    let mut file = fs::OpenOptions::new().append(true).open(&path).expect("opens");
    for number in 0..300u64 {
        let at = MS + number;
        let line = format!(
            "{{\"type\":\"message\",\"id\":\"x{number}\",\"parentId\":null,\"timestamp\":{at},\"message\":{{\"role\":\
             \"user\",\"content\":\"{}\"}}}}\n",
            "y".repeat(1000)
        );
        file.write_all(line.as_bytes()).expect("written");
    }
    let grown = summary();
    assert_eq!((grown.entry_count, grown.tags), (Some(901), vec!["kept".to_string()]));
    assert_eq!(grown.last_modified, MS as i64 + 299);
    assert_eq!(listed(home.path()), scanned(home.path()));
}

#[test]
fn a_v1_session_and_its_log_are_one_row() {
    for seed in 0..12 {
        let home = home();
        let v1 = generate(Shape::Both, 5, &mut ModelRng::new(seed));
        v1.write_to(&sessions(home.path()), "owl").expect("written");
        let before = listed(home.path());
        assert_eq!(before.len(), 1);
        assert!(before[0].path.ends_with("owl.json"));
        let migrated = run(home.path(), ["migrate", "--json"]);
        let after = listed(home.path());
        assert_eq!(after.len(), 1, "{migrated:?}");
        assert!(after[0].path.ends_with("owl.jsonl"));
        let same = |s: &jcode_session_native::catalog::Listed| {
            let s = s.summary.clone();
            (s.session_id, s.cwd, s.title, s.last_modified, s.message_count, s.entry_count, s.status, s.saved, s.model)
        };
        assert_eq!(same(&before[0]), same(&after[0]), "seed {seed}");
    }
}

#[test]
fn a_writer_keeps_its_own_row() {
    let home = home();
    let path = put(home.path(), "a.jsonl", &log("a", 3, MS, "hello"));
    listed(home.path());
    assert_eq!(run(home.path(), ["tag", "a", "+x"]).code, 0);
    let connection = rusqlite::Connection::open(index(home.path())).expect("opens");
    let tagged: i64 = connection
        .query_row("SELECT count(*) FROM tags t JOIN sessions s ON s.id=t.session WHERE t.tag='x'", [], |row| {
            row.get(0)
        })
        .expect("counted");
    assert_eq!(tagged, 1, "before any list");
    drop((connection, path));
}
