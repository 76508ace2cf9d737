//! What is typed and what is found: sessions by id, bad input, odd files, closed pipes.

use super::{clean, good, put};
use jcode_session_tests::files::LogDir;
use jcode_session_tests::generate::{LogShape, linear_v1, tree_v3};
use jcode_session_tests::homes::home;
use jcode_session_tests::oracle::read_log;
use jcode_session_tests::program::{binary, command, finished, run};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use tempfile::TempDir;

#[test]
fn sessions_are_found_by_id_and_by_its_start() {
    let home = home();
    let log = |id: &str| {
        format!(
            "{{\"type\":\"session\",\"version\":3,\"id\":\"{id}\"}}\n{{\"type\":\"message\",\"id\":\"a\",\"parentId\":null}}\n"
        )
    };
    put(home.path(), "one-1.jsonl", log("one-1").as_bytes());
    put(home.path(), "one-2.jsonl", log("one-2").as_bytes());
    put(home.path(), "2026_uuid-7.jsonl", log("uuid-7").as_bytes());
    for asked in ["one-1", "uuid-7", "uuid", "one-2"] {
        clean(&run(home.path(), ["tree", asked]));
    }
    let ambiguous = run(home.path(), ["tree", "one"]);
    assert_eq!(ambiguous.code, 2);
    assert!(ambiguous.stderr.contains("2 sessions") && ambiguous.stderr.contains("one-2.jsonl"), "{ambiguous:?}");
    put(home.path(), "elsewhere/one-1.jsonl", log("one-1").as_bytes());
    let twice = run(home.path(), ["tree", "one-1"]);
    assert_eq!(twice.code, 2, "two logs of one name are not told apart by guessing: {twice:?}");
    for outside in ["../../etc/passwd", "..", ".hidden", "nobody"] {
        let result = run(home.path(), ["tree", outside]);
        assert_eq!(result.code, 2, "{result:?}");
        assert!(result.stdout.is_empty());
    }
    let elsewhere = TempDir::new().expect("a folder");
    fs::write(elsewhere.path().join("pi.jsonl"), log("pi")).expect("written");
    clean(&run(home.path(), ["tree", "pi", "--sessions-dir", &elsewhere.path().to_string_lossy()]));
}

#[test]
fn bad_input_is_named_and_stops_nothing_else() {
    let home = home();
    let sessions = home.path().join("sessions");
    put(home.path(), "good.jsonl", &good());
    put(home.path(), "empty.jsonl", b"");
    put(home.path(), "header.jsonl", b"{\"type\":\"session\",\"version\":3,\"id\":\"s\"}\n");
    put(home.path(), "binary.jsonl", &[0x7F, b'E', b'L', b'F', 0, 1, 2, 0xFF, b'\n', 0xFE, 0]);
    put(
        home.path(),
        "newer.jsonl",
        b"{\"type\":\"session\",\"version\":4,\"id\":\"s\"}\n{\"type\":\"message\",\"id\":\"a\",\"parentId\":null}\n",
    );
    let report = run(home.path(), ["verify", &sessions.to_string_lossy(), "--json"]);
    assert_eq!(report.code, 1);
    let report = report.json();
    let logs = report["logs"].as_array().expect("a list");
    let of = |name: &str| logs.iter().find(|log| log["path"].as_str().expect("a path").ends_with(name)).expect("there");
    assert_eq!(of("good.jsonl")["ok"], true);
    assert_eq!(of("header.jsonl")["ok"], true);
    assert_eq!(of("empty.jsonl")["findings"][0]["code"], "not-a-session");
    assert_eq!(of("binary.jsonl")["ok"], false);
    assert_eq!(of("newer.jsonl")["findings"][0]["code"], "newer-version");
    assert_eq!(of("newer.jsonl")["entry_count"], 1);

    let missing = run(home.path(), ["verify", "/nowhere/at/all.jsonl"]);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("/nowhere/at/all.jsonl"), "{missing:?}");
    let both = run(home.path(), ["verify", "/nowhere.jsonl", &sessions.join("good.jsonl").to_string_lossy()]);
    assert_eq!(both.code, 2);
    assert!(both.text().contains("good.jsonl"), "{both:?}");
    let none = TempDir::new().expect("a folder");
    let empty = run(home.path(), ["verify", &none.path().to_string_lossy()]);
    assert!(empty.stderr.contains("no session logs"), "{empty:?}");
    assert_eq!(run(home.path(), ["migrate", "/nowhere/at/all"]).code, 2);
    assert_eq!(run(home.path(), ["frobnicate"]).code, 2);
}

