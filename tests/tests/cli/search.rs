//! `search`, and `show --entry` behind it: filters, forms of output, exit codes, refusals.

use super::put;
use jcode_session_native::search::index as search_index;
use jcode_session_tests::files::contents;
use jcode_session_tests::homes::home;
use jcode_session_tests::program::{Run, command, finished, run};
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

fn entry(number: u64, kind: &str, rest: &Value) -> String {
    let parent = if number == 0 { Value::Null } else { json!(format!("e{}", number - 1)) };
    let mut entry = json!({"type": kind, "id": format!("e{number}"), "parentId": parent,
        "timestamp": format!("2026-01-0{}T10:00:00Z", number + 1)});
    let fields = rest.as_object().cloned().unwrap_or_default();
    entry.as_object_mut().expect("an object").extend(fields);
    format!("{entry}\n")
}

fn header(id: &str, cwd: &str) -> String {
    format!("{}\n", json!({"type": "session", "version": 3, "id": id, "timestamp": "2026-01-01T00:00:00Z", "cwd": cwd}))
}

fn message(number: u64, message: &Value) -> String {
    entry(number, "message", &json!({"message": message}))
}

/// One session with a text of each field, and one with the start of it and an entry of its own.
fn two() -> TempDir {
    let home = home();
    let first = [
        message(0, &json!({"role": "user", "content": "find the needle\nplease"})),
        message(
            1,
            &json!({"role": "assistant", "content": [{"type": "thinking", "thinking": "Needle, hm"},
            {"type": "text", "text": "looking"},
            {"type": "tool_use", "id": "c1", "name": "bash", "input": {"command": "grep needle src/main.rs"}}]}),
        ),
        message(
            2,
            &json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1",
            "content": "\u{1b}[31mneedle\u{1b}[0m\u{202e} found"}]}),
        ),
        entry(3, "label", &json!({"targetId": "e2", "label": "the needle"})),
        entry(4, "session_info", &json!({"name": "Needles"})),
        entry(5, "compaction", &json!({"summary": "about needles", "firstKeptEntryId": "e2", "tokensBefore": 1})),
        entry(6, "custom_message", &json!({"customType": "x", "content": "a needle from outside", "display": true})),
    ];
    let all = first.concat();
    put(home.path(), "one.jsonl", format!("{}{all}", header("one", "/work/a")).as_bytes());
    let own = message(2, &json!({"role": "user", "content": "another needle"}));
    let fork = format!("{}{}{own}", header("two", "/work/b"), first[..2].concat());
    put(home.path(), "two.jsonl", fork.as_bytes());
    home
}

fn search(home: &Path, args: &[&str]) -> Run {
    run(home, ["search"].iter().chain(args))
}

/// Sessions and entries of the hits, and the total.
fn hits(home: &Path, args: &[&str]) -> (Vec<String>, u64) {
    let found = search(home, &[args, &["--json"]].concat());
    let json = found.json();
    assert_eq!((json["schema"].as_str(), json["version"].as_u64()), (Some("jcode-session.search"), Some(1)));
    let total = json["total"].as_u64().expect("a total");
    assert_eq!(found.code, i32::from(total == 0), "{found:?}");
    let hits = json["hits"].as_array().expect("hits").iter();
    let name = |hit: &Value| format!("{}/{}", hit["session_id"].as_str().unwrap(), hit["entry_id"].as_str().unwrap());
    (hits.map(name).collect(), total)
}

#[test]
fn hits_come_newest_first_and_copies_count_once() {
    let home = two();
    let all = ["one/e6", "one/e5", "one/e4", "one/e3", "two/e2", "one/e2", "two/e1", "two/e0"];
    assert_eq!(hits(home.path(), &["needle"]), (all.map(String::from).to_vec(), 8));
    assert_eq!(hits(home.path(), &["needle", "--limit", "2"]), (all[..2].iter().map(ToString::to_string).collect(), 8));
    // In one session its own copies are hits.
    let (of_one, total) = hits(home.path(), &["needle", "--session", "one"]);
    assert_eq!((of_one.last().map(String::as_str), total), (Some("one/e0"), 7));
    let count = search(home.path(), &["needle", "--count"]);
    assert_eq!((count.text().as_str(), count.code), ("8\n", 0));
    assert_eq!(search(home.path(), &["nothing", "--count"]).text(), "0\n");
}

