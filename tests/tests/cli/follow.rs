//! `show --follow`: what is appended while somebody watches, line by line as it comes.
//!
//! No test waits for a time: each reads lines until the expected one came.

use jcode_session_tests::generate::agents::claude_code;
use jcode_session_tests::homes::{home, log, put};
use jcode_session_tests::jcode_model::{ModelRng, Shape, generate};
use jcode_session_tests::program::{command, run};
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use tempfile::TempDir;

const MS: u64 = 1_770_000_000_000;

/// A running `show --follow`.
struct Watch {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Watch {
    fn of(home: &Path, args: &[&str]) -> Self {
        let mut show = command(home);
        let show = show.args(["show", "--follow"]).args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = show.spawn().expect("the binary is built");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { child, lines }
    }

    /// All lines up to the first that holds this text.
    fn until(&mut self, text: &str) -> Vec<String> {
        let mut seen = Vec::new();
        for line in &mut self.lines {
            seen.push(line.expect("a line"));
            if seen.last().is_some_and(|line| line.contains(text)) {
                return seen;
            }
        }
        panic!("`{text}` did not come: {seen:?}");
    }

    /// Ends it as Ctrl-C does: exit code, the lines that were left, and what it said aside.
    #[cfg(unix)]
    fn interrupt(mut self) -> (Option<i32>, Vec<String>, String) {
        let sent = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().expect("kill");
        assert!(sent.success());
        let rest = self.lines.map_while(Result::ok).collect();
        let mut aside = String::new();
        self.child.stderr.take().expect("piped").read_to_string(&mut aside).expect("text");
        (self.child.wait().expect("ends").code(), rest, aside)
    }
}

fn with_log(entries: u64) -> (TempDir, PathBuf) {
    let home = home();
    let path = put(home.path(), "it.jsonl", &log("it", entries, MS, "word"));
    (home, path)
}

fn append(path: &Path, bytes: &[u8]) {
    OpenOptions::new().append(true).open(path).expect("there").write_all(bytes).expect("written");
}

fn entry(id: &str, parent: &str, text: &str, more: &str) -> String {
    format!(
        "{{\"type\":\"message\",\"id\":\"{id}\",\"parentId\":\"{parent}\",\"timestamp\":{MS}{more},\"message\":{{\"role\":\
         \"user\",\"content\":\"{text}\"}}}}\n"
    )
}

#[test]
#[cfg(unix)]
fn what_is_appended_comes_once_and_ctrl_c_is_no_error() {
    for is_indexed in [false, true] {
        let (home, path) = with_log(40);
        if is_indexed {
            assert_eq!(run(home.path(), ["migrate".as_ref(), path.as_os_str()]).code, 0);
        }
        let mut watch = Watch::of(home.path(), &["it", "--json"]);
        assert_eq!(watch.until("word 39").len(), 10);
        let appended = command(home.path()).args(["append", "it"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
        let mut appended = appended.expect("the binary is built");
        let line = "{\"type\":\"message\",\"message\":{\"role\":\"user\",\"content\":\"from append\"}}\n";
        appended.stdin.take().expect("piped").write_all(line.as_bytes()).expect("taken");
        assert!(appended.wait().expect("ends").success());
        assert_eq!(watch.until("from append").len(), 1);
        // Moved into segments, the log is what it was.
        assert_eq!(run(home.path(), ["seal", "it", "--segment-size", "64K"]).code, 0);
        append(&path, entry("last", "e1", "the last", "").as_bytes());
        assert_eq!(watch.until("the last").len(), 1);
        let (code, rest, aside) = watch.interrupt();
        assert_eq!((code, rest, &*aside), (Some(0), Vec::new(), ""));
    }
}

#[test]
#[cfg(unix)]
fn nothing_is_shown_before_it_is_whole() {
    let (home, path) = with_log(3);
    let mut watch = Watch::of(home.path(), &["it", "--json", "--file-order", "--tail", "1"]);
    assert_eq!(watch.until("word 2").len(), 1);
    // Half a line, then half a batch; both are seen before the rest comes, as the lines between them show.
    let line = entry("a", "e2", "half a line", "");
    append(&path, &line.as_bytes()[..60]);
    append(&path, &line.as_bytes()[60..]);
    assert_eq!(watch.until("half a line").len(), 1);
    append(&path, entry("b", "a", "first of two", ",\"batch\":2").as_bytes());
    // What stands in the batch as its second line completes it.
    append(&path, entry("c", "b", "second of two", "").as_bytes());
    let both = watch.until("second of two");
    assert_eq!((both.len(), both[0].contains("first of two")), (2, true), "{both:?}");
    append(&path, entry("d", "c", "never complete", ",\"batch\":3").as_bytes());
    let (code, rest, _) = watch.interrupt();
    assert_eq!((code, rest), (Some(0), Vec::new()));
}

#[test]
#[cfg(unix)]
fn a_log_that_is_cut_or_replaced_is_said_and_followed() {
    let (home, path) = with_log(5);
    let mut watch = Watch::of(home.path(), &["it", "--tail", "2"]);
    watch.until("word 4");
    let other = path.with_extension("new");
    fs::write(&other, log("it", 3, MS, "another")).expect("written");
    fs::rename(&other, &path).expect("renamed");
    let seen = watch.until("another 2").join("\n");
    assert!(seen.contains("another 1") && !seen.contains("another 0"), "{seen}");
    append(&path, entry("x", "e2", "behind it", "").as_bytes());
    let seen = watch.until("behind it").join("\n");
    assert!(!seen.contains("another"), "{seen}");
    let (code, _, aside) = watch.interrupt();
    assert_eq!((code, aside.matches("was cut or replaced").count()), (Some(0), 1), "{aside}");
}

#[test]
fn a_log_that_is_gone_ends_it_with_an_error() {
    let (home, path) = with_log(5);
    let mut watch = Watch::of(home.path(), &["it"]);
    watch.until("word 4");
    fs::remove_file(&path).expect("there");
    assert!(watch.lines.all(|line| line.expect("a line").trim().is_empty()));
    assert_eq!(watch.child.wait().expect("ends").code(), Some(2));
}

#[test]
#[cfg(unix)]
fn a_reader_that_goes_away_ends_it() {
    let (home, _) = with_log(5);
    let mut watch = Watch::of(home.path(), &["it"]);
    watch.until("word 4");
    drop(watch.lines);
    assert_eq!(watch.child.wait().expect("ends").code(), Some(0));
}

/// Follows a session while these pieces are appended to one of its files: what was not shown before comes once.
#[cfg(unix)]
fn follows(home: &Path, session: &str, grows: &Path, pieces: &[&[u8]]) {
    let shown = |count: &str| run(home, ["show", session, "--json", "--file-order", "--tail", count]).text();
    let (before, last) = (shown("1000"), shown("1"));
    let mut watch = Watch::of(home, &[session, "--json", "--file-order", "--tail", "1"]);
    assert_eq!(watch.until(last.trim_end()).len(), 1);
    pieces.iter().for_each(|piece| append(grows, piece));
    let now = shown("1000");
    let known: Vec<&str> = before.lines().collect();
    let new: Vec<&str> = now.lines().filter(|line| !known.contains(line)).collect();
    assert!(!new.is_empty());
    let mut seen = watch.until(new.last().expect("a line"));
    let (code, more, _) = watch.interrupt();
    seen.extend(more);
    assert_eq!(code, Some(0));
    for line in new {
        assert_eq!(seen.iter().filter(|seen| *seen == line).count(), 1, "{line}");
    }
}

#[test]
#[cfg(unix)]
fn the_log_of_another_agent_is_followed_as_it_grows() {
    let home = home();
    let whole = claude_code(40, 7);
    let lines: Vec<&[u8]> = whole.split_inclusive(|&byte| byte == b'\n').collect();
    let (first, rest) = lines.split_at(lines.len() / 2);
    let path = put(home.path(), "other.jsonl", &first.concat());
    follows(home.path(), "other", &path, rest);
}

#[test]
#[cfg(unix)]
fn a_session_that_jcode_keeps_in_its_own_files_is_followed_as_it_grows() {
    let home = home();
    let files = generate(Shape::Both, 12, &mut ModelRng::new(5));
    let journal = files.journal.clone().expect("a journal");
    let lines: Vec<&[u8]> = journal.split_inclusive(|&byte| byte == b'\n').collect();
    let (first, rest) = lines.split_at(lines.len() / 2);
    let snapshot = put(home.path(), "session_owl_1.json", &files.snapshot.expect("a snapshot"));
    let grows = put(home.path(), "session_owl_1.journal.jsonl", &first.concat());
    follows(home.path(), snapshot.to_str().expect("text"), &grows, rest);
}

#[test]
fn what_cannot_be_followed_is_refused() {
    let (home, _) = with_log(3);
    for args in
        [&["show", "it", "-f", "--path", "e1"][..], &["show", "it", "-f", "--entry", "e1"], &["show", "no", "-f"]]
    {
        assert_eq!(run(home.path(), args).code, 2, "{args:?}");
    }
}
