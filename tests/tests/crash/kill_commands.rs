//! Commands killed with SIGKILL at a moment of chance, and run again.
//!
//! `JCODE_SESSION_KILL_ROUNDS` sets the least number of rounds for each command (24).

use super::watched::{COUNTED, start, watch};
use jcode_session_native::ops::restore::take_checkpoint;
use jcode_session_tests::effort;
use jcode_session_tests::files::{contents, in_memory};
use jcode_session_tests::generate::{LogShape, tree_v3};
use jcode_session_tests::jcode_model::write_v1_home;
use jcode_session_tests::program::{command, fed, run};
use jcode_session_tests::sessions::linear;
use jcode_session_tests::written::{append, errors, whole};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What the logs of a home hold, by name.
type Logs = BTreeMap<PathBuf, Vec<u8>>;

fn rounds() -> usize {
    effort::rounds("JCODE_SESSION_KILL_ROUNDS", 24)
}

fn sessions(home: &Path) -> PathBuf {
    home.join("sessions")
}

/// A home of its own for each round, as `fill` left one.
struct Template(TempDir);

impl Template {
    fn new(fill: impl FnOnce(&Path)) -> Self {
        let home = in_memory();
        fs::create_dir(sessions(home.path())).expect("made");
        fill(home.path());
        Self(home)
    }

    fn copy(&self) -> TempDir {
        let home = in_memory();
        for (path, bytes) in contents(self.0.path()) {
            let to = home.path().join(path.strip_prefix(self.0.path()).expect("in it"));
            fs::create_dir_all(to.parent().expect("a folder")).expect("made");
            fs::write(to, bytes).expect("written");
        }
        home
    }

    /// Runs a command in so many homes, killed in each, and then looks at it.
    fn killed(&self, args: &[&str], mut look: impl FnMut(&Path)) {
        let all = COUNTED.map(|counted| {
            let whole = self.copy();
            let ended = watch(start(whole.path(), args, None), counted, u64::MAX);
            assert_eq!(ended.run.code, 0, "{args:?}");
            ended.seen
        });
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        let (mut done, mut kills) = (0, 0);
        // Who watches may come late on a busy machine: then more rounds are run, until some kills did.
        let wanted = if effort::long() { rounds() / 4 } else { 0 };
        for (counted, all) in COUNTED.into_iter().zip(all).cycle().take(8 * rounds()) {
            let home = self.copy();
            let ended = watch(start(home.path(), args, None), counted, rng.random_range(0..=all));
            kills += usize::from(ended.killed);
            look(home.path());
            done += 1;
            if done >= rounds() && kills > wanted {
                break;
            }
        }
        assert!(kills > wanted, "{args:?}: hardly ever killed, {kills} times");
        println!("{}: {done} rounds, {kills} killed", args.join(" "));
    }
}

fn logs(home: &Path) -> Logs {
    let files = contents(&sessions(home)).into_keys();
    let logs = files.filter(|path| path.parent() == Some(&*sessions(home)));
    let logs = logs.filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"));
    let logs = logs.filter(|path| !path.to_string_lossy().ends_with(".journal.jsonl"));
    logs.map(|path| (path.strip_prefix(home).expect("in it").to_path_buf(), whole(&path))).collect()
}

/// That the logs hold these bytes.
fn same(home: &Path, expected: &Logs) {
    let found = logs(home);
    assert!(found.keys().eq(expected.keys()), "{:?} instead of {:?}", found.keys(), expected.keys());
    for (name, bytes) in &found {
        assert!(expected.get(name) == Some(bytes), "{} has {} bytes, others", name.display(), bytes.len());
    }
}

fn sound(home: &Path) {
    for name in logs(home).keys() {
        assert_eq!(errors(&home.join(name)), [], "{}", name.display());
    }
}

