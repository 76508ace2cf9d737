//! The files that jcode keeps of its sessions beside them, for lists: to-dos, what the user has seen, who runs.
//!
//! Owns: where they stand below jcode's home, and that they are looked up once for a list.
//! Invariant: only read, and never older than [`Companions::read`]. A file that is missing or that jcode could not read
//! says nothing.
//! Does not: take them along. A fork leaves its parent's to-dos to the parent, as jcode's own does.

use crate::os::files::PlainFile;
use crate::os::{host, paths, stat};
use jcode_session_core::catalog::SessionSummary;
use jcode_session_core::dialect::jcode::{Seen, todo_title};
use jcode_session_core::source::ByteSource;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Most bytes that are read of a file.
const MOST: u64 = 16 << 20;

/// What stands beside the sessions of a home.
///
/// Four folders and one file are read at once, whatever the number of sessions; to-dos when a title is asked for.
#[derive(Debug, Clone)]
pub struct Companions {
    home: PathBuf,
    /// Names of the files in `todos`.
    todos: HashSet<String>,
    seen: Seen,
    active: HashSet<String>,
    streaming: HashSet<String>,
    internal: HashSet<String>,
}

impl Companions {
    /// Reads what stands beside the sessions below `home`, which is `~/.jcode` by default.
    #[must_use]
    pub fn read(home: &Path) -> Self {
        let names = |folder: &str| names(&home.join(folder));
        Self {
            home: home.to_path_buf(),
            todos: names("todos"),
            seen: Seen::read(&bytes(&home.join("catchup_seen.json"))),
            active: names("active_pids"),
            streaming: names("streaming_pids"),
            internal: names("internal_pids"),
        }
    }

    /// What jcode's picker calls a session: the user's own title, else that of its to-dos, else jcode's, else its short
    /// name.
    #[must_use]
    pub fn title(&self, session: &SessionSummary) -> Option<String> {
        let own = || session.title.clone();
        let named = own().filter(|_| session.is_named);
        named.or_else(|| self.todo_title(&session.session_id)).or_else(own).or_else(|| session.short_name.clone())
    }

    /// The title that the to-dos of a session give.
    #[must_use]
    pub fn todo_title(&self, session_id: &str) -> Option<String> {
        if !paths::is_session_id(session_id) {
            return None;
        }
        let todos = |name: String| {
            if self.todos.contains(&name) { bytes(&self.home.join("todos").join(name)) } else { Vec::new() }
        };
        todo_title(&todos(format!("{session_id}.json")), &todos(format!("{session_id}-plan.json")))
    }

    /// True if the session stopped, and was changed since the user looked at it.
    #[must_use]
    pub fn needs_catch_up(&self, session: &SessionSummary) -> bool {
        self.seen.needs_catch_up(&session.session_id, session.status.as_deref(), session.updated_at)
    }

    /// True if a living process has the session open.
    #[must_use]
    pub fn is_active(&self, session_id: &str) -> bool {
        self.is_held("active_pids", &self.active, session_id)
    }

    /// True if a living process waits for a model's answer in the session.
    #[must_use]
    pub fn is_streaming(&self, session_id: &str) -> bool {
        self.is_held("streaming_pids", &self.streaming, session_id)
    }

    /// True if the session is one that jcode made for itself, such as a member of a swarm.
    #[must_use]
    pub fn is_internal(&self, session_id: &str) -> bool {
        self.internal.contains(session_id)
    }

    fn is_held(&self, folder: &str, names: &HashSet<String>, session_id: &str) -> bool {
        names.contains(session_id) && host::is_alive_by(&self.home.join(folder).join(session_id))
    }
}

/// The names of the files in a folder; none if it cannot be read.
fn names(folder: &Path) -> HashSet<String> {
    let entries = stat::read_folder(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// The bytes of a file; none if it cannot be read.
fn bytes(path: &Path) -> Vec<u8> {
    let read = PlainFile::open(path).ok().and_then(|file| {
        let len = usize::try_from(file.len().min(MOST)).ok()?;
        file.read_vec(0, len).ok()
    });
    read.unwrap_or_default()
}
