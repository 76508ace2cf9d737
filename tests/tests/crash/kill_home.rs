//! One home in which every command is killed, one after the other, and the next finds what the last one left.
//!
//! `JCODE_SESSION_KILLS` sets the least number of kills (150). A home lives for some hundred commands; then it is looked
//! over, and another begins. Each has a seed, from which its commands follow; where they are killed is chance.
//! `JCODE_SESSION_SEED` asks for one home.
//!
//! Owns: what any command may do to any log. A log is what it was, or what it was before, or has new lines behind it;
//! what was acknowledged is among them.

use super::watched::{COUNTED, Ended, start, watch};
use jcode_session_tests::effort;
use jcode_session_tests::files::in_memory;
use jcode_session_tests::generate::agents::claude_code;
use jcode_session_tests::generate::{LogShape, tree_v3};
use jcode_session_tests::jcode_model::write_v1_home;
use jcode_session_tests::program::run;
use jcode_session_tests::sessions::linear;
use jcode_session_tests::written::{errors, whole};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

/// Commands in one home.
const LIFE: u32 = 300;

/// What a command may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// Logs hold what they held; older ones may be upgraded, what is not there yet may appear.
    Keeps,
    /// Lines of its own stand behind those of its session.
    Adds,
    /// Lines of its input do.
    Feeds,
    /// Its session is what it was at an earlier time.
    Returns,
    /// Any session is: what was rolled back behind a push comes again.
    Brings,
}
use Effect::{Adds, Brings, Feeds, Keeps, Returns};

/// All commands that write, and some that read. `S` stands for a session, `STORE` for the archive, `THEIRS` for a
/// session of another agent.
const COMMANDS: &[(&[&str], Effect)] = &[
    (&["append", "S"], Feeds),
    (&["append", "S"], Feeds),
    (&["append", "S", "--session-durability", "strict"], Feeds),
    (&["append", "S", "--segment-size", "64K", "--compress"], Feeds),
    (&["rename", "S", "another name"], Adds),
    (&["tag", "S", "+kept"], Adds),
    (&["tag", "S", "-kept"], Adds),
    (&["checkpoints", "S", "--take"], Keeps),
    (&["rollback", "S"], Returns),
    (&["rollback", "S", "--undo"], Returns),
    (&["repair", "S"], Keeps),
    (&["seal", "S", "--segment-size", "64K"], Keeps),
    (&["seal", "S", "--segment-size", "64K", "--compress"], Keeps),
    (&["seal", "S", "--undo"], Keeps),
    (&["fork", "S"], Keeps),
    (&["import", "THEIRS"], Keeps),
    (&["migrate"], Keeps),
    (&["migrate", "--force"], Keeps),
    (&["doctor", "--fix"], Keeps),
    (&["list", "--json"], Keeps),
    (&["search", "--json", "fed"], Keeps),
    (&["verify", "S"], Keeps),
    (&["export", "S", "--format", "html"], Keeps),
    (&["push", "--store", "STORE"], Keeps),
    (&["pull", "--all", "--store", "STORE"], Brings),
];

/// How often a command ran, was killed, and was refused.
type Counts = BTreeMap<String, [u64; 3]>;

#[test]
fn nothing_is_lost_however_often_commands_are_killed() {
    let wanted = effort::rounds("JCODE_SESSION_KILLS", 150) as u64;
    let seeds = Mutex::new(effort::seeds(u64::from(u32::MAX)));
    let kills = AtomicU64::new(0);
    // Who watches a process and the process itself share a core well.
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let live = || {
        let mut counts = Counts::new();
        let is_over = || kills.load(Ordering::Relaxed) >= wanted;
        while let Some(seed) = (!is_over()).then(|| seeds.lock().expect("whole").next()).flatten() {
            let mut home = Home::new(seed);
            for _ in 0..LIFE {
                kills.fetch_add(u64::from(home.step(&mut counts)), Ordering::Relaxed);
                if is_over() {
                    break;
                }
            }
            home.look_over();
        }
        counts
    };
    let counts = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(live)).collect();
        let mut all = Counts::new();
        for thread in running {
            for (name, counted) in thread.join().expect("a thread found a loss") {
                all.entry(name).or_default().iter_mut().zip(counted).for_each(|(all, counted)| *all += counted);
            }
        }
        all
    });
    let kills = kills.into_inner();
    println!("{:60} {:>8} {:>8} {:>8}", "in one home", "runs", "killed", "refused");
    for (name, [runs, killed, refused]) in &counts {
        println!("{name:60} {runs:>8} {killed:>8} {refused:>8}");
    }
    println!("{kills} commands killed in homes that lived on");
    for (name, [runs, killed, refused]) in counts {
        assert!(runs < 20 || killed + refused < runs, "{name} never came to its end");
    }
}

/// A home, and what is known of its logs.
struct Home {
    folder: TempDir,
    rng: ChaCha8Rng,
    seed: u64,
    logs: BTreeMap<String, Known>,
    /// Logs that were taken back to what they were made of.
    gone: BTreeMap<String, Known>,
    /// The session of the last command.
    last: String,
    /// It was rolled back, which is taken back now.
    is_back: bool,
    /// What logs that are not in the current format become.
    upgraded: BTreeMap<String, Vec<u8>>,
    /// How much a whole run of a command took, by its words and what is counted.
    whole: BTreeMap<(String, usize), u64>,
    fed: u64,
}

