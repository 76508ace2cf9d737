//! `append`, `label` and `fork` as scripts use them.

use jcode_session_tests::program::{Run, command, fed, run};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use tempfile::TempDir;

fn append(home: &Path, args: &[&str], input: &str) -> Run {
    fed(command(home).arg("append").args(args), input)
}

fn acks(run: &Run) -> Vec<String> {
    run.text().lines().filter_map(|line| line.strip_prefix("ack ")).map(str::to_string).collect()
}

const ENTRY: &str = "{\"type\":\"message\",\"message\":{\"role\":\"user\",\"content\":\"hello\"}}\n";

#[test]
fn makes_a_session_branches_labels_and_forks_it() {
    let home = TempDir::new().expect("a folder");
    let sessions = home.path().join("sessions");
    std::fs::create_dir(&sessions).expect("made");
    let log = sessions.join("one.jsonl");
    let path = log.to_str().expect("text");
    let first = append(home.path(), &[path, "--session-durability", "strict"], &ENTRY.repeat(3));
    assert_eq!(first.code, 0, "{first:?}");
    let ids = acks(&first);
    assert_eq!(ids.len(), 3);
    let branch = append(home.path(), &["one", "--parent", &ids[0]], &ENTRY.repeat(2));
    assert_eq!(branch.code, 0, "{branch:?}");
    let labelled = run(home.path(), ["label", "one", &ids[2], "first try"]);
    assert_eq!(labelled.code, 0, "{labelled:?}");
    assert_eq!(run(home.path(), ["verify", path]).code, 0);
    let tree = run(home.path(), ["tree", "one", "--json"]).json();
    assert_eq!(tree["entry_count"], 6);
    assert_eq!(tree["leaves"].as_array().expect("leaves").len(), 2);
    assert_eq!(tree["leaves"][0]["name"], "first try");
    assert_eq!(tree["branch_points"][0]["id"], ids[0]);

    let header: serde_json::Value =
        serde_json::from_str(std::fs::read_to_string(&log).expect("reads").lines().next().expect("a header"))
            .expect("JSON");
    let keys: Vec<&String> = header.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["type", "version", "id", "timestamp", "cwd"]);
    assert_eq!(header["id"], "one");

    let forked = run(home.path(), ["fork", "one", "--at", &ids[2]]);
    assert_eq!(forked.code, 0, "{forked:?}");
    let fork_id = forked.text().trim().to_string();
    let fork = std::fs::read_to_string(sessions.join(format!("{fork_id}.jsonl"))).expect("reads");
    let original = std::fs::read_to_string(&log).expect("reads");
    let header: serde_json::Value = serde_json::from_str(fork.lines().next().expect("a header")).expect("JSON");
    assert_eq!(header["parentSession"], std::fs::canonicalize(&log).expect("there").to_str().expect("text"));
    assert_eq!(fork.lines().skip(1).take(3).collect::<Vec<_>>(), original.lines().skip(1).take(3).collect::<Vec<_>>());
    let tree = run(home.path(), ["tree", &fork_id, "--json"]).json();
    assert_eq!(tree["leaves"][0]["name"], "first try");
    assert_eq!(run(home.path(), ["verify", sessions.to_str().expect("text")]).code, 0);
}

#[test]
fn acknowledges_each_entry_at_once() {
    let home = TempDir::new().expect("a folder");
    let log = home.path().join("s.jsonl");
    for mode in ["strict", "balanced", "throughput"] {
        let mut command = command(home.path());
        command.arg("append").arg(&log).env("JCODE_SESSION_DURABILITY", mode);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the binary is built");
        let mut input = child.stdin.take().expect("piped");
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        for _ in 0..3 {
            input.write_all(ENTRY.as_bytes()).expect("takes it");
            let mut line = String::new();
            output.read_line(&mut line).expect("answers");
            assert!(line.starts_with("ack "), "{mode}: {line}");
        }
        drop(input);
        assert!(child.wait().expect("ends").success());
    }
    assert_eq!(std::fs::read_to_string(&log).expect("reads").lines().count(), 10);
}