#[test]
fn a_damaged_session_fails_alone() {
    let home = home();
    let bad = put(home.path(), "bad.jsonl", &linear_v1(LogShape::default(), 1));
    // A file in the store's place: the original cannot be kept, so the log must not be replaced.
    fs::write(Path::new(&bad).with_extension("store"), b"").expect("written");
    put(home.path(), "good.jsonl", &good());
    let before = fs::read(&bad).expect("there");
    let report = run(home.path(), ["migrate", "--json"]);
    assert_eq!(report.code, 1);
    assert_eq!(report.json()["counts"]["failed"], 1);
    assert_eq!(report.json()["counts"]["index"], 1);
    assert_eq!(fs::read(&bad).expect("there"), before);
}

#[test]
fn sessions_that_are_in_use_are_left_alone() {
    let home = home();
    put(home.path(), "busy.jsonl", &linear_v1(LogShape::default(), 1));
    fs::create_dir(home.path().join("active_pids")).expect("made");
    fs::write(home.path().join("active_pids/busy"), std::process::id().to_string()).expect("written");
    let report = run(home.path(), ["migrate", "--json"]).json();
    assert_eq!(report["counts"]["skipped"], 1);
    fs::create_dir(home.path().join("streaming_pids")).expect("made");
    fs::rename(home.path().join("active_pids/busy"), home.path().join("streaming_pids/busy")).expect("moved");
    let report = run(home.path(), ["migrate", "--json"]).json();
    assert_eq!(report["counts"]["skipped"], 1, "it waits for an answer");
    let report = run(home.path(), ["migrate", "--include-active", "--json"]).json();
    assert_eq!(report["counts"]["upgrade"], 1);
}

#[test]
fn a_terminal_is_not_steered_by_a_log() {
    let home = home();
    let path = put(
        home.path(),
        "evil.jsonl",
        b"{\"type\":\"session\",\"version\":3,\"id\":\"s\\u001b[2J\"}\n{\"type\":\"message\",\"id\":\"a\\u001b]0;x\\u0007\",\"parentId\":null,\"timestamp\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":\"user\\u001b[31m\",\"content\":\"\\u001b[8mhidden \\u202e\"}}\n",
    );
    for args in [&["show", &path][..], &["tree", &path], &["verify", &path], &["show", &path, "--entry", "\u{1b}[31m"]]
    {
        let shown = run(home.path(), args);
        assert!(!shown.stdout.contains(&0x1B), "{}", shown.text());
        assert!(!shown.stderr.contains('\u{1b}'), "{}", shown.stderr);
        assert!(!shown.text().contains('\u{202e}'));
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let dir = LogDir::new(&tree_v3(LogShape { entries: 2_000, ..LogShape::default() }, 2));
    let mut child = command(dir.folder())
        .args(["show", "--file-order", "--json"])
        .arg(dir.log())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary is built");
    let mut first = String::new();
    // Reads one line and closes the pipe while the rest is on its way.
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut first).expect("a line");
    let ended = finished(child.wait_with_output().expect("it ends"));
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
}

/// Only where folders have modes.
#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_read_all_the_same() {
    use std::os::unix::fs::PermissionsExt;
    let home = home();
    let path = put(home.path(), "a.jsonl", &good());
    let before = run(home.path(), ["tree", &path, "--json"]);
    let folder = home.path().join("sessions");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).expect("set");
    let after = run(home.path(), ["tree", &path, "--json"]);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("set");
    assert_eq!((before.code, before.stdout), (after.code, after.stdout));
}