/// What is known of a log: its whole lines, and all that these were before.
struct Known {
    lines: Vec<u8>,
    states: HashSet<blake3::Hash>,
}

impl Known {
    fn new(lines: Vec<u8>) -> Self {
        let states = HashSet::from([blake3::hash(&lines)]);
        Self { lines, states }
    }

    fn is_now(&mut self, lines: Vec<u8>) {
        self.states.insert(blake3::hash(&lines));
        self.lines = lines;
    }
}

impl Home {
    fn new(seed: u64) -> Self {
        let folder = in_memory();
        fill(folder.path(), seed);
        let done = in_memory();
        fill(done.path(), seed);
        assert_eq!(run(done.path(), ["migrate"]).code, 0);
        let before = logs(folder.path());
        let mut upgraded = logs(done.path());
        upgraded.retain(|name, bytes| before.get(name) != Some(bytes));
        assert_eq!(upgraded.len(), 2, "of the oldest dialect, and of v1");
        let logs = before.into_iter().map(|(name, bytes)| (name, Known::new(bytes))).collect();
        let rng = ChaCha8Rng::seed_from_u64(seed);
        Self {
            folder,
            rng,
            seed,
            logs,
            gone: BTreeMap::new(),
            last: String::new(),
            is_back: false,
            upgraded,
            whole: BTreeMap::new(),
            fed: 0,
        }
    }

    /// Runs a command, killed if chance will, and looks at what it left. True if it was killed.
    fn step(&mut self, counts: &mut Counts) -> bool {
        let home = self.folder.path().to_path_buf();
        let session = self.session();
        let (words, effect) = self.command();
        let log = text(&home.join(&session));
        let (store, theirs) = (text(&home.join("store")), text(&home.join("theirs.jsonl")));
        let args: Vec<&str> = words
            .iter()
            .map(|word| match *word {
                "S" => log.as_str(),
                "STORE" => store.as_str(),
                "THEIRS" => theirs.as_str(),
                word => word,
            })
            .collect();
        let input = (effect == Feeds).then(|| self.input(&home));
        let kind = self.rng.random_range(0..COUNTED.len());
        let key = (words.join(" "), kind);
        // The first run of a command goes to its end, to see what that takes.
        let until = self.whole.get(&key).map_or(u64::MAX, |&all| self.rng.random_range(0..=all));
        let child = start(&home, &args, input.as_ref().map(|(path, _)| path.as_path()));
        let ended = watch(child, COUNTED[kind], until);
        let told = format!("seed {}, {args:?}, killed: {}, {}", self.seed, ended.killed, ended.run.stderr);
        let refused = !ended.killed && ended.run.code != 0;
        assert!(ended.killed || (0..=2).contains(&ended.run.code), "{told}");
        if !ended.killed && !refused {
            self.whole.insert(key.clone(), ended.seen);
        }
        let [runs, killed, refusals] = counts.entry(key.0).or_default();
        *runs += 1;
        *killed += u64::from(ended.killed);
        *refusals += u64::from(refused);
        let fed = input.map(|(_, lines)| lines).unwrap_or_default();
        self.look(&session, effect, &fed, &ended, &told);
        ended.killed
    }

