//! Names of ours that are something else: a folder for a file, a file for a folder, links, pipes.
//!
//! Owns: that readers need none of them, that `verify` says what stands there, and that a command which cannot do
//! without names path, kind and cure, in its dry run too, and changes nothing.

use jcode_session_tests::jcode_model::{ModelRng, Shape, generate};
use jcode_session_tests::program::{Run, command, fed, run};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const NAMES: [&str; 12] = [
    "s.store",
    "s.lock",
    "s.sqlite3",
    "s.sqlite3-journal",
    "s.store/ledger.jsonl",
    "s.store/ledger.head",
    "s.store/segments",
    "s.store/segments/manifest.json",
    "s.store/quarantine",
    "s.store/checkpoints",
    ".jcode-session-s-2.tmp",
    ".jcode-session-s-3.tmp",
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    File,
    Folder,
    LinkToFolder,
    LinkToFile,
    LinkToNothing,
    Pipe,
}

const KINDS: [Kind; 6] =
    [Kind::File, Kind::Folder, Kind::LinkToFolder, Kind::LinkToFile, Kind::LinkToNothing, Kind::Pipe];

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::File => "a file",
            Self::Folder => "a folder",
            Self::LinkToFolder | Self::LinkToFile | Self::LinkToNothing => "a symbolic link",
            Self::Pipe => "a pipe",
        }
    }

    /// This is what should stand there, or what is replaced without a word.
    fn fits(self, name: &str) -> bool {
        match name {
            "s.store" | "s.store/segments" | "s.store/quarantine" | "s.store/checkpoints" => self == Self::Folder,
            _ if name.starts_with("s.sqlite3") || name.ends_with(".tmp") => self != Self::Folder,
            _ => self == Self::File,
        }
    }
}

/// A home with one session, from which copies are made.
struct Template {
    home: TempDir,
}

const LINEAR: &str = r#"{"type":"session","id":"s","timestamp":"2026-03-01T08:00:00.000Z","cwd":"/"}"#;

fn entry(id: &str, parent: &str, text: &str) -> String {
    format!(
        r#"{{"type":"message","id":"{id}","parentId":{parent},"timestamp":"2026-03-01T08:00:01.000Z","message":{{"role":"user","content":"{text}"}}}}"#
    )
}

impl Template {
    /// Two checkpoints, and a line that `repair` takes out between them.
    fn current() -> Self {
        let header = LINEAR.replace("\"id\"", "\"version\":3,\"id\"");
        let long = "x".repeat(150_000);
        let lines = [header, entry("a", "null", "1"), "{broken".into(), entry("b", "\"a\"", &long)];
        let template = Self::with(&lines);
        assert_eq!(run(template.home.path(), ["checkpoints", "s", "--take"]).code, 0);
        let mut log = fs::OpenOptions::new().append(true).open(template.log()).expect("there");
        log.write_all(format!("{}\n", entry("c", "\"b\"", "3")).as_bytes()).expect("written");
        assert_eq!(run(template.home.path(), ["checkpoints", "s", "--take"]).code, 0);
        // A rollback that can be taken back.
        assert_eq!(run(template.home.path(), ["rollback", "s"]).code, 0);
        let _ = fs::remove_file(template.log().with_extension("sqlite3"));
        template
    }