/// Windows takes both kinds of slash, and a form of paths that nobody types.
#[cfg(windows)]
#[test]
fn a_path_is_shown_with_one_kind_of_slash() {
    let home = home();
    let path = put(home.path(), "a.jsonl", &good()).replace('\\', "/");
    let folder = path.strip_suffix("/a.jsonl").expect("in a folder").to_string();
    for args in [&["verify", &path][..], &["fork", &path], &["migrate", &path], &["verify", &folder]] {
        let run = run(home.path(), args);
        let said = run.text() + &run.stderr;
        assert!(said.contains(r"sessions\"), "{args:?}: {said}");
        assert!(!said.contains(r"\\?\") && !said.contains("sessions/"), "{args:?}: {said}");
    }
}

#[test]
fn help_manual_and_completions_are_there() {
    let home = home();
    for args in [&["--help"][..], &["migrate", "--help"], &["man"], &["completions", "bash"], &["--version"]] {
        let shown = run(home.path(), args);
        clean(&shown);
        assert!(!shown.stdout.is_empty());
    }
    assert!(binary().exists());
}

/// A page that another page names exists, and tells of environment, files, exit status.
#[test]
fn the_manual_is_whole() {
    let home = home();
    let page = run(home.path(), ["man"]).text();
    for section in ["ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES"] {
        assert!(page.contains(&format!(".SH {section}\n")), "{section}");
    }
    let folder = home.path().join("pages");
    fs::create_dir(&folder).expect("made");
    clean(&run(home.path(), ["man", "--dir", &folder.to_string_lossy()]));
    let pages: Vec<String> = fs::read_dir(&folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().replace(".1", ""))
        .collect();
    for named in page.split("jcode\\-session").skip(1).filter_map(|rest| rest.split_once("(1)")).map(|(name, _)| name) {
        let name = format!("jcode-session{}", named.replace("\\", ""));
        assert!(name.contains(char::is_whitespace) || pages.contains(&name), "{name}");
    }
    assert!(pages.len() > 15 && pages.contains(&"jcode-session-migrate".to_string()), "{pages:?}");
    assert_eq!(
        run(home.path(), ["man", "migrate"]).text(),
        fs::read_to_string(folder.join("jcode-session-migrate.1")).expect("text")
    );
    assert_eq!(run(home.path(), ["man", "nothing"]).code, 2);
}

#[test]
fn a_damaged_sidecar_of_a_log_that_grew_is_built_anew() {
    use std::io::{Seek, SeekFrom, Write};
    let home = home();
    let bytes = tree_v3(LogShape { entries: 300, ..LogShape::default() }, 4);
    let cut = read_log(&bytes).entries[280].offset as usize;
    let path = put(home.path(), "a.jsonl", &bytes[..cut]);
    clean(&run(home.path(), ["migrate", &path]));
    let sidecar = Path::new(&path).with_extension("sqlite3");
    let pages = fs::metadata(&sidecar).expect("there").len() / 1024;
    let mut file = fs::OpenOptions::new().write(true).open(&sidecar).expect("there");
    for page in (1..pages).filter(|page| *page != 4) {
        file.seek(SeekFrom::Start(page * 1024)).expect("sought");
        file.write_all(&[0xFF; 1024]).expect("written");
    }
    drop(file);
    let mut log = fs::OpenOptions::new().append(true).open(&path).expect("there");
    log.write_all(&bytes[cut..]).expect("written");
    drop(log);
    clean(&run(home.path(), ["migrate", &path]));
    clean(&run(home.path(), ["verify", &path]));
}

/// Only where pipes have names.
#[cfg(unix)]
#[test]
fn a_pipe_under_a_logs_name_holds_nothing_up() {
    let home = home();
    put(home.path(), "good.jsonl", &good());
    let pipe = home.path().join("sessions/pipe.jsonl");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    if !made.is_ok_and(|status| status.success()) {
        return;
    }
    let named = run(home.path(), ["migrate", &pipe.to_string_lossy()]);
    assert_eq!(named.code, 1, "{named:?}");
    clean(&run(home.path(), ["migrate"]));
}