#[test]
fn a_hit_says_all_that_leads_to_it() {
    let home = two();
    let found = search(home.path(), &["grep needle", "--json"]).json();
    let hit = &found["hits"][0];
    let snippet = "grep needle src/main.rs";
    let path = home.path().join("sessions/two.jsonl");
    let offset = std::fs::read_to_string(&path).expect("a log").find("{\"id\":\"e1\"").or_else(|| {
        let text = std::fs::read_to_string(&path).expect("a log");
        text.lines().take(2).map(|line| line.len() + 1).sum::<usize>().into()
    });
    let expected = json!({"session_id": "two", "path": path.to_string_lossy(), "agent": null, "entry_id": "e1",
        "kind": "message", "role": "assistant", "ts": 1_767_348_000_000_u64, "byte_offset": offset, "field": "arguments",
        "snippet": snippet, "matches": [[0, 11]]});
    assert_eq!(hit, &expected);
    let shown = run(home.path(), ["show", "two", "--entry", "e1", "--json"]);
    assert_eq!(shown.json()["id"], "e1");
}

#[test]
fn filters_narrow_a_search() {
    let home = two();
    let of = |args: &[&str]| hits(home.path(), &[&["needle"], args].concat()).0;
    assert_eq!(of(&["--role", "assistant"]), ["two/e1"]);
    assert_eq!(of(&["--kind", "label"]), ["one/e3"]);
    assert_eq!(of(&["--tool", "bash"]), ["one/e2", "two/e1"]);
    assert!(of(&["--tool", "read"]).is_empty());
    assert_eq!(of(&["--cwd", "/work/b"]), ["two/e2", "two/e1", "two/e0"]);
    assert_eq!(of(&["--since", "2026-01-06"]), ["one/e6", "one/e5"]);
    assert_eq!(of(&["--until", "2026-01-01"]), ["two/e0"]);
    assert_eq!(of(&["--since", "2026-01-02T10:00:00Z", "--until", "2026-01-02T10:00:00Z"]), ["two/e1"]);
    assert!(of(&["--since", "1h"]).is_empty());
    assert!(of(&["--tag", "urgent"]).is_empty());
    assert_eq!(run(home.path(), ["tag", "two", "+urgent"]).code, 0);
    assert_eq!(of(&["--tag", "urgent"]), ["two/e2", "two/e1", "two/e0"]);
    assert_eq!(hits(home.path(), &["needle", "found"]).0, ["one/e2"]);
    assert!(hits(home.path(), &["find needle"]).0.is_empty());
    assert_eq!(hits(home.path(), &["Needle"]).0, ["one/e4", "two/e1"]);
    assert_eq!(hits(home.path(), &["--regex", "^need\\w+$"]).0, ["one/e4"]);
}

#[test]
fn what_is_most_about_a_word_comes_first_if_asked() {
    let home = home();
    let said = |number, text: &str| message(number, &json!({"role": "user", "content": text}));
    let long = format!("needle {}", "hay ".repeat(300));
    let texts = [said(0, "needle and needle, a needle"), said(1, &long), said(2, "one needle"), said(3, "needle here")];
    put(home.path(), "s.jsonl", format!("{}{}", header("s", "/"), texts.concat()).as_bytes());
    let sorted = |args: &[&str]| hits(home.path(), &[&["needle", "--sort", "relevance"], args].concat());
    let all = ["s/e0", "s/e2", "s/e3", "s/e1"].map(String::from).to_vec();
    assert_eq!(sorted(&[]), (all.clone(), 4));
    assert_eq!(sorted(&["--limit", "1"]), (all[..1].to_vec(), 4));
    assert_eq!(sorted(&["--regex"]).1, 4);
    assert_eq!(hits(home.path(), &["x*", "--regex", "--sort", "relevance"]).1, 4);
}