#[test]
fn refuses_and_says_which_line() {
    let home = TempDir::new().expect("a folder");
    let log = home.path().join("s.jsonl");
    let path = log.to_str().expect("text");
    let refused = append(home.path(), &[path], &format!("{ENTRY}\n{{\"type\":\"session\"}}\n{ENTRY}"));
    assert_eq!((refused.code, acks(&refused).len()), (2, 1), "{refused:?}");
    assert!(refused.stderr.contains("line 3"), "{refused:?}");
    assert_eq!(std::fs::read_to_string(&log).expect("reads").lines().count(), 2);
    let unknown = append(home.path(), &[path, "--session-durability", "fast"], ENTRY);
    assert_eq!(unknown.code, 2, "{unknown:?}");
    assert_eq!(append(home.path(), &["nowhere"], ENTRY).code, 2);
    let no_entry = run(home.path(), ["label", path, "nothing", "name"]);
    assert_eq!(no_entry.code, 2, "{no_entry:?}");
    assert_eq!(run(home.path(), ["fork", path, "--at", "nothing"]).code, 2);
    assert_eq!(std::fs::read_dir(home.path()).expect("reads").count(), 2, "log and sidecar only");
    // Windows lets only developers and administrators make links.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&log, home.path().join("l.jsonl")).expect("links");
        let link = append(home.path(), &[home.path().join("l.jsonl").to_str().expect("text")], ENTRY);
        assert!(link.code == 2 && link.stderr.contains("symbolic link"), "{link:?}");
    }
    std::fs::write(home.path().join("new.jsonl"), "{\"type\":\"session\",\"version\":4,\"id\":\"n\"}\n")
        .expect("written");
    let newer = append(home.path(), &[home.path().join("new.jsonl").to_str().expect("text")], ENTRY);
    assert!(newer.code == 2 && newer.stderr.contains("newer"), "{newer:?}");
}

#[test]
fn the_first_session_of_a_home_makes_its_folder() {
    let home = TempDir::new().expect("a folder");
    let log = home.path().join("sessions/2026/one.jsonl");
    let first = append(home.path(), &[log.to_str().expect("text")], ENTRY);
    assert_eq!((first.code, acks(&first).len()), (0, 1), "{first:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(home.path().join("sessions")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
    // Anywhere else a folder that is not there is a slip of the pen.
    let elsewhere = home.path().join("elsewhere/one.jsonl");
    let refused = append(home.path(), &[elsewhere.to_str().expect("text")], ENTRY);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("make it first"), "{refused:?}");
    assert!(!home.path().join("elsewhere").exists());
}

#[test]
fn the_start_of_an_id_names_the_parent() {
    let home = TempDir::new().expect("a folder");
    std::fs::create_dir(home.path().join("sessions")).expect("made");
    let log = home.path().join("sessions/one.jsonl");
    let entry = |id: &str| ENTRY.replace("{\"type\"", &format!("{{\"id\":\"{id}\",\"type\""));
    let made = append(home.path(), &[log.to_str().expect("text")], &["ab12", "ab34", "cd56"].map(entry).concat());
    assert_eq!(made.code, 0, "{made:?}");
    let branch = append(home.path(), &["one", "--parent", "ab1"], &entry("ef78"));
    assert_eq!(branch.code, 0, "{branch:?}");
    let last = run(home.path(), ["show", "one", "--entry", "ef78", "--json"]);
    assert!(last.text().contains("\"parentId\":\"ab12\""), "{last:?}");
    let before = std::fs::read(&log).expect("reads");
    for (word, says) in [("ab", &["several entries", "ab12, ab34"][..]), ("x", &["no entry `x`"][..])] {
        let refused = append(home.path(), &["one", "--parent", word], ENTRY);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(says.iter().all(|words| refused.stderr.contains(words)), "{refused:?}");
        let shown = run(home.path(), ["show", "one", "--entry", word]);
        assert_eq!((shown.code, &shown.stderr), (2, &refused.stderr));
    }
    assert_eq!(std::fs::read(&log).expect("reads"), before);
    // A session that is to be made has no entry to hang on.
    let new = home.path().join("sessions/new.jsonl");
    let refused = append(home.path(), &[new.to_str().expect("text"), "--parent", "ab"], ENTRY);
    assert_eq!(refused.code, 2, "{refused:?}");
}
