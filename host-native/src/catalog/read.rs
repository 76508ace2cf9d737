//! Reads one session for a list.
//!
//! Owns: which files of the session are read, and what a sidecar contributes. Of a large log only head and tail are
//! read, as core decides.
//! Invariant: a session that cannot be read is listed with the facts of the file system, never left out. The stamps in
//! a row are those of the files as they were opened.

use super::root::{path_of, sidecar_stamp};
use super::walk::FoundSession;
use crate::os::log_file::LogFile;
use crate::os::{host, paths};
use crate::session::v1::{self, V1Files};
use crate::sidecar::{self, Sidecar};
use jcode_session_core::catalog::refresh::{Stamps, is_racy};
use jcode_session_core::catalog::{
    CountTail, Exact, Named, Row, SessionSummary, is_ahead, summarize_log, summarize_v1,
};
use jcode_session_core::index::meta::{IndexMeta, Resume};
use jcode_session_core::log::{Dialect, LogScan, scan_source};
use jcode_session_core::parts::Part;
use jcode_session_core::source::identity::FileStamp;
use jcode_session_core::source::{ByteSource, SourceError};
use std::ops::ControlFlow;
use std::path::Path;

/// Bytes behind the end of a sidecar that a list still counts.
const SMALL_GROWTH: u64 = 1 << 20;

/// Reads a session; `None` if it is gone.
pub(super) fn read(root: &Path, found: &FoundSession) -> Option<Row> {
    let path = root.join(path_of(&found.rel));
    let now_ms = host::now_ms();
    let now_ns = now_ms.saturating_mul(1_000_000);
    let mut racy = [found.log, found.snapshot, found.journal, found.bak]
        .into_iter()
        .flatten()
        .any(|stamp| is_racy(stamp.ctime_ns, now_ns));
    let seen = found.seen();
    let mut log_stamp = seen.log;
    let summary = match found.log {
        None => read_v1(&path, seen.log, now_ms).or_else(|| read_document(&path, seen.log, now_ms)),
        Some(stamp) => {
            let (log, stamp, whole) = match read_log(&path, stamp, now_ms) {
                Ok(read) => read,
                Err(Trouble::Gone) => return None,
                Err(Trouble::Unreadable) => (Some(unreadable(&path, stamp, now_ms)), stamp, false),
            };
            // The reason why it was not read whole may end without changing the file's stamp.
            racy |= !whole || is_racy(stamp.ctime_ns, now_ns);
            log_stamp = stamp;
            let snapshot = paths::beside(&path, Part::Snapshot);
            let v1 = found
                .snapshot
                .filter(|_| v1::is_snapshot(&snapshot))
                .and_then(|stamp| read_v1(&snapshot, stamp, now_ms));
            match (log, v1) {
                (Some(log), Some(v1)) => Some(with_newer_v1(log, v1)),
                (log, v1) => log.or(v1),
            }
        }
    };
    // A time in the future becomes a past one some day.
    racy |= summary.as_ref().is_some_and(|summary| summary.listed_as_of.is_some());
    let lacking = found.log.is_some() && summary.as_ref().is_some_and(|summary| summary.entry_count.is_none());
    let sidecar = if lacking { sidecar_stamp(&path) } else { 0 };
    let stamps = Stamps { log: log_stamp, beside: seen.beside, sidecar, racy, lacking };
    Some(Row { rel: seen.rel.to_vec(), stamps, summary: summary.map(Box::new) })
}

enum Trouble {
    Gone,
    Unreadable,
}

impl From<SourceError> for Trouble {
    fn from(_: SourceError) -> Self {
        Self::Unreadable
    }
}

/// The mtime of a file, in Unix milliseconds; its ctime if the mtime lies in the future, since anybody can set the
/// mtime.
const fn file_time(stamp: &FileStamp, now_ms: i64) -> i64 {
    let modified = stamp.mtime_ns.div_euclid(1_000_000);
    if is_ahead(modified, now_ms) { stamp.ctime_ns.div_euclid(1_000_000) } else { modified }
}

/// The summary that the file system alone gives.
fn unreadable(path: &Path, stamp: FileStamp, now_ms: i64) -> SessionSummary {
    SessionSummary {
        session_id: paths::stem(path),
        last_modified: file_time(&stamp, now_ms),
        size_bytes: stamp.len,
        ..SessionSummary::default()
    }
}

