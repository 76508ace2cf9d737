//! Advice that works: whoever follows what messages say, command by command, ends with a clean `verify` or with a
//! refusal that names no further command.
//!
//! Owns: reading commands out of messages, and following them, and moving away what is said to stand in the way. Every
//! kind of damage and of other files is gone through.

use jcode_session_tests::effort::seeds;
use jcode_session_tests::generate::{Damage, LogShape, OtherFile, linear_v1, random, tree_v2, tree_v3};
use jcode_session_tests::program::{Run, command, fed, run};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Commands that change something; the others only say more.
const CURES: [&str; 8] = ["migrate", "repair", "doctor --fix", "append", "seal", "rollback", "rename", "prune"];
const SAYING_MORE: [&str; 5] = ["verify", "doctor", "tree", "show", "checkpoints"];
/// Where people meet a file.
const FIRST: [&[&str]; 7] = [
    &["verify", "PATH"],
    &["doctor"],
    &["show", "PATH"],
    &["append", "PATH"],
    &["tag", "PATH", "+t"],
    &["migrate", "--dry-run", "PATH"],
    &["fork", "PATH"],
];
/// What is said of something under a name of ours, behind its path and kind.
const MOVE_IT: &str = " should stand; move it away";
/// Stands in front of a path that is to be moved away, where others have a command.
const MOVE: &str = "move ";
/// So many commands lead out of anything.
const PATIENCE: usize = 6;

/// A home with one file.
struct Place {
    home: TempDir,
    log: PathBuf,
}

impl Place {
    fn new(bytes: &[u8], around: &dyn Fn(&Path)) -> Self {
        let home = TempDir::new().expect("a folder");
        let log = home.path().join("sessions/it.jsonl");
        fs::create_dir(home.path().join("sessions")).expect("made");
        fs::write(&log, bytes).expect("written");
        around(&log);
        Self { home, log }
    }

    fn run(&self, args: &[&str]) -> Run {
        let log = self.log.to_string_lossy();
        let args = args.iter().map(|&arg| if arg == "PATH" { &*log } else { arg });
        fed(command(self.home.path()).args(args), "{\"type\":\"custom\",\"customType\":\"t\"}\n")
    }

    /// Does what a piece of advice says.
    fn follow(&self, advice: &str) -> Run {
        if let Some(path) = advice.strip_prefix(MOVE) {
            fs::rename(path, self.home.path().join("moved")).expect("there, and no second one");
            return self.run(&["verify", "PATH"]);
        }
        let mut args: Vec<&str> = advice.split(' ').collect();
        if args[0] != "doctor" && !advice.contains('/') {
            args.push("PATH");
        }
        self.run(&args)
    }
}

