//! The header where other programs put it: behind lines of their own, and as long as they make it.
//!
//! Owns: that every command finds the same header, that what stands before it stays byte for byte, and the limit of
//! its length. Which record it is, the oracle says; see `index` and `file_kinds`.

use jcode_session_core::write::NewHeader;
use jcode_session_tests::files::contents;
use jcode_session_tests::oracle::read_log;
use jcode_session_tests::program::{Run, command, fed, run};
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const TITLE: &str = r#"{"type":"title","v":1,"title":"Parser tests","source":"auto","pad":"                    "}"#;
const ENTRY: &str = r#"{"type":"message","message":{"role":"user","content":"Where is the parser?"}}"#;

/// A home with one log, `sessions/2026-10-01T10-00-00-000Z_b1e0.jsonl`.
struct Home(TempDir);

impl Home {
    fn new(log: &str) -> Self {
        let home = Self(TempDir::new().expect("a folder"));
        fs::create_dir(home.0.path().join("sessions")).expect("made");
        fs::write(home.log(), log).expect("written");
        home
    }

    fn log(&self) -> PathBuf {
        self.0.path().join("sessions/2026-10-01T10-00-00-000Z_b1e0.jsonl")
    }

    fn bytes(&self) -> String {
        fs::read_to_string(self.log()).expect("there")
    }

    fn run(&self, args: &[&str]) -> Run {
        run(self.0.path(), args)
    }

    /// Runs a command on the log, which must go well.
    fn clean(&self, args: &[&str]) -> Run {
        let path = self.log().to_string_lossy().into_owned();
        let args: Vec<&str> = args.iter().map(|&arg| if arg == "LOG" { path.as_str() } else { arg }).collect();
        let done = self.run(&args);
        assert_eq!(done.code, 0, "{args:?}: {done:?}");
        done
    }

    fn append(&self) -> Run {
        append(self.0.path(), &self.log())
    }
}

fn append(home: &Path, log: &Path) -> Run {
    fed(command(home).arg("append").arg(log), ENTRY)
}

fn header(version: &str, more: &str) -> String {
    format!(
        r#"{{"type":"session",{version}"id":"b1e0-7777","timestamp":"2026-10-01T10:00:00.000Z","cwd":"/home/dev/shop"{more}}}"#
    )
}

/// Five entries in a row.
fn entries() -> String {
    let mut lines = String::new();
    for n in 1..=5 {
        let parent = if n == 1 { "null".to_string() } else { format!("\"e{}\"", n - 1) };
        let time = format!("2026-10-01T10:00:0{n}.000Z");
        let message = r#"{"role":"user","content":"Where is the parser?"}"#;
        let _ = writeln!(
            lines,
            r#"{{"type":"message","id":"e{n}","parentId":{parent},"timestamp":"{time}","message":{message}}}"#
        );
    }
    lines
}

fn verified(home: &Home) -> Value {
    let log = home.log().to_string_lossy().into_owned();
    let report = home.run(&["verify", &log, "--json"]).json();
    report["logs"][0].clone()
}

fn codes(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().expect("a list").iter();
    let codes = findings.map(|finding| finding["code"].as_str().expect("a code").to_string());
    codes.filter(|code| !code.starts_with("sidecar")).collect()
}

#[test]
fn lines_before_the_header_are_no_entries_and_stay() {
    for before in
        [format!("{TITLE}\n"), format!("\u{feff}\n{TITLE}\n"), format!("{TITLE}\n{{\"type\":\"note\",\"id\":\"n\"}}\n")]
    {
        let home = Home::new(&format!("{before}{}\n{}", header("\"version\":3,", ""), entries()));
        let report = verified(&home);
        assert_eq!((&report["ok"], &report["entry_count"]), (&true.into(), &5.into()));
        assert_eq!(codes(&report), Vec::<String>::new());

        let listed = home.clean(&["list", "--json", "--cwd", "/home/dev/shop"]).json();
        let row = &listed["sessions"][0];
        assert_eq!(row["session_id"], "b1e0-7777");
        assert_eq!((&row["title"], &row["entry_count"]), (&"Parser tests".into(), &5.into()));
        let tree = home.clean(&["tree", "b1e0-77", "--json"]).json();
        assert_eq!((&tree["session_id"], &tree["active_leaf"]), (&"b1e0-7777".into(), &"e5".into()));
        assert_eq!((&tree["entry_count"], tree["roots"].as_array().map(Vec::len)), (&5.into(), Some(1)));

        let unchanged = home.bytes();
        let repaired = home.clean(&["repair", "LOG"]);
        assert!(repaired.text().contains("nothing is wrong"), "{repaired:?}");
        home.clean(&["migrate", "LOG"]);
        assert_eq!(home.bytes(), unchanged);
        assert_eq!(home.append().code, 0);
        home.clean(&["label", "LOG", "e2", "here"]);
        home.clean(&["tag", "LOG", "+t"]);
        assert!(home.bytes().starts_with(&unchanged));
        assert_eq!((codes(&verified(&home)), verified(&home)["entry_count"].as_u64()), (vec![], Some(8)));

        // A session whose only lines are these has no leaf that an entry could hang on.
        let bare = Home::new(&format!("{before}{}\n", header("\"version\":3,", "")));
        assert_eq!(bare.append().code, 0);
        assert_eq!(read_log(bare.bytes().as_bytes()).entries[0].parent_id, None);
        assert_eq!(bare.clean(&["show", "LOG", "--tail", "3", "--json"]).text().lines().count(), 1);

        home.clean(&["rollback", "LOG"]);
        assert!(home.bytes().starts_with(&before), "{}", home.bytes());
    }
}

