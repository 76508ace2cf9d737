//! `pick` at a terminal of its own, which `script` gives it: keys go in once the picker shows that it is there.

use jcode_session_tests::homes::{home, log, put};
use jcode_session_tests::program::{binary, command, run};
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

fn with_sessions() -> TempDir {
    let home = home();
    for (id, text) in [("one", "a garden"), ("two", "an invoice")] {
        put(home.path(), &format!("{id}.jsonl"), &log(id, 4, 1_770_000_000_000, text));
    }
    home
}

/// Presses these keys; exit code, and what came on standard output.
fn pressed(home: &Path, args: &str, keys: &[u8]) -> (Option<i32>, String) {
    let mut script = Command::new("script");
    for (name, value) in command(home).get_envs() {
        if let Some(value) = value {
            script.env(name, value);
        }
    }
    let out = home.join("out");
    // Its own size is that of no window.
    let line = format!("stty cols 80 rows 24; {} pick {args} > {}", binary().display(), out.display());
    let script = script.args(["-qec", &line, "/dev/null"]).env("TERM", "xterm");
    let mut child =
        script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("`script` is part of the system");
    let (mut input, mut screen) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
    let (mut seen, mut byte) = (Vec::new(), [0]);
    while !seen.ends_with(b"of 2") {
        assert_eq!(screen.read(&mut byte).expect("a screen"), 1, "{}", String::from_utf8_lossy(&seen));
        seen.extend(byte);
    }
    input.write_all(keys).expect("it reads");
    screen.read_to_end(&mut seen).expect("the rest");
    let code = child.wait().expect("ends").code();
    drop(input);
    (code, fs::read_to_string(out).expect("text"))
}

#[test]
fn enter_prints_the_id_and_nothing_else() {
    let home = with_sessions();
    assert_eq!(pressed(home.path(), "", b"invoi\r"), (Some(0), "two\n".into()));
    assert_eq!(pressed(home.path(), "garden --print", b"\r"), (Some(0), "one\n".into()));
}

#[test]
fn a_command_gets_the_path() {
    let home = with_sessions();
    let path = home.path().join("sessions/one.jsonl");
    assert_eq!(pressed(home.path(), "garden -- echo it is", b"\r"), (Some(0), format!("it is {}\n", path.display())));
    assert_eq!(pressed(home.path(), "-- false", b"\r"), (Some(1), String::new()));
    assert_eq!(pressed(home.path(), "-- no-such-command", b"\r"), (Some(2), String::new()));
}

#[test]
fn who_leaves_gets_nothing() {
    let home = with_sessions();
    assert_eq!(pressed(home.path(), "", b"\x03"), (Some(1), String::new()));
    assert_eq!(pressed(home.path(), "", b"zzz\r\x1b"), (Some(1), String::new()));
}

#[test]
fn without_a_terminal_nothing_is_picked() {
    let home = with_sessions();
    let refused = run(home.path(), ["pick"]);
    assert!(refused.code == 2 && refused.stderr.contains("`list`") && refused.stdout.is_empty(), "{refused:?}");
}
