//! What commands look like on terminals of several widths: `docs/terminal.md` shows it. Nothing is wider than the terminal
//! but what stands in a log as it is: code and the output of tools.
//!
//! After a change of what is printed, `JCODE_SESSION_WRITE_DOCS=1 cargo test --workspace --test cli captured` writes the
//! page anew, to be looked at.

use jcode_session_core::store::SessionStore;
use jcode_session_native::os::segments::storage;
use jcode_session_tests::program::at_terminal;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use unicode_width::UnicodeWidthStr;

const WIDTHS: [usize; 3] = [140, 80, 50];

/// Commands over the sample sessions, and what each is to show.
const COMMANDS: [(&str, &str); 7] = [
    ("list", "A session a line, title first, the short id last."),
    ("tree dark-mode", "The branches with their labels; the rails are those of `git log --graph`."),
    ("show dark-mode --tail 4", "The last entries. Prose is wrapped between words, code stays as it is."),
    ("show dark-mode --entry f1bbcd88 --full", "An entry with all of its text: an edit as lines that go and come."),
    ("search variables --limit 3", "Hits, the newest first."),
    ("du", "What takes how much."),
    (
        "checkpoints dark-mode",
        "States to return to: that of now has a star, and times stand whole, since `rollback` takes them.",
    ),
];

/// States of a session, as a writer leaves them: how many lines its log had, when and why.
const STATES: [(usize, i64, &str); 4] = [
    (7, 1_767_950_000_000, "before the first entry of this run"),
    (15, 1_768_030_000_000, "on demand"),
    (29, 1_768_120_000_000, "after 100 entries or 1 MiB"),
    (44, 1_768_210_000_000, "on demand"),
];

/// A home in which the session has grown through these states.
fn with_states() -> TempDir {
    let home = TempDir::new().expect("a folder");
    fs::create_dir(home.path().join("sessions")).expect("made");
    let log = home.path().join("sessions/dark-mode.jsonl");
    let whole = fs::read_to_string(project().join("tests/sample/dark-mode.jsonl")).expect("there");
    for (lines, at_ms, note) in STATES {
        // The same file: another one would be another log.
        let so_far: String = whole.split_inclusive('\n').take(lines).collect();
        fs::write(&log, so_far).expect("written");
        let storage = storage(&log);
        let mut store = SessionStore::open(&storage).expect("opens");
        assert!(store.checkpoint(at_ms, note).expect("taken").is_some());
    }
    home
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the project")
}

#[test]
fn the_page_of_the_terminal_shows_what_is_seen() {
    let home = TempDir::new().expect("a folder");
    fs::create_dir(home.path().join("sessions")).expect("made");
    for name in ["dark-mode.jsonl", "invoice-rounding.jsonl"] {
        let to = home.path().join("sessions").join(name);
        fs::copy(project().join("tests/sample").join(name), to).expect("copied");
    }
    let mut page = String::from(
        "# In the terminal\n\nWhat the commands print over the sample sessions in `tests/sample`, on terminals of 140, 80 \
         and 50 columns. A test compares this page with what they print. On a terminal with colours who speaks, Markdown, \
         code and the lines of an edit are set off by them.\n",
    );
    let with_states = with_states();
    for (command, words) in COMMANDS {
        let home = if command.starts_with("checkpoints") { &with_states } else { &home };
        let _ = write!(page, "\n## `{command}`\n\n{words}\n");
        for columns in WIDTHS {
            let seen = at_terminal(
                home.path(),
                &format!("--no-progress {command}"),
                Some(columns),
                &[("JCODE_SESSION_PAGER", "cat")],
            );
            assert_eq!(seen.code, 0, "{command}: {seen:?}");
            let text = seen.text().replace('\r', "");
            for line in text.lines().filter(|_| !command.contains("--full")) {
                assert!(line.width() <= columns, "{command}, {columns} columns: {line}");
            }
            let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
            let _ = write!(page, "\n{columns} columns:\n\n````text\n{}\n````\n", lines.join("\n"));
        }
    }
    let path = project().join("docs/terminal.md");
    if std::env::var_os("JCODE_SESSION_WRITE_DOCS").is_some() {
        fs::write(&path, &page).expect("written");
    }
    let shown = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(shown, page, "`JCODE_SESSION_WRITE_DOCS=1` writes the page anew");
}