#[test]
fn only_what_an_edit_leaves_is_found() {
    let home = home();
    let edit = |number, replacement: Value| {
        entry(number, "context_edit", &json!({"targetId": "e0", "replacement": replacement}))
    };
    let said = message(0, &json!({"role": "user", "content": "the password"}));
    let log = |edits: &[String]| format!("{}{said}{}", header("s", "/"), edits.concat());
    let path = put(home.path(), "s.jsonl", log(&[edit(1, json!({"content": "a red box"}))]).as_bytes());
    assert_eq!(hits(home.path(), &["password"]).1, 0);
    assert_eq!(hits(home.path(), &["red"]).0, ["s/e0"]);
    put(home.path(), "s.jsonl", log(&[edit(1, json!({"content": "a red box"})), edit(2, Value::Null)]).as_bytes());
    assert_eq!((hits(home.path(), &["red"]).1, hits(home.path(), &["password"]).1), (0, 0));
    // The log's own line keeps both.
    assert!(run(home.path(), ["show", &path, "--file-order", "--json"]).text().contains("password"));
    // On another branch nothing was edited.
    let other = message(1, &json!({"role": "user", "content": "go on"})).replace("\"e1\"", "\"other\"");
    put(home.path(), "s.jsonl", format!("{}{other}", log(&[edit(1, json!({"content": "a red box"}))])).as_bytes());
    for (active, red) in [(&["red"][..], 1), (&["red", "--active"], 0), (&["password", "--active"], 1)] {
        assert_eq!(hits(home.path(), active).1, red, "{active:?}");
    }
}

#[test]
fn every_dialect_is_searched_as_it_is_presented() {
    let home = home();
    let linear = "{\"type\":\"session\",\"id\":\"old\",\"timestamp\":\"2025-01-01T00:00:00Z\",\"cwd\":\"/\"}\n\
                  {\"type\":\"message\",\"timestamp\":\"2025-01-01T00:00:01Z\",\"message\":{\"role\":\"user\",\"content\":\"a needle\"}}\n";
    put(home.path(), "old.jsonl", linear.as_bytes());
    let snapshot = json!({"id": "v1", "created_at": "2025-01-01T00:00:00Z", "updated_at": "2025-01-01T00:00:00Z",
        "messages": [{"id": "m1", "role": "user", "content": [{"type": "text", "text": "needle of v1"}]}]});
    put(home.path(), "v1.json", snapshot.to_string().as_bytes());
    let before = hits(home.path(), &["needle"]);
    assert_eq!(before.1, 2);
    let shown = |hit: &String| {
        let (session, entry) = hit.split_once('/').expect("both");
        run(home.path(), ["show", session, "--entry", entry]).text()
    };
    assert!(before.0.iter().all(|hit| shown(hit).contains("needle")));
    assert_eq!(run(home.path(), ["migrate"]).code, 0);
    assert_eq!(hits(home.path(), &["needle"]), before);
}

#[test]
fn a_hit_is_shown_on_a_line_that_steers_no_terminal() {
    let home = two();
    let found = search(home.path(), &["needle", "found"]);
    assert_eq!(found.code, 0);
    assert!(!found.text().contains('\u{1b}') && !found.text().contains('\u{202e}'), "{found:?}");
    assert!(found.text().contains("\\u{1b}[31mneedle"), "{found:?}");
    let colored =
        command(home.path()).env_remove("NO_COLOR").args(["search", "the needle", "--color", "always"]).output();
    assert!(finished(colored.expect("it ran")).text().contains("\u{1b}[1m\u{1b}[31mthe needle\u{1b}[0m"));
    let around = search(home.path(), &["looking", "--session", "one", "--context", "1"]).text();
    assert!(around.contains("find the needle please") && around.contains("e2  user"), "{around}");
    let context = search(home.path(), &["looking", "--session", "one", "-C", "4000000000", "--json"]).json();
    let after = context["hits"][0]["context"]["after"].as_array().expect("entries");
    assert_eq!((after.len(), &after[0]["entry_id"]), (5, &json!("e2")));
}

