//! The forms that programs read, and where files go.

use super::harness::export;
use jcode_session_core::dialect::jcode::replay;
use jcode_session_core::dialect::jcode::{V1Sources, present};
use jcode_session_core::source::{ByteSource, SliceSource};
use jcode_session_tests::files::{LogDir, mode};
use jcode_session_tests::generate::{LogShape, linear_v1, tree_v2, tree_v3};
use jcode_session_tests::jcode_model::{normal_form, value_of};
use jcode_session_tests::program::{command, finished, run};
use std::fs;
use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::process::Stdio;

#[test]
fn v3_is_what_migrate_makes() {
    let shape = LogShape { entries: 300, ..LogShape::default() };
    for bytes in [tree_v3(shape, 1), tree_v2(shape, 2), linear_v1(shape, 3)] {
        let dir = LogDir::new(&bytes);
        let log = dir.log().to_string_lossy().into_owned();
        let before = run(dir.folder(), ["export", &log, "--format", "v3"]);
        assert_eq!(run(dir.folder(), ["migrate", &log]).code, 0);
        assert!(before.stdout == fs::read(dir.log()).expect("there"));
        assert!(before.stdout == run(dir.folder(), ["export", &log, "--format", "v3"]).stdout);
    }
}

#[test]
fn jcode_v1_comes_back_and_nothing_else_does() {
    let snapshot = br#"{"id":"s","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:01Z","title":"T","messages":[{"id":"m","role":"user","content":[{"type":"text","text":"hello <b>"}],"timestamp":"2026-01-01T00:00:00Z"},{"id":"n","role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"done"}]}]}"#;
    let sources = V1Sources { session_id: "s".into(), snapshot: Some(SliceSource(snapshot)), bak: None, journal: None };
    let replayed = replay(sources, &mut |_| ControlFlow::Continue(())).expect("a session");
    let log = present(replayed).expect("a log");
    let log = log.read_vec(0, log.len() as usize).expect("bytes");
    let back = export(&log, &["--format", "jcode-v1"]);
    assert_eq!(back.code, 0, "{back:?}");
    let value = |bytes: &[u8]| normal_form(&value_of(bytes).expect("JSON"));
    assert_eq!(value(&back.stdout), value(snapshot));
    let page = export(&log, &["--format", "html"]).text();
    assert!(page.contains("<h1>T</h1>") && page.contains("hello &lt;b&gt;") && page.contains("<article class=tool"));

    let refused = export(&tree_v3(LogShape::default(), 4), &["--format", "jcode-v1"]);
    assert_eq!((refused.code, refused.stdout.len()), (2, 0));
    assert!(refused.stderr.contains("does not come from jcode"), "{refused:?}");
}

#[test]
fn files_are_private_whole_and_never_overwritten_unasked() {
    let dir = LogDir::new(&tree_v3(LogShape::default(), 5));
    let log = dir.log().to_string_lossy().into_owned();
    let target = dir.folder().join("page.html");
    let to = |target: &str, more: &[&str]| {
        run(dir.folder(), ["export", &log, "--format", "html", "--output", target].iter().chain(more))
    };
    let page = target.to_string_lossy().into_owned();
    assert_eq!(to(&page, &[]).code, 0);
    assert!(mode(&target).is_none_or(|mode| mode == 0o600));
    let piped = run(dir.folder(), ["export", &log, "--format", "html"]);
    assert!(fs::read(&target).expect("there") == piped.stdout);

    fs::write(&target, "mine").expect("written");
    let refused = to(&page, &[]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("--force"), "{refused:?}");
    assert_eq!(fs::read(&target).expect("there"), b"mine");
    assert_eq!(to(&page, &["--force"]).code, 0);
    assert!(fs::read(&target).expect("there") == piped.stdout);

    // The log itself is never the target, by whatever name.
    let link = dir.folder().join("link.html");
    fs::hard_link(dir.log(), &link).expect("linked");
    let before = fs::read(dir.log()).expect("there");
    for own in [&log, &link.to_string_lossy().into_owned()] {
        assert_eq!(to(own, &["--force"]).code, 2);
    }
    assert!(fs::read(dir.log()).expect("there") == before);
    assert_eq!(to("/nowhere/at/all.html", &[]).code, 2);
    assert_eq!(to(&dir.folder().to_string_lossy(), &["--force"]).code, 2);
    let refused = run(dir.folder(), ["export", &log, "--format", "jcode-v1", "--output", "never.json"]);
    assert_eq!(refused.code, 2);
    let left: Vec<_> =
        fs::read_dir(dir.folder()).expect("there").map(|entry| entry.expect("one").file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".tmp")), "{left:?}");
}

#[test]
fn logs_without_entries_are_exported() {
    let only_a_header = b"{\"type\":\"session\",\"version\":3,\"id\":\"s\"}\n";
    for format in ["html", "markdown", "v3"] {
        assert_eq!(export(only_a_header, &["--format", format]).code, 0, "{format}");
        // What is no session log has nothing to export.
        assert_eq!(export(b"", &["--format", format]).code, 2, "{format}");
        assert_eq!(export(b"not json\n", &["--format", format]).code, 2, "{format}");
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let dir = LogDir::new(&tree_v3(LogShape { entries: 2_000, ..LogShape::default() }, 2));
    for format in ["html", "markdown", "v3"] {
        let mut child = command(dir.folder())
            .args(["export", "--format", format])
            .arg(dir.log())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary is built");
        let mut first = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut first).expect("a line");
        let ended = finished(child.wait_with_output().expect("it ends"));
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{format}");
    }
}

/// The name of a file says what is written to it, if nothing else does.
#[test]
fn a_name_says_the_format() {
    let dir = LogDir::new(&tree_v3(LogShape::default(), 4));
    let log = dir.log().to_string_lossy().into_owned();
    for (name, format) in [("a.html", "html"), ("a.md", "markdown"), ("a.jsonl", "v3")] {
        let target = dir.folder().join(name);
        let done = run(dir.folder(), ["export", &log, "-o", &target.to_string_lossy()]);
        assert_eq!(done.code, 0, "{done:?}");
        assert_eq!(
            std::fs::read(&target).expect("written"),
            run(dir.folder(), ["export", &log, "--format", format]).stdout
        );
    }
    for args in [&["export", &log][..], &["export", &log, "-o", "a.txt"]] {
        let refused = run(dir.folder(), args);
        assert!(refused.code == 2 && refused.stderr.contains("--format html"), "{refused:?}");
    }
}
