//! The command line as programs and people use it: fields, streams, exit codes, bad input.

use jcode_session_tests::files::LogDir;
use jcode_session_tests::generate::{LogShape, linear_v1, tree_v3};
use jcode_session_tests::oracle::read_log;
use jcode_session_tests::program::{Run, binary, command, finished, run};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use tempfile::TempDir;

fn home() -> TempDir {
    let home = TempDir::new().expect("a folder");
    fs::create_dir(home.path().join("sessions")).expect("made");
    home
}

fn put(home: &Path, name: &str, bytes: &[u8]) -> String {
    let path = home.join("sessions").join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(&path, bytes).expect("written");
    path.to_string_lossy().into_owned()
}

fn good() -> Vec<u8> {
    tree_v3(LogShape { entries: 60, branch_percent: 15, ..LogShape::default() }, 21)
}

fn clean(run: &Run) {
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn tree_prints_what_the_oracle_sees() {
    let home = home();
    let bytes = good();
    let path = put(home.path(), "a.jsonl", &bytes);
    let oracle = read_log(&bytes);
    for _ in 0..2 {
        let tree = run(home.path(), ["tree", &path, "--json"]);
        clean(&tree);
        let tree = tree.json();
        assert_eq!(tree["schema"], "jcode-session.tree");
        assert_eq!(tree["version"], 1);
        assert_eq!(tree["session_id"].as_str(), oracle.header.as_ref().and_then(|h| h.session_id.as_deref()));
        assert_eq!(tree["entry_count"], oracle.entries.len());
        assert_eq!(tree["active_leaf"].as_str(), oracle.active_leaf.as_deref());
        let key = |entry: usize| Value::from(oracle.entries[entry].key.clone());
        assert_eq!(tree["roots"], Value::from_iter(oracle.roots.iter().map(|&e| key(e))));
        let leaves = oracle.leaves.iter().map(|leaf| {
            let entry = &oracle.entries[leaf.entry];
            json!({"id": entry.key, "depth": entry.depth, "ts": entry.ts, "name": leaf.name, "labeled_at": leaf.labeled_at})
        });
        assert_eq!(tree["leaves"], Value::from_iter(leaves));
        // And once more from the sidecar.
        clean(&run(home.path(), ["migrate", &path]));
    }
}

#[test]
fn show_prints_the_logs_own_lines() {
    let home = home();
    let bytes = good();
    let path = put(home.path(), "a.jsonl", &bytes);
    let oracle = read_log(&bytes);
    let line = |entry: usize| {
        let entry = &oracle.entries[entry];
        bytes[entry.offset as usize..(entry.offset + entry.len) as usize].to_vec()
    };
    let lines =
        |entries: &[usize]| -> Vec<u8> { entries.iter().flat_map(|&e| [line(e), b"\n".to_vec()].concat()).collect() };
    let active = oracle.path_to(oracle.entries.len() - 1);
    let other = oracle.leaves[0].entry;
    let all: Vec<usize> = (0..oracle.entries.len()).collect();
    for _ in 0..2 {
        let shown = |args: &[&str]| {
            let shown = run(home.path(), ["show", &path, "--json"].iter().chain(args));
            clean(&shown);
            shown.stdout
        };
        assert_eq!(shown(&[]), lines(&active));
        assert_eq!(shown(&["--tail", "3"]), lines(&active[active.len() - 3..]));
        assert_eq!(shown(&["--path", &oracle.entries[other].key]), lines(&oracle.path_to(other)));
        assert_eq!(shown(&["--file-order"]), lines(&all));
        assert_eq!(shown(&["--file-order", "--tail", "4"]), lines(&all[all.len() - 4..]));
        assert_eq!(shown(&["--entry", &oracle.entries[5].key]), lines(&[5]));
        clean(&run(home.path(), ["migrate", &path]));
    }
    let missing = run(home.path(), ["show", &path, "--entry", "nowhere"]);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("nowhere"), "{missing:?}");
}