/// Merges a log's summary with that of its v1 files. If jcode went on writing v1 after the migration, the v1 summary is
/// the newer one.
fn with_newer_v1(log: SessionSummary, v1: SessionSummary) -> SessionSummary {
    if v1.list_time() <= log.list_time() {
        return log;
    }
    SessionSummary {
        last_modified: v1.last_modified,
        listed_as_of: v1.listed_as_of,
        title: v1.title.or(log.title),
        model: v1.model.or(log.model),
        status: v1.status,
        status_message: v1.status_message,
        saved: v1.saved,
        save_label: v1.save_label,
        is_debug: v1.is_debug,
        is_canary: v1.is_canary,
        preview: v1.preview.or(log.preview),
        last_active_at: v1.last_active_at.or(log.last_active_at),
        last_pid: v1.last_pid.or(log.last_pid),
        updated_at: v1.updated_at.or(log.updated_at),
        ..log
    }
}

/// The summary of a log, the stamp of the file that was read, and whether the log could be read whole.
fn read_log(path: &Path, seen: FileStamp, now_ms: i64) -> Result<(Option<SessionSummary>, FileStamp, bool), Trouble> {
    let mut tries = 0;
    loop {
        let mut log = LogFile::open(path).map_err(|error| match error.source.kind() {
            std::io::ErrorKind::NotFound => Trouble::Gone,
            _ => Trouble::Unreadable,
        })?;
        // Another agent's session is read whole, and each record once more where it is shown.
        log.map_if_guarded();
        let stem = paths::stem(path);
        let named = Named { stem: &stem, file_time: file_time(&log.stamp(), now_ms), now_ms };
        match summarize_log(&log, named, &mut || from_sidecar(&log)) {
            Ok(summary) => return Ok((summary, log.file_stamp(), !log.met_lost())),
            // The log was replaced or cut while it was read: read it again.
            Err(_) if tries < 3 => tries += 1,
            Err(_) => return Ok((Some(unreadable(path, seen, now_ms)), FileStamp::default(), false)),
        }
    }
}

/// The summary of a document that is another agent's session; `None` if it is none.
fn read_document(path: &Path, stamp: FileStamp, now_ms: i64) -> Option<SessionSummary> {
    let (summary, ..) = read_log(path, stamp, now_ms).ok()?;
    summary.filter(|summary| summary.dialect.is_some_and(|dialect| dialect.agent().is_some()))
}

/// What the sidecar knows about the whole log, if it is of this state of it or of one shortly before.
fn from_sidecar(log: &LogFile) -> Result<Option<Exact>, SourceError> {
    let known = |meta: IndexMeta| Some((meta.counts, meta.active_leaf));
    if let Some(meta) = sidecar::quick_meta(log.path()).filter(|meta| meta.stamp == log.stamp()) {
        return Ok(known(meta));
    }
    match sidecar::open(log)? {
        Sidecar::Fresh { reader, .. } => Ok(known(reader.meta().clone())),
        Sidecar::Grown(reader) => {
            let meta = reader.meta().clone();
            let Resume::At { offset, lines, record_seen, expect_lf: false } = meta.resume else { return Ok(None) };
            if log.len() - offset > SMALL_GROWTH {
                return Ok(None);
            }
            let mut recount = CountTail { counts: meta.counts, leaf: meta.active_leaf };
            let scan = LogScan::resume(offset, lines, record_seen);
            scan_source(log, offset..log.len(), scan, &mut recount, &mut |_| ControlFlow::Continue(()))?;
            Ok(Some((recount.counts, recount.leaf)))
        }
        _ => Ok(None),
    }
}

/// The summary of a v1 session without a log; `None` if the file is no snapshot.
fn read_v1(path: &Path, stamp: FileStamp, now_ms: i64) -> Option<SessionSummary> {
    if !v1::is_snapshot(path) {
        return None;
    }
    let broken = || SessionSummary { dialect: Some(Dialect::JcodeV1), ..unreadable(path, stamp, now_ms) };
    let Ok(files) = V1Files::beside(path).open() else { return Some(broken()) };
    let changed = |stamp: &FileStamp| file_time(stamp, now_ms);
    let file_time = files.journal.iter().map(|file| changed(&file.stamp())).fold(changed(&stamp), i64::max);
    let stem = paths::stem(path);
    Some(summarize_v1(files, Named { stem: &stem, file_time, now_ms }).unwrap_or_else(|_| broken()))
}
