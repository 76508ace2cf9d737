//! Previews, read while the user goes on.
//!
//! Owns: the thread that reads them, and those that were read.
//! Invariant: keys are never waited for a log; of several sessions that were marked meanwhile only the last is read.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};

/// The previews of sessions, by their paths.
pub(super) struct Previews {
    asks: Sender<PathBuf>,
    answers: Receiver<(PathBuf, Vec<String>)>,
    read: HashMap<PathBuf, Vec<String>>,
    /// What was asked for last, until it is there.
    waits_for: Option<PathBuf>,
}

impl Previews {
    /// Reads previews with `read`, on a thread that ends with this.
    pub(super) fn new(read: impl Fn(&Path) -> Vec<String> + Send + 'static) -> Self {
        let (asks, asked) = channel::<PathBuf>();
        let (answer, answers) = channel();
        std::thread::spawn(move || {
            while let Ok(first) = asked.recv() {
                let path = asked.try_iter().last().unwrap_or(first);
                let lines = read(&path);
                if answer.send((path, lines)).is_err() {
                    return;
                }
            }
        });
        Self { asks, answers, read: HashMap::new(), waits_for: None }
    }

    /// The preview of a session, if it was read; else it is asked for.
    pub(super) fn of(&mut self, path: &Path) -> &[String] {
        for (path, lines) in self.answers.try_iter() {
            if self.waits_for.as_deref() == Some(&path) {
                self.waits_for = None;
            }
            self.read.insert(path, lines);
        }
        if !self.read.contains_key(path) && self.waits_for.as_deref() != Some(path) {
            self.waits_for = self.asks.send(path.to_path_buf()).is_ok().then(|| path.to_path_buf());
        }
        self.read.get(path).map(Vec::as_slice).unwrap_or_default()
    }

    /// True if a preview is still to come.
    pub(super) const fn waits(&self) -> bool {
        self.waits_for.is_some()
    }
}
