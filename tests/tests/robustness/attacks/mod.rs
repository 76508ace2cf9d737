//! What somebody might do who can put files into a home, or text into a session.
//!
//! Owns: an attack a test, as docs/reliability.md lists them. Those on the HTML of exports are in `cli/export`.

mod archive;
mod bombs;
mod links;
mod segments;
mod text;
mod traversal;

use jcode_session_tests::program::{Run, command, finished};
use jcode_session_tests::sessions::lines;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// What no attack may read into a session, or change.
const SECRET: &str = "the secret of another file\n";

/// A home with a session `s`, and a file outside of its sessions.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(TempDir::new().expect("a folder"));
        fs::create_dir(home.sessions()).expect("made");
        fs::write(home.secret(), SECRET).expect("written");
        home.log("s", &lines(0..4));
        home
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn sessions(&self) -> PathBuf {
        self.path().join("sessions")
    }

    fn secret(&self) -> PathBuf {
        self.path().join("secret")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.sessions().join(name)
    }

    fn log(&self, stem: &str, bytes: &[u8]) {
        fs::write(self.file(&format!("{stem}.jsonl")), bytes).expect("written");
    }

    /// Runs a command that must end by itself, and not by a signal.
    fn run(&self, args: &[&str]) -> Run {
        let plain = command(self.path());
        let mut limited = Command::new("timeout");
        limited.arg("--signal=KILL").arg("120").arg(plain.get_program()).args(args);
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => limited.env(name, value),
                None => limited.env_remove(name),
            };
        }
        limited.current_dir(self.path()).stdin(std::process::Stdio::null());
        let ran = finished(limited.output().expect("runs"));
        assert!((0..=2).contains(&ran.code), "{args:?} ended with {}: {}", ran.code, ran.stderr);
        ran
    }

    /// Runs every command on the session `s`; none may hang, crash, or touch the secret.
    fn run_all(&self) {
        for args in [
            &["list"][..],
            &["verify", "s"],
            &["tree", "s"],
            &["show", "s"],
            &["checkpoints", "s", "--take"],
            &["migrate"],
            &["label", "s", "e1", "name"],
            &["tag", "s", "+t"],
            &["fork", "s"],
            &["rollback", "s"],
            &["rollback", "s", "--undo"],
            &["repair", "s"],
            &["doctor", "--fix"],
            &["prune", "--older-than", "0"],
            &["export", "s", "--format", "html"],
            &["export", "s", "--format", "markdown"],
            &["export", "s", "--format", "v3"],
        ] {
            let ran = self.run(args);
            assert!(!ran.text().contains(SECRET.trim()), "{args:?} shows the secret");
            self.untouched(args);
        }
    }

    fn untouched(&self, what: &[&str]) {
        assert_eq!(fs::read_to_string(self.secret()).expect("there"), SECRET, "{what:?} changed the secret");
    }
}
