//! Homes that nobody would wish for.

use jcode_session_tests::homes::{home, listed, log, put, scanned, sessions};
use jcode_session_tests::program::{command, finished, run};
use std::fs;

const MS: u64 = 1_770_000_000_000;

#[test]
fn foreign_files_are_no_sessions_and_are_not_read_twice() {
    let home = home();
    for number in 0..16_700 {
        put(home.path(), &format!("f{number}.txt"), b"x");
        put(home.path(), &format!("f{number}.json"), b"{\"a\":1}");
        put(home.path(), &format!("x/f{number}.jsonl"), b"{\"event\":\"ledger\"}\n{\"n\":1}\n");
    }
    put(home.path(), "y/deep/s.jsonl", &log("s", 2, MS, "hello"));
    put(home.path(), "s.store/segments/t.jsonl", &log("t", 2, MS, "hello"));
    put(home.path(), "s.journal.jsonl", &log("t", 2, MS, "hello"));
    for _ in 0..2 {
        let list = listed(home.path());
        assert_eq!(list.len(), 1);
        assert_eq!(list[0].summary.session_id, "s");
    }
}

#[cfg(unix)]
#[test]
fn odd_names_loops_and_ids_from_outside() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    let home = home();
    let folder = sessions(home.path());
    put(home.path(), "new\nline.jsonl", &log("../../etc", 2, MS, "hello"));
    let odd = folder.join(OsStr::from_bytes(b"\xff\xfe bad.jsonl"));
    fs::write(odd, log("odd", 2, MS + 1, "hello")).expect("written");
    put(home.path(), "nul.jsonl", &log("a\u{0}b", 2, MS + 2, "hello"));
    fs::create_dir(folder.join("loop")).expect("made");
    symlink("../loop", folder.join("loop/again")).expect("linked");
    symlink(".", folder.join("self")).expect("linked");
    symlink("/etc/passwd", folder.join("passwd.jsonl")).expect("linked");
    symlink("nowhere", folder.join("dangling.jsonl")).expect("linked");
    symlink("rounds.jsonl", folder.join("rounds.jsonl")).expect("linked");
    fs::create_dir(folder.join("folder.jsonl")).expect("made");
    for _ in 0..2 {
        let list = listed(home.path());
        let ids: Vec<&str> = list.iter().map(|session| session.summary.session_id.as_str()).collect();
        assert_eq!(ids, ["a\u{0}b", "odd", "../../etc"]);
        assert_eq!(list, scanned(home.path()));
    }
    let list = run(home.path(), ["list", "--json"]);
    assert_eq!((list.code, list.json()["sessions"].as_array().map(Vec::len)), (0, Some(3)));
    // An id is looked up, never a path.
    assert_eq!(run(home.path(), ["tag", "../../etc", "+x"]).code, 2);
}

#[cfg(unix)]
#[test]
fn a_journal_that_is_a_link_is_followed_and_watched() {
    use jcode_session_tests::jcode_model::{ModelRng, Shape, generate};
    let home = home();
    let other = tempfile::TempDir::new().expect("a folder");
    generate(Shape::Both, 4, &mut ModelRng::new(2)).write_to(&sessions(home.path()), "owl").expect("written");
    let (journal, real) = (sessions(home.path()).join("owl.journal.jsonl"), other.path().join("j"));
    fs::rename(&journal, &real).expect("moved");
    std::os::unix::fs::symlink(&real, &journal).expect("linked");
    for len in [None, Some(0)] {
        if let Some(len) = len {
            fs::File::options().write(true).open(&real).and_then(|file| file.set_len(len)).expect("cut");
        }
        let list = listed(home.path());
        assert_eq!(list.len(), 1);
        // Old enough for its stamps to count.
        let old = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
        fs::File::options().write(true).open(&real).and_then(|file| file.set_modified(old)).expect("set");
        assert_eq!(listed(home.path()), scanned(home.path()));
    }
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_hides_nothing_else() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let home = home();
    put(home.path(), "a.jsonl", &log("a", 2, MS, "hello"));
    let closed = put(home.path(), "b.jsonl", &log("b", 2, MS, "hello"));
    put(home.path(), "closed/c.jsonl", &log("c", 2, MS, "hello"));
    let mode = |path: &std::path::Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("set");
    mode(&closed, 0);
    mode(&sessions(home.path()).join("closed"), 0);
    mode(home.path(), 0o755);
    mode(&sessions(home.path()), 0o755);
    // The superuser reads everything: as somebody else, where that can be had.
    let mut list = command(home.path());
    list.args(["list", "--json"]);
    if fs::read(&closed).is_ok() {
        list.uid(65534);
    }
    let Ok(output) = list.output() else { return };
    let list = finished(output);
    mode(&sessions(home.path()).join("closed"), 0o700);
    if list.code == -1 || list.stdout.is_empty() && list.stderr.is_empty() {
        return;
    }
    assert_eq!(list.code, 1, "{list:?}");
    assert!(list.stderr.contains("closed"), "{list:?}");
    let list = list.json();
    let sessions = list["sessions"].as_array().expect("an array");
    let found: Vec<_> = sessions.iter().map(|s| (s["session_id"].as_str(), s["dialect"].as_str())).collect();
    assert!(found.contains(&(Some("a"), Some("tree-v3"))) && found.contains(&(Some("b"), None)), "{found:?}");
    assert!(!home.path().join("agent").exists(), "nothing can be written, and nobody complains");
}

#[test]
fn titles_do_not_steer_a_terminal() {
    let home = home();
    let mut bytes = log("evil", 2, MS, "\u{1b}]0;owned\u{7}\u{1b}[2J hello \u{202e}olleh");
    bytes.extend_from_slice(
        b"{\"type\":\"session_info\",\"id\":\"i\",\"parentId\":\"e1\",\"timestamp\":1,\"name\":\"\\u001b[31mred\\u0007\\r\\nx\"}\n",
    );
    put(home.path(), "evil.jsonl", &bytes);
    for args in [&["list"][..], &["list", "--color", "never"]] {
        let list = run(home.path(), args);
        assert_eq!(list.code, 0);
        assert!(list.text().contains("red"), "{list:?}");
        assert!(!list.text().contains(['\u{1b}', '\u{7}', '\u{202e}', '\r']), "{list:?}");
    }
}