    /// A log that `migrate` upgrades.
    fn linear() -> Self {
        Self::with(&[LINEAR.into(), r#"{"type":"message","timestamp":"2026-03-01T08:00:01.000Z","message":{}}"#.into()])
    }

    /// jcode's files, which have no log yet.
    fn v1() -> Self {
        let template = Self::empty();
        let sessions = template.home.path().join("sessions");
        generate(Shape::Both, 6, &mut ModelRng::new(3)).write_to(&sessions, "s").expect("written");
        template
    }

    fn empty() -> Self {
        let template = Self { home: TempDir::new().expect("a folder") };
        fs::create_dir(template.home.path().join("sessions")).expect("made");
        template
    }

    fn with(lines: &[String]) -> Self {
        let template = Self::empty();
        fs::write(template.log(), lines.iter().map(|line| format!("{line}\n")).collect::<String>()).expect("written");
        template
    }

    fn log(&self) -> PathBuf {
        self.home.path().join("sessions/s.jsonl")
    }

    /// A copy in which something stands under a name.
    fn with_name(&self, name: &str, kind: Kind) -> Home {
        let home = Home(TempDir::new().expect("a folder"));
        copy(self.home.path(), home.0.path());
        let elsewhere = home.0.path().join("elsewhere");
        fs::create_dir(&elsewhere).expect("made");
        fs::write(home.0.path().join("file"), "another program's\n").expect("written");
        let at = home.path(name);
        fs::create_dir_all(at.parent().expect("a folder")).expect("made");
        match fs::symlink_metadata(&at) {
            Ok(there) if there.is_dir() => fs::remove_dir_all(&at).expect("removed"),
            Ok(_) => fs::remove_file(&at).expect("removed"),
            Err(_) => {}
        }
        match kind {
            Kind::File => fs::write(&at, "another program's\n").expect("written"),
            Kind::Folder => fs::create_dir(&at).expect("made"),
            Kind::LinkToFolder => symlink(elsewhere, &at).expect("linked"),
            Kind::LinkToFile => symlink(home.0.path().join("file"), &at).expect("linked"),
            Kind::LinkToNothing => symlink(home.0.path().join("nothing"), &at).expect("linked"),
            Kind::Pipe => assert!(Command::new("mkfifo").arg(&at).status().expect("runs").success()),
        }
        home
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            fs::create_dir(&target).expect("made");
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("copied");
        }
    }
}

struct Home(TempDir);

impl Home {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("sessions").join(name)
    }

    fn run(&self, args: &[&str]) -> Run {
        if args[0] == "append" {
            return fed(command(self.0.path()).args(args), "{\"type\":\"message\",\"message\":{}}\n");
        }
        run(self.0.path(), args)
    }

    /// Everything in the home but the session index: what each path is, and what it holds.
    fn everything(&self) -> BTreeMap<PathBuf, String> {
        let mut all = BTreeMap::new();
        look(self.0.path(), &mut all);
        all.retain(|path, _| !path.starts_with(self.0.path().join("agent")));
        all
    }
}

fn look(folder: &Path, all: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let kind = fs::symlink_metadata(&path).expect("there").file_type();
        let what = if kind.is_dir() {
            look(&path, all);
            "folder".to_string()
        } else if kind.is_symlink() {
            format!("link to {}", fs::read_link(&path).expect("a link").display())
        } else if kind.is_fifo() {
            "pipe".to_string()
        } else {
            String::from_utf8_lossy(&fs::read(&path).expect("there")).into_owned()
        };
        all.insert(path, what);
    }
}

fn each(mut judge: impl FnMut(&str, Kind)) {
    for name in NAMES {
        for kind in KINDS {
            judge(name, kind);
        }
    }
}

#[test]
fn readers_need_none_of_them() {
    let template = Template::current();
    let reads = [
        &["show", "s", "--file-order", "--json"][..],
        &["tree", "s", "--json"],
        &["list", "--json"],
        &["export", "s", "--format", "markdown"],
    ];
    let same = |home: &Path, args: &[&str]| {
        let read = run(home, args);
        assert_eq!(read.code, 0, "{args:?}: {read:?}");
        read.text().replace(&home.to_string_lossy().into_owned(), "")
    };
    let plain = reads.map(|args| same(template.home.path(), args));
    each(|name, kind| {
        let home = template.with_name(name, kind);
        let before = home.everything();
        for (args, plain) in reads.iter().zip(&plain) {
            assert_eq!(&same(home.0.path(), args), plain, "{name} {kind:?}: {args:?}");
        }
        let verified = home.run(&["verify", "s", "--json"]);
        assert_eq!(verified.code, 1, "{name} {kind:?}: {verified:?}");
        let report = verified.json()["logs"][0].clone();
        assert_eq!(report["entry_count"], 2, "{name} {kind:?}");
        let path = home.path(name).to_string_lossy().into_owned();
        let found = report["findings"].as_array().expect("a list").iter().find(|finding| {
            let message = finding["message"].as_str().unwrap_or_default();
            message.contains(&format!("{path} is {}", kind.word())) && message.contains("move it away")
        });
        if !name.starts_with("s.sqlite3") {
            assert_eq!(found.is_some(), !kind.fits(name), "{name} {kind:?}: {report}");
        }
        assert_eq!(home.everything(), before, "{name} {kind:?}: readers write nothing");
    });
}

