//! What `tree`, `show`, `migrate` and `verify` print, as text and as JSON, and the code they end with.

use super::{clean, good, put};
use jcode_session_tests::generate::{LogShape, linear_v1};
use jcode_session_tests::homes::home;
use jcode_session_tests::oracle::read_log;
use jcode_session_tests::program::run;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

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
