//! Finding sessions: all below some folders, or one by path, id or prefix.
//!
//! Owns: the walk through sessions folders and the meaning of SESSION on a command line.
//! Invariant: the walk follows no symbolic link below its root, never leaves it, and goes on past what it cannot
//! read. An id from outside is looked up among files that were found, never joined to a path.
//! Does not: open logs, but for their headers where an id must be found.

use crate::os::log_file::LogFile;
use crate::os::paths;
use crate::session::v1;
use jcode_session_core::dialect::detect;
use jcode_session_core::parts::Part;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

/// A folder or file that could not be looked into.
#[derive(Debug, thiserror::Error)]
#[error("cannot look into {}: {source}", path.display())]
pub struct Unreadable {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// What a walk found.
#[derive(Debug, Default)]
pub struct Found {
    /// Logs, by path.
    pub logs: Vec<PathBuf>,
    /// Folders that could not be read.
    pub unreadable: Vec<Unreadable>,
}

/// Finds all logs below `root`; a root that is a file is the one log.
///
/// # Errors
/// If the root itself cannot be read.
pub fn find_logs(root: &Path) -> Result<Found, Unreadable> {
    let unreadable = |source| Unreadable { path: root.to_path_buf(), source };
    let metadata = std::fs::metadata(root).map_err(unreadable)?;
    if !metadata.is_dir() {
        return Ok(Found { logs: vec![root.to_path_buf()], unreadable: Vec::new() });
    }
    let mut found = Found::default();
    let entries = std::fs::read_dir(root).map_err(unreadable)?;
    let mut folders = Vec::new();
    look(root, entries, &mut found, &mut folders);
    while let Some(folder) = folders.pop() {
        match std::fs::read_dir(&folder) {
            Ok(entries) => look(&folder, entries, &mut found, &mut folders),
            Err(source) => found.unreadable.push(Unreadable { path: folder, source }),
        }
    }
    found.logs.sort_unstable();
    Ok(found)
}

fn look(folder: &Path, entries: std::fs::ReadDir, found: &mut Found, folders: &mut Vec<PathBuf>) {
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(source) => {
                found.unreadable.push(Unreadable { path: folder.to_path_buf(), source });
                return;
            }
        };
        // Of a link this is the link's own type: links are neither walked nor taken for logs.
        let Ok(kind) = entry.file_type() else { continue };
        let path = entry.path();
        if kind.is_dir() {
            if !paths::is_store(&path) {
                folders.push(path);
            }
        } else if kind.is_file() {
            let is_one = match paths::part(&path) {
                Part::Log => true,
                // A snapshot and the log migrated from it are one session, and the log stands for it.
                Part::Snapshot => !paths::beside(&path, Part::Log).is_file() && v1::is_snapshot(&path),
                _ => false,
            };
            if is_one {
                found.logs.push(path);
            }
        }
    }
}

/// Why a session was not found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// There is none.
    #[error("no session `{0}`: it is neither a path nor the id, or the start of an id, of a session")]
    NotFound(String),
    /// There are several.
    #[error("`{asked}` can mean {count} sessions; give more of the id, or a path: {}", paths.join(", "))]
    Ambiguous {
        /// What was asked for.
        asked: String,
        /// How many there are.
        count: usize,
        /// The first few.
        paths: Vec<String>,
    },
    /// A folder was named.
    #[error("`{0}` is a folder; name a log in it")]
    Folder(String),
    /// A path was named at which there is nothing.
    #[error("there is no file `{0}`")]
    NoFile(String),
    /// What was asked for cannot be a session's id.
    #[error(
        "`{0}` is no path that exists, and cannot be a session id: those hold only letters, digits, `.`, `_` and `-`"
    )]
    BadId(String),
    /// The sessions folder cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// Finds a session by path, id, or unambiguous start of an id.
///
/// # Errors
/// If there is none, or several.
pub fn resolve(asked: &OsStr, roots: &[PathBuf]) -> Result<PathBuf, ResolveError> {
    let path = Path::new(asked);
    // A pipe under its name is one too: whoever opens it says what it is.
    if std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_dir()) {
        return Ok(path.to_path_buf());
    }
    let text = asked.to_string_lossy();
    if !paths::is_session_id(&text) {
        let looks_like_path = text.contains(std::path::is_separator);
        let name = text.into_owned();
        return Err(if path.is_dir() {
            ResolveError::Folder(name)
        } else if looks_like_path {
            ResolveError::NoFile(name)
        } else {
            ResolveError::BadId(name)
        });
    }
    let mut logs = Vec::new();
    for root in roots {
        match find_logs(root) {
            Ok(found) => logs.extend(found.logs),
            Err(error) if error.source.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    choose(&text, &logs)
}

fn choose(asked: &str, logs: &[PathBuf]) -> Result<PathBuf, ResolveError> {
    // By file name first: it costs nothing. pi puts a time before the id.
    let named = |log: &&PathBuf| {
        let stem = paths::stem(log);
        stem == asked || stem.rsplit_once('_').is_some_and(|(_, id)| id == asked)
    };
    let by_name: Vec<&PathBuf> = logs.iter().filter(named).collect();
    if !by_name.is_empty() {
        return only(asked, &by_name);
    }
    let (mut equal, mut starting) = (Vec::new(), Vec::new());
    for log in logs {
        let stem = paths::stem(log);
        let id = header_id(log).unwrap_or_else(|| stem.clone());
        if id == asked {
            equal.push(log);
        } else if id.starts_with(asked) || stem.starts_with(asked) {
            starting.push(log);
        }
    }
    only(asked, if equal.is_empty() { &starting } else { &equal })
}

/// The one log, if there is just one.
fn only(asked: &str, logs: &[&PathBuf]) -> Result<PathBuf, ResolveError> {
    match logs {
        [] => Err(ResolveError::NotFound(asked.to_string())),
        [log] => Ok((*log).clone()),
        _ => {
            let paths = logs.iter().take(5).map(|log| log.to_string_lossy().into_owned()).collect();
            Err(ResolveError::Ambiguous { asked: asked.to_string(), count: logs.len(), paths })
        }
    }
}

fn header_id(log: &Path) -> Option<String> {
    let log = LogFile::open(log).ok()?;
    detect(&log).ok()?.header?.session_id
}
