//! `push`, `pull`, and the commands that read an archive: words, exit codes, and that what they print is what they print
//! of the same sessions here.

use jcode_session_core::log::torn_batch;
use jcode_session_core::source::SliceSource;
use jcode_session_tests::effort;
use jcode_session_tests::files::contents;
use jcode_session_tests::generate::{LogShape, damage, linear_v1, random, tree_v3};
use jcode_session_tests::homes;
use jcode_session_tests::jcode_model::{ModelRng, Shape, generate};
use jcode_session_tests::program::{Run, command, finished, placeless, run};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

struct Place {
    home: TempDir,
    store: PathBuf,
}

impl Place {
    fn new() -> Self {
        let home = homes::home();
        let store = home.path().join("store");
        Self { home, store }
    }

    /// Another home over the same store.
    fn other(&self) -> Self {
        Self { home: homes::home(), store: self.store.clone() }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        homes::put(self.home.path(), name, bytes)
    }

    fn run(&self, args: &[&str]) -> Run {
        run(self.home.path(), args)
    }

    /// A command with `--store`.
    fn there(&self, args: &[&str]) -> Run {
        let store = self.store.to_str().expect("text");
        self.run(&[args, &["--store", store]].concat())
    }

    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let sessions = self.home.path().join("sessions");
        let files = contents(&sessions).into_iter();
        files.map(|(path, bytes)| (path.strip_prefix(&sessions).expect("in it").into(), bytes)).collect()
    }
}

fn ok(run: &Run) {
    assert_eq!(run.code, 0, "{run:?}");
}

fn refused(run: &Run, words: &str) {
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains(words), "{words}: {run:?}");
}

#[test]
fn there_and_back() {
    let here = Place::new();
    here.put("a.jsonl", &homes::log("a", 4, 1_760_000_000_000, "apple"));
    here.put("sub/b.jsonl", &homes::log("b", 2, 1_760_000_001_000, "pear"));
    let planned = here.there(&["push", "--all", "--dry-run", "--json"]);
    ok(&planned);
    assert!(!here.store.exists(), "a dry run writes nothing");
    let pushed = here.there(&["push", "--all", "--json"]);
    ok(&pushed);
    let report = pushed.json();
    assert_eq!((&report["schema"], &report["version"]), (&"jcode-session.push".into(), &1.into()));
    assert_eq!((&report["dry_run"], &report["commit"]), (&false.into(), &1.into()));
    assert_eq!(report["sessions"], planned.json()["sessions"]);
    let first = &report["sessions"][0];
    assert_eq!((&first["session_id"], &first["action"], &first["pieces"]), (&"a".into(), &"pushed".into(), &1.into()));
    assert!(first["bytes"].as_u64() > Some(100) && first["reason"].is_null());

    let planned = here.there(&["push", "--dry-run", "--json"]).json();
    let again = here.there(&["push", "--json"]).json();
    assert_eq!((&again["commit"], &again["sessions"]), (&Value::Null, &planned["sessions"]));
    assert_eq!(again["sessions"][0]["action"], "up-to-date");
    assert_eq!(here.there(&["push", "a", "--quiet"]).text(), "");

    let there = here.other();
    let planned = there.there(&["pull", "--all", "--dry-run", "--json"]);
    assert!(there.files().is_empty());
    let pulled = there.there(&["pull", "--all", "--json"]);
    ok(&pulled);
    assert_eq!(pulled.json()["schema"], "jcode-session.pull");
    assert_eq!(pulled.json()["sessions"], planned.json()["sessions"]);
    assert_eq!(there.files(), here.files());
    assert_eq!(there.there(&["pull", "b", "--json"]).json()["sessions"][0]["action"], "up-to-date");
    // Grown there, and back.
    ok(&there.run(&["label", "a", "e1", "name"]));
    let one = there.there(&["push", "a", "--json"]);
    ok(&one);
    assert_eq!(one.json()["sessions"].as_array().map(Vec::len), Some(1));
    ok(&here.there(&["pull", "a"]));
    assert_eq!(
        fs::read(here.home.path().join("sessions/a.jsonl")).ok(),
        fs::read(there.home.path().join("sessions/a.jsonl")).ok()
    );
    ok(&here.run(&["verify", "a"]));
}

