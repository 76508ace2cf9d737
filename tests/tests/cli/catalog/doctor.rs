//! `doctor`: what it finds, what it mends, and that it leaves everything else alone.

use jcode_session_tests::files::contents;
use jcode_session_tests::homes::{home, index, listed, log, put, sessions};
use jcode_session_tests::program::run;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const MS: u64 = 1_770_000_000_000;

fn codes(report: &Value) -> Vec<(String, String)> {
    let findings = report["findings"].as_array().expect("an array").iter();
    let name = |finding: &Value| {
        let path = finding["path"].as_str().expect("a path").to_string();
        Path::new(&path).file_name().expect("a name").to_string_lossy().into_owned()
    };
    findings.map(|finding| (finding["code"].as_str().expect("a code").to_string(), name(finding))).collect()
}

#[test]
fn it_finds_what_is_wrong_and_mends_what_can_be_made_anew() {
    let home = home();
    let folder = sessions(home.path());
    for name in ["good", "torn", "broken", "cut", "gone"] {
        put(home.path(), &format!("{name}.jsonl"), &log(name, 6, MS, "hello"));
    }
    assert_eq!(run(home.path(), ["migrate"]).code, 0);
    listed(home.path());
    let of = |name: &str| folder.join(name);
    let mut torn = fs::read(of("torn.jsonl")).expect("read");
    torn.truncate(torn.len() - 9);
    fs::write(of("torn.jsonl"), torn).expect("written");
    let mut broken = fs::read(of("broken.jsonl")).expect("read");
    let middle = broken.len() / 2;
    broken[middle..middle + 20].fill(b'{');
    fs::write(of("broken.jsonl"), broken).expect("written");
    fs::write(of("cut.sqlite3"), b"no database").expect("written");
    fs::remove_file(of("gone.jsonl")).expect("removed");
    let old = of(".jcode-session-old.tmp");
    fs::write(&old, b"x").expect("written");
    let day = SystemTime::now() - Duration::from_secs(2 * 24 * 60 * 60);
    fs::File::options().write(true).open(&old).and_then(|file| file.set_modified(day)).expect("set");
    fs::write(of(".jcode-session-new.tmp"), b"x").expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(of("good.jsonl"), fs::Permissions::from_mode(0o644)).expect("set");
    }

    let before = contents(home.path());
    let doctor = run(home.path(), ["doctor", "--only", "sessions", "--json"]);
    let after = contents(home.path());
    assert_eq!(doctor.code, 1, "{doctor:?}");
    let read_only = |files: &BTreeMap<PathBuf, Vec<u8>>| -> BTreeMap<PathBuf, Vec<u8>> {
        // SQLite's shared memory is no content.
        files
            .iter()
            .filter(|(p, _)| !p.to_string_lossy().ends_with("-shm"))
            .map(|(p, b)| (p.clone(), b.clone()))
            .collect()
    };
    assert_eq!(read_only(&before), read_only(&after), "without --fix nothing is written");
    let report = doctor.json();
    assert_eq!(report["schema"], "jcode-session.doctor");
    let s = &report["sessions"];
    assert_eq!((s["count"].as_u64(), s["stale_index_rows"].as_u64()), (Some(4), Some(4)), "{report}");
    let found = codes(&report);
    let has = |code: &str, name: &str| found.iter().any(|(c, n)| c == code && n == name);
    assert!(has("torn-tail", "torn.jsonl") && has("orphaned-sidecar", "gone.sqlite3"), "{found:?}");
    assert!(found.iter().any(|(code, name)| name == "broken.jsonl" && code != "sidecar-stale"), "{found:?}");
    assert!(has("sidecar-corrupt", "cut.jsonl") && has("session-index", "sessions.idx.db"), "{found:?}");
    assert!(has("temporary-file", ".jcode-session-old.tmp") && has("temporary-file", ".jcode-session-new.tmp"));
    assert_eq!(has("permissions", "sessions"), cfg!(unix), "{found:?}");

    let fixed = run(home.path(), ["doctor", "--fix", "--json"]).json();
    let found = codes(&fixed);
    let has = |code: &str| found.iter().any(|(c, _)| c == code);
    assert!(!has("sidecar-corrupt") && !has("sidecar-stale") && !has("session-index"), "{found:?}");
    assert_eq!(fixed["sessions"]["stale_index_rows"], 0);
    assert_eq!(fixed["sessions"]["with_sidecar"], 4);
    assert!(!old.exists() && of(".jcode-session-new.tmp").exists() && of("gone.sqlite3").exists());
    for (path, bytes) in before.iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "jsonl")) {
        assert_eq!(fs::read(path).ok().as_ref(), Some(bytes), "logs are left alone");
    }
    assert!(index(home.path()).is_file());
}

#[test]
fn a_missing_checkpoint_is_an_error_and_the_last_migration_is_known() {
    let home = home();
    let linear = jcode_session_tests::generate::linear_v1(Default::default(), 4);
    let path = put(home.path(), "l.jsonl", &linear);
    assert_eq!(run(home.path(), ["migrate"]).code, 0);
    let good = run(home.path(), ["doctor", "--json"]);
    assert!(good.json()["sessions"]["last_migrate"].as_i64().is_some_and(|at| at > 1_700_000_000_000));
    assert_eq!(good.json()["sessions"]["missing_checkpoints"], 0);
    fs::remove_dir_all(path.with_extension("store").join("checkpoints")).expect("removed");
    let bad = run(home.path(), ["doctor", "--json"]);
    assert_eq!((bad.code, bad.json()["sessions"]["missing_checkpoints"].as_u64()), (1, Some(1)));
}

#[test]
fn an_empty_home_is_healthy() {
    let home = home();
    let doctor = run(home.path(), ["doctor", "--json"]);
    assert_eq!((doctor.code, doctor.json()["findings"].clone()), (0, serde_json::json!([])));
    assert_eq!(run(home.path(), ["doctor"]).code, 0);
}
