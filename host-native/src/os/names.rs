//! The names beside a log, and whether something else stands under one.
//!
//! Owns: which kind each name must be, and who needs which. Invariant: readers take what is of another kind for not
//! there; whoever writes asks here before anything is changed, a dry run too.

use crate::os::paths;
use crate::os::standing::{InTheWay, Wanted, check, check_all};
use jcode_session_core::parts::SIDECAR_JOURNALS;
use jcode_session_core::segment::MANIFEST;
use jcode_session_core::storage::{Folder, Name, Place, TEMPORARIES};
use std::path::{Path, PathBuf};

type Names = Vec<(PathBuf, Wanted)>;

fn lock(log: &Path) -> (PathBuf, Wanted) {
    (paths::lock(log), Wanted::File)
}

/// What is used when the store of a log is changed.
fn store(log: &Path) -> Names {
    let folders = [Folder::Store, Folder::Segments, Folder::Quarantine, Folder::Checkpoints];
    let files = [Place::Ledger, Place::LedgerHead].into_iter().chain(Name::new(MANIFEST).map(Place::Segment));
    let folders = folders.into_iter().map(|folder| (paths::place_folder(log, folder), Wanted::Folder));
    let files = files.map(|place| (paths::place(log, &place), Wanted::File));
    let temporary = |number| (paths::place(log, &Place::Temporary(number)), Wanted::Replaced);
    folders.chain(files).chain((0..TEMPORARIES).map(temporary)).collect()
}

/// What is used when a sidecar is built.
fn sidecar(log: &Path) -> Names {
    let path = paths::sidecar(log);
    let beside = SIDECAR_JOURNALS.map(|ending| {
        let mut name = path.clone().into_os_string();
        name.push(ending);
        name.into()
    });
    [path].into_iter().chain(beside).map(|path| (path, Wanted::Replaced)).collect()
}

/// Looks before the store of a log is changed under its lock.
///
/// # Errors
/// [`InTheWay`], the first one.
pub(crate) fn before_store_change(log: &Path) -> Result<(), InTheWay> {
    check_all([lock(log)].into_iter().chain(store(log)))
}

/// Looks before the sidecar of a log is written.
///
/// # Errors
/// [`InTheWay`], the first one.
pub(crate) fn before_sidecar(log: &Path) -> Result<(), InTheWay> {
    check_all(sidecar(log))
}

/// Everything that stands in the way of whoever writes; a sidecar is judged where it is opened.
pub(crate) fn all(log: &Path) -> Vec<InTheWay> {
    let names = [lock(log)].into_iter().chain(store(log));
    names.filter_map(|(path, wanted)| check(&path, wanted).err()).collect()
}

/// What stands at a path of a store, or above it, if that is why a call on it failed.
pub(crate) fn explain(log: &Path, path: &Path) -> Option<InTheWay> {
    check_all(store(log).into_iter().filter(|(name, _)| path.starts_with(name))).err()
}
