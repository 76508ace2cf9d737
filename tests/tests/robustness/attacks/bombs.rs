//! Input that costs more than it weighs.

use super::Home;
use jcode_session_tests::effort;
use jcode_session_tests::sessions::lines;
use std::fs;

/// How deep JSON nests: readers that call themselves would end by a signal.
fn depth() -> usize {
    if effort::long() { 1_000_000 } else { 250_000 }
}

#[test]
fn json_may_nest_without_end() {
    let depth = depth();
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(depth), close.repeat(depth));
        let home = Home::new();
        let mut log = lines(0..2);
        for content in [format!("{{\"role\":\"user\",\"content\":{deep}}}"), deep.clone()] {
            let line = format!(
                "{{\"type\":\"message\",\"id\":\"d{}\",\"parentId\":\"e1\",\"timestamp\":1,\"message\":{content}}}\n",
                log.len()
            );
            log.extend_from_slice(line.as_bytes());
        }
        log.extend_from_slice(&lines(2..4));
        log.extend_from_slice(format!("{{\"type\":{deep}\n{{\"id\":{}", open.repeat(depth)).as_bytes());
        home.log("s", &log);
        fs::create_dir(home.file("s.store")).expect("made");
        fs::write(home.file("s.store/ledger.jsonl"), format!("{deep}\n")).expect("written");
        fs::write(home.file("s.store/ledger.head"), &deep).expect("written");
        home.run_all();
    }
}

#[test]
fn v1_files_may_nest_without_end() {
    let deep = format!("{}1{}", "[".repeat(depth()), "]".repeat(depth()));
    let time = "2026-01-01T00:00:00Z";
    let snapshot = |message: &str, more: &str| {
        format!(
            "{{\"id\":\"session_v\",\"created_at\":\"{time}\",\"updated_at\":\"{time}\",\"status\":\"Active\",\"messages\":[{message}]{more}}}"
        )
    };
    let inputs = [
        snapshot(
            &format!(
                "{{\"id\":\"m\",\"role\":\"user\",\"content\":[{{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":{deep}}}]}}"
            ),
            "",
        ),
        snapshot("", &format!(",\"compaction\":{deep}")),
        snapshot(&deep, ""),
        deep.clone(),
    ];
    for snapshot in inputs {
        let home = Home::new();
        fs::remove_file(home.file("s.jsonl")).expect("removed");
        fs::write(home.file("session_v.json"), &snapshot).expect("written");
        fs::write(home.file("session_v.journal.jsonl"), format!("{{\"meta\":{deep}}}\n{deep}\n")).expect("written");
        for args in [
            &["list"][..],
            &["verify", "session_v"],
            &["tree", "session_v"],
            &["show", "session_v"],
            &["migrate"],
            &["migrate"],
            &["export", "session_v", "--format", "jcode-v1"],
            &["export", "session_v", "--format", "html"],
            &["doctor"],
        ] {
            home.run(args);
        }
    }
}

/// A sidecar that is of this log, and whose tables are questions without an answer.
#[test]
fn a_sidecar_of_views_is_not_asked() {
    const ENDLESS: &str = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n) SELECT";
    let attacks = [
        format!(
            "ALTER TABLE entries RENAME TO old; CREATE VIEW entries AS {ENDLESS} x AS seq,'a' AS id,NULL AS parent_id,1 AS ts,\
             'k' AS kind,0 AS branch_leaf_marker,0 AS byte_offset,9 AS byte_len,0 AS parent_step,1 AS depth FROM n"
        ),
        format!(
            "DROP TABLE branches; CREATE VIEW branches AS {ENDLESS} 'a' AS leaf_id,NULL AS name,NULL AS labeled_at,x AS seq FROM n"
        ),
        "CREATE TRIGGER t AFTER INSERT ON entries BEGIN DELETE FROM entries; END".to_string(),
        "CREATE TABLE more(x); CREATE INDEX i ON entries(kind)".to_string(),
    ];
    for attack in attacks {
        let home = Home::new();
        assert_eq!(home.run(&["migrate"]).code, 0);
        let tree = home.run(&["tree", "s", "--json"]);
        let sidecar = rusqlite::Connection::open(home.file("s.sqlite3")).expect("opens");
        sidecar.execute_batch(&attack).expect("SQL");
        drop(sidecar);
        for args in [&["tree", "s", "--json"][..], &["show", "s"], &["verify", "s"], &["list"]] {
            assert_eq!(home.run(args).code, 0, "{args:?}: {attack}");
        }
        assert_eq!(home.run(&["tree", "s", "--json"]).text(), tree.text());
        assert_eq!(home.run(&["append", "s"]).code, 0);
        home.run_all();
    }
}

#[test]
fn a_session_index_of_views_is_not_asked() {
    let home = Home::new();
    let list = home.run(&["list", "--json"]);
    let index = rusqlite::Connection::open(home.path().join("agent/sessions.idx.db")).expect("opens");
    let endless = "DROP TABLE sessions; CREATE VIEW sessions AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n) \
        SELECT x AS id,1 AS root,x'00' AS rel,'s' AS session_id,'/' AS cwd,x AS last_modified,x'00' AS row FROM n";
    index.execute_batch(endless).expect("SQL");
    drop(index);
    for _ in 0..2 {
        assert_eq!(home.run(&["list", "--json"]).text(), list.text());
    }
    home.run_all();
}
