//! What a person sees: the tree as a drawing, a session as one line, and starts of ids in the place of ids.

use jcode_session_tests::homes::{home, log, put};
use jcode_session_tests::program::run;

const SAMPLE: &[u8] = include_bytes!("../../sample/dark-mode.jsonl");

#[test]
fn the_active_path_stands_at_the_left_and_other_branches_below_what_they_leave() {
    let home = home();
    let path = put(home.path(), "dark-mode.jsonl", SAMPLE);
    for indexed in [false, true] {
        if indexed {
            assert_eq!(run(home.path(), [std::ffi::OsStr::new("migrate"), path.as_os_str()]).code, 0);
        }
        let tree = run(home.path(), ["tree", "dark-mode"]).text();
        let drawn: Vec<&str> = tree.lines().skip(2).take_while(|line| !line.is_empty()).collect();
        let starts = [
            "● Add a dark mode to the settings page. ",
            "├─● Try the quick one first, I want to see it. ",
            "● With variables, please. Start with the palette. ",
            "├─● Yes, and remember the choice. ",
            "* What if we store it in the user profile instead",
        ];
        assert_eq!(drawn.len(), starts.len(), "{tree}");
        for (line, start) in drawn.iter().zip(starts) {
            assert!(line.starts_with(start), "{line}");
        }
        let ends = [("", "b54cda26"), ("quick-fix", "a708a7ae"), ("", "4e114f5c"), ("per-device", "a195a333")];
        for (line, (name, id)) in drawn.iter().zip(ends) {
            assert!(line.contains(name) && line.ends_with(id), "{line}");
        }
    }
}

#[test]
fn the_start_of_an_id_is_enough_where_an_entry_is_named() {
    let home = home();
    put(home.path(), "dark-mode.jsonl", SAMPLE);
    let path = run(home.path(), ["show", "dark-mode", "--path", "a708", "--json"]);
    assert!(path.code == 0 && path.text().ends_with('\n') && path.text().contains("a708a7ae"), "{path:?}");
    assert_eq!(run(home.path(), ["label", "dark-mode", "a708", "first try"]).code, 0);
    let tree = run(home.path(), ["tree", "dark-mode", "--json"]).text();
    let tree: serde_json::Value = serde_json::from_str(&tree).expect("JSON");
    let labels = tree["labels"].as_array().expect("labels");
    assert!(labels.iter().any(|label| label["entry_id"] == "a708a7ae" && label["name"] == "first try"), "{labels:?}");
    assert_eq!(run(home.path(), ["fork", "dark-mode", "--at", "a708"]).code, 0);
    for args in [["show", "dark-mode", "--path", "a"], ["fork", "dark-mode", "--at", "a"]] {
        let several = run(home.path(), args);
        assert!(several.code == 2 && several.stderr.contains("a708a7ae"), "{several:?}");
    }
}

#[test]
fn a_session_is_one_line_of_a_list() {
    let home = home();
    for at in 0..3 {
        let words = format!("first words\nof session {at}");
        put(home.path(), &format!("s{at}.jsonl"), &log(&format!("s{at}"), 2, 1_770_000_000_000 + at, &words));
    }
    let list = run(home.path(), ["list"]);
    assert_eq!(list.text().lines().count(), 3, "{list:?}");
    for (line, at) in list.text().lines().zip([2, 1, 0]) {
        assert!(line.contains(&format!("s{at}  first words of session {at}")), "{line}");
    }
}
