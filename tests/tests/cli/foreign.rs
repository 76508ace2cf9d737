//! Another program, which takes no lock, and `append` with the same log open: appended, replaced, removed, cut, rewritten.
//!
//! Owns: what the command line promises then: nothing that was acknowledged is missing without being named, and the
//! sidecar says what the log says.

use jcode_session_tests::program::{Run, command, finished, run};
use jcode_session_tests::sessions::lines;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use tempfile::TempDir;

const MODES: [&str; 3] = ["balanced", "strict", "throughput"];
const OURS: &str = "{\"type\":\"message\",\"message\":{\"role\":\"user\",\"content\":\"ours\"}}\n";
const FOREIGN: &str = "{\"type\":\"message\",\"id\":\"foreign\",\"parentId\":\"e2\",\
                       \"timestamp\":\"2026-01-01T00:00:09.000Z\",\"message\":{\"role\":\"user\"}}\n";

/// A home with one session of three entries.
struct Home {
    folder: TempDir,
    log: PathBuf,
}

impl Home {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let sessions = folder.path().join("sessions");
        std::fs::create_dir(&sessions).expect("made");
        let log = sessions.join("s.jsonl");
        std::fs::write(&log, lines(0..3)).expect("written");
        Self { folder, log }
    }

    fn path(&self) -> &str {
        self.log.to_str().expect("text")
    }

    fn run(&self, args: &[&str]) -> Run {
        run(self.folder.path(), args)
    }

    fn text(&self) -> Vec<u8> {
        std::fs::read(&self.log).expect("there")
    }

    fn codes(&self) -> Vec<String> {
        let report = self.run(&["verify", self.path(), "--json"]).json();
        let findings = report["logs"][0]["findings"].as_array().expect("findings").clone();
        findings.iter().map(|finding| finding["code"].as_str().expect("a code").to_string()).collect()
    }

    /// What `tree` says with the sidecar and without it.
    fn trees(&self) -> (serde_json::Value, serde_json::Value) {
        let with = self.run(&["tree", self.path(), "--json"]).json();
        std::fs::remove_file(self.log.with_extension("sqlite3")).expect("there is one");
        (with, self.run(&["tree", self.path(), "--json"]).json())
    }
}

/// `append`, entry by entry.
struct Appending {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    acks: Vec<String>,
}

impl Appending {
    /// Starts it and waits until it has the log open.
    fn start(home: &Home, mode: &str) -> Self {
        let mut command = command(home.folder.path());
        command.args(["append", home.path(), "--session-durability", mode]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary is built");
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().expect("piped")));
        let mut this = Self { child, input, output, acks: Vec::new() };
        assert!(this.send(), "the first entry is acknowledged");
        this
    }

    /// True if the entry was acknowledged.
    fn send(&mut self) -> bool {
        let input = self.input.as_mut().expect("open");
        let mut line = String::new();
        // A process that has ended closes both pipes.
        let _ = input.write_all(OURS.as_bytes());
        self.output.read_line(&mut line).expect("reads");
        self.acks.extend(line.strip_prefix("ack ").map(|id| id.trim().to_string()));
        !line.is_empty()
    }

    fn end(mut self) -> (Run, Vec<String>) {
        drop(self.input.take());
        (finished(self.child.wait_with_output().expect("ends")), self.acks)
    }
}

fn append_to(path: &Path, bytes: &[u8]) {
    std::fs::OpenOptions::new().append(true).open(path).and_then(|mut file| file.write_all(bytes)).expect("written");
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}

#[test]
fn lines_of_another_program_are_kept_indexed_and_told() {
    for mode in MODES {
        for before in 0..2 {
            let home = Home::new();
            let mut append = Appending::start(&home, mode);
            for number in 0..2 {
                if number == before {
                    append_to(&home.log, FOREIGN.as_bytes());
                }
                assert!(append.send(), "{mode}");
            }
            let (ended, acks) = append.end();
            let what = format!("{mode}, before {before}: {ended:?}");
            assert_eq!(ended.code, 1, "{what}");
            assert!(ended.stderr.contains(home.path()) && ended.stderr.contains("another program"), "{what}");
            let text = home.text();
            assert!(contains(&text, FOREIGN.as_bytes()), "{what}");
            assert!(acks.len() == 3 && acks.iter().all(|id| contains(&text, id.as_bytes())), "{what}");
            assert_eq!(home.codes(), [""; 0], "{what}");
            let child = home.run(&["append", home.path(), "--parent", "foreign"]);
            assert_eq!(child.code, 0, "{what}: {child:?}");
            let migrated = home.run(&["migrate", home.path(), "--json"]).json();
            assert_eq!(migrated["counts"]["up_to_date"], 1, "{what}: {migrated}");
            let (with, without) = home.trees();
            assert_eq!(with, without, "{what}");
            assert_eq!(with["entry_count"], 7, "{what}");
            let leaves: Vec<&str> =
                with["leaves"].as_array().expect("leaves").iter().filter_map(|leaf| leaf["id"].as_str()).collect();
            assert_eq!(leaves.len(), 2, "{what}");
            assert!(leaves.contains(&"foreign") && leaves.contains(&acks[2].as_str()), "{what}: {leaves:?}");
        }
    }
}

