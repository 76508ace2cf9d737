//! The forms that are given away: what is left out of them, and what is said of it.

use super::harness::export;
use jcode_session_tests::files::LogDir;
use jcode_session_tests::generate::secrets::secret;
use jcode_session_tests::generate::{LogShape, random, tree_v3};
use jcode_session_tests::program::{command, finished, run};
use serde_json::{Value, json};

const HEADER: &str = r#"{"type":"session","version":3,"id":"s","timestamp":"2026-03-01T08:00:00.000Z","cwd":"/p"}"#;

/// A log with two branches, and a secret in the second.
fn log(secret: &str) -> Vec<u8> {
    let message = |id: &str, parent: Value, role: &str, text: String| {
        json!({"type": "message", "id": id, "parentId": parent, "timestamp": "2026-03-01T08:00:01.000Z",
            "message": {"role": role, "content": text}})
        .to_string()
    };
    let lines = [
        HEADER.to_string(),
        message("a", Value::Null, "user", "first".into()),
        message("b", "a".into(), "assistant", "one".into()),
        message("c", "a".into(), "assistant", format!("two {secret}")),
    ];
    format!("{}\n", lines.join("\n")).into_bytes()
}

#[test]
fn hf_is_the_log_without_its_secrets() {
    let (token, _) = secret("ghp_{a36}", &mut random(1));
    let log = log(&token);
    let run = export(&log, &["--format", "hf"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(run.text(), String::from_utf8(log.clone()).expect("text").replace(&token, "[REDACTED:github-token]"));
    assert!(run.stderr.contains("1 github-token") && !run.stderr.contains(&token), "{run:?}");
    let whole = export(&log, &["--format", "hf", "--redact", "off"]);
    assert!(whole.stdout == log && !whole.stderr.contains("redacted"), "{whole:?}");
    // Without a secret it is what v3 is, byte for byte.
    let log = tree_v3(LogShape { entries: 300, ..LogShape::default() }, 7);
    assert!(export(&log, &["--format", "hf"]).stdout == export(&log, &["--format", "v3"]).stdout);
}

#[test]
fn atif_is_a_path_without_its_secrets() {
    let (token, _) = secret("ghp_{a36}", &mut random(2));
    let log = log(&token);
    let active = export(&log, &["--format", "atif"]);
    assert_eq!(active.code, 0, "{active:?}");
    let document = active.json();
    assert_eq!(document["schema_version"], "ATIF-v1.7");
    assert_eq!((&document["session_id"], &document["trajectory_id"]), (&json!("s"), &json!("s#c")));
    assert_eq!(document["steps"][1]["message"], "two [REDACTED:github-token]");
    assert_eq!(document["extra"]["cwd"], "/p");
    let other = export(&log, &["--format", "atif", "--path", "b"]).json();
    assert_eq!((&other["trajectory_id"], &other["steps"][1]["message"]), (&json!("s#b"), &json!("one")));
    let whole = export(&log, &["--format", "atif", "--redact", "off"]).json();
    assert_eq!(whole["steps"][1]["message"], format!("two {token}"));
}

#[test]
fn variables_and_the_home_of_this_machine_are_left_out() {
    let dir = LogDir::new(&log("swordfish-12 in /home/ann/x"));
    let mut exported = command(dir.folder());
    exported.args(["export", &dir.log().to_string_lossy(), "--format", "hf"]);
    let exported =
        finished(exported.env("FORGE_PASSWORD", "swordfish-12").env("HOME", "/home/ann").output().expect("runs"));
    assert!(exported.text().contains("two [REDACTED:env-forge_password] in ~/x"), "{exported:?}");
}

#[test]
fn the_other_forms_are_whole() {
    let dir = LogDir::new(&log("x"));
    let path = dir.log().to_string_lossy().into_owned();
    for format in ["v3", "html", "markdown"] {
        let refused = run(dir.folder(), ["export", &path, "--format", format, "--redact", "rules"]);
        assert!(refused.code == 2 && refused.stderr.contains("--format hf"), "{refused:?}");
    }
    let refused = run(dir.folder(), ["export", &path, "--format", "hf", "--path", "b"]);
    assert!(refused.code == 2 && refused.stderr.contains("atif"), "{refused:?}");
    let empty = export(format!("{HEADER}\n").as_bytes(), &["--format", "atif"]);
    assert!(empty.code == 2 && empty.stderr.contains("no entry"), "{empty:?}");
}