/// The command is refused: path, kind and cure are named, and all is as it was.
fn is_refused(home: &Home, refused: &Run, before: &BTreeMap<PathBuf, String>, name: &str, kind: Kind, what: &str) {
    assert_eq!(refused.code, 2, "{what}: {refused:?}");
    says_why(home, &refused.stderr, name, kind, what);
    assert_eq!(&home.everything(), before, "{what}");
}

fn says_why(home: &Home, words: &str, name: &str, kind: Kind, what: &str) {
    let path = home.path(name).to_string_lossy().into_owned();
    assert!(words.contains(&format!("{path} is {}", kind.word())), "{what}: {words}");
    assert!(words.contains("move it away"), "{what}: {words}");
    assert!(!words.contains("os error"), "{what}: {words}");
}

#[test]
fn a_dry_run_predicts_the_refusal() {
    let template = Template::current();
    let commands = [
        &["repair", "s"][..],
        &["rollback", "s", "--to-checkpoint", "2099-01-01T00:00:00Z"],
        &["rollback", "s", "--undo"],
        &["seal", "s", "--segment-size", "64K"],
    ];
    each(|name, kind| {
        for args in commands {
            let what = format!("{name} {kind:?}: {args:?}");
            let home = template.with_name(name, kind);
            let before = home.everything();
            let dry = home.run(&[args, &["--dry-run"]].concat());
            assert_eq!(home.everything(), before, "{what}: a dry run writes nothing");
            let done = home.run(args);
            assert_eq!(dry.code, done.code, "{what}: {dry:?} {done:?}");
            if done.code != 0 {
                assert_eq!(dry.stderr, done.stderr, "{what}");
            }
            if !name.starts_with("s.sqlite3") && !kind.fits(name) {
                is_refused(&home, &done, &before, name, kind, &what);
            }
        }
    });
}

#[test]
fn migrate_predicts_it_as_well() {
    // A log of the current dialect gets a sidecar; one that is upgraded needs lock and store as well.
    for (template, is_upgraded) in [(Template::current(), false), (Template::linear(), true), (Template::v1(), true)] {
        each(|name, kind| {
            let what = format!("{name} {kind:?}");
            let home = template.with_name(name, kind);
            let before = home.everything();
            let dry = home.run(&["migrate", "--dry-run", "--json"]);
            assert_eq!(home.everything(), before, "{what}: a dry run writes nothing");
            let done = home.run(&["migrate", "--json"]);
            let told = |run: &Run| {
                let session = run.json()["sessions"][0].clone();
                (run.code, session["action"].clone(), session["reason"].clone())
            };
            assert_eq!(told(&dry), told(&done), "{what}");
            if (is_upgraded || name.starts_with("s.sqlite3")) && !kind.fits(name) {
                assert_eq!(done.code, 1, "{what}: {done:?}");
                let (_, _, reason) = told(&done);
                says_why(&home, reason.as_str().unwrap_or_default(), name, kind, &what);
                assert_eq!(home.everything(), before, "{what}");
            } else {
                assert_eq!(done.code, 0, "{what}: {done:?}");
            }
        });
    }
}

/// Writers take the entry, whatever a checkpoint or a sidecar would need, or say why not and change nothing.
#[test]
fn writers_go_on_or_say_why_not() {
    let template = Template::current();
    let commands =
        [&["append", "s"][..], &["label", "s", "a", "n"], &["tag", "s", "+t"], &["checkpoints", "s", "--take"]];
    each(|name, kind| {
        for args in commands {
            let what = format!("{name} {kind:?}: {args:?}");
            let home = template.with_name(name, kind);
            let before = home.everything();
            let done = home.run(args);
            if done.code == 0 {
                assert!(name != "s.lock" || kind.fits(name), "{what}");
                let lines = fs::read_to_string(home.path("s.jsonl")).expect("text").lines().count();
                assert_eq!(lines, if args[0] == "checkpoints" { 4 } else { 5 }, "{what}");
            } else {
                is_refused(&home, &done, &before, name, kind, &what);
            }
        }
        let elsewhere = template.with_name(name, kind);
        assert_eq!(fs::read_dir(elsewhere.0.path().join("elsewhere")).expect("there").count(), 0, "{name} {kind:?}");
    });
}
