//! Names that lead elsewhere.

use super::{Home, SECRET};
use jcode_session_tests::sessions::lines;
use std::fs;

const OUTSIDE: [&str; 7] = ["../secret", "/etc/passwd", "..", ".", "../../secret", "s/../../secret", "s\0"];

#[test]
fn a_session_id_is_no_path_out_of_the_sessions() {
    let home = Home::new();
    for id in OUTSIDE.iter().filter(|id| !id.contains('\0') && !id.starts_with('/')) {
        let ran = home.run(&["append", "--", id]);
        assert_ne!(ran.code, 1, "{id}");
        for args in [&["tag", id, "+t"][..], &["label", id, "e1", "n"], &["migrate", "--session", id], &["repair", id]]
        {
            assert_eq!(home.run(args).code, 2, "{args:?}");
        }
        home.untouched(&[id]);
    }
}

/// The id in a header names nothing on the disk.
#[test]
fn an_id_in_a_header_is_shown_and_never_a_path() {
    for id in OUTSIDE {
        let home = Home::new();
        let log = String::from_utf8(lines(0..4)).expect("text");
        let id = serde_json::to_string(id).expect("a string");
        home.log("s", log.replacen("\"s\"", &id, 1).as_bytes());
        home.run_all();
        let names: Vec<_> =
            fs::read_dir(home.path()).expect("a folder").map(|e| e.expect("an entry").file_name()).collect();
        assert!(
            names.iter().all(|name| ["sessions", "secret", "agent"].iter().any(|known| name == known)),
            "{names:?}"
        );
    }
}

/// A ledger from elsewhere names files elsewhere.
#[test]
fn paths_in_a_ledger_stay_in_the_store() {
    for path in ["../../secret", "checkpoints/../../../secret", "/etc/passwd", "checkpoints/.hidden", "quarantine/../x"]
    {
        for field in ["checkpoint_path", "set_aside"] {
            let home = Home::new();
            assert_eq!(home.run(&["checkpoints", "s", "--take"]).code, 0);
            assert_eq!(home.run(&["label", "s", "e1", "later"]).code, 0);
            let ledger = home.file("s.store/ledger.jsonl");
            let text = fs::read_to_string(&ledger).expect("a ledger");
            let mut row: serde_json::Value = serde_json::from_str(text.lines().next().expect("a row")).expect("a row");
            row[field] = path.into();
            row["event"] = if field == "set_aside" { "rollback" } else { "checkpoint" }.into();
            fs::write(&ledger, format!("{row}\n")).expect("written");
            fs::remove_file(home.file("s.store/ledger.head")).expect("removed");
            let verified = home.run(&["verify", "s", "--json"]);
            assert!(verified.text().contains("ledger-broken"), "{path}: {verified:?}");
            home.run_all();
            let log = fs::read_to_string(home.file("s.jsonl")).expect("a log");
            assert!(!log.contains(SECRET.trim()), "{path} was read into the log");
        }
    }
}
