//! Whether anybody but this software has changed a sidecar's file.
//!
//! Owns: how that is told: this software sets the file's mtime to the time that its metadata names, `indexed_at`.
//! Whoever else writes to the file moves its mtime.
//! Invariant: only a sidecar that was just built, was compared with its log, or was untouched before a change of ours is
//! vouched for. Where that fails, or a crash comes between, its rows are compared once more.
//! Does not: compare; see [`super::look`].

use crate::os::files::stamp_of;
use crate::os::paths;
use crate::os::stat;
use crate::sidecar::sql::write_meta;
use jcode_session_core::index::meta::IndexMeta;
use rusqlite::Transaction;
use std::fs::Metadata;
use std::path::Path;

const NS: i64 = 1_000_000;

/// True if the sidecar of a log, which has this metadata, is as this software left it: then its rows are, too.
pub(crate) fn is_untouched(log: &Path, meta: &IndexMeta) -> bool {
    stat::lstat(&paths::sidecar(log)).is_ok_and(|file| is_vouched_for(&file, meta))
}

pub(super) fn is_vouched_for(file: &Metadata, meta: &IndexMeta) -> bool {
    file.is_file() && meta.indexed_at.checked_mul(NS) == Some(stamp_of(file).mtime_ns)
}

/// Says of the sidecar of a log, which has this metadata, that its rows are right. By path: closing a file of its own
/// here would take away the locks that connections of this process hold on it.
pub(super) fn vouch(log: &Path, meta: &IndexMeta) {
    vouch_for(&paths::sidecar(log), meta);
}

/// The same of a file that becomes a sidecar.
pub(super) fn vouch_for(path: &Path, meta: &IndexMeta) {
    // Without it the rows are compared once more.
    let _ = stat::set_mtime(path, meta.indexed_at);
}

/// Commits a change that leads from one metadata to another. A sidecar that somebody else has changed stays known by it.
pub(crate) fn commit(
    transaction: Transaction<'_>,
    log: &Path,
    before: &IndexMeta,
    after: &IndexMeta,
) -> rusqlite::Result<()> {
    write_meta(&transaction, after)?;
    let untouched = is_untouched(log, before);
    transaction.commit()?;
    if untouched {
        vouch(log, after);
    }
    Ok(())
}
