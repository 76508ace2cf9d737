//! `export --format parquet`: which files are written, and when.

use jcode_session_tests::files::contents;
use jcode_session_tests::generate::secrets::secret;
use jcode_session_tests::generate::{LogShape, random, tree_v3};
use jcode_session_tests::homes;
use jcode_session_tests::program::{Run, finished, limited, run};
use std::path::Path;
use tempfile::TempDir;

fn home() -> TempDir {
    let home = homes::home();
    for (id, began) in [("a", "2026-01-01"), ("b", "2026-01-01"), ("c", "2026-01-04")] {
        let log = String::from_utf8(homes::log(id, 4, 1_760_000_000_000, "apple")).expect("text");
        homes::put(home.path(), &format!("{id}.jsonl"), log.replacen("2026-01-01", began, 1).as_bytes());
    }
    std::fs::create_dir_all(home.path().join("agent")).expect("made");
    std::fs::write(home.path().join("agent/machine.label"), "my desk/1\n").expect("written");
    home
}

fn export(home: &Path, more: &[&str]) -> Run {
    let to = home.join("tables");
    let to = to.to_str().expect("text");
    run(home, [&["export", "--format", "parquet", "--all", "--to", to, "--json"], more].concat())
}

#[test]
fn a_file_a_table_day_and_machine_written_once() {
    let home = home();
    let first = export(home.path(), &[]);
    assert_eq!(first.code, 0, "{first:?}");
    let report = first.json();
    assert_eq!((&report["schema"], &report["machine"]), (&"jcode-session.parquet".into(), &"my-desk-1".into()));
    let days = report["days"].as_array().expect("days");
    assert_eq!(days.len(), 2, "{report}");
    assert_eq!((&days[0]["sessions"], &days[0]["written"]), (&2.into(), &true.into()), "{report}");
    let tables = home.path().join("tables");
    let files = contents(&tables);
    assert_eq!(files.len(), 8);
    let date = days[0]["session_date"].as_str().expect("text");
    for table in ["sessions", "entries", "tool_calls", "usage"] {
        let path = tables.join(format!("{table}/session_date={date}/machine=my-desk-1/part-0.parquet"));
        assert!(files[&path].starts_with(b"PAR1") && files[&path].ends_with(b"PAR1"), "{path:?}");
    }
    // Nothing changed, nothing is written; written anew they are the same.
    let again = export(home.path(), &[]).json();
    assert!(again["days"].as_array().expect("days").iter().all(|day| day["written"] == false), "{again}");
    std::fs::remove_dir_all(tables.join("usage")).expect("removed");
    assert_eq!(export(home.path(), &[]).code, 0);
    assert!(contents(&tables) == files, "the same bytes");
    // Other texts are other tables.
    assert_eq!(export(home.path(), &["--text", "none"]).json()["days"][0]["written"], true);
    assert!(contents(&tables) != files);
}

#[test]
fn what_changed_is_replaced_and_what_is_gone_stays() {
    let home = home();
    let rows = |run: &Run| run.json()["days"][0]["rows"].as_u64().expect("a number");
    let before = rows(&export(home.path(), &[]));
    let written = |run: &Run| -> Vec<bool> {
        run.json()["days"].as_array().expect("days").iter().map(|day| day["written"] == true).collect()
    };
    let files = contents(&home.path().join("tables"));
    assert_eq!(run(home.path(), ["label", "b", "e1", "here"]).code, 0);
    let grown = export(home.path(), &[]);
    assert_eq!((rows(&grown), written(&grown)), (before + 1, vec![true, false]));
    std::fs::remove_file(home.path().join("sessions/a.jsonl")).expect("removed");
    let gone = export(home.path(), &[]);
    assert_eq!((rows(&gone), written(&gone)), (before + 1, vec![true, false]), "its rows stay");
    let now = contents(&home.path().join("tables"));
    assert_eq!(now.len(), files.len());
}

/// In a folder nothing is left out, unless that is asked for; what was left out is told as counts.
#[test]
fn secrets_are_left_out_where_that_is_asked_for() {
    let home = home();
    let token = secret("ghp_{a36}", &mut random(1)).0;
    homes::put(home.path(), "s.jsonl", &homes::log("s", 2, 1_760_000_000_000, &token));
    let plain = export(home.path(), &[]);
    assert!(plain.code == 0 && !plain.stderr.contains("redacted"), "{plain:?}");
    let files = contents(&home.path().join("tables"));
    let same = export(home.path(), &["--redact", "off"]).json();
    assert!(same["days"].as_array().expect("days").iter().all(|day| day["written"] == false), "{same}");
    let redacted = export(home.path(), &["--redact", "rules"]);
    assert_eq!((redacted.code, &redacted.json()["days"][1]["written"]), (0, &true.into()), "{redacted:?}");
    assert!(redacted.stderr.contains("redacted: 2 github-token; look it over"), "{redacted:?}");
    assert!(!redacted.stderr.contains(&token), "{redacted:?}");
    assert!(contents(&home.path().join("tables")) != files);
    assert!(!export(home.path(), &["--redact", "rules"]).stderr.contains("redacted"), "nothing was written");
}

/// A day may have more sessions than the process may have files open.
#[test]
#[cfg(unix)]
fn a_day_of_many_sessions_needs_few_files() {
    let home = homes::home();
    for number in 0..150 {
        let id = format!("s{number}");
        homes::put(home.path(), &format!("{id}.jsonl"), &homes::log(&id, 2, 1_760_000_000_000, "apple"));
    }
    let mut limited = limited(home.path(), "ulimit -n 64");
    limited.args(["export", "--format", "parquet", "--all", "--json", "--to"]).arg(home.path().join("tables"));
    let exported = finished(limited.output().expect("runs"));
    assert_eq!(exported.code, 0, "{exported:?}");
    assert_eq!(exported.json()["days"][0]["sessions"], 150);
}

#[test]
fn what_cannot_be_done_is_said() {
    let home = home();
    let refused = |args: &[&str], words: &str| {
        let run = run(home.path(), args);
        assert!(run.code == 2 && run.stderr.contains(words), "{run:?}");
    };
    refused(&["export", "--format", "parquet", "--all"], "--to");
    refused(&["export", "--format", "parquet", "a", "--to", "x"], "--all");
    refused(&["export", "--format", "parquet", "--all", "--to", "s3://bucket/x"], "s3");
    refused(&["export", "--all", "--format", "html"], "--format parquet");
    refused(&["export", "a", "--format", "html", "--redact", "rules"], "--format hf`, atif and parquet");
    refused(&["export", "--format", "parquet", "--all", "--to", "x", "--path", "e1"], "--format atif");
    refused(&["export", "--format", "parquet", "--all", "--to", "ftp://host/x"], "`ftp:`");
    // Tables and archives have a folder `sessions` each.
    let archive = home.path().join("archive");
    let archive = archive.to_str().expect("text");
    assert_eq!(run(home.path(), ["push", "--store", archive]).code, 0);
    refused(&["export", "--format", "parquet", "--all", "--to", archive], "holds an archive of sessions");
    // A session that cannot be read is missed, and told.
    homes::put(home.path(), "large.jsonl", &tree_v3(LogShape { entries: 50, ..LogShape::default() }, 3));
    let to = home.path().join("sessions/a.jsonl/tables");
    let run = run(home.path(), ["export", "--format", "parquet", "--all", "--to", to.to_str().expect("text")]);
    assert_eq!(run.code, 2, "{run:?}");
}
