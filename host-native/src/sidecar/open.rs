//! The sidecar of one log: is it there, can it be read, and is it of this state of the log?
//!
//! Owns: opening its file for reading. Invariant: nothing is written here.
//! Does not: judge it (see [`Sidecar`]), build or catch up (see [`crate::sidecar::rebuild`]).

use crate::os::files::{open_plain, stamp_of};
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

/// The metadata of a log's sidecar, if the file system says that the log is as it was when the sidecar was written;
/// without SQLite, for runs over thousands of sessions. `None`: open it and see. It says nothing of the rows.
#[must_use]
pub fn quick_meta(log: &Path) -> Option<IndexMeta> {
    quick(log).map(|(meta, _)| meta)
}

/// As [`quick_meta`], if the rows are those that belong to it: nobody else has changed the sidecar since.
#[must_use]
pub(crate) fn untouched_meta(log: &Path) -> Option<IndexMeta> {
    quick(log).filter(|(meta, file)| is_vouched_for(file, meta)).map(|(meta, _)| meta)
}

fn quick(log: &Path) -> Option<(IndexMeta, Metadata)> {
    let (meta, sidecar) = written(log)?;
    let path = paths::sidecar(log);
    let file = stamp_of(&stat::lstat(log).ok()?);
    // The file of a log with segments is shorter than the log.
    let now = if file.len < meta.stamp.len { LogFile::open(log).ok()?.stamp() } else { file };
    let synced = meta.unsynced_boot.is_none() || meta.unsynced_boot.as_deref() == host::boot_id();
    // A journal beside it belongs to a commit that did not end.
    (now == meta.stamp && synced && !journal(&path).exists()).then_some((meta, sidecar))
}

/// The metadata of a log's sidecar as it was written last, whatever became of the log since.
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
/// Only if the log cannot be read.
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
