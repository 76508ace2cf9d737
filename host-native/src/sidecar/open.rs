//! Opens the sidecar of one log for reading.
//!
//! Owns: opening the file, and the glance at its metadata without SQLite. [`Sidecar`] judges it.
//! Invariant: nothing is written here. [`crate::sidecar::rebuild`] builds and catches up.

use crate::os::files::{open_plain, stamp_at};
use crate::os::log_file::LogFile;
use crate::os::names::before_sidecar;
use crate::os::stat;
use crate::os::{host, paths};
use crate::sidecar::connect::{Purpose, connect};
pub use crate::sidecar::sql::Sidecar;
use crate::sidecar::untouched::is_vouched_for;
use jcode_session_core::index::meta::IndexMeta;
use jcode_session_core::index::meta_from_pages::{META_PAGES_LEN, meta_from_pages};
use jcode_session_core::source::SourceError;
use std::fs::Metadata;
use std::io::Read;
use std::path::Path;

/// The metadata of a log's sidecar, read without SQLite, if the log's stamp is the recorded one. Meant for runs over
/// thousands of sessions. `None` means: open the sidecar and judge it. The rows are not checked.
#[must_use]
pub fn quick_meta(log: &Path) -> Option<IndexMeta> {
    quick(log).map(|(meta, _)| meta)
}

/// Like [`quick_meta`], but only if no other program has changed the sidecar, so that its rows can be believed.
#[must_use]
pub(crate) fn untouched_meta(log: &Path) -> Option<IndexMeta> {
    quick(log).filter(|(meta, file)| is_vouched_for(file, meta)).map(|(meta, _)| meta)
}

fn quick(log: &Path) -> Option<(IndexMeta, Metadata)> {
    let (meta, sidecar) = written(log)?;
    let path = paths::sidecar(log);
    let file = stamp_at(log).ok()?;
    // For a log with segments, the file alone is shorter than the log.
    let now = if file.len < meta.stamp.len { LogFile::open(log).ok()?.stamp() } else { file };
    let synced = meta.unsynced_boot.is_none() || meta.unsynced_boot.as_deref() == host::boot_id();
    // A journal beside the sidecar belongs to a commit that did not end.
    (now == meta.stamp && synced && !journal(&path).exists()).then_some((meta, sidecar))
}

/// The metadata that was written last to a log's sidecar, whatever happened to the log since.
#[must_use]
pub(crate) fn written_meta(log: &Path) -> Option<IndexMeta> {
    written(log).map(|(meta, _)| meta)
}

fn written(log: &Path) -> Option<(IndexMeta, Metadata)> {
    let (mut file, metadata) = open_plain(&paths::sidecar(log)).ok()?;
    let mut start = [0; META_PAGES_LEN];
    file.read_exact(&mut start).ok()?;
    Some((meta_from_pages(&start)?, metadata))
}

fn journal(sidecar: &Path) -> std::path::PathBuf {
    let mut name = sidecar.as_os_str().to_owned();
    name.push("-journal");
    name.into()
}

/// Opens and judges the sidecar of an open log.
///
/// # Errors
/// Fails only if the log cannot be read.
pub fn open(log: &LogFile) -> Result<Sidecar, SourceError> {
    let path = paths::sidecar(log.path());
    if let Err(found) = before_sidecar(log.path()) {
        return Ok(Sidecar::InTheWay(found.to_string()));
    }
    match stat::lstat(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Sidecar::Missing),
        Err(error) => return Ok(Sidecar::Corrupt(error.to_string())),
        Ok(metadata) if !metadata.is_file() => return Ok(Sidecar::Corrupt("it is no regular file".into())),
        Ok(metadata) if metadata.len() == 0 => return Ok(Sidecar::Corrupt("it is empty".into())),
        Ok(_) => {}
    }
    Sidecar::judge(connect(log.path(), Purpose::Read), &|boot| host::boot_id() == Some(boot), &log.stamp(), log)
}
