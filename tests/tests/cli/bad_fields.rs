//! Ids, parents and times of the wrong type: numbers are ids, everything else is found, shown and mended.
//!
//! Owns: what readers, `verify`, `migrate`, `repair` and `append` make of such fields, in every dialect, and that the
//! tree which readers showed before a repair is the one that they show behind it.

use jcode_session_core::source::go_on;
use jcode_session_native::ops::restore::repair;
use jcode_session_tests::files::LogDir;
use jcode_session_tests::generate::{Damage, LogShape, random, tree_v3};
use jcode_session_tests::oracle::{OracleLog, read_log};
use jcode_session_tests::program::{Run, command, finished, run};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;
use tempfile::TempDir;

const TIME: &str = "2026-03-01T08:00:00.000Z";
/// What is no id, no parent and no time.
const JUNK: [&str; 6] = ["\"\"", "false", "true", "{}", "[]", "[\"a\"]"];

struct Home(TempDir);

impl Home {
    /// A home with one session, `s`.
    fn new(version: Option<u8>, entries: &[Value]) -> Self {
        let home = Self(TempDir::new().expect("a folder"));
        fs::create_dir(home.0.path().join("sessions")).expect("made");
        let mut header = json!({"type": "session", "id": "s", "timestamp": TIME, "cwd": "/"});
        if let Some(version) = version {
            header["version"] = version.into();
        }
        let lines: String = [&header].into_iter().chain(entries).map(|line| format!("{line}\n")).collect();
        fs::write(home.log(), lines).expect("written");
        home
    }

    fn log(&self) -> PathBuf {
        self.0.path().join("sessions/s.jsonl")
    }

    fn run(&self, args: &[&str]) -> Run {
        run(self.0.path(), args)
    }

    fn ok(&self, args: &[&str]) -> Run {
        let run = self.run(args);
        assert_eq!(run.code, 0, "{args:?}: {run:?}");
        run
    }

    fn tree(&self) -> Value {
        self.ok(&["tree", "s", "--json"]).json()
    }

    /// Findings but for those about sidecars: code, severity, line, offset, entry.
    fn findings(&self) -> Vec<(String, String, u64, u64, String)> {
        let report = self.run(&["verify", "s", "--json"]).json();
        let all = report["logs"][0]["findings"].as_array().expect("a list").clone();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let number = |value: &Value| value.as_u64().unwrap_or_default();
        all.iter()
            .filter(|found| !text(&found["code"]).starts_with("sidecar"))
            .map(|f| {
                let (line, offset) = (number(&f["line"]), number(&f["byte_offset"]));
                (text(&f["code"]), text(&f["severity"]), line, offset, text(&f["entry_id"]))
            })
            .collect()
    }

    fn entries(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.log()).expect("text");
        text.lines().skip(1).map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    fn append(&self, args: &[&str], line: &str) -> Run {
        let mut child = command(self.0.path());
        child.args(["append", "s"]).args(args);
        let mut child =
            child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
        child.stdin.take().expect("piped").write_all(line.as_bytes()).expect("written");
        finished(child.wait_with_output().expect("ends"))
    }

    /// Each parent in the log is null or, as it stands, the id of an entry.
    fn parents_are_ids(&self) {
        let entries = self.entries();
        for entry in &entries {
            let parent = &entry["parentId"];
            assert!(parent.is_null() || entries.iter().any(|other| other["id"] == *parent), "{entry}");
        }
    }
}

fn message(id: Value, parent: Value) -> Value {
    json!({"type": "message", "id": id, "parentId": parent, "timestamp": TIME, "message": {"role": "user", "content": "x"}})
}

/// Where the line with this number begins.
fn offset_of(home: &Home, line: u64) -> u64 {
    let text = fs::read_to_string(home.log()).expect("text");
    text.lines().take(line as usize - 1).map(|line| line.len() as u64 + 1).sum()
}

/// An entry below another one, both numbered, in a log of texts.
fn numbered() -> Vec<Value> {
    vec![
        message(json!("a"), Value::Null),
        message(json!("b"), json!("a")),
        message(json!(12), json!("b")),
        message(json!(13), json!(12)),
        message(json!("side"), json!("b")),
    ]
}

#[test]
fn a_number_is_an_id_in_every_dialect() {
    for version in [None, Some(2), Some(3)] {
        let home = Home::new(version, &numbered());
        let tree = home.tree();
        assert_eq!((&tree["roots"], tree["leaves"][0]["id"].as_str()), (&json!(["a"]), Some("13")), "{version:?}");
        assert_eq!(tree["leaves"][0]["depth"], 4, "the path is whole");
        assert_eq!(home.findings(), [], "{version:?}");
        home.ok(&["migrate"]);
        assert_eq!(home.tree(), tree, "from the sidecar");
        assert_eq!((home.findings(), home.run(&["verify", "s"]).code), (vec![], 0));
        let shown = home.ok(&["show", "s", "--path", "13", "--json"]).text();
        let ids: Vec<Value> =
            shown.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["id"].clone()).collect();
        assert_eq!(ids, [json!("a"), json!("b"), json!(12), json!(13)]);
        home.parents_are_ids();
        assert!(home.ok(&["repair", "s"]).text().contains("nothing is wrong"));
    }
}