#[test]
fn what_cannot_be_searched_for_or_in_is_said() {
    let home = two();
    for args in [
        &[""][..],
        &["--regex", "("],
        &["--regex", "a{9999}{9999}"],
        &["x", "--since", "soon"],
        &["x", "--session", "none"],
    ] {
        let refused = search(home.path(), args);
        assert_eq!((refused.code, refused.text().as_str()), (2, ""), "{refused:?}");
        assert!(refused.stderr.contains("error"), "{refused:?}");
    }
    // A newer format holds no entry that can be seen; that is said, and no failure.
    let newer = json!({"v": 4, "kind": "header", "id": "new", "timestamp": "2026-01-01T00:00:00Z", "cwd": "/"});
    put(home.path(), "new.jsonl", format!("{newer}\n").as_bytes());
    let found = search(home.path(), &["needle", "--json"]);
    assert_eq!((found.code, found.json()["total"].as_u64()), (0, Some(8)));
    assert!(
        found.json()["unsearched"][0]["path"].as_str().is_some_and(|path| path.ends_with("new.jsonl")),
        "{found:?}"
    );
}

#[test]
fn an_entry_is_shown_by_the_start_of_its_id() {
    let home = home();
    let named = |id: &str| message(0, &json!({"role": "user", "content": id})).replace("\"e0\"", &format!("\"{id}\""));
    let log = [header("s", "/"), named("abc"), named("abcdef"), named("xyz")].concat();
    put(home.path(), "s.jsonl", log.as_bytes());
    for _ in 0..2 {
        let shown = |id: &str| run(home.path(), ["show", "s", "--json", "--entry", id]);
        assert_eq!(shown("x").json()["id"], "xyz");
        assert_eq!(shown("abcd").json()["id"], "abcdef");
        // A whole id goes before the start of a longer one.
        assert_eq!(shown("abc").json()["id"], "abc");
        let several = shown("ab");
        assert_eq!(several.code, 2);
        assert!(several.stderr.contains("abc, abcdef"), "{several:?}");
        for none in ["q", ""] {
            assert_eq!(shown(none).code, 2, "{none:?}");
        }
        // And once more from the sidecar.
        assert_eq!(run(home.path(), ["migrate"]).code, 0);
    }
}

/// The same answers, whatever has become of the index; the second migration changes no byte of it.
#[test]
fn an_index_changes_no_answer() {
    let home = two();
    let queries: [&[&str]; 5] = [
        &["needle"],
        &["grep needle"],
        &["nowhere at all"],
        &["--regex", "need(le|ful)"],
        &["needle", "--tool", "bash"],
    ];
    let answers = || queries.map(|query| hits(home.path(), query));
    let before = answers();
    let folder = search_index::folder(home.path());
    assert_eq!(run(home.path(), ["migrate", "--dry-run"]).code, 0);
    assert!(!folder.exists(), "a dry run makes none");
    assert_eq!(run(home.path(), ["migrate"]).code, 0);
    let made = contents(&folder);
    assert!(made.keys().any(|path| path.extension().is_some_and(|ending| ending == "grams")), "{made:?}");
    #[cfg(unix)]
    for (path, mode) in made.keys().map(|name| (folder.join(name), 0o600)).chain([(folder.clone(), 0o700)]) {
        use std::os::unix::fs::PermissionsExt;
        let is = std::fs::metadata(&path).expect("there").permissions().mode() & 0o777;
        assert_eq!(is, mode, "{}", path.display());
    }
    assert_eq!(answers(), before);
    assert_eq!(run(home.path(), ["migrate"]).code, 0);
    assert_eq!(contents(&folder), made);
    for (path, bytes) in &made {
        assert!(!bytes.windows(6).any(|window| window == b"needle"), "no text is in it");
        std::fs::write(folder.join(path), bytes.get(..bytes.len() / 2).unwrap_or_default()).expect("torn");
    }
    assert_eq!(answers(), before);
    assert_eq!(run(home.path(), ["doctor", "--fix"]).code, 0);
    assert_eq!(answers(), before);
    std::fs::remove_dir_all(&folder).expect("removed");
    assert_eq!(answers(), before);
}
