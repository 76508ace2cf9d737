//! An incomplete batch at the end of a log, as commands meet it.

use jcode_session_tests::program::{Run, command, fed, run};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

const HEADER: &str = r#"{"type":"session","version":3,"id":"s","timestamp":"2026-01-01T00:00:00Z","cwd":"/"}"#;

fn entry(id: &str, parent: &str, batch: &str) -> String {
    let parent = if parent.is_empty() { "null".to_string() } else { format!("\"{parent}\"") };
    format!(
        r#"{{"type":"message","id":"{id}","parentId":{parent},"timestamp":"2026-01-01T00:00:01Z"{batch},"message":{{"role":"user","content":"{id}"}}}}"#
    )
}

struct Home {
    home: TempDir,
    log: PathBuf,
}

impl Home {
    fn new(lines: &[String]) -> Self {
        let home = TempDir::new().expect("a folder");
        let log = home.path().join("sessions/s.jsonl");
        fs::create_dir(home.path().join("sessions")).expect("made");
        fs::write(&log, lines.join("\n") + "\n").expect("written");
        Self { home, log }
    }

    fn run(&self, args: &[&str]) -> Run {
        run(self.home.path(), args)
    }

    fn ids(&self) -> Vec<String> {
        let shown = self.run(&["show", "s", "--file-order", "--json"]);
        let id = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["id"].clone();
        shown.text().lines().map(|line| id(line).as_str().expect("text").to_string()).collect()
    }

    fn findings(&self) -> Vec<(String, String)> {
        let path = self.log.to_str().expect("text");
        let report = self.run(&["verify", path, "--json"]).json();
        let findings = report["logs"][0]["findings"].as_array().expect("findings").clone();
        let text = |value: &serde_json::Value| value.as_str().expect("text").to_string();
        let findings = findings.iter().map(|finding| (text(&finding["code"]), text(&finding["severity"])));
        findings.filter(|(code, _)| code != "sidecar-missing").collect()
    }

    fn append(&self, input: &str) -> Run {
        fed(command(self.home.path()).args(["append", "s"]), input)
    }
}

fn torn() -> Home {
    Home::new(&[
        HEADER.to_string(),
        entry("a", "", ""),
        entry("b", "a", ",\"batch\":2"),
        entry("c", "b", ""),
        entry("d", "c", ",\"batch\":3"),
        entry("e", "d", ""),
    ])
}

#[test]
fn readers_leave_it_out_and_verify_reports_it() {
    let home = torn();
    assert_eq!(home.ids(), ["a", "b", "c"]);
    assert_eq!(home.findings(), [("torn-batch".to_string(), "warning".to_string())]);
    assert_eq!(home.run(&["tree", "s", "--json"]).json()["active_leaf"], "c");
    assert_eq!(home.run(&["show", "s", "--tail", "1", "--json"]).text().matches("\"id\":\"c\"").count(), 1);
    let list = home.run(&["list", "--json"]).json();
    assert_eq!(list["sessions"][0]["entry_count"], 3);
    assert_eq!(list["sessions"][0]["message_count"], 3);
    // With a sidecar too.
    assert_eq!(home.run(&["migrate", "--session", "s"]).code, 0);
    assert_eq!(home.ids(), ["a", "b", "c"]);
    assert_eq!(home.run(&["tree", "s", "--json"]).json()["entry_count"], 3);
    assert_eq!(home.findings(), [("torn-batch".to_string(), "warning".to_string())]);
}

#[test]
fn the_next_writer_sets_it_aside_whole_and_repair_brings_it_back() {
    let home = torn();
    let done = home.append("{\"type\":\"message\",\"id\":\"f\",\"message\":{\"role\":\"user\",\"content\":\"f\"}}\n");
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!((home.ids(), home.findings()), (["a", "b", "c", "f"].map(String::from).to_vec(), Vec::new()));
    assert!(fs::read_to_string(&home.log).expect("text").contains("\"id\":\"f\",\"parentId\":\"c\""));
    let aside = fs::read_dir(home.log.with_extension("store").join("quarantine")).expect("there");
    let aside: Vec<_> = aside.map(|file| fs::read_to_string(file.expect("a file").path()).expect("text")).collect();
    assert_eq!(aside, [[entry("d", "c", ",\"batch\":3"), entry("e", "d", "")].join("\n") + "\n"]);
    assert_eq!(home.run(&["repair", "s"]).code, 0);
    assert_eq!(home.ids(), ["a", "b", "c", "d", "e", "f"]);
    assert_eq!(home.findings(), []);
}

#[test]
fn repair_keeps_its_entries_and_takes_the_number_out() {
    let home = torn();
    let before = fs::read_to_string(&home.log).expect("text");
    assert_eq!(home.run(&["repair", "s"]).code, 0);
    assert_eq!((home.ids(), home.findings()), (["a", "b", "c", "d", "e"].map(String::from).to_vec(), Vec::new()));
    assert_eq!(fs::read_to_string(&home.log).expect("text"), before.replace(",\"batch\":3", ""));
}

/// The path to an entry need not hold all that was saved with it.
#[test]
fn a_fork_has_no_batches() {
    let home = torn();
    let forked = home.run(&["fork", "s", "--at", "b"]);
    assert_eq!(forked.code, 0, "{forked:?}");
    let fork = forked.text().trim().to_string();
    assert_eq!(home.run(&["tree", &fork, "--json"]).json()["entry_count"], 2);
    let text = fs::read_to_string(home.home.path().join(format!("sessions/{fork}.jsonl"))).expect("text");
    assert!(text.contains(&entry("b", "a", "")), "{text}");
}

/// A rollback takes the log back to a state of whole batches, and forth to what it was.
#[test]
fn a_rollback_and_its_undo_keep_every_byte() {
    let home = Home::new(&[HEADER.to_string(), entry("a", "", "")]);
    assert_eq!(home.append(&entry("b", "a", "")).code, 0);
    let whole = fs::read(&home.log).expect("there");
    let torn = [&whole[..], entry("c", "b", ",\"batch\":2").as_bytes(), b"\n"].concat();
    fs::write(&home.log, &torn).expect("written");
    let back = home.run(&["rollback", "s"]);
    assert_eq!(back.code, 0, "{back:?}");
    assert!(torn.starts_with(&fs::read(&home.log).expect("there")));
    assert_eq!(home.run(&["rollback", "s", "--undo"]).code, 0);
    assert_eq!(fs::read(&home.log).expect("there"), torn);
}
