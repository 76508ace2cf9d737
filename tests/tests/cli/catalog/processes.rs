//! Many processes at once: no error, no lost session, and an index that is whole.

use jcode_session_tests::homes::{home, index, listed, log, put, scanned};
use jcode_session_tests::program::command;
use std::io::Write;
use std::process::{Child, Stdio};

const LISTERS: usize = 8;
const WRITERS: usize = 4;
const ROUNDS: usize = 12;

#[test]
fn eight_list_and_four_write() {
    let home = home();
    for number in 0..30u64 {
        put(home.path(), &format!("s{number}.jsonl"), &log(&format!("s{number}"), 2, 1_770_000_000_000, "hello"));
    }
    let list = || command(home.path()).args(["list", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let write = |log: String, round: usize| -> Child {
        let mut child = command(home.path());
        child.arg("append").arg(log).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = child.spawn().expect("starts");
        let entry =
            format!("{{\"type\":\"message\",\"message\":{{\"role\":\"user\",\"content\":\"round {round}\"}}}}\n");
        child.stdin.take().expect("piped").write_all(entry.as_bytes()).expect("written");
        child
    };
    for round in 0..ROUNDS {
        let mut children: Vec<(bool, Child)> = Vec::new();
        for number in 0..LISTERS {
            children.push((true, list().expect("starts")));
            if number < WRITERS {
                // One new session and one that grows.
                let name = if number % 2 == 0 { format!("new{round}-{number}") } else { format!("s{number}") };
                let path = home.path().join(format!("sessions/{name}.jsonl"));
                children.push((false, write(path.to_string_lossy().into_owned(), round)));
            }
        }
        for (lists, child) in children {
            let output = child.wait_with_output().expect("ends");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            if lists {
                let list: serde_json::Value = serde_json::from_slice(&output.stdout).expect("json");
                let count = list["sessions"].as_array().map_or(0, Vec::len);
                assert!(count >= 30 + round * WRITERS / 2, "round {round}: {count}");
            }
        }
        assert_eq!(listed(home.path()), scanned(home.path()), "round {round}");
    }
    let connection = rusqlite::Connection::open(index(home.path())).expect("opens");
    let word: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("checked");
    assert_eq!(word, "ok");
    let rows: i64 = connection.query_row("SELECT count(*) FROM sessions", [], |row| row.get(0)).expect("counted");
    assert_eq!(rows, 30 + (ROUNDS * WRITERS / 2) as i64);
}
