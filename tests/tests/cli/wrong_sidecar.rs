//! Rows of a sidecar that are not those of its log: what readers say of it, and which commands mend it.

use super::{clean, good};
use jcode_session_tests::files::contents;
use jcode_session_tests::homes::{home, put, sessions};
use jcode_session_tests::program::{Run, run};
use jcode_session_tests::sidecar_damage::{SidecarDamage, one_of_each};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

struct Sample {
    home: TempDir,
    log: PathBuf,
}

impl Sample {
    fn new() -> Self {
        let home = home();
        let log = put(home.path(), "log.jsonl", &good());
        let this = Self { home, log };
        clean(&this.run("migrate", &[]));
        this
    }

    fn sidecar(&self) -> PathBuf {
        self.log.with_extension("sqlite3")
    }

    fn run(&self, command: &str, options: &[&str]) -> Run {
        let log: &str = self.log.to_str().expect("text");
        run(self.home.path(), [command, log].into_iter().chain(options.iter().copied()))
    }

    fn tells(&self, run: &Run) -> bool {
        let cure = format!("migrate --force {}", self.log.display());
        run.stderr.contains(&cure) && run.stderr.contains(&*self.sidecar().to_string_lossy())
    }
}

fn migrated(home: &Path) -> String {
    let report = run(home, ["migrate", "--json"]).json();
    report["sessions"][0]["action"].as_str().expect("an action").to_string()
}

#[test]
fn readers_say_it_and_answer_from_the_log() {
    let sample = Sample::new();
    let readers: [(&str, &[&str]); 4] =
        [("tree", &["--json"]), ("show", &["--json"]), ("show", &["--tail", "5"]), ("export", &["--format", "html"])];
    let all = || readers.map(|(command, options)| sample.run(command, options));
    let before = all();
    for run in &before {
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    }
    for damage in [SidecarDamage::DeleteRows(0.0, 1.0), SidecarDamage::Number("byte_offset", 0.99, 7)] {
        damage.apply(&sample.sidecar());
        let files = contents(&sessions(sample.home.path()));
        for (now, before) in all().iter().zip(&before) {
            assert_eq!((now.code, &now.stdout), (0, &before.stdout), "{damage:?}");
        }
        assert!(sample.tells(&sample.run("show", &["--tail", "5"])), "{damage:?}");
        assert!(sample.tells(&sample.run("show", &["--json"])), "{damage:?}");
        assert_eq!(contents(&sessions(sample.home.path())), files, "readers write nothing");
        assert_eq!(migrated(sample.home.path()), "index", "{damage:?}");
        for run in all() {
            assert_eq!(run.stderr, "", "{damage:?}");
        }
    }
    SidecarDamage::Empty("branches").apply(&sample.sidecar());
    assert!(sample.tells(&sample.run("tree", &[])) && sample.tells(&sample.run("export", &["--format", "html"])));
}

#[test]
fn search_says_it() {
    let sample = Sample::new();
    let search = || run(sample.home.path(), ["search", "e", "--active", "--json"]);
    let before = search();
    assert!(before.code == 0 && before.stderr.is_empty(), "{before:?}");
    SidecarDamage::DeleteRows(0.0, 1.0).apply(&sample.sidecar());
    let now = search();
    assert_eq!((now.code, &now.stdout), (0, &before.stdout));
    assert!(sample.tells(&now), "{now:?}");
}

/// Commands that write elsewhere, or by other means than rows, say it too.
#[test]
fn fork_and_label_say_it() {
    let sample = Sample::new();
    let leaf = sample.run("tree", &["--json"]).json()["active_leaf"].as_str().expect("a leaf").to_string();
    SidecarDamage::Number("byte_offset", 0.99, 7).apply(&sample.sidecar());
    assert!(sample.tells(&sample.run("fork", &[])));
    let labelled = sample.run("label", &[&leaf, "here"]);
    assert!(labelled.code == 0 && sample.tells(&labelled), "{labelled:?}");
    clean(&sample.run("verify", &[]));
    assert_eq!(sample.run("tree", &["--json"]).stderr, "", "the writer has mended it");
}

#[test]
fn migrate_and_doctor_mend_it() {
    for damage in one_of_each() {
        let sample = Sample::new();
        damage.apply(&sample.sidecar());
        assert_eq!(run(sample.home.path(), ["doctor"]).code, 1, "{damage:?}");
        assert_eq!(migrated(sample.home.path()), "index", "{damage:?}");
        assert_eq!(migrated(sample.home.path()), "up-to-date", "{damage:?}");
        assert_eq!(run(sample.home.path(), ["doctor"]).code, 0, "{damage:?}");
        damage.apply(&sample.sidecar());
        clean(&run(sample.home.path(), ["doctor", "--fix"]));
        assert_eq!(migrated(sample.home.path()), "up-to-date", "{damage:?}");
        clean(&sample.run("verify", &[]));
    }
}

/// Damage that moves no time of the file is found by whoever reads the rows, and mended by the command that they name.
#[test]
fn silent_damage_is_mended_by_the_command_that_is_named() {
    for damage in one_of_each() {
        let sample = Sample::new();
        damage.apply_silently(&sample.sidecar());
        assert_eq!(migrated(sample.home.path()), "up-to-date", "{damage:?}: nobody has looked");
        let found = sample.run("verify", &[]);
        assert!(found.code == 1 && found.text().contains("migrate --force"), "{damage:?}: {found:?}");
        clean(&sample.run("migrate", &["--force"]));
        clean(&sample.run("verify", &[]));
    }
}
