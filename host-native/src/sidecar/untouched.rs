//! Detects whether another program has changed a sidecar's file.
//!
//! Owns: the sign for it. This software sets the file's mtime to `indexed_at` of its metadata. Any other program that
//! writes to the file moves the mtime.
//! Invariant: the mtime is set only on a sidecar that was just built, was compared with its log, or was untouched
//! before our change. If setting it fails, or a crash comes first, the rows are compared once more; see
//! [`super::look`].

use crate::os::paths;
use crate::os::stat;
use crate::sidecar::sql::write_meta;
use jcode_session_core::index::meta::IndexMeta;
use rusqlite::Connection;
use std::fs::Metadata;
use std::path::Path;

const NS: i64 = 1_000_000;

/// True if nobody but this software has changed the log's sidecar, which has this metadata. Then its rows are right.
pub(crate) fn is_untouched(log: &Path, meta: &IndexMeta) -> bool {
    stat::lstat(&paths::sidecar(log)).is_ok_and(|file| is_vouched_for(&file, meta))
}

pub(super) fn is_vouched_for(file: &Metadata, meta: &IndexMeta) -> bool {
    file.is_file() && meta.indexed_at.checked_mul(NS) == Some(stat::mtime_ns(file))
}

/// Marks the rows of the log's sidecar, which has this metadata, as right. Works by path: closing a file handle of its
/// own would release the locks that connections of this process hold on the file.
pub(super) fn vouch(log: &Path, meta: &IndexMeta) {
    vouch_for(&paths::sidecar(log), meta);
}

/// Like [`vouch`], but for a file that is about to become a sidecar.
pub(super) fn vouch_for(path: &Path, meta: &IndexMeta) {
    // If this fails, the rows are compared once more.
    let _ = stat::set_mtime(path, meta.indexed_at);
}

/// Commits the change from one metadata to another that a transaction of this connection made. A sidecar that another program had changed before does not get the
/// mark.
pub(crate) fn commit(
    transaction: &Connection,
    log: &Path,
    before: &IndexMeta,
    after: &IndexMeta,
) -> rusqlite::Result<()> {
    write_meta(transaction, after)?;
    let untouched = is_untouched(log, before);
    transaction.execute_batch("COMMIT")?;
    if untouched {
        vouch(log, after);
    }
    Ok(())
}
