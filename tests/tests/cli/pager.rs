//! The pager: only on a terminal, and only if it is wanted. `script` gives the command a terminal of its own.

use jcode_session_tests::homes::{home, log, put};
use jcode_session_tests::program::{self, Run, command, finished, run};
use std::path::Path;
use tempfile::TempDir;

const PAGER: &str = "sed s/^/paged:/";

fn with_log() -> TempDir {
    let home = home();
    put(home.path(), "it.jsonl", &log("it", 4, 1_770_000_000_000, "word"));
    home
}

/// Runs the binary at a terminal, with these variables.
fn at_terminal(home: &Path, args: &str, variables: &[(&str, &str)]) -> Run {
    program::at_terminal(home, args, None, variables)
}

#[test]
fn what_goes_to_a_terminal_goes_through_the_pager() {
    let home = with_log();
    for args in ["show it", "tree it", "man"] {
        let ours = at_terminal(home.path(), args, &[("JCODE_SESSION_PAGER", PAGER), ("PAGER", "false")]);
        assert!(ours.code == 0 && ours.text().starts_with("paged:"), "{args}: {ours:?}");
        let general = at_terminal(home.path(), args, &[("PAGER", PAGER)]);
        assert!(general.code == 0 && general.text().starts_with("paged:"), "{args}: {general:?}");
    }
    // What is said beside the data is read where the data is.
    let tree = at_terminal(home.path(), "tree it", &[("PAGER", PAGER)]);
    assert!(tree.text().contains("paged:* is"), "{tree:?}");
}

#[test]
fn nothing_is_paged_that_should_not_be() {
    let home = with_log();
    for (args, pager) in [
        ("show it --no-pager", PAGER),
        ("--no-pager show it", PAGER),
        ("show it", ""),
        ("show it", "cat"),
        ("list", PAGER),
        ("show nothing", PAGER),
    ] {
        let shown = at_terminal(home.path(), args, &[("JCODE_SESSION_PAGER", pager)]);
        assert!(!shown.text().contains("paged:") && !shown.text().is_empty(), "{args}, `{pager}`: {shown:?}");
    }
    let mut piped = command(home.path());
    let piped = finished(piped.args(["show", "it"]).env("JCODE_SESSION_PAGER", PAGER).output().expect("runs"));
    assert_eq!((piped.code, piped.stdout), (0, run(home.path(), ["show", "it"]).stdout));
}

#[test]
fn a_pager_that_is_closed_is_no_error() {
    let home = home();
    put(home.path(), "it.jsonl", &log("it", 20_000, 1_770_000_000_000, "word"));
    let shown = at_terminal(home.path(), "show it", &[("JCODE_SESSION_PAGER", "head -n 3")]);
    assert_eq!((shown.code, shown.text().lines().count()), (0, 3), "{shown:?}");
    let refused = at_terminal(home.path(), "show nothing", &[("JCODE_SESSION_PAGER", "head -n 3")]);
    assert_eq!(refused.code, 2, "{refused:?}");
}