#[test]
fn migrate_tells_before_what_it_does_after() {
    let home = home();
    put(home.path(), "a.jsonl", &good());
    put(home.path(), "deep/b.jsonl", &linear_v1(LogShape::default(), 5));
    put(home.path(), "c.jsonl", b"");
    put(home.path(), "x.journal.jsonl", b"{}\n");
    put(home.path(), "x.corrupt.jsonl", b"{}\n");
    put(home.path(), "x.store/segments/s.jsonl", b"{}\n");
    let planned = run(home.path(), ["migrate", "--dry-run", "--json"]);
    clean(&planned);
    assert_eq!(fs::read_dir(home.path().join("sessions")).expect("there").count(), 6, "a dry run writes nothing");
    let done = run(home.path(), ["migrate", "--json"]);
    clean(&done);
    let (mut planned, done) = (planned.json(), done.json());
    assert_eq!(planned["dry_run"], true);
    planned["dry_run"] = json!(false);
    assert_eq!(planned, done);
    assert_eq!(done["counts"], json!({"upgrade": 1, "index": 1, "up_to_date": 0, "skipped": 1, "failed": 0}));
    let again = run(home.path(), ["migrate", "--all", "--json"]).json();
    assert_eq!(again["counts"], json!({"upgrade": 0, "index": 0, "up_to_date": 2, "skipped": 1, "failed": 0}));
}

#[test]
fn verify_exits_by_what_it_finds() {
    let home = home();
    let path = put(home.path(), "a.jsonl", &good());
    let report = run(home.path(), ["verify", &path, "--json"]);
    clean(&report);
    let report = report.json();
    assert_eq!(report["schema"], "jcode-session.verify");
    assert_eq!(report["ok"], true);
    assert_eq!(report["logs"][0]["sidecar"], "missing");
    assert_eq!(report["logs"][0]["findings"][0]["code"], "sidecar-missing");
    assert_eq!(report["logs"][0]["findings"][0]["severity"], "warning");
    clean(&run(home.path(), ["migrate", &path]));
    assert_eq!(run(home.path(), ["verify", &path, "--json"]).json()["logs"][0]["findings"], json!([]));

    let sidecar = Path::new(&path).with_extension("sqlite3");
    let change = |sql: &str| {
        clean(&run(home.path(), ["migrate", "--force", &path]));
        rusqlite::Connection::open(&sidecar).expect("a sidecar").execute_batch(sql).expect("changed");
        let report = run(home.path(), ["verify", &path, "--json"]);
        assert_eq!(report.code, 1, "{sql}: {report:?}");
        let findings = report.json()["logs"][0]["findings"].clone();
        findings
            .as_array()
            .expect("a list")
            .iter()
            .map(|f| f["code"].as_str().expect("a code").to_string())
            .collect::<Vec<_>>()
    };
    assert!(change("DELETE FROM entries WHERE seq=7").contains(&"row-missing".to_string()));
    assert!(change("UPDATE entries SET kind='other' WHERE seq=7").contains(&"row-differs".to_string()));
    assert!(change("UPDATE entries SET branch_leaf_marker=1 WHERE seq=0").contains(&"row-differs".to_string()));
    assert!(change("INSERT INTO entries SELECT seq+1000,id||'x',parent_id,ts,kind,0,byte_offset,byte_len,parent_step,depth FROM entries WHERE seq=3")
        .contains(&"row-extra".to_string()));
    assert!(change("UPDATE branches SET name='other'").contains(&"row-differs".to_string()));

    fs::write(&path, b"{\"type\":\"session\",\"version\":3,\"id\":\"s\"}\nnot json\n{\"type\":\"message\",\"id\":\"a\",\"parentId\":null}\n").expect("written");
    let broken = run(home.path(), ["verify", &path]);
    assert_eq!(broken.code, 1);
    assert!(broken.text().contains("invalid-json line 2, byte 40"), "{broken:?}");
}

/// A damage that repeats does not push all else off the screen.
#[test]
fn many_findings_of_a_code_are_counted() {
    let home = home();
    let garbage = "no json\n".repeat(70);
    let (header, entry) = ("{\"type\":\"session\",\"version\":3,\"id\":\"s\"}", "{\"type\":\"custom\",\"id\":\"a\"}");
    put(home.path(), "s.jsonl", format!("{header}\n{garbage}{entry}\n").as_bytes());
    let text = run(home.path(), ["verify", "s"]).text();
    assert_eq!(text.matches("error invalid-json").count(), 20, "{text}");
    assert!(text.contains("… and 50 more invalid-json; `--json` lists all"), "{text}");
    let report = run(home.path(), ["verify", "s", "--json"]).json();
    assert_eq!(report["logs"][0]["findings"].as_array().expect("findings").len(), 71);
}

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
