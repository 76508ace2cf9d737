//! The commands below a host program's own: its global flags before and behind them, its `session rename`, its place
//! for `doctor`.

use jcode_session_tests::program::{Run, binary, run};
use std::path::Path;
use std::process::{Command, Stdio};

const LOG: &str = concat!(
    r#"{"type":"session","version":3,"id":"s1","timestamp":"2026-01-01T00:00:00Z","cwd":"/work/shop"}"#,
    "\n",
    r#"{"type":"message","id":"a","parentId":null,"timestamp":"2026-01-01T00:00:01Z","message":{"role":"user","content":"hi"}}"#,
    "\n",
);

fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(home.path().join("sessions")).expect("made");
    std::fs::write(home.path().join("sessions/s1.jsonl"), LOG).expect("written");
    home
}

pub(super) fn host_command(home: &Path) -> Command {
    let mut command =
        Command::new(binary().with_file_name("session-host").with_extension(std::env::consts::EXE_EXTENSION));
    command.env("JCODE_HOME", home).env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

pub(super) fn host(home: &Path, args: &[&str]) -> Run {
    let output = host_command(home).args(args).output().expect("the host is built");
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn a_hosts_flags_stay_its_own_before_and_behind() {
    let home = home();
    let at = home.path().to_str().expect("a path");
    for args in [["-C", at, "session", "list"], ["session", "-C", at, "list"], ["session", "list", "-C", at]] {
        let run = host(home.path(), &args);
        assert_eq!(run.code, 0, "{args:?}: {run:?}");
        assert!(run.text().contains(&format!("host: cwd {at}")), "{args:?}: {run:?}");
        assert!(run.text().contains("s1"), "no filter of ours: {args:?}: {run:?}");
    }
    let run = host(home.path(), &["session", "list", "--model", "opus"]);
    assert!(run.code == 0 && run.text().contains("host: model opus"), "{run:?}");
}

#[test]
fn a_name_that_both_have_is_ours_behind_our_command() {
    let home = home();
    let run = host(home.path(), &["session", "list", "--cwd", "/work/shop"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.text().contains("s1") && !run.text().contains("host: cwd"), "{run:?}");
    let run = host(home.path(), &["session", "list", "--cwd", "/elsewhere"]);
    assert!(run.code == 0 && !run.text().contains("s1"), "{run:?}");
    let run = host(home.path(), &["--limit", "many", "session", "list", "--limit", "1"]);
    assert!(run.code == 0 && run.text().contains("host: limit many") && run.text().contains("s1"), "{run:?}");
    let out = home.path().join("s.md");
    let out = out.to_str().expect("a path");
    let run = host(home.path(), &["session", "export", "s1", "--format", "markdown", "-o", out]);
    assert!(run.code == 0 && Path::new(out).exists() && !run.text().contains("host: output"), "{run:?}");
}

#[test]
fn quiet_is_the_hosts() {
    let home = home();
    assert!(host(home.path(), &["session", "list"]).stderr.contains("1 of 1"));
    let run = host(home.path(), &["session", "list", "--quiet"]);
    assert!(run.code == 0 && run.text().contains("host: quiet") && run.stderr.is_empty(), "{run:?}");
}

#[test]
fn a_command_of_the_host_stands_beside_ours() {
    let home = home();
    let run = host(home.path(), &["session", "rename", "s1", "new"]);
    assert!(run.code == 0 && run.text().contains("host: rename s1 new"), "{run:?}");
    assert_eq!(host(home.path(), &["doctor", "--json"]).code, 0);
}

#[test]
fn every_command_line_of_the_host_can_be_made_and_asked_for_help() {
    let home = home();
    let commands = "migrate verify tree show list tag doctor append label fork export checkpoints rollback repair seal prune inspect";
    for command in commands.split(' ') {
        let run = host(home.path(), &["-C", ".", "session", command, "--help"]);
        assert_eq!(run.code, 0, "{command}: {run:?}");
    }
}

#[test]
fn rename_gives_a_title_that_pi_and_jcode_read() {
    let home = home();
    assert_eq!(run(home.path(), ["rename", "s1", "The shop"]).code, 0);
    let list = run(home.path(), ["list", "--json"]).json();
    assert_eq!(list["sessions"][0]["title"], "The shop", "{list}");
    let lines = std::fs::read_to_string(home.path().join("sessions/s1.jsonl")).expect("read");
    assert!(lines.contains(r#"{"type":"session_info""#) && lines.contains(r#""name":"The shop""#), "{lines}");
    assert!(!lines.contains("jcode/meta"), "not from jcode: {lines}");
    let header = LOG.replace(r#""cwd":"/work/shop"}"#, r#""cwd":"/work/shop","metadata":{"jcode":{"title":"old"}}}"#);
    std::fs::write(home.path().join("sessions/s2.jsonl"), header.replace("\"s1\"", "\"s2\"")).expect("written");
    assert_eq!(run(home.path(), ["rename", "s2", "Two"]).code, 0);
    let lines = std::fs::read_to_string(home.path().join("sessions/s2.jsonl")).expect("read");
    assert!(lines.contains(r#""customType":"jcode/meta","data":{"custom_title":"Two"}"#), "{lines}");
    assert_eq!(run(home.path(), ["verify", home.path().to_str().expect("a path")]).code, 0);
}