#[test]
fn a_sealed_log_keeps_all_up_to_its_header() {
    let head = format!("{TITLE}\n{}\n", header("\"version\":3,", ""));
    let home = Home::new(&format!("{head}{}", entries().replace("Where", &"w".repeat(40_000))));
    let whole = home.bytes();
    home.clean(&["seal", "LOG", "--segment-size", "64K"]);
    assert!(home.bytes().starts_with(&head) && home.bytes().len() < 90_000, "{}", home.bytes().len());
    let report = verified(&home);
    assert_eq!((codes(&report), report["entry_count"].as_u64()), (vec![], Some(5)));
    assert_eq!(home.clean(&["export", "LOG", "--format", "v3"]).text(), whole[TITLE.len() + 1..]);
    home.clean(&["seal", "LOG", "--undo"]);
    assert_eq!(home.bytes(), whole);
}

#[test]
fn a_session_forked_or_exported_begins_with_its_header() {
    let home = Home::new(&format!("{TITLE}\n{}\n{}", header("\"version\":3,", ""), entries()));
    let id = home.clean(&["fork", "LOG"]).text();
    let fork = fs::read_to_string(home.log().with_file_name(format!("{}.jsonl", id.trim()))).expect("there");
    let first: Value = serde_json::from_str(fork.lines().next().expect("a line")).expect("json");
    assert_eq!((&first["type"], &first["cwd"]), (&"session".into(), &"/home/dev/shop".into()));
    let exported = home.clean(&["export", "LOG", "--format", "v3"]);
    assert_eq!(exported.text(), format!("{}\n{}", header("\"version\":3,", ""), entries()));
    assert!(exported.stderr.contains(&format!("{} bytes before the header", TITLE.len() + 1)), "{exported:?}");
}

#[test]
fn an_upgrade_and_a_repair_keep_the_lines_before_the_header() {
    for version in ["\"version\":2,", ""] {
        let home = Home::new(&format!("{TITLE}\n{}\n{}", header(version, ""), entries()));
        home.clean(&["migrate", "LOG"]);
        assert!(
            home.bytes().starts_with(&format!("{TITLE}\n{{\"type\":\"session\",\"version\":3,")),
            "{}",
            home.bytes()
        );
        assert_eq!((codes(&verified(&home)), verified(&home)["entry_count"].as_u64()), (vec![], Some(5)));
    }
    let damaged = format!("{TITLE}\nbroken\n{}\n{}broken\n", header("\"version\":3,", ""), entries());
    let home = Home::new(&damaged);
    home.clean(&["repair", "LOG"]);
    let header = header("\"version\":3,", "");
    assert_eq!(home.bytes(), format!("{TITLE}\n{header}\n{}", entries()));
}

#[test]
fn a_name_that_was_given_goes_before_the_title() {
    let named =
        r#"{"type":"session_info","id":"i","parentId":"e5","timestamp":"2026-10-01T10:00:09.000Z","name":"given"}"#;
    let home = Home::new(&format!("{TITLE}\n{}\n{}{named}\n", header("\"version\":3,", ""), entries()));
    assert_eq!(home.clean(&["list", "--json"]).json()["sessions"][0]["title"], "given");
}

#[test]
fn an_entry_before_the_header_hides_it() {
    let early = r#"{"type":"message","id":"early","parentId":null,"timestamp":1}"#;
    let home = Home::new(&format!("{TITLE}\n{early}\n{}\n{}", header("\"version\":3,", ""), entries()));
    let report = verified(&home);
    assert_eq!(codes(&report), ["no-header", "missing-id", "second-header"]);
    let log = home.log().to_string_lossy().into_owned();
    let refused = home.append();
    assert!(refused.code == 2 && refused.stderr.contains("`repair`"), "{refused:?}");
    assert_eq!(home.run(&["seal", &log]).code, 2);
    home.clean(&["repair", "LOG"]);
    assert_eq!(home.append().code, 0);
}