/// The commands that are named, as they are written.
fn advice(run: &Run, of: &[&str]) -> BTreeSet<String> {
    let said = format!("{}{}", run.text(), run.stderr);
    let spans = said.split('`').skip(1).step_by(2).map(|span| span.trim_start_matches("jcode-session "));
    let is_one = |span: &&str| {
        of.iter().any(|word| span.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')))
    };
    // A name in capitals is for the reader to fill in.
    spans
        .filter(is_one)
        .filter(|span| !span.contains(char::is_uppercase) || span.contains('/'))
        .map(str::to_string)
        .collect()
}

/// The commands that change something, and what is to be moved away.
fn cures(run: &Run) -> BTreeSet<String> {
    let said = format!("{}{}", run.text(), run.stderr);
    // It stands behind the last blank in front of what it is.
    let moves = said.match_indices(MOVE_IT).map(|(at, _)| {
        let path = said[..at].rsplit_once(" is ").and_then(|(words, _)| words.rsplit(' ').next());
        format!("{MOVE}{}", path.expect("named"))
    });
    advice(run, &CURES).into_iter().chain(moves).collect()
}

/// Follows one piece of advice, then what `verify` says, to the end. What was met on the way, if that leads nowhere.
fn walk(bytes: &[u8], around: &dyn Fn(&Path), first: &[&str], advised: &str) -> Result<(), String> {
    let place = Place::new(bytes, around);
    place.run(first);
    let mut trail = format!("{first:?}");
    let mut next = advised.to_string();
    for _ in 0..PATIENCE {
        let done = place.follow(&next);
        let further = if done.code == 2 { cures(&done) } else { BTreeSet::new() };
        if done.code == 2 && further.is_empty() {
            return Ok(());
        }
        let verified = place.run(&["verify", "PATH"]);
        if done.code != 2 && verified.code == 0 {
            return Ok(());
        }
        trail.push_str(&format!("\n{next}: {} {}{}\n{}", done.code, done.text(), done.stderr, verified.text()));
        let further = if further.is_empty() { cures(&verified) } else { further };
        match further.into_iter().find(|further| *further != next) {
            Some(further) => next = further,
            None => return Err(format!("leads nowhere: {trail}")),
        }
    }
    Err(format!("does not end: {trail}"))
}

/// Follows all advice that is met about a file; what is wrong with it.
fn follow_all(bytes: &[u8], around: &dyn Fn(&Path), what: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for first in FIRST {
        let place = Place::new(bytes, around);
        let met = place.run(first);
        for more in advice(&met, &SAYING_MORE) {
            if place.follow(&more).code == 2 {
                wrong.push(format!("{what}: {first:?} sends to `{more}`, which cannot"));
            }
        }
        for advised in cures(&met) {
            wrong.extend(walk(bytes, around, first, &advised).err().map(|why| format!("{what}: `{advised}` {why}")));
        }
    }
    let verified = Place::new(bytes, around).run(&["verify", "PATH"]);
    let is_other = ["not-a-session", "newer-version"].iter().any(|code| verified.text().contains(code));
    if verified.code != 0 && cures(&verified).is_empty() && !is_other {
        wrong.push(format!("{what}: nothing to do about {}", verified.text()));
    }
    wrong
}

fn is_right(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} times:\n{}", wrong.len(), wrong.join("\n\n"));
}

fn nothing(_: &Path) {}

#[test]
fn advice_about_damage_leads_out_of_it() {
    let shape = LogShape { entries: 12, entry_bytes: 120, ..LogShape::default() };
    let mut wrong = Vec::new();
    for seed in seeds(1) {
        for (number, kind) in (seed..).zip(Damage::BODY.into_iter().chain(Damage::HEADER)) {
            let mut log = match number % 4 {
                0 => tree_v2(shape, seed),
                1 => linear_v1(shape, seed),
                _ => tree_v3(shape, seed),
            };
            kind.apply(&mut log, &mut random(seed));
            wrong.extend(follow_all(&log, &nothing, &format!("{kind:?}, seed {seed}")));
        }
    }
    is_right(&wrong);
}

#[test]
fn advice_about_other_files_leads_to_a_refusal() {
    let mut wrong = Vec::new();
    for seed in seeds(1) {
        for kind in OtherFile::ALL {
            wrong.extend(follow_all(&kind.bytes(&mut random(seed)), &nothing, &format!("{kind:?}, seed {seed}")));
        }
    }
    is_right(&wrong);
}

