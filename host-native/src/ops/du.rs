//! What a session takes on the disk, and what the bytes of its log are.
//!
//! Owns: which files are a session's. Core tells what bytes are.
//! Invariant: nothing is written. A file that comes or goes meanwhile counts or does not; no other error is passed over.

use crate::os::files::PathError;
use crate::os::log_file::LogFile;
use crate::os::{paths, stat};
use crate::session::v1::{self, V1Files};
use jcode_session_core::measure::{Bytes, measure};
use jcode_session_core::parts::Part;
use jcode_session_core::report::{FileBytes, Use};
use jcode_session_core::source::SourceError;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Why a session was not measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DuError {
    /// A file cannot be opened.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The log cannot be read.
    #[error("{}: {source}", path.display())]
    Log {
        /// The log.
        path: PathBuf,
        /// The reason.
        source: SourceError,
    },
}

/// Measures a session, given by its log or by its v1 snapshot. `tick` gets bytes of the log as they are done.
///
/// # Errors
/// Fails if a file cannot be read, or `tick` interrupts.
pub fn du(session: &Path, tick: &mut dyn FnMut(u64) -> ControlFlow<()>) -> Result<Use, DuError> {
    let is_v1 = v1::is_snapshot(session);
    let mut kinds = Bytes::default();
    let mut add = |mut log: LogFile| {
        log.map_if_guarded();
        let failed = |source| DuError::Log { path: log.path().to_path_buf(), source };
        kinds += measure(&log, tick).map_err(failed)?;
        Ok::<(), DuError>(())
    };
    if is_v1 {
        let files = V1Files::beside(session).open()?;
        [files.snapshot, files.bak, files.journal].into_iter().flatten().try_for_each(&mut add)?;
    } else {
        add(LogFile::open(session)?)?;
    }
    Ok(Use::new(kinds, files(session, is_v1)?))
}

/// Bytes of the files that hold a log: its own, and its segments with their manifest.
///
/// # Errors
/// Fails if a file cannot be looked at.
pub fn stored(log: &Path) -> Result<u64, PathError> {
    Ok(len(log)? + of_folder(&paths::store(log).join("segments"))?)
}

fn files(session: &Path, is_v1: bool) -> Result<FileBytes, PathError> {
    let mut files = FileBytes::default();
    if !is_v1 {
        files.log = len(session)?;
    }
    if is_v1 || v1::is_snapshot(&paths::beside(session, Part::Snapshot)) {
        for path in V1Files::beside(session).paths() {
            files.v1 += len(&path)?;
        }
    }
    let sidecar = paths::sidecar(session);
    files.sidecar = len(&sidecar)?;
    for journal in paths::sidecar_journals(&sidecar) {
        files.sidecar += len(&journal)?;
    }
    let store = paths::store(session);
    files.checkpoints = of_folder(&store.join("checkpoints"))?;
    files.segments = of_folder(&store.join("segments"))?;
    files.quarantine = of_folder(&store.join("quarantine"))?;
    files.ledger = of_folder(&store)?;
    Ok(files)
}

/// Length of a file; nothing where there is none.
fn len(path: &Path) -> Result<u64, PathError> {
    match stat::stat(path) {
        Ok(metadata) => Ok(if metadata.is_file() { metadata.len() } else { 0 }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(PathError::new("look at", path)(error)),
    }
}

/// Bytes of the files in a folder, without its folders; nothing where there is none.
fn of_folder(folder: &Path) -> Result<u64, PathError> {
    let entries = match stat::read_folder(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(0),
        Err(error) => return Err(PathError::new("look into", folder)(error)),
    };
    let mut bytes = 0;
    for entry in entries {
        let entry = entry.map_err(PathError::new("look into", folder))?;
        match entry.metadata() {
            Ok(metadata) if metadata.is_file() => bytes += metadata.len(),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(PathError::new("look at", &entry.path())(error)),
        }
    }
    Ok(bytes)
}