#[test]
fn a_store_may_be_set() {
    let here = Place::new();
    here.put("a.jsonl", &homes::log("a", 4, 1_760_000_000_000, "apple"));
    let set = |args: &[&str]| {
        finished(command(here.home.path()).args(args).env("JCODE_STORE", &here.store).output().expect("runs"))
    };
    ok(&set(&["push"]));
    assert_eq!(set(&["list", "--store", "--json"]).json()["sessions"][0]["session_id"], "a");
    // It is asked for: without the flag a list is of what is here.
    assert_eq!(
        set(&["list", "--json"]).json()["looked_in"][0],
        homes::sessions(here.home.path()).display().to_string()
    );
    refused(&here.run(&["push"]), "JCODE_STORE");
    refused(&here.run(&["list", "--store"]), "JCODE_STORE");
}

#[test]
fn what_is_no_archive_is_refused() {
    let here = Place::new();
    here.put("a.jsonl", &homes::log("a", 1, 1_760_000_000_000, "apple"));
    refused(&here.there(&["list"]), "holds no archive");
    refused(&here.there(&["pull", "--all"]), "holds no archive");
    fs::create_dir(&here.store).expect("made");
    fs::write(here.store.join("notes.txt"), "mine").expect("written");
    for args in [&["push"][..], &["list"], &["pull", "--all"]] {
        refused(&here.there(args), "is not empty and holds no archive");
    }
    assert_eq!(fs::read_dir(&here.store).expect("there").count(), 1);
    fs::remove_file(here.store.join("notes.txt")).expect("removed");
    ok(&here.there(&["push"]));
    for (marker, words) in [
        (r#"{"format":2,"store":"x","encryption":"none"}"#, "format 2"),
        (r#"{"format":1,"store":"x","encryption":"age"}"#, "encrypted"),
        (r#"{"format":1,"store":"../x","encryption":"none"}"#, "cannot be read"),
        ("{", "cannot be read"),
    ] {
        fs::write(here.store.join("jcode-store.json"), marker).expect("written");
        refused(&here.there(&["list"]), words);
    }
    refused(&here.run(&["push", "--store", "s3://bucket/x"]), "not built in");
    refused(&here.run(&["pull", "--store", "x"]), "SESSION");
}

#[test]
fn a_session_is_found_by_what_it_is_called() {
    let here = Place::new();
    here.put("2026_abc1.jsonl", &homes::log("abc1", 1, 1_760_000_000_000, "apple"));
    here.put("2026_abc2.jsonl", &homes::log("abc2", 1, 1_760_000_000_000, "apple"));
    ok(&here.there(&["push"]));
    ok(&here.there(&["show", "abc1"]));
    ok(&here.there(&["show", "2026_abc2"]));
    refused(&here.there(&["show", "abc"]), "can mean abc1, abc2");
    refused(&here.there(&["show", "nothing"]), "no session `nothing`");
    refused(&here.there(&["pull", "nothing"]), "no session `nothing`");
    refused(&here.there(&["pull", "abc1", "--machine", "nowhere"]), "no machine `nowhere`");
}

/// The page shows no list of an archive, and must not show that of this machine in its place.
#[test]
fn a_page_of_an_archive_is_of_one_session() {
    let here = Place::new();
    here.put("it.jsonl", &homes::log("it", 2, 1_770_000_000_000, "word"));
    ok(&here.there(&["push"]));
    refused(&here.there(&["inspect", "--no-open"]), "`list --store ");
}

#[test]
fn damage_is_pointed_out_by_a_command_that_reads_the_archive() {
    let here = Place::new();
    let end = b"{\"type\":\"custom\",\"id\":\"end\",\"parentId\":null,\"timestamp\":null}\n";
    here.put("a.jsonl", &[&homes::log("a", 2, 1_760_000_000_000, "apple")[..], b"{broken\n", end].concat());
    ok(&here.there(&["push"]));
    let shown = here.there(&["show", "a"]);
    ok(&shown);
    let command = shown.stderr.split('`').find(|span| span.starts_with("verify ")).expect("a command");
    let verified = here.run(&command.split(' ').collect::<Vec<_>>());
    assert!(verified.code == 1 && verified.text().contains("invalid-json"), "{command}: {verified:?}");
}

/// Two machines with different histories: both can be read and brought.
#[test]
fn both_histories_can_be_had() {
    let here = Place::new();
    here.put("a.jsonl", &homes::log("a", 2, 1_760_000_000_000, "apple"));
    fs::create_dir_all(here.home.path().join("agent")).expect("made");
    fs::write(here.home.path().join("agent/machine.label"), "desk\n").expect("written");
    ok(&here.there(&["push"]));
    let there = here.other();
    fs::create_dir_all(there.home.path().join("agent")).expect("made");
    fs::write(there.home.path().join("agent/machine.label"), "laptop\n").expect("written");
    ok(&there.there(&["pull", "--all"]));
    ok(&there.run(&["label", "a", "e0", "there"]));
    ok(&here.run(&["label", "a", "e0", "here"]));
    ok(&here.there(&["push"]));
    let pushed = there.there(&["push", "--json"]);
    assert_eq!((pushed.code, &pushed.json()["sessions"][0]["action"]), (1, &"diverged".into()), "{pushed:?}");
    assert!(pushed.json()["sessions"][0]["reason"].as_str().expect("words").contains("pull --machine desk"));
    let listed = here.there(&["list", "--json"]).json();
    let paths: Vec<&str> =
        listed["sessions"].as_array().expect("a list").iter().map(|s| s["path"].as_str().expect("text")).collect();
    assert_eq!(paths.len(), 2);
    assert!(paths.iter().any(|path| path.ends_with("/sessions/a@desk/a.jsonl")), "{paths:?}");
    refused(&here.there(&["show", "a"]), "different histories");
    for (word, label) in [("a@desk", "here"), ("a@laptop", "there")] {
        let tree = here.there(&["tree", word, "--json"]);
        ok(&tree);
        assert_eq!(tree.json()["labels"][0]["name"], label);
    }
    assert_eq!(here.there(&["pull", "a"]).code, 1);
    let before = here.files();
    let beside = here.there(&["pull", "a@laptop", "--json"]);
    ok(&beside);
    let path = beside.json()["sessions"][0]["path"].as_str().expect("a path").to_string();
    assert_eq!(fs::read(&path).ok(), fs::read(there.home.path().join("sessions/a.jsonl")).ok());
    assert!(path.ends_with("a-laptop.jsonl"), "{path}");
    assert_eq!(here.files().get(Path::new("a.jsonl")), before.get(Path::new("a.jsonl")));
    assert_eq!(here.there(&["doctor", "--json"]).json()["findings"][0]["code"], "diverged");
    // Or as a session of its own.
    refused(&here.there(&["pull", "a", "--fork"]), "different histories");
    let forked = here.there(&["pull", "a", "--fork", "--machine", "laptop"]);
    ok(&forked);
    let tree = here.run(&["tree", forked.text().trim(), "--json"]);
    ok(&tree);
    assert_eq!(tree.json()["labels"][0]["name"], "there");
    assert!(here.run(&["list", "--json"]).text().contains("a@laptop/a.jsonl"), "it says where it comes from");
}

#[test]
fn only_whole_lines_are_pushed_and_nothing_of_other_agents() {
    let here = Place::new();
    let whole = homes::log("a", 2, 1_760_000_000_000, "apple");
    here.put("a.jsonl", &[&whole[..], b"{\"type\":\"mess"].concat());
    here.put("claude.jsonl", &jcode_session_tests::generate::agents::claude_code(3, 1));
    let pushed = here.there(&["push", "--json"]);
    ok(&pushed);
    assert_eq!(pushed.json()["sessions"].as_array().map(Vec::len), Some(1), "{pushed:?}");
    let there = here.other();
    ok(&there.there(&["pull", "--all"]));
    assert_eq!(there.files(), BTreeMap::from([(PathBuf::from("a.jsonl"), whole)]));
}

#[test]
fn a_sealed_log_is_one_log_there() {
    let here = Place::new();
    let log = here.put("s.jsonl", &tree_v3(LogShape { entries: 900, ..LogShape::default() }, 4));
    let whole = fs::read(&log).expect("there");
    ok(&here.run(&["migrate"]));
    ok(&here.run(&["seal", "s", "--segment-size", "64K", "--compress"]));
    assert!(fs::read(&log).expect("there").len() < whole.len(), "sealed");
    ok(&here.there(&["push"]));
    let there = here.other();
    ok(&there.there(&["pull", "--all"]));
    assert_eq!(there.files().get(Path::new("s.jsonl")), Some(&whole));
    ok(&there.run(&["verify", &there.home.path().join("sessions").display().to_string()]));
    // Grown there; here the log is in segments, which a pull does not touch.
    let before = here.files();
    let line = b"{\"type\":\"custom\",\"id\":\"new\",\"parentId\":null,\"timestamp\":null}\n";
    fs::write(there.home.path().join("sessions/s.jsonl"), [&whole[..], line].concat()).expect("written");
    ok(&there.there(&["push"]));
    let pulled = here.there(&["pull", "--all"]);
    assert_eq!(pulled.code, 1, "{pulled:?}");
    assert!(pulled.text().contains("seal --undo"), "{pulled:?}");
    assert_eq!(here.files(), before);
    ok(&here.run(&["seal", "s", "--undo"]));
    ok(&here.there(&["pull", "--all"]));
    assert_eq!(here.files().get(Path::new("s.jsonl")), there.files().get(Path::new("s.jsonl")));
}

/// Sessions of every dialect of ours, sound and damaged, as far as they are pushed.
fn corpus(here: &Place) {
    let seeds = if effort::long() { 120 } else { 14 };
    for seed in 0..seeds {
        let sound = tree_v3(LogShape { entries: 20, branch_percent: 20, ..LogShape::default() }, seed);
        let mut bytes = if seed % 4 == 0 { sound } else { damage(&sound, &mut random(seed)) };
        bytes.truncate(bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |lf| lf + 1));
        if let Some(torn) = torn_batch(&SliceSource(&bytes)).expect("in memory") {
            bytes.truncate(usize::try_from(torn.offset).expect("small"));
        }
        if !bytes.is_empty() {
            here.put(&format!("t{seed}.jsonl"), &bytes);
        }
    }
    for seed in 0..3 {
        let linear = linear_v1(LogShape { entries: 9, ..LogShape::default() }, 500 + seed);
        here.put(&format!("linear{seed}.jsonl"), &linear);
        let v2 = String::from_utf8(tree_v3(LogShape { entries: 9, ..LogShape::default() }, 600 + seed)).expect("text");
        here.put(&format!("v2-{seed}.jsonl"), v2.replacen("\"version\":3", "\"version\":2", 1).as_bytes());
        let v1 = generate(Shape::Both, 4, &mut ModelRng::new(seed + 1));
        v1.write_to(&here.home.path().join("sessions"), &format!("session_v{seed}")).expect("written");
    }
    here.put(
        "newer.jsonl",
        b"{\"type\":\"session\",\"version\":9,\"id\":\"newer\",\"timestamp\":null,\"cwd\":\"/\"}\n",
    );
}

#[test]
fn every_report_is_that_of_the_sessions_here() {
    let here = Place::new();
    corpus(&here);
    let pushed = here.there(&["push", "--json"]).json();
    let by_id = |report: Value| -> BTreeMap<String, Value> {
        let sessions = report["sessions"].as_array().expect("sessions").iter();
        sessions.map(|s| (s["session_id"].as_str().expect("text").to_string(), placeless(s.clone()))).collect()
    };
    let (local, remote) = (here.run(&["list", "--json"]).json(), here.there(&["list", "--json"]).json());
    let there = by_id(remote);
    let mut compared = 0;
    for session in local["sessions"].as_array().expect("sessions") {
        let (path, id) = (session["path"].as_str().expect("text"), session["session_id"].as_str().expect("text"));
        let told = pushed["sessions"].as_array().expect("sessions").iter().find(|s| s["path"] == path).expect("pushed");
        assert_eq!(told["action"], "pushed", "{told}");
        assert_eq!(there.get(id), Some(&placeless(session.clone())), "list: {path}");
        let verified = here.run(&["verify", path, "--json"]);
        let verified_there = here.there(&["verify", id, "--json"]);
        let of = |run: &Run| placeless(run.json());
        assert_eq!(of(&verified_there), of(&verified), "verify: {path}");
        for args in [
            &["tree", "--json"][..],
            &["show", "--json"],
            &["show", "--file-order", "--json"],
            &["show", "--tail", "3"],
            &["export", "--format", "v3"],
            &["export", "--format", "markdown"],
            &["export", "--format", "jcode-v1"],
        ] {
            let with = |word| -> Vec<&str> { [&args[..1], &[word], &args[1..]].concat() };
            let (a, b) = (here.run(&with(path)), here.there(&with(id)));
            assert_eq!((b.code, b.text()), (a.code, a.text()), "{args:?} of {path}: {} beside {}", b.stderr, a.stderr);
            compared += 1;
        }
    }
    println!("{compared} reports compared");
    for query in ["the", "a", "nowhere to be found"] {
        let args = ["search", query, "--json", "--limit", "1000"];
        let (a, b) = (here.run(&args), here.there(&args));
        let sorted = |run: &Run| {
            let report = placeless(run.json());
            let mut hits: Vec<String> = report["hits"].as_array().expect("hits").iter().map(Value::to_string).collect();
            hits.sort_unstable();
            (report["total"].clone(), hits)
        };
        assert_eq!((b.code, sorted(&b)), (a.code, sorted(&a)), "{query}");
    }
    assert_eq!(here.there(&["verify", "--json"]).json()["logs"].as_array().map(Vec::len), Some(there.len()));
}