/// A log whose header is so long.
fn with_header_of(len: usize, version: &str) -> String {
    let note = |n: usize| format!(r#","note":"{}""#, "n".repeat(n));
    let pad = len - header(version, &note(0)).len();
    format!("{}\n{}", header(version, &note(pad)), entries())
}

#[test]
fn a_header_may_be_as_long_as_it_is_looked_for() {
    const MIB: usize = 1 << 20;
    for version in ["\"version\":3,", "\"version\":2,", ""] {
        for len in [65_535, 65_536, 65_537, 66_000, MIB - 20, MIB] {
            // An upgrade may lengthen it.
            let len = if version.is_empty() { len - 12 } else { len };
            let home = Home::new(&with_header_of(len, version));
            let log = home.log().to_string_lossy().into_owned();
            assert_eq!(home.run(&["verify", &log]).code, 0, "{len}");
            assert_eq!(home.clean(&["list", "--json"]).json()["sessions"][0]["session_id"], "b1e0-7777");
            home.clean(&["migrate", "LOG"]);
            let appended = home.append();
            assert_eq!(appended.code, 0, "{len}: {appended:?}");
            home.clean(&["label", "LOG", "e2", "here"]);
            home.clean(&["tag", "LOG", "+t"]);
            home.clean(&["seal", "LOG", "--segment-size", "64K"]);
            let report = verified(&home);
            assert_eq!((codes(&report), report["entry_count"].as_u64()), (vec![], Some(8)), "{len}");
            let repaired = home.clean(&["repair", "LOG"]);
            assert!(repaired.text().contains("nothing is wrong"), "{repaired:?}");
            home.clean(&["fork", "LOG"]);
        }
        let endless = if version.is_empty() { MIB - 11 } else { MIB + 1 };
        let home = Home::new(&with_header_of(endless, version));
        let before = contents(home.0.path());
        let log = home.log().to_string_lossy().into_owned();
        assert_eq!(codes(&verified(&home)), ["not-a-session"]);
        assert_eq!(home.append().code, 2);
        for refused in
            [["tag", &log, "+t"].as_slice(), &["repair", &log], &["seal", &log], &["fork", &log], &["tree", &log]]
        {
            let refused = home.run(refused);
            assert!(refused.code == 2 && refused.stderr.contains("first MiB"), "{refused:?}");
        }
        assert_eq!(contents(home.0.path()), before);
    }
}

#[test]
fn headers_that_are_written_stay_under_64_kib() {
    let line = |cwd: &str| {
        let header = NewHeader { session_id: "s", now_ms: 0, cwd, parent_session: None };
        header.line().map(|line| line.len())
    };
    let room = 65_535 - line("").expect("short");
    assert_eq!(line(&"c".repeat(room)), Some(65_535));
    assert_eq!(line(&"c".repeat(room + 1)), None);
}

#[test]
fn a_fork_hangs_its_labels_on_a_last_entry_without_an_id() {
    for last in [
        r#"{"type":"message","parentId":"e5","timestamp":1,"message":{"role":"user","content":"last"}}"#,
        r#"{"type":"message","id":"","parentId":"e5","timestamp":1,"message":{"role":"user","content":"last"}}"#,
    ] {
        let label = r#"{"type":"label","id":"l","parentId":"e1","timestamp":1,"targetId":"e2","label":"here"}"#;
        let home = Home::new(&format!("{}\n{}{label}\n{last}\n", header("\"version\":3,", ""), entries()));
        let id = home.clean(&["fork", "LOG"]).text();
        let fork = home.log().with_file_name(format!("{}.jsonl", id.trim()));
        let read = read_log(&fs::read(&fork).expect("there"));
        assert_eq!(read.codes(), Vec::<&str>::new());
        assert_eq!((read.roots.len(), read.entries.len(), read.leaves.len()), (1, 7, 1));
        assert_eq!(read.labels[0].name, "here");
        let mut named: Value =
            serde_json::from_str(fs::read_to_string(&fork).expect("there").lines().nth(6).expect("a line"))
                .expect("json");
        named["id"] = serde_json::from_str::<Value>(last).expect("json")["id"].clone();
        assert_eq!(named["message"]["content"], "last");
    }
    // Without a label nothing is changed, even where no entry has an id.
    let nameless = r#"{"type":"message","parentId":null,"timestamp":1,"message":{"role":"user","content":"only"}}"#;
    let home = Home::new(&format!("{}\n{nameless}\n", header("\"version\":3,", "")));
    let id = home.clean(&["fork", "LOG"]).text();
    let fork = home.log().with_file_name(format!("{}.jsonl", id.trim()));
    assert_eq!(fs::read_to_string(fork).expect("there").lines().nth(1), Some(nameless));
}