/// After the last entry, when only closing still looks.
#[test]
fn lines_behind_the_last_entry_are_told_too() {
    for mode in MODES {
        let home = Home::new();
        let append = Appending::start(&home, mode);
        append_to(&home.log, FOREIGN.as_bytes());
        let (ended, _) = append.end();
        assert_eq!(ended.code, 1, "{mode}: {ended:?}");
        assert!(ended.stderr.contains("another program"), "{mode}: {ended:?}");
        assert_eq!(home.codes(), [""; 0], "{mode}");
        let (with, without) = home.trees();
        assert_eq!((&with, &with["entry_count"]), (&without, &serde_json::json!(5)), "{mode}");
    }
}

/// What another program has not ended does not swallow the entry behind it.
#[test]
fn junk_and_half_lines_cost_no_entry() {
    for mode in MODES {
        for junk in ["no record\n", "{\"type\":\"message\",\"id\":\"half\",\"parentId\":\"e", "\0\0\0\0", "\n\n"] {
            let home = Home::new();
            let mut append = Appending::start(&home, mode);
            append_to(&home.log, junk.as_bytes());
            assert!(append.send(), "{mode}");
            let (ended, acks) = append.end();
            let what = format!("{mode}, {junk:?}: {ended:?}");
            assert_eq!(ended.code, 1, "{what}");
            let text = home.text();
            assert!(contains(&text, junk.as_bytes()), "{what}");
            for line in
                text.split(|&b| b == b'\n').filter(|line| acks.iter().any(|id| line.starts_with(own(id).as_bytes())))
            {
                assert!(serde_json::from_slice::<serde_json::Value>(line).is_ok(), "{what}");
            }
            let starts = acks.iter().filter(|id| contains(&text, format!("\n{}", own(id)).as_bytes()));
            assert_eq!(starts.count(), 2, "{what}: each on a line of its own");
            let codes = home.codes();
            assert!(codes.iter().all(|code| ["invalid-json", "nul-run"].contains(&code.as_str())), "{what}: {codes:?}");
            let (with, without) = home.trees();
            assert_eq!((&with, &with["entry_count"]), (&without, &serde_json::json!(5)), "{what}");
        }
    }
}

/// How a line of ours begins.
fn own(id: &str) -> String {
    format!("{{\"type\":\"message\",\"id\":\"{id}\"")
}

/// The id that another program gave an entry meanwhile is taken, and can be a parent.
#[test]
fn ids_of_another_program_are_known_at_once() {
    use jcode_session_core::write::{AppendError, Durability, Parent, Refusal};
    use jcode_session_native::writer::{Writer, WriterOptions};
    for durability in [Durability::Strict, Durability::default(), Durability::Throughput] {
        let home = Home::new();
        let writer = Writer::open(&home.log, &WriterOptions { durability, ..WriterOptions::default() }).expect("opens");
        append_to(&home.log, FOREIGN.as_bytes());
        append_to(&home.log, FOREIGN.replace("\"foreign\"", "7").as_bytes());
        writer.append(OURS.as_bytes(), Parent::Leaf).expect("appends");
        writer.flush().expect("flushes");
        assert_eq!(writer.foreign_from(), Some(lines(0..3).len() as u64));
        let taken = writer.append(br#"{"type":"x","id":"foreign"}"#, Parent::Leaf);
        assert_eq!(taken, Err(AppendError::Refused(Refusal::TakenId("foreign".into()))));
        writer.append(OURS.as_bytes(), Parent::Id("foreign")).expect("a parent");
        writer.append(OURS.as_bytes(), Parent::Id("7")).expect("a parent");
        assert_eq!(writer.close().expect("closes").sidecar_lags, None);
        assert!(contains(&home.text(), b"\"parentId\":7,"), "{durability}: named as it is in the log");
        assert_eq!(home.codes(), [""; 0], "{durability}");
    }
}

/// What is done to the log while it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Displacing {
    ReplaceByCopy,
    ReplaceByOlder,
    Remove,
    MoveAway,
    Cut,
    RewriteLonger,
    RemoveFolder,
}

impl Displacing {
    const ALL: [Self; 7] = [
        Self::ReplaceByCopy,
        Self::ReplaceByOlder,
        Self::Remove,
        Self::MoveAway,
        Self::Cut,
        Self::RewriteLonger,
        Self::RemoveFolder,
    ];