/// A `linear-v1` log that has numbers for some of its ids: what is put in names them as numbers.
#[test]
fn numbers_of_a_linear_log_are_named_as_numbers() {
    let mut bare = message(json!(7), Value::Null);
    bare.as_object_mut().expect("an object").remove("parentId");
    let mut next = message(Value::Null, Value::Null);
    ["id", "parentId"].iter().for_each(|field| drop(next.as_object_mut().expect("an object").remove(*field)));
    let compaction = json!({"type": "compaction", "timestamp": TIME, "summary": "x", "firstKeptEntryIndex": 1});
    let home = Home::new(None, &[bare, next, compaction]);
    let tree = home.tree();
    home.ok(&["migrate"]);
    assert_eq!(home.tree(), tree);
    let entries = home.entries();
    assert_eq!((&entries[0]["id"], &entries[1]["parentId"]), (&json!(7), &json!(7)));
    assert_eq!(entries[2]["firstKeptEntryId"], json!(7));
    assert_eq!(home.findings(), []);
}

#[test]
fn what_is_no_id_or_parent_is_found_and_mended() {
    for version in [None, Some(2), Some(3)] {
        for field in ["id", "parentId"] {
            for junk in JUNK {
                let what = format!("version {version:?}, {field} {junk}");
                let mut entries = numbered();
                entries[3][field] = serde_json::from_str(junk).expect("JSON");
                let home = Home::new(version, &entries);
                let found = home.findings();
                let [(code, severity, line, offset, _)] = &found[..] else { panic!("{what}: {found:?}") };
                assert_eq!((code.as_str(), *line, *offset), ("bad-field", 5, offset_of(&home, 5)), "{what}");
                // Which ends with the migration, where that gives ids and parents.
                assert_eq!(severity, if version.is_none() { "warning" } else { "error" }, "{what}");
                assert_eq!(home.run(&["verify", "s"]).code, i32::from(version.is_some()), "{what}");
                let (_, _, _, _, key) = &found[0];
                assert!(home.ok(&["show", "s", "--entry", key, "--json"]).text().contains("\"x\""), "{what}");
                let tree = home.tree();
                home.ok(&["migrate"]);
                assert_eq!(home.tree(), tree, "{what}");
                let is_bad = version.is_some();
                assert_eq!(home.findings().len(), usize::from(is_bad), "{what}");
                let planned = home.ok(&["repair", "s", "--dry-run"]).text();
                assert_eq!(planned.contains("would repair"), is_bad, "{what}: {planned}");
                home.ok(&["repair", "s"]);
                assert_eq!((home.findings(), home.run(&["verify", "s"]).code), (vec![], 0), "{what}");
                home.parents_are_ids();
                let mended = home.tree();
                for list in ["roots", "leaves", "branch_points"] {
                    let (was, is) = (tree[list].as_array().expect("a list"), mended[list].as_array().expect("a list"));
                    assert_eq!(is.len(), was.len(), "{what}: {list}");
                }
                if field == "parentId" {
                    // No entry got another name, so all of it is the same.
                    assert_eq!(mended, tree, "{what}");
                }
            }
        }
    }
}

#[test]
fn what_is_no_time_is_found_and_mended() {
    for version in [None, Some(2), Some(3)] {
        for junk in JUNK.into_iter().chain(["1.5", "\"soon\"", "\"2026-02-30T00:00:00Z\"", "\"1700000000\""]) {
            let mut entries = numbered();
            entries[3]["timestamp"] = serde_json::from_str(junk).expect("JSON");
            let home = Home::new(version, &entries);
            let offset = offset_of(&home, 5);
            let bad = ("bad-field".to_string(), "error".to_string(), 5, offset, "13".to_string());
            assert_eq!(home.findings(), [bad], "{junk}");
            let tree = home.tree();
            home.ok(&["migrate"]);
            home.ok(&["repair", "s"]);
            assert_eq!((home.findings(), home.tree()), (vec![], tree), "{junk}");
            assert_eq!(home.entries()[3]["timestamp"], Value::Null);
        }
    }
}

/// A child that names the id in another form than the entry has it gets that form, once the log is repaired at all.
#[test]
fn a_repaired_parent_has_the_form_of_the_id() {
    let mut entries = numbered();
    entries[3]["parentId"] = json!("12");
    entries.push(message(json!("c"), json!(false)));
    let home = Home::new(Some(3), &entries);
    let tree = home.tree();
    assert_eq!(tree["leaves"][0]["depth"], 4);
    home.ok(&["repair", "s"]);
    assert_eq!(home.tree(), tree);
    home.parents_are_ids();
    assert_eq!(home.entries()[3]["parentId"], json!(12));
}

