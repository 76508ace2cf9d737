//! The lab in which topics measure: sizes by mode, a folder for files, the program, and data that several topics share.
//!
//! Owns: the generated data and its removal.
//! Invariant: the data of a topic is synced before the measurement, so that the disk is not busy with the generators'
//! writes.

use crate::Outcome;
use crate::peer::Pi;
use crate::record::{Row, TopicResult};
use anyhow::Context;
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::sidecar::rebuild;
use jcode_session_tests::generate::{LargeLog, Until};
use jcode_session_tests::program;
use std::cell::OnceCell;
use std::fs::{self, File};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A place to measure in.
#[derive(Debug)]
pub struct Lab {
    pub quick: bool,
    pub pi: Result<Pi, String>,
    root: TempDir,
    large: OnceCell<PathBuf>,
    medium: OnceCell<PathBuf>,
    rows: Vec<Row>,
    skipped: Vec<String>,
}

impl Lab {
    pub fn new(quick: bool, folder: &Path) -> Outcome<Self> {
        fs::create_dir_all(folder)?;
        let root = TempDir::with_prefix_in("data-", folder)?;
        let (large, medium) = (OnceCell::new(), OnceCell::new());
        Ok(Self { quick, pi: Pi::find(), root, large, medium, rows: Vec::new(), skipped: Vec::new() })
    }

    /// A size or number for a full run, or for a quick one.
    pub fn pick<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }

    /// Number of rounds of turns.
    pub fn rounds(&self, full: usize) -> usize {
        self.pick(full, 1)
    }

    /// A new, empty folder.
    pub fn folder(&self, name: &str) -> Outcome<PathBuf> {
        let folder = self.root.path().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// A folder of its own and a log in it.
    pub fn log(&self, name: &str, shape: LargeLog) -> Outcome<PathBuf> {
        let path = self.folder(name)?.join("log.jsonl");
        shape.write(File::create(&path)?)?;
        self.settle();
        Ok(path)
    }

    /// The log of 1.1 GB, 400,000 entries and 1,000 branches, with a fresh sidecar.
    pub fn large(&self) -> Outcome<&Path> {
        let (entries, branches) = self.pick((400_000, 1_000), (4_000, 50));
        let shape = LargeLog { until: Until::Entries(entries), entry_bytes: 2_650, branches, ..LargeLog::default() };
        self.indexed(&self.large, "large", shape)
    }

    /// The log of 100 MB, which peers open too, with a fresh sidecar.
    pub fn medium(&self) -> Outcome<&Path> {
        let until = Until::Bytes(self.pick(100_000_000, 1_000_000));
        self.indexed(&self.medium, "medium", LargeLog { until, branches: 100, ..LargeLog::default() })
    }

    fn indexed<'l>(&self, cell: &'l OnceCell<PathBuf>, name: &str, shape: LargeLog) -> Outcome<&'l Path> {
        if cell.get().is_none() {
            let log = self.log(name, shape)?;
            build_sidecar(&log)?;
            let _ = cell.set(log);
        }
        cell.get().map(PathBuf::as_path).context("the log was just made")
    }

    /// The command line, with a home of its own.
    pub fn command<A: AsRef<std::ffi::OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = program::command(self.root.path());
        command.args(arguments);
        command
    }

    /// Waits until what was written is on the disk.
    pub fn settle(&self) {
        if !self.quick {
            rustix::fs::sync();
        }
    }

    /// Adds a row to the topic that is measured.
    pub fn add(&mut self, row: Row) {
        eprintln!("  {}", crate::report::markdown::line(&row));
        self.rows.push(row);
    }

    /// Records what is not measured, and why.
    pub fn skip(&mut self, why: impl Into<String>) {
        self.skipped.push(why.into());
    }

    /// Ends a topic.
    pub fn end(&mut self, title: &str, about: &str) -> TopicResult {
        let (rows, skipped) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.skipped));
        TopicResult { title: title.to_owned(), about: about.to_owned(), rows, skipped }
    }
}

/// Builds the sidecar of a log anew.
pub fn build_sidecar(path: &Path) -> Outcome<()> {
    let mut log = LogFile::open(path)?;
    log.map_if_guarded();
    rebuild::update(&log, true, &mut |_| ControlFlow::Continue(()))?;
    Ok(())
}
