//! The names beside a log, and the check whether something else occupies one.
//!
//! Owns: which kind of file each name must have, and which operation needs which names.
//! Invariant: readers treat a name of the wrong kind as missing. Every operation that writes checks here before it
//! changes anything, also in a dry run.

use crate::os::paths;
use crate::os::standing::{InTheWay, Wanted, check, check_all};
use jcode_session_core::segment::MANIFEST;
use jcode_session_core::storage::{Folder, Name, Place, TEMPORARIES};
use std::path::{Path, PathBuf};

type Names = Vec<(PathBuf, Wanted)>;

fn lock(log: &Path) -> (PathBuf, Wanted) {
    (paths::lock(log), Wanted::File)
}

/// The names that a change of the log's store uses.
fn store(log: &Path) -> Names {
    let folders = [Folder::Store, Folder::Segments, Folder::Quarantine, Folder::Checkpoints];
    let files = [Place::Ledger, Place::LedgerHead].into_iter().chain(Name::new(MANIFEST).map(Place::Segment));
    let folders = folders.into_iter().map(|folder| (paths::place_folder(log, folder), Wanted::Folder));
    let files = files.map(|place| (paths::place(log, &place), Wanted::File));
    let temporary = |number| (paths::place(log, &Place::Temporary(number)), Wanted::Replaced);
    folders.chain(files).chain((0..TEMPORARIES).map(temporary)).collect()
}

/// The names that a build of the sidecar uses.
fn sidecar(log: &Path) -> Names {
    let path = paths::sidecar(log);
    let beside = paths::sidecar_journals(&path);
    [path].into_iter().chain(beside).map(|path| (path, Wanted::Replaced)).collect()
}

/// Checks the names that a change of the log's store needs, under its lock.
///
/// # Errors
/// [`InTheWay`] for the first occupied name.
pub(crate) fn before_store_change(log: &Path) -> Result<(), InTheWay> {
    check_all([lock(log)].into_iter().chain(store(log)))
}

/// Checks the names that a build of the sidecar needs.
///
/// # Errors
/// [`InTheWay`] for the first occupied name.
pub(crate) fn before_sidecar(log: &Path) -> Result<(), InTheWay> {
    check_all(sidecar(log))
}

/// Every occupied name that a writer needs. The sidecar's name is checked when the sidecar is opened.
pub(crate) fn all(log: &Path) -> Vec<InTheWay> {
    let names = [lock(log)].into_iter().chain(store(log));
    names.filter_map(|(path, wanted)| check(&path, wanted).err()).collect()
}

/// What occupies a path of the store, or a folder above it, if that explains why a call on the path failed.
pub(crate) fn explain(log: &Path, path: &Path) -> Option<InTheWay> {
    check_all(store(log).into_iter().filter(|(name, _)| path.starts_with(name))).err()
}
