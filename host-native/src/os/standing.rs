//! What stands under a name of ours where something else should: a folder in the place of a file, a link, a pipe.
//!
//! Owns: which kind each name beside a log must be, and the words where it is another. Invariant: readers take what is
//! of another kind for not there; whoever writes refuses it before anything is changed, a dry run with the same words.
//! Does not: move or remove anything.

use crate::os::paths;
use std::fs::FileType;
use std::io;
use std::path::{Path, PathBuf};

/// What should stand at a path, if anything does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A plain file.
    File,
    /// A folder.
    Folder,
    /// A file that is replaced, whatever it is, unless it is a folder.
    Replaced,
}

/// Something else stands where a file or folder of ours should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is {found}, where a {wanted} should stand; move it out of the way", path.display())]
pub struct InTheWay {
    /// Where.
    pub path: PathBuf,
    /// What it is, with its article.
    pub found: &'static str,
    /// `file` or `folder`.
    pub wanted: &'static str,
}

/// Refuses what is of another kind. What is not there, or cannot be looked at, passes.
///
/// # Errors
/// [`InTheWay`].
pub(crate) fn check(path: &Path, wanted: Wanted) -> Result<(), InTheWay> {
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return Ok(()) };
    let (fits, wanted) = match wanted {
        Wanted::File => (metadata.is_file(), "file"),
        Wanted::Folder => (metadata.is_dir(), "folder"),
        Wanted::Replaced => (!metadata.is_dir(), "file"),
    };
    if fits { Ok(()) } else { Err(InTheWay { path: path.to_path_buf(), found: name_of(metadata.file_type()), wanted }) }
}

fn name_of(kind: FileType) -> &'static str {
    if kind.is_symlink() {
        return "a symbolic link";
    }
    if kind.is_dir() {
        return "a folder";
    }
    if kind.is_file() {
        return "a file";
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
    }
    "a device"
}

/// The error of opening something that is no plain file.
pub(crate) fn no_plain_file(kind: FileType) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, NoPlainFile(name_of(kind)))
}

#[derive(Debug, thiserror::Error)]
#[error("it is {0}, no plain file")]
struct NoPlainFile(&'static str);

/// Nothing that is of use to a reader stands where this error came from.
pub(crate) fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        || error.get_ref().is_some_and(|inner| inner.is::<NoPlainFile>())
}

/// The names beside a log that are used when its store is changed.
fn of_store(log: &Path) -> Vec<(PathBuf, Wanted)> {
    let store = paths::store(log);
    let mut names = vec![(store.clone(), Wanted::Folder)];
    names.extend(["segments", "quarantine", "checkpoints"].map(|name| (store.join(name), Wanted::Folder)));
    let files = ["ledger.jsonl", "ledger.head", "segments/manifest.json"];
    names.extend(files.map(|name| (store.join(name), Wanted::File)));
    names.extend((0..paths::TEMPORARIES).map(|number| (paths::temporary(log, number), Wanted::Replaced)));
    names
}

fn first(names: impl IntoIterator<Item = (PathBuf, Wanted)>) -> Result<(), InTheWay> {
    names.into_iter().try_for_each(|(path, wanted)| check(&path, wanted))
}

/// Looks before the store of a log is changed under its lock.
///
/// # Errors
/// [`InTheWay`], the first one.
pub(crate) fn before_store_change(log: &Path) -> Result<(), InTheWay> {
    let lock = (paths::lock(log), Wanted::File);
    first([lock].into_iter().chain(of_store(log)))
}

/// Looks before a log is migrated, for which its own lock is enough.
///
/// # Errors
/// [`InTheWay`], the first one.
pub(crate) fn before_migration(log: &Path) -> Result<(), InTheWay> {
    let sidecar = ["sqlite3", "sqlite3-journal", "sqlite3-wal", "sqlite3-shm"];
    let sidecar = sidecar.map(|ending| (log.with_extension(ending), Wanted::Replaced));
    first(sidecar.into_iter().chain(of_store(log)))
}

/// Everything beside a log that stands in somebody's way; a sidecar is judged where it is opened.
pub(crate) fn all(log: &Path) -> Vec<InTheWay> {
    let lock = (paths::lock(log), Wanted::File);
    let names = [lock].into_iter().chain(of_store(log));
    names.filter_map(|(path, wanted)| check(&path, wanted).err()).collect()
}

/// What stands at a path of a store, or above it, if that is why a call on it failed.
pub(crate) fn explain(log: &Path, path: &Path) -> Option<InTheWay> {
    let above = of_store(log).into_iter().filter(|(name, _)| path.starts_with(name));
    above.filter_map(|(name, wanted)| check(&name, wanted).err()).next()
}
