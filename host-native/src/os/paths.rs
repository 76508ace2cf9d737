//! The paths of the files around a log.
//!
//! Owns: which path belongs to which log. Core's `parts` defines the names.
//! Invariant: an id from outside never leads outside of the sessions folder.

use jcode_session_core::parts::{self, OWN_TEMPORARY, Part, SIDECAR_JOURNALS, STORE, classify};
use jcode_session_core::storage::{Folder, Name, Place};
use std::path::{Path, PathBuf};

/// The path of a part that a session has once, given the path of another such part.
#[must_use]
pub fn beside(session: &Path, part: Part) -> PathBuf {
    part.extension().map_or_else(|| session.to_path_buf(), |extension| session.with_extension(extension))
}

/// `<stem>.sqlite3` of a log.
#[must_use]
pub fn sidecar(log: &Path) -> PathBuf {
    beside(log, Part::Sidecar)
}

/// The journals that SQLite keeps beside a sidecar.
pub fn sidecar_journals(sidecar: &Path) -> [PathBuf; 3] {
    SIDECAR_JOURNALS.map(|ending| {
        let mut name = sidecar.as_os_str().to_owned();
        name.push(ending);
        name.into()
    })
}

/// `<stem>.store` of a log.
#[must_use]
pub fn store(log: &Path) -> PathBuf {
    log.with_extension(STORE)
}

/// `<stem>.lock` of a log.
#[must_use]
pub fn lock(log: &Path) -> PathBuf {
    beside(log, Part::Lock)
}

/// The path of a file of the session with this log.
#[must_use]
pub fn place(log: &Path, place: &Place) -> PathBuf {
    let name = match place {
        Place::Log => return log.to_path_buf(),
        Place::Temporary(number) => &format!("{OWN_TEMPORARY}{}-{number}.tmp", stem(log)),
        Place::Ledger => "ledger.jsonl",
        Place::LedgerHead => "ledger.head",
        Place::Checkpoint(name) | Place::Segment(name) | Place::Quarantine(name) => name.as_str(),
    };
    place_folder(log, place.folder()).join(name)
}

/// The path of a folder of the session with this log.
#[must_use]
pub fn place_folder(log: &Path, folder: Folder) -> PathBuf {
    match folder {
        Folder::Sessions => self::folder(log).to_path_buf(),
        Folder::Store => store(log),
        Folder::Checkpoints => store(log).join("checkpoints"),
        Folder::Segments => store(log).join("segments"),
        Folder::Quarantine => store(log).join("quarantine"),
    }
}

/// The file name of a log without its ending: the session's id if the header has none.
#[must_use]
pub fn stem(log: &Path) -> String {
    log.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The folder that holds a log.
#[must_use]
pub fn folder(log: &Path) -> &Path {
    match log.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The part of a session that a file is, judged by its name.
#[must_use]
pub fn part(path: &Path) -> Part {
    path.file_name().map_or(Part::Other, |name| classify(&name.to_string_lossy()))
}

/// True for a folder that is a session's store.
#[must_use]
pub fn is_store(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| parts::is_store(&name.to_string_lossy()))
}

/// True for an id that can be a file name: letters, digits, `.`, `_`, `-`, no leading dot.
#[must_use]
pub fn is_session_id(id: &str) -> bool {
    Name::new(id).is_some()
}