#[test]
fn migrate_leaves_old_or_new_logs() {
    let template = Template::new(|home| {
        write_v1_home(&sessions(home), 4, 200_000, 3).expect("written");
        for n in 0..3 {
            fs::write(sessions(home).join(format!("old{n}.jsonl")), linear()).expect("written");
            let log = tree_v3(LogShape { entries: 40, ..LogShape::default() }, n);
            fs::write(sessions(home).join(format!("new{n}.jsonl")), log).expect("written");
        }
    });
    let before = logs(template.0.path());
    let v1 = |home: &Path| -> Logs {
        let is_v1 =
            |path: &PathBuf| [".json", ".journal.jsonl"].iter().any(|end| path.to_string_lossy().ends_with(end));
        let files =
            contents(home).into_iter().filter(|(path, _)| is_v1(path) && path.parent() == Some(&*sessions(home)));
        files.map(|(path, bytes)| (path.strip_prefix(home).expect("in it").to_path_buf(), bytes)).collect()
    };
    let snapshots = v1(template.0.path());
    let done = template.copy();
    assert_eq!(run(done.path(), ["migrate"]).code, 0);
    let after = logs(done.path());
    assert_eq!(after.len(), 10);
    template.killed(&["migrate"], |home| {
        for (name, bytes) in logs(home) {
            assert!(before.get(&name) == Some(&bytes) || after.get(&name) == Some(&bytes), "{}", name.display());
        }
        assert_eq!(v1(home), snapshots);
        let again = run(home, ["migrate"]);
        assert_eq!(again.code, 0, "{again:?}");
        same(home, &after);
        sound(home);
    });
}

#[test]
fn rollback_leaves_the_old_or_the_new_log() {
    let template = Template::new(|home| {
        let log = sessions(home).join("s.jsonl");
        append(&log, 0..60);
        take_checkpoint(&log).expect("taken");
        append(&log, 60..90);
    });
    let done = template.copy();
    assert_eq!(run(done.path(), ["rollback", "s"]).code, 0);
    let (before, after) = (logs(template.0.path()), logs(done.path()));
    assert_ne!(before, after);
    template.killed(&["rollback", "s"], |home| {
        let found = logs(home);
        assert!(found == before || found == after, "neither the old log nor the new one");
        sound(home);
        let (args, end) = if found == before {
            (&["rollback", "s"][..], &after)
        } else {
            (&["rollback", "s", "--undo"][..], &before)
        };
        let again = run(home, args);
        assert_eq!(again.code, 0, "{again:?}");
        same(home, end);
        sound(home);
    });
}

#[test]
fn a_seal_leaves_the_same_log() {
    let template = Template::new(|home| append(&sessions(home).join("s.jsonl"), 0..2000));
    let before = logs(template.0.path());
    template.killed(&["seal", "s", "--segment-size", "64K", "--compress"], |home| {
        same(home, &before);
        sound(home);
        for args in [&["seal", "s", "--segment-size", "64K", "--compress"][..], &["seal", "s", "--undo"]] {
            let again = run(home, args);
            assert_eq!(again.code, 0, "{again:?}");
            same(home, &before);
        }
        sound(home);
    });
}

/// Whatever was put before a kill, another push and a pull elsewhere give back every log.
#[test]
fn a_push_that_was_killed_is_made_good_by_the_next() {
    let template = Template::new(|home| {
        for n in 0..6 {
            let log = tree_v3(LogShape { entries: 40, ..LogShape::default() }, n);
            fs::write(sessions(home).join(format!("s{n}.jsonl")), log).expect("written");
        }
        append(&sessions(home).join("kept.jsonl"), 0..60);
        take_checkpoint(&sessions(home).join("kept.jsonl")).expect("taken");
    });
    let store = TempDir::new().expect("a folder");
    let store = store.path().join("store");
    let store_text = store.to_str().expect("text");
    let before = logs(template.0.path());
    template.killed(&["push", "--store", store_text], |home| {
        same(home, &before);
        let again = run(home, ["push", "--store", store_text]);
        assert_eq!(again.code, 0, "{again:?}");
        let other = in_memory();
        fs::create_dir(sessions(other.path())).expect("made");
        let pulled = run(other.path(), ["pull", "--all", "--store", store_text]);
        assert_eq!(pulled.code, 0, "{pulled:?}");
        same(other.path(), &before);
        let verified = run(home, ["verify", "--store", store_text]);
        assert_eq!(verified.code, 0, "{verified:?}");
        fs::remove_dir_all(&store).expect("removed");
    });
}

