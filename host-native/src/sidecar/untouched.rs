//! Whether anybody but this software has changed a sidecar's file.
//!
//! Owns: how that is told: this software sets the file's mtime to the time that the metadata names, `indexed_at`.
//! Whoever else writes to the file moves its mtime.
//! Invariant: a sidecar is vouched for behind each change that this software makes; where that fails, or a crash
//! comes between, its rows are compared with the log once.
//! Does not: compare; see [`crate::sidecar::sql::difference`].

use crate::os::files::stamp_of;
use crate::os::paths;
use jcode_session_core::index::meta::IndexMeta;
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT, utimensat};
use std::fs::Metadata;
use std::path::Path;

const NS: i64 = 1_000_000;

/// True if the sidecar of a log, which has this metadata, is as this software left it: then its rows are, too.
pub(crate) fn is_untouched(log: &Path, meta: &IndexMeta) -> bool {
    std::fs::symlink_metadata(paths::sidecar(log)).is_ok_and(|file| is_vouched_for(&file, meta))
}

pub(super) fn is_vouched_for(file: &Metadata, meta: &IndexMeta) -> bool {
    file.is_file() && meta.indexed_at.checked_mul(NS) == Some(stamp_of(file).mtime_ns)
}

/// Says of the sidecar of a log, which now has this metadata, that its rows are right. By path: closing a file of its
/// own here would take away the locks that connections of this process hold on it.
pub(crate) fn vouch(log: &Path, meta: &IndexMeta) {
    let modified =
        Timespec { tv_sec: meta.indexed_at.div_euclid(1000), tv_nsec: (meta.indexed_at.rem_euclid(1000) * NS) as _ };
    let times =
        Timestamps { last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT as _ }, last_modification: modified };
    // Without it the rows are compared once more.
    let _ = utimensat(CWD, paths::sidecar(log), &times, AtFlags::SYMLINK_NOFOLLOW);
}
