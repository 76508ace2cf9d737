//! Finds all sessions below some folders.
//!
//! Owns: the walk through sessions folders.
//! Invariant: the walk follows no symbolic link below its root and never leaves the root. It goes on past unreadable
//! folders. It opens no log.

use crate::os::paths;
use crate::os::stat;
use crate::session::kind::judge;
use crate::session::v1;
use jcode_session_core::dialect::FileKind;
use jcode_session_core::parts::Part;
use std::io;
use std::path::{Path, PathBuf};

/// A folder or file that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot look into {}: {source}", path.display())]
pub struct Unreadable {
    /// The folder or file.
    pub path: PathBuf,
    /// The reason.
    pub source: io::Error,
}

/// The result of a walk.
#[derive(Debug, Default)]
pub struct Found {
    /// Logs, by path.
    pub logs: Vec<PathBuf>,
    /// Folders that could not be read.
    pub unreadable: Vec<Unreadable>,
}

/// Finds all logs below `root`. A root that is a file is itself the only log.
///
/// # Errors
/// Fails if the root itself cannot be read.
pub fn find_logs(root: &Path) -> Result<Found, Unreadable> {
    let unreadable = |source| Unreadable { path: root.to_path_buf(), source };
    let metadata = stat::stat(root).map_err(unreadable)?;
    if !metadata.is_dir() {
        return Ok(Found { logs: vec![root.to_path_buf()], unreadable: Vec::new() });
    }
    let mut found = Found::default();
    let entries = stat::read_folder(root).map_err(unreadable)?;
    let mut folders = Vec::new();
    look(root, entries, &mut found, &mut folders);
    while let Some(folder) = folders.pop() {
        match stat::read_folder(&folder) {
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
        // For a link, this is the type of the link itself: links are neither walked nor taken for logs.
        let Ok(kind) = entry.file_type() else { continue };
        let path = entry.path();
        if kind.is_dir() {
            if !paths::is_store(&path) {
                folders.push(path);
            }
        } else if kind.is_file() {
            let is_one = match paths::part(&path) {
                Part::Log => true,
                // Where both are there, the plain one counts.
                Part::Packed => !path.with_extension("").is_file() && is_foreign(&path),
                // A snapshot and the log migrated from it are one session, and the log stands for it.
                Part::Snapshot => !paths::beside(&path, Part::Log).is_file() && is_session(&path),
                _ => false,
            };
            if is_one {
                found.logs.push(path);
            }
        }
    }
}

/// A document that is a snapshot of jcode, or another agent's session.
fn is_session(path: &Path) -> bool {
    v1::is_snapshot(path) || is_foreign(path)
}

fn is_foreign(path: &Path) -> bool {
    judge(path).is_ok_and(|found| found.is_some_and(|found| found.kind == FileKind::Foreign))
}