#[test]
fn a_pull_that_was_killed_is_made_good_by_the_next() {
    let folder = TempDir::new().expect("a folder");
    let (other, store) = (folder.path().join("home"), folder.path().join("store"));
    let store = store.to_str().expect("text");
    fs::create_dir_all(sessions(&other)).expect("made");
    append(&sessions(&other).join("s.jsonl"), 0..60);
    assert_eq!(run(&other, ["push", "--store", store]).code, 0);
    let template = Template::new(|home| assert_eq!(run(home, ["pull", "--all", "--store", store]).code, 0));
    let old = logs(template.0.path());
    append(&sessions(&other).join("s.jsonl"), 60..600);
    append(&sessions(&other).join("new.jsonl"), 0..60);
    assert_eq!(run(&other, ["push", "--store", store]).code, 0);
    let new = logs(&other);
    template.killed(&["pull", "--all", "--store", store], |home| {
        for (name, bytes) in logs(home) {
            assert!(old.get(&name) == Some(&bytes) || new.get(&name) == Some(&bytes), "{}", name.display());
        }
        let again = run(home, ["pull", "--all", "--store", store]);
        assert_eq!(again.code, 0, "{again:?}");
        same(home, &new);
        sound(home);
    });
}

/// The sessions stay the same for all rounds: rows of those that were changed just now are never believed.
#[test]
fn a_list_says_what_a_plain_scan_says() {
    let folder = TempDir::new().expect("a folder");
    let sessions_dir = folder.path().to_str().expect("text");
    let args = ["list", "--json", "--sessions-dir", sessions_dir];
    let write = |numbers: std::ops::Range<u64>| {
        for n in numbers {
            let log = tree_v3(LogShape { entries: 10, ..LogShape::default() }, n);
            fs::write(folder.path().join(format!("s{n}.jsonl")), log).expect("written");
        }
    };
    // Rows to replace, and rows to add.
    write(0..20);
    let template = Template::new(|home| assert_eq!(run(home, args).code, 0));
    write(20..40);
    let plain = run(TempDir::new().expect("a folder").path(), args);
    assert_eq!(plain.json()["sessions"].as_array().expect("sessions").len(), 40);
    template.killed(&args, |home| {
        let listed = run(home, args);
        assert!((listed.code, &listed.stdout) == (0, &plain.stdout), "another list; {}", listed.stderr);
    });
}

/// The index only saves reading: whatever a kill leaves of it, a search finds what it finds without.
#[test]
fn a_search_finds_the_same_beside_a_torn_index() {
    let words = [&["search", "--json", "palette"][..], &["search", "--json", "--regex", "wor.s"]];
    let text = |n: u64, word: &str| {
        let line =
            serde_json::json!({"type": "message", "message": {"role": "user", "content": format!("{word} {n}")}});
        format!("{line}\n")
    };
    let template = Template::new(|home| {
        for n in 0..6 {
            let log = tree_v3(LogShape { entries: 60, entry_bytes: 2_000, ..LogShape::default() }, n);
            fs::write(sessions(home).join(format!("s{n}.jsonl")), log).expect("written");
        }
        let input: String = (0..9).map(|n| text(n, "some words of the palette")).collect();
        assert_eq!(fed(command(home).args(["append", "s0"]), &input).code, 0);
    });
    for args in [&["migrate"][..], &["doctor", "--fix"]] {
        template.killed(args, |home| same_with_index(home, &words));
    }
    let indexed = Template::new(|home| {
        for (path, bytes) in contents(&sessions(template.0.path())) {
            fs::write(sessions(home).join(path.file_name().expect("a name")), bytes).expect("written");
        }
        assert_eq!(run(home, ["migrate"]).code, 0);
    });
    indexed.killed(&["tag", "s0", "+kept"], |home| same_with_index(home, &words));
}

fn same_with_index(home: &Path, searches: &[&[&str]]) {
    let found = |home: &Path| searches.iter().map(|args| run(home, args.iter()).json()).collect::<Vec<_>>();
    let with = found(home);
    assert!(with.iter().all(|report| report["total"].as_u64() >= Some(9)), "{with:?}");
    let index = home.join("agent").join("search");
    if index.exists() {
        fs::remove_dir_all(index).expect("removed");
    }
    assert_eq!(with, found(home));
}
