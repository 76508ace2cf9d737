//! One sessions folder: its given name and its real path.
//!
//! Owns: conversion between paths below the folder and bytes.
//! Invariant: the index identifies a folder by its real path, so that a link or a relative name finds the same rows.

use super::Listed;
use crate::os::files::{Links, stamp_of_file};
pub(crate) use crate::os::path_text::path_of;
use crate::os::paths;
use crate::os::stat;
use jcode_session_core::catalog::Row;
use jcode_session_core::log::Dialect;
use jcode_session_core::source::identity::FileStamp;
use std::path::{Path, PathBuf};

/// A sessions folder.
#[derive(Debug, Clone)]
pub(super) struct Root {
    /// As the user named it.
    pub(super) given: PathBuf,
    /// Its real path, as bytes.
    pub(super) key: Vec<u8>,
}

impl Root {
    pub(super) fn new(given: &Path) -> Self {
        let real = stat::real_path(given).or_else(|_| std::path::absolute(given));
        let real = real.unwrap_or_else(|_| given.to_path_buf());
        Self { given: given.to_path_buf(), key: real.as_os_str().as_encoded_bytes().to_vec() }
    }

    /// The session of a row; `None` for a file that is no session.
    pub(super) fn listed(&self, row: Row) -> Option<Listed> {
        let summary = row.summary?;
        // One allocation per row: `join` takes two, and there are ten thousand rows.
        let mut path = PathBuf::with_capacity(self.given.as_os_str().len() + 1 + row.rel.len());
        path.extend([&self.given, path_of(&row.rel).as_ref()]);
        let is_snapshot = summary.dialect.is_some_and(Dialect::is_snapshot);
        if is_snapshot {
            // What has the log's name is none: the snapshot is the session.
            path.set_extension("json");
        }
        let stamp = (row.stamps.log, if is_snapshot { row.stamps.beside } else { 0 });
        Some(Listed { path, summary, stamp })
    }

    /// The path of a row's file, if the file is named like a log and is none. A snapshot beside it may still be a
    /// session.
    pub(super) fn other(&self, row: &Row) -> Option<PathBuf> {
        let dialect = row.summary.as_ref().map(|summary| summary.dialect);
        let no_log = dialect.is_none_or(|dialect| dialect.is_some_and(Dialect::is_snapshot));
        (no_log && row.rel.ends_with(b".jsonl")).then(|| self.given.join(path_of(&row.rel)))
    }

    /// Digest over the stamp of a session's sidecar; 0 if there is none.
    pub(super) fn sidecar_stamp(&self, rel: &[u8]) -> u64 {
        sidecar_stamp(&self.given.join(path_of(rel)))
    }
}

/// Digest over the stamp of a log's sidecar; 0 if there is none.
pub(super) fn sidecar_stamp(log: &Path) -> u64 {
    digest(&[stamp_of_file(&paths::sidecar(log), Links::Refused)])
}

/// Digest over the stamps of files that may exist; 0 if none exists.
pub(super) fn digest(stamps: &[Option<FileStamp>]) -> u64 {
    if stamps.iter().all(Option::is_none) {
        return 0;
    }
    let mut hasher = blake3::Hasher::new();
    for stamp in stamps {
        let s = stamp.unwrap_or_default();
        hasher.update(&[u8::from(stamp.is_some())]);
        for n in [s.dev, s.ino, s.len, s.mtime_ns.cast_unsigned(), s.ctime_ns.cast_unsigned()] {
            hasher.update(&n.to_le_bytes());
        }
    }
    u64::from_le_bytes(hasher.finalize().as_bytes().first_chunk().copied().unwrap_or_default())
}