/// What is done to the files of a log, and what that is called.
type Change = (&'static str, fn(&Path));

/// Names of ours under which something else can stand, below the log's folder.
const NAMES: [&str; 13] = [
    "it.lock",
    "it.sqlite3",
    "it.sqlite3-journal",
    "it.sqlite3-wal",
    "it.store",
    "it.store/ledger.jsonl",
    "it.store/ledger.head",
    "it.store/segments",
    "it.store/segments/manifest.json",
    "it.store/quarantine",
    "it.store/checkpoints",
    ".jcode-session-it-1.tmp",
    ".jcode-session-it-2.tmp",
];

/// What can stand there.
const THINGS: &[Change] = &[
    ("a file", |path| fs::write(path, b"another program's").expect("written")),
    ("a folder", |path| fs::create_dir(path).expect("made")),
    // Where everybody can make them.
    #[cfg(unix)]
    ("a link", |path| std::os::unix::fs::symlink("/nowhere", path).expect("linked")),
    #[cfg(unix)]
    ("a pipe", |path| assert!(std::process::Command::new("mkfifo").arg(path).status().expect("runs").success())),
];

/// What else a session's files can be like, done to those of a sound log.
fn states() -> Vec<Change> {
    fn with(log: &Path, extension: &str, change: impl FnOnce(&Path)) {
        indexed(log);
        change(&log.with_extension(extension));
    }
    fn indexed(log: &Path) {
        let home = log.ancestors().nth(2).expect("a home");
        assert_eq!(run(home, [OsStr::new("migrate"), log.as_os_str()]).code, 0);
    }
    fn sealed(log: &Path) -> PathBuf {
        let home = log.ancestors().nth(2).expect("a home");
        let log = log.to_string_lossy();
        assert_eq!(run(home, ["seal", &log, "--segment-size", "64K"]).code, 0);
        let folder = Path::new(&*log).with_extension("store").join("segments");
        let mut segments: Vec<PathBuf> =
            fs::read_dir(folder).expect("made").map(|entry| entry.expect("an entry").path()).collect();
        segments.retain(|path| !path.ends_with("manifest.json"));
        segments.sort();
        segments.swap_remove(0)
    }
    vec![
        ("a sidecar that is none", |log| fs::write(log.with_extension("sqlite3"), b"no database").expect("written")),
        ("a sidecar cut short", |log| {
            with(log, "sqlite3", |path| {
                let file = fs::OpenOptions::new().write(true).open(path).expect("there");
                file.set_len(2000).expect("cut");
            });
        }),
        ("a log that grew", |log| {
            with(log, "jsonl", |path| {
                let mut file = fs::OpenOptions::new().append(true).open(path).expect("there");
                file.write_all(b"{\"type\":\"custom\",\"id\":\"grown\",\"parentId\":null}\n").expect("written");
            });
        }),
        ("a log that was edited", |log| {
            with(log, "jsonl", |path| {
                let text = fs::read_to_string(path).expect("there");
                fs::write(path, text.replacen("\"role\":\"user\"", "\"role\":\"other\"", 1)).expect("written");
            });
        }),
        ("a segment that is gone", |log| fs::remove_file(sealed(log)).expect("removed")),
        ("a folder for a segment", |log| {
            let segment = sealed(log);
            fs::remove_file(&segment).expect("removed");
            fs::create_dir(segment).expect("made");
        }),
        ("a segment that was changed", |log| {
            let segment = sealed(log);
            let mut bytes = fs::read(&segment).expect("there");
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(&segment, bytes).expect("written");
        }),
        ("a manifest that is gone", |log| {
            let segment = sealed(log);
            fs::remove_file(segment.with_file_name("manifest.json")).expect("removed");
        }),
        ("a ledger with a row that is none", |log| {
            sealed(log);
            let mut ledger = fs::OpenOptions::new();
            let ledger = ledger.append(true).open(log.with_extension("store").join("ledger.jsonl"));
            ledger.expect("there").write_all(b"{\"event\":1}\n").expect("written");
        }),
    ]
}

#[test]
fn advice_about_names_that_are_something_else_leads_out_of_it() {
    let log = tree_v3(LogShape { entries: 12, entry_bytes: 120, ..LogShape::default() }, 1);
    let mut wrong = Vec::new();
    for (name, (thing, put)) in NAMES.iter().flat_map(|name| THINGS.iter().map(move |thing| (name, *thing))) {
        let around = |log: &Path| {
            let path = log.with_file_name(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            put(&path);
        };
        wrong.extend(follow_all(&log, &around, &format!("{thing} for {name}")));
    }
    is_right(&wrong);
}

#[test]
fn advice_about_what_lies_beside_a_log_leads_out_of_it() {
    let shape = LogShape { entries: 300, entry_bytes: 700, ..LogShape::default() };
    let mut wrong = Vec::new();
    for (what, state) in states() {
        wrong.extend(follow_all(&tree_v3(shape, 1), &state, what));
    }
    is_right(&wrong);
}