    fn act(self, log: &Path) {
        let other = log.with_file_name("other");
        let older = lines(0..3);
        match self {
            Self::ReplaceByCopy => drop(std::fs::copy(log, &other).expect("copied")),
            Self::ReplaceByOlder => std::fs::write(&other, &older).expect("written"),
            Self::Remove => return std::fs::remove_file(log).expect("removed"),
            Self::MoveAway => return std::fs::rename(log, log.with_file_name("elsewhere.jsonl")).expect("moved"),
            Self::RemoveFolder => return remove_folder(log.parent().expect("a folder")),
            Self::Cut => {
                let file = std::fs::OpenOptions::new().write(true).open(log).expect("opens");
                return file.set_len(older.len() as u64).expect("cut");
            }
            Self::RewriteLonger => {
                let long = format!("{{\"type\":\"custom\",\"data\":\"{}\"}}\n", "z".repeat(5000));
                return std::fs::write(log, [&older, long.as_bytes()].concat()).expect("written");
            }
        }
        std::fs::rename(&other, log).expect("replaced");
    }
}

/// Removes a folder in which the writer may be making files at that moment: what came behind the listing goes in the
/// next round.
fn remove_folder(folder: &Path) {
    for _ in 0..1000 {
        match std::fs::remove_dir_all(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::DirectoryNotEmpty => {}
            ended => return ended.expect("removed"),
        }
    }
    panic!("the writer goes on making files in {}", folder.display());
}

#[test]
fn a_log_that_is_displaced_is_named_with_what_is_not_in_it() {
    for mode in MODES {
        for displacing in Displacing::ALL {
            let what = format!("{mode}, {displacing:?}");
            // Nothing of a buffered entry was in the log that another program cut or wrote anew.
            if mode == "throughput" && matches!(displacing, Displacing::Cut | Displacing::RewriteLonger) {
                continue;
            }
            let home = Home::new();
            let mut append = Appending::start(&home, mode);
            displacing.act(&home.log);
            let there = std::fs::read(&home.log).ok();
            let acknowledged = append.send();
            assert_eq!(acknowledged, mode == "throughput", "{what}");
            let (ended, acks) = append.end();
            assert_eq!(ended.code, 2, "{what}: {ended:?}");
            assert!(
                ended.stderr.contains(home.path()) && ended.stderr.contains("another program"),
                "{what}: {ended:?}"
            );
            assert_eq!(std::fs::read(&home.log).ok(), there, "{what}: what stands there now is not ours");
            let left_behind = ["lock", "sqlite3-journal"].map(|ending| home.log.with_extension(ending).exists());
            assert_eq!(left_behind, [false; 2], "{what}");
            kept(&home, &acks, &ended, &what);
        }
    }
}

/// Every acknowledged entry is in the log, set aside in a file that the message names, or printed.
fn kept(home: &Home, acks: &[String], ended: &Run, what: &str) {
    let text = std::fs::read(&home.log).unwrap_or_default();
    let quarantine = home.log.with_extension("store").join("quarantine");
    let aside: Vec<PathBuf> =
        std::fs::read_dir(&quarantine).into_iter().flatten().map(|entry| entry.expect("read").path()).collect();
    assert!(aside.iter().all(|file| ended.stderr.contains(file.to_str().expect("text"))), "{what}: {ended:?}");
    let held: Vec<u8> = aside.iter().flat_map(|file| std::fs::read(file).expect("read")).collect();
    let missing: Vec<&String> = acks.iter().filter(|id| !contains(&text, id.as_bytes())).collect();
    for id in &missing {
        let printed = ended.stderr.contains(&own(id));
        assert!(contains(&held, id.as_bytes()) || printed, "{what}: {id} is nowhere: {ended:?}");
    }
    if !missing.is_empty() {
        assert!(ended.stderr.contains(&format!("{} acknowledged", missing.len())), "{what}: {ended:?}");
    }
    if !home.log.exists() || missing.is_empty() {
        return;
    }
    // The message says what puts them back, and that does.
    assert!(ended.stderr.contains("`repair`"), "{what}: {ended:?}");
    let repaired = home.run(&["repair", home.path()]);
    assert_eq!(repaired.code, 0, "{what}: {repaired:?}");
    let text = home.text();
    assert!(acks.iter().all(|id| contains(&text, id.as_bytes())), "{what}: {repaired:?}");
    assert_eq!(home.codes().iter().filter(|code| *code != "sidecar-missing").count(), 0, "{what}");
}

/// A log that was replaced is not sealed by the writer that closes.
#[test]
fn what_stands_there_instead_is_not_sealed() {
    use jcode_session_core::write::{Durability, Parent};
    use jcode_session_native::ops::seal::Segments;
    use jcode_session_native::writer::{Writer, WriterOptions};
    for replaced in [false, true] {
        let home = Home::new();
        // More than a segment only once something was appended.
        let segments = Some(Segments { size: home.text().len() as u64, compress: false });
        let options = WriterOptions { durability: Durability::default(), segments, ..WriterOptions::default() };
        let writer = Writer::open(&home.log, &options).expect("opens");
        for _ in 0..20 {
            writer.append(OURS.as_bytes(), Parent::Leaf).expect("appends");
        }
        if replaced {
            Displacing::ReplaceByCopy.act(&home.log);
        }
        let there = home.text();
        assert_eq!(writer.close().is_err(), replaced);
        assert_eq!(home.text() == there, replaced);
        assert_eq!(home.log.with_extension("store").join("segments").exists(), !replaced);
    }
}