    /// Every second rollback is followed by its undo.
    fn command(&mut self) -> (&'static [&'static str], Effect) {
        let is_undo = |words: &[&str]| words.contains(&"--undo") && words.contains(&"rollback");
        let next = COMMANDS.iter().filter(|(words, _)| !self.is_back || is_undo(words)).collect::<Vec<_>>();
        let (words, effect) = **next.choose(&mut self.rng).expect("some");
        self.is_back = words == ["rollback", "S"] && self.rng.random();
        (words, effect)
    }

    /// Most commands are for the session of the one before, so that they meet what it left.
    fn session(&mut self) -> String {
        let names: Vec<String> = self.logs.keys().cloned().collect();
        if !names.contains(&self.last) || !self.is_back && self.rng.random_ratio(1, 4) {
            self.last = names.choose(&mut self.rng).expect("some").clone();
        }
        self.last.clone()
    }

    /// Lines for `append`, each of which is found again by its text.
    fn input(&mut self, home: &Path) -> (PathBuf, Vec<String>) {
        let lines: Vec<String> = (0..self.rng.random_range(1..6))
            .map(|_| {
                self.fed += 1;
                let long = "x".repeat(self.rng.random_range(0..4_000));
                let message = serde_json::json!({"role": "user", "content": format!("fed {} {long}", self.fed)});
                serde_json::json!({"type": "message", "message": message}).to_string()
            })
            .collect();
        let path = home.join("input");
        fs::write(&path, lines.join("\n") + "\n").expect("written");
        (path, lines)
    }

    /// Compares what is there with what may be there.
    fn look(&mut self, session: &str, effect: Effect, fed: &[String], ended: &Ended, told: &str) {
        let found = logs(self.folder.path());
        if self.logs.keys().any(|name| !found.contains_key(name)) {
            // What came from v1 goes back to it.
            assert!(effect == Returns && self.upgraded.contains_key(session), "{session} is gone: {told}");
            self.gone.extend(self.logs.remove_entry(session));
        }
        for (name, lines) in found {
            let upgraded = self.upgraded.get(&name).is_some_and(|upgraded| *upgraded == lines);
            let Some(known) = self.logs.get_mut(&name) else {
                let mut known = self.gone.remove(&name).unwrap_or_else(|| Known::new(lines.clone()));
                assert!(upgraded || known.states.contains(&blake3::hash(&lines)), "{name} is another: {told}");
                assert_eq!(errors(&self.folder.path().join(&name)), [], "{name} is new: {told}");
                known.is_now(lines);
                self.logs.insert(name, known);
                continue;
            };
            let is_own = session == name;
            let added = lines.strip_prefix(known.lines.as_slice());
            let fine = upgraded
                || added == Some(b"")
                || match effect {
                    Keeps => false,
                    Adds => is_own && added.is_some(),
                    Feeds => is_own && added.is_some_and(|added| are_of(added, fed, ended)),
                    Returns => is_own && known.states.contains(&blake3::hash(&lines)),
                    Brings => added.is_some() && known.states.contains(&blake3::hash(&lines)),
                };
            assert!(fine, "{name} has {} bytes instead of {}: {told}", lines.len(), known.lines.len());
            known.is_now(lines);
        }
    }

    /// At the end of its life everything in a home is sound, or made so by the commands that say so.
    fn look_over(&self) {
        let home = self.folder.path();
        let told = format!("seed {}", self.seed);
        for name in self.logs.keys() {
            let mended = run(home, ["repair", &text(&home.join(name))]);
            assert!(mended.code <= 1, "{told}, {name}: {mended:?}");
        }
        assert_eq!(run(home, ["migrate"]).code, 0, "{told}");
        for name in logs(home).keys() {
            assert_eq!(errors(&home.join(name)), [], "{told}, {name}");
        }
        let fixed = run(home, ["doctor", "--fix"]);
        assert!(fixed.code <= 1, "{told}: {fixed:?}");
        let verified = run(home, ["verify", &text(&home.join("sessions"))]);
        assert_eq!(verified.code, 0, "{told}: {verified:?}");
        let listed = run(home, ["list", "--json", "--all"]).json();
        assert_eq!(listed["sessions"].as_array().expect("sessions").len(), logs(home).len(), "{told}");
        let searched = |home: &Path| run(home, ["search", "--json", "fed"]).json()["total"].clone();
        let with_index = searched(home);
        let index = home.join("agent/search");
        if index.exists() {
            fs::remove_dir_all(index).expect("removed");
        }
        assert_eq!(with_index, searched(home), "{told}");
    }
}

/// Sessions of the current format and of older ones, one of jcode's and one of another agent.
fn fill(home: &Path, seed: u64) {
    let sessions = home.join("sessions");
    fs::create_dir(&sessions).expect("made");
    for n in 0..3 {
        let log = tree_v3(LogShape { entries: 30, ..LogShape::default() }, seed + n);
        fs::write(sessions.join(format!("s{n}.jsonl")), log).expect("written");
    }
    fs::write(sessions.join("old.jsonl"), linear()).expect("written");
    write_v1_home(&sessions, 1, 20_000, seed).expect("written");
    fs::write(home.join("theirs.jsonl"), claude_code(3, seed)).expect("written");
}

/// The whole lines of each log, by its path in the home.
fn logs(home: &Path) -> BTreeMap<String, Vec<u8>> {
    let sessions = home.join("sessions");
    let entries = fs::read_dir(&sessions).expect("there").map(|entry| entry.expect("read").path());
    let names = entries.map(|path| text(path.strip_prefix(home).expect("in it")));
    let logs = names.filter(|name| name.ends_with(".jsonl") && !name.ends_with(".journal.jsonl"));
    let read = logs.map(|name| {
        let mut lines = whole(&home.join(&name));
        lines.truncate(lines.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1));
        (name, lines)
    });
    read.collect()
}

/// Whether lines are the first of those that were fed, and all that were acknowledged.
fn are_of(added: &[u8], fed: &[String], ended: &Ended) -> bool {
    let added: Vec<&[u8]> = added.split_inclusive(|&byte| byte == b'\n').collect();
    let is_of = |line: &[u8], fed: &String| {
        let content =
            |line: &[u8]| serde_json::from_slice::<serde_json::Value>(line).map(|value| value["message"].clone());
        matches!((content(line), content(fed.as_bytes())), (Ok(line), Ok(fed)) if line == fed)
    };
    let acknowledged = ended.run.stdout.iter().filter(|&&byte| byte == b'\n').count();
    added.len() <= fed.len() && added.len() >= acknowledged && added.iter().zip(fed).all(|(line, fed)| is_of(line, fed))
}

fn text(path: &Path) -> String {
    path.to_str().expect("text").to_string()
}
