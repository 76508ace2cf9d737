//! The commands that write, and what each starts from.

use jcode_session_tests::files::settled;
use jcode_session_tests::generate::agents::claude_code;
use jcode_session_tests::jcode_model::{Growth, ModelRng, Shape, generate, grow_as};
use jcode_session_tests::program::run;
use jcode_session_tests::sessions::lines;
use std::fs;
use std::path::{Path, PathBuf};

/// A command and what may be found of it.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) args: &'static [&'static str],
    pub(crate) setup: fn(&Path),
    pub(crate) input: &'static str,
    /// It appends to the log; else each file is the old one or the new one.
    pub(crate) grows: bool,
    /// It makes logs with names of their own each time.
    pub(crate) others: bool,
    /// It removes files, those of v1 among them.
    pub(crate) removes: bool,
    /// The log is sound before, so that it must be at any time.
    pub(crate) sound: bool,
    /// Run again it may be run to its end, whatever was found.
    pub(crate) again: bool,
    /// It writes the session index, which must never say another thing than the sessions.
    pub(crate) lists: bool,
    /// It moves the log's bytes, and changes none.
    pub(crate) moves: bool,
    /// It brings the sessions into an archive, from which they must come back.
    pub(crate) stores: bool,
}

impl Case {
    /// A command that leaves each file as it was or as it will be, and that may be run again.
    fn same(name: &'static str, args: &'static [&'static str], setup: fn(&Path)) -> Self {
        Self {
            name,
            args,
            setup,
            input: "",
            grows: false,
            others: false,
            removes: false,
            sound: true,
            again: true,
            lists: false,
            moves: false,
            stores: false,
        }
    }

    pub(crate) fn args(&self) -> Vec<String> {
        self.args.iter().map(ToString::to_string).collect()
    }
}

pub(crate) fn migrate_of_a_linear_log() -> Case {
    Case::same("migrate linear-v1", &["migrate"], |home| log(home, "s", LINEAR.as_bytes()))
}

pub(crate) fn migrate_of_a_tree_v2_log() -> Case {
    Case::same("migrate tree-v2", &["migrate"], tree_v2)
}

pub(crate) fn migrate_of_a_current_log() -> Case {
    Case::same("migrate tree-v3", &["migrate"], |home| log(home, "s", &lines(0..4)))
}

pub(crate) fn migrate_of_many_logs() -> Case {
    Case::same("migrate of nine logs", &["migrate"], |home| {
        for number in 0..9 {
            log(home, &format!("s{number}"), &lines(0..2));
        }
    })
}

pub(crate) fn migrate_of_v1_files() -> Case {
    Case::same("migrate jcode-v1", &["migrate"], |home| v1(home, false))
}

pub(crate) fn migrate_of_v1_files_that_grew() -> Case {
    Case::same("migrate jcode-v1, grown", &["migrate"], |home| v1(home, true))
}

pub(crate) fn append() -> Case {
    Case {
        input: "{\"type\":\"custom\",\"id\":\"n1\"}\n{\"type\":\"custom\",\"id\":\"n2\"}\n{\"type\":\"custom\",\"id\":\"n3\"}\n",
        grows: true,
        again: false,
        ..Case::same("append", &["append", "s", "--session-durability", "strict"], session)
    }
}

pub(crate) fn label() -> Case {
    Case { grows: true, ..Case::same("label", &["label", "s", "e0", "name"], session) }
}

pub(crate) fn tag() -> Case {
    Case { grows: true, ..Case::same("tag", &["tag", "s", "+one", "-t"], session) }
}

pub(crate) fn fork() -> Case {
    Case { others: true, ..Case::same("fork", &["fork", "s", "--at", "e1"], session) }
}

pub(crate) fn list_that_refreshes() -> Case {
    Case { lists: true, ..Case::same("list", &["list", "--json"], changed) }
}

pub(crate) fn doctor_that_mends() -> Case {
    Case { sound: false, ..Case::same("doctor --fix", &["doctor", "--fix"], stale) }
}

pub(crate) fn export_to_a_file() -> Case {
    Case::same("export", &["export", "s", "--format", "html", "--output", "out.html", "--force"], with_target)
}

/// What an import writes names the path of its source, which lies in another home each time.
pub(crate) fn import() -> Case {
    Case { others: true, ..Case::same("import", &["import", "theirs.jsonl"], |home| theirs(home, 12)) }
}

pub(crate) fn import_of_a_source_that_grew() -> Case {
    let setup = |home: &Path| {
        theirs(home, 12);
        done(home, &["import", &home.join("theirs.jsonl").to_string_lossy()]);
        theirs(home, usize::MAX);
    };
    Case { others: true, ..Case::same("import, grown", &["import", "theirs.jsonl"], setup) }
}

pub(crate) fn checkpoint() -> Case {
    Case::same("checkpoints --take", &["checkpoints", "s", "--take"], session)
}

pub(crate) fn rollback() -> Case {
    Case { again: false, ..Case::same("rollback", &["rollback", "s"], session) }
}

pub(crate) fn rollback_of_a_migration() -> Case {
    Case { again: false, ..Case::same("rollback of a migration", &["rollback", "s"], migrated) }
}

pub(crate) fn undo() -> Case {
    Case { again: false, ..Case::same("rollback --undo", &["rollback", "s", "--undo"], rolled_back) }
}

pub(crate) fn repair() -> Case {
    Case { sound: false, ..Case::same("repair", &["repair", "s"], damaged) }
}

pub(crate) fn prune() -> Case {
    Case { removes: true, ..Case::same("prune", &["prune", "--older-than", "0"], with_originals) }
}

pub(crate) fn seal() -> Case {
    Case { moves: true, ..Case::same("seal", &["seal", "s", "--segment-size", "64K", "--compress"], longer) }
}

pub(crate) fn unseal() -> Case {
    Case { moves: true, ..Case::same("seal --undo", &["seal", "s", "--undo"], sealed) }
}

pub(crate) fn rollback_of_a_sealed_log() -> Case {
    Case { again: false, ..Case::same("rollback, sealed", &["rollback", "s"], sealed) }
}

pub(crate) fn push() -> Case {
    Case { stores: true, ..Case::same("push", &["push", "--store", "store"], session) }
}

pub(crate) fn pull() -> Case {
    Case::same("pull", &["pull", "--all", "--store", "store"], stored)
}

pub(crate) fn pull_of_what_grew() -> Case {
    let setup = |home: &Path| {
        stored(home);
        done(home, &["pull", "--all", "--store", &home.join("store").to_string_lossy()]);
        stored_by_another(home, true);
    };
    Case::same("pull, grown", &["pull", "--all", "--store", "store"], setup)
}

fn sessions(home: &Path) -> PathBuf {
    let folder = home.join("sessions");
    fs::create_dir_all(&folder).expect("made");
    folder
}

fn log(home: &Path, name: &str, bytes: &[u8]) {
    fs::write(sessions(home).join(format!("{name}.jsonl")), bytes).expect("written");
}

fn done(home: &Path, args: &[&str]) {
    let ran = run(home, args);
    assert_eq!(ran.code, 0, "{args:?}: {ran:?}");
}

/// A session with a sidecar, two states to return to, and entries behind them.
fn session(home: &Path) {
    log(home, "s", &lines(0..3));
    done(home, &["migrate"]);
    done(home, &["checkpoints", "s", "--take"]);
    done(home, &["label", "s", "e1", "before"]);
    done(home, &["checkpoints", "s", "--take"]);
    done(home, &["tag", "s", "+t"]);
}

fn v1(home: &Path, grown: bool) {
    let mut rng = ModelRng::new(5);
    let files = generate(Shape::Both, 3, &mut rng);
    files.write_to(&sessions(home), "session_v").expect("written");
    if grown {
        done(home, &["migrate"]);
        let more = grow_as(&files, Growth::Append, &mut rng).expect("it grows");
        more.write_to(&sessions(home), "session_v").expect("written");
    }
}

const LINEAR: &str = "{\"type\":\"session\",\"id\":\"s\",\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"cwd\":\"/\"}\n\
    {\"type\":\"message\",\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"message\":{\"role\":\"hookMessage\"}}\n\
    {\"type\":\"message\",\"timestamp\":\"2026-01-01T00:00:01.000Z\",\"message\":{\"role\":\"user\"}}\n";

fn tree_v2(home: &Path) {
    let text = String::from_utf8(lines(0..4)).expect("text").replace("\"version\":3", "\"version\":2");
    log(home, "s", text.as_bytes());
}

fn changed(home: &Path) {
    session(home);
    done(home, &["list"]);
    // A session of its own: its id is not that of the first one.
    let other = String::from_utf8(lines(0..2)).expect("text").replacen("\"id\":\"s\"", "\"id\":\"other\"", 1);
    log(home, "other", other.as_bytes());
    done(home, &["tag", "s", "+new"]);
    settled(&sessions(home));
}

/// A store with sessions of another home.
fn stored(home: &Path) {
    sessions(home);
    stored_by_another(home, false);
}

/// Another home, which is the same each time, pushes a session with a ledger and a v1 session; then some more.
fn stored_by_another(home: &Path, grown: bool) {
    let (other, store) = (home.join("other"), home.join("store").to_string_lossy().into_owned());
    if !grown {
        session(&other);
        v1(&other, false);
    } else {
        done(&other, &["label", "s", "e0", "later"]);
    }
    done(&other, &["push", "--store", &store]);
    // What a crash leaves is looked at here, not there.
    if grown {
        fs::remove_dir_all(other).expect("removed");
    }
}

/// The first lines of another agent's session.
fn theirs(home: &Path, count: usize) {
    let source = claude_code(3, 1);
    let part: Vec<u8> = source.split_inclusive(|&byte| byte == b'\n').take(count).flatten().copied().collect();
    sessions(home);
    fs::write(home.join("theirs.jsonl"), part).expect("written");
}

/// Two segments at least, in few entries.
fn longer(home: &Path) {
    let text = String::from_utf8(lines(0..6)).expect("text");
    let long = format!("\"role\":\"user\",\"content\":\"{}\"", "long ".repeat(15_000));
    log(home, "s", text.replacen("\"role\":\"user\"", &long, 2).as_bytes());
    done(home, &["migrate"]);
}

fn sealed(home: &Path) {
    longer(home);
    done(home, &["checkpoints", "s", "--take"]);
    done(home, &["label", "s", "e1", "before"]);
    done(home, &["seal", "s", "--segment-size", "64K"]);
}

fn stale(home: &Path) {
    session(home);
    // A session of its own: its id is not that of the first one.
    let other = String::from_utf8(lines(0..2)).expect("text").replacen("\"id\":\"s\"", "\"id\":\"other\"", 1);
    log(home, "other", other.as_bytes());
    fs::write(sessions(home).join("other.sqlite3"), b"no database").expect("written");
}

fn with_target(home: &Path) {
    session(home);
    fs::write(home.join("out.html"), "what was there").expect("written");
}

fn migrated(home: &Path) {
    log(home, "s", LINEAR.as_bytes());
    done(home, &["migrate"]);
}

fn rolled_back(home: &Path) {
    session(home);
    done(home, &["rollback", "s"]);
}

fn damaged(home: &Path) {
    let mut bytes = lines(0..2);
    bytes.extend_from_slice(b"{\"type\":\"message\",\"id\":\"torn\n\0\0\n");
    bytes.extend_from_slice(&lines(2..4));
    log(home, "s", &bytes);
}

fn with_originals(home: &Path) {
    log(home, "s", LINEAR.as_bytes());
    v1(home, false);
    done(home, &["migrate"]);
}