#[test]
fn append_takes_no_such_field_and_names_numbers_as_numbers() {
    let home = Home::new(Some(3), &numbered()[..4]);
    let before = fs::read(home.log()).expect("there");
    for field in ["id", "parentId", "timestamp"] {
        for junk in JUNK.into_iter().chain(["1.5"]) {
            let run = home.append(&[], &format!("{{\"type\":\"message\",\"{field}\":{junk},\"message\":{{}}}}\n"));
            assert_eq!(run.code, 2, "{field} {junk}: {run:?}");
            assert!(run.stderr.contains(&format!("`{field}`")), "{run:?}");
        }
    }
    for number in ["{\"type\":\"message\",\"id\":14}\n", "{\"type\":\"message\",\"parentId\":13}\n"] {
        assert_eq!(home.append(&[], number).code, 2, "{number}");
    }
    assert_eq!(home.append(&[], "{\"type\":\"message\",\"id\":\"12\"}\n").code, 2, "the id is taken");
    assert_eq!(fs::read(home.log()).expect("there"), before);
    assert_eq!(home.append(&[], "{\"type\":\"message\",\"id\":\"n1\",\"message\":{}}\n").code, 0);
    assert_eq!(home.append(&["--parent", "12"], "{\"type\":\"message\",\"id\":\"n2\",\"message\":{}}\n").code, 0);
    home.ok(&["label", "s", "12", "twelve"]);
    let entries = home.entries();
    assert_eq!(entries[4]["parentId"], json!(13), "the last entry");
    assert_eq!(entries[5]["parentId"], json!(12));
    assert_eq!(entries[6]["targetId"], json!(12));
    assert_eq!(home.findings(), []);
    assert_eq!(home.tree()["labels"][0]["entry_id"], "12");
    let forked = home.ok(&["fork", "s", "--at", "13"]).text().trim().to_string();
    let fork = home.ok(&["show", &forked, "--file-order", "--json"]).text();
    let label: Value = serde_json::from_str(fork.lines().last().expect("a label")).expect("JSON");
    assert_eq!((&label["targetId"], &label["parentId"]), (&json!(12), &json!(13)));
}

/// A large log is not read by `doctor`; its sidecar counts, however it was made.
#[test]
fn doctor_counts_them_in_large_logs() {
    let mut entries = numbered();
    entries[3]["parentId"] = json!({});
    let mut large = message(json!("large"), json!("b"));
    large["message"]["content"] = "y".repeat(300_000).into();
    let home = Home::new(Some(3), &[large]);
    home.ok(&["migrate"]);
    let lines: String = entries[2..].iter().map(|line| format!("{line}\n")).collect();
    let mut log = fs::OpenOptions::new().append(true).open(home.log()).expect("there");
    log.write_all(lines.as_bytes()).expect("written");
    drop(log);
    home.ok(&["migrate"]);
    let report = home.run(&["doctor", "--json"]);
    let found = report.json()["findings"].to_string();
    assert!(found.contains("1 damaged lines or fields"), "{found}");
    assert_eq!(report.code, 1);
}

/// Each entry's parent, by number.
fn parents(log: &OracleLog) -> Vec<Option<usize>> {
    log.entries.iter().map(|entry| entry.parent).collect()
}

/// Whatever the ids and parents are: behind a repair the tree is the one that readers showed.
#[test]
fn a_repair_keeps_the_tree() {
    let kinds = [
        Damage::BadId,
        Damage::BadParent,
        Damage::BadTimestamp,
        Damage::NumberIds,
        Damage::MissingId,
        Damage::NoParent,
        Damage::DuplicateId,
        Damage::LaterParent,
        Damage::SelfParent,
        Damage::MissingParent,
        Damage::SnakeCaseParent,
        Damage::LoneSurrogate,
    ];
    let mut repaired = 0;
    for seed in 0..150 {
        let mut bytes = tree_v3(LogShape { entries: 12, branch_percent: 20, ..LogShape::default() }, seed);
        let rng = &mut random(seed);
        for kind in kinds.iter().cycle().skip(seed as usize % kinds.len()).take(4) {
            kind.apply(&mut bytes, rng);
        }
        let dir = LogDir::new(&bytes);
        let before = read_log(&bytes);
        let (plan, _) = repair(&dir.log(), &mut go_on).expect("repaired");
        let after = read_log(&fs::read(dir.log()).expect("there"));
        assert_eq!(parents(&after), parents(&before), "seed {seed}");
        assert_eq!(after.codes(), [""; 0], "seed {seed}");
        repaired += u32::from(!plan.is_nothing());
    }
    assert!(repaired > 100, "{repaired}");
}
