//! Reading one session for a list.
//!
//! Owns: which bytes are read: all of a small log; of a large one head and tail, and the numbers of its sidecar.
//! Invariant: a session that cannot be read is listed with what the file system says about it, never left out.
//! The stamps of a row are those of the files as they were opened.
//! Does not: know what a record says; core does.

use super::root::{path_of, sidecar_stamp};
use super::walk::FoundSession;
use crate::fs::LogFile;
use crate::sidecar::{self, Sidecar};
use crate::v1::{self, V1Files};
use crate::{host, paths};
use jcode_session_core::catalog::refresh::{Stamps, is_racy};
use jcode_session_core::catalog::{Around, Gleaner, Recount, Row, SMALL_LOG, SessionSummary, summarize_large_v1};
use jcode_session_core::index::fingerprint::FileStamp;
use jcode_session_core::index::store::{IndexMeta, Resume};
use jcode_session_core::index::{Counts, IndexBuilder};
use jcode_session_core::log::{Damage, Dialect, LogScan, LogSink, MAX_HEADER_BYTES, Record, scan_source};
use jcode_session_core::source::{ByteSource, SliceSource, SourceError};
use jcode_session_core::upgrade::jcode::{self, replay};
use jcode_session_core::upgrade::{present, sniff};
use std::ops::ControlFlow;
use std::path::Path;

/// Tails of large logs: one that holds no message with a time is followed by a longer one.
const TAILS: [u64; 3] = [64 * 1024, 1 << 20, 8 << 20];
/// Bytes behind a sidecar's end that are counted for a list.
const SMALL_GROWTH: u64 = 1 << 20;

/// Reads a session; `None` if it is gone.
pub(super) fn read(root: &Path, found: &FoundSession) -> Option<Row> {
    let path = root.join(path_of(&found.rel));
    let now_ns = host::now_ms().saturating_mul(1_000_000);
    let mut racy = [found.log, found.snapshot, found.journal, found.bak]
        .into_iter()
        .flatten()
        .any(|stamp| is_racy(stamp.ctime_ns, now_ns));
    let seen = found.seen();
    let mut log_stamp = seen.log;
    let summary = match found.log {
        None => read_v1(&path, seen.log),
        Some(stamp) => {
            let (log, stamp) = match read_log(&path, stamp) {
                Ok(read) => read,
                Err(Trouble::Gone) => return None,
                Err(Trouble::Unreadable) => {
                    // Whatever keeps it from being read may end without a trace in its stamps.
                    racy = true;
                    (Some(unreadable(&path, stamp)), stamp)
                }
            };
            racy |= is_racy(stamp.ctime_ns, now_ns);
            log_stamp = stamp;
            let snapshot = path.with_extension("json");
            let v1 = found.snapshot.filter(|_| v1::is_snapshot(&snapshot)).and_then(|stamp| read_v1(&snapshot, stamp));
            match (log, v1) {
                (Some(log), Some(v1)) => Some(with_newer_v1(log, v1)),
                (log, v1) => log.or(v1),
            }
        }
    };
    let lacking = found.log.is_some() && summary.as_ref().is_some_and(|summary| summary.entry_count.is_none());
    let sidecar = if lacking { sidecar_stamp(&path) } else { 0 };
    let stamps = Stamps { log: log_stamp, beside: seen.beside, sidecar, racy, lacking };
    Some(Row { rel: seen.rel.to_vec(), stamps, summary })
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

const fn file_time(stamp: &FileStamp) -> i64 {
    stamp.mtime_ns.div_euclid(1_000_000)
}

/// What the file system alone says.
fn unreadable(path: &Path, stamp: FileStamp) -> SessionSummary {
    SessionSummary {
        session_id: paths::stem(path),
        last_modified: file_time(&stamp),
        size_bytes: stamp.len,
        ..SessionSummary::default()
    }
}

/// jcode went on writing its v1 files after the migration: what they say about the session now is newer.
fn with_newer_v1(log: SessionSummary, v1: SessionSummary) -> SessionSummary {
    if v1.last_modified <= log.last_modified {
        return log;
    }
    SessionSummary {
        last_modified: v1.last_modified,
        title: v1.title.or(log.title),
        model: v1.model.or(log.model),
        status: v1.status,
        saved: v1.saved,
        save_label: v1.save_label,
        is_debug: v1.is_debug,
        is_canary: v1.is_canary,
        preview: v1.preview.or(log.preview),
        last_active_at: v1.last_active_at.or(log.last_active_at),
        ..log
    }
}

fn read_log(path: &Path, seen: FileStamp) -> Result<(Option<SessionSummary>, FileStamp), Trouble> {
    let mut tries = 0;
    loop {
        let log = LogFile::open(path).map_err(|error| match error.source.kind() {
            std::io::ErrorKind::NotFound => Trouble::Gone,
            _ => Trouble::Unreadable,
        })?;
        let read = if log.len() <= SMALL_LOG { small(&log) } else { large(&log) };
        match read {
            Ok(summary) => return Ok((summary, log.file_stamp())),
            // Replaced or cut while it was read: as it is now.
            Err(_) if tries < 3 => tries += 1,
            Err(_) => return Ok((Some(unreadable(path, seen)), FileStamp::default())),
        }
    }
}

fn small(log: &LogFile) -> Result<Option<SessionSummary>, SourceError> {
    let bytes = log.read_vec(0, usize::try_from(log.len()).unwrap_or_default())?;
    let (sniffed, presented) = present(SliceSource(&bytes), &mut |_| ControlFlow::Continue(()))?;
    whole(&presented, log.path(), sniffed.dialect, log.len(), file_time(&log.stamp()))
}

/// The summary of a log that is read to its end.
fn whole(
    log: &dyn ByteSource,
    path: &Path,
    dialect: Dialect,
    size_bytes: u64,
    file_time: i64,
) -> Result<Option<SessionSummary>, SourceError> {
    let mut both = Both { builder: IndexBuilder::new(()), gleaner: Gleaner::default() };
    scan_source(log, 0..log.len(), LogScan::new(), &mut both, &mut |_| ControlFlow::Continue(()))?;
    if !both.gleaner.is_session() {
        return Ok(None);
    }
    let built = both.builder.finish();
    let leaf = built.entry_count().checked_sub(1).map(|last| built.key(last));
    let stem = paths::stem(path);
    let exact = Some((built.counts, leaf));
    Ok(Some(both.gleaner.finish(Around { stem: &stem, dialect: Some(dialect), size_bytes, file_time, exact })))
}

struct Both {
    builder: IndexBuilder<()>,
    gleaner: Gleaner,
}

impl LogSink for Both {
    fn header(&mut self, header: &Record<'_>) -> ControlFlow<()> {
        self.gleaner.header(header)?;
        LogSink::header(&mut self.builder, header)
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        self.gleaner.entry(entry)?;
        self.builder.entry(entry)
    }

    fn damage(&mut self, damage: Damage) -> ControlFlow<()> {
        self.builder.damage(damage)
    }
}

fn large(log: &LogFile) -> Result<Option<SessionSummary>, SourceError> {
    let mut head = Gleaner::default();
    let start = log.read_vec(0, usize::try_from(MAX_HEADER_BYTES.min(log.len())).unwrap_or_default())?;
    let lines = memchr::memrchr(b'\n', &start).map_or(0, |lf| lf + 1);
    let _ = LogScan::new().push(&start[..lines], &mut head);
    let mut all = head.clone();
    for tail in TAILS {
        let from = log.len().saturating_sub(tail).max(lines as u64);
        let bytes = log.read_vec(from, usize::try_from(log.len() - from).unwrap_or_default())?;
        // Behind the head a line begins; elsewhere the first piece is the end of one.
        let skip =
            if from == lines as u64 { 0 } else { memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |lf| lf + 1) };
        let rest = &bytes[skip..];
        let mut with_tail = head.clone();
        let mut seen = Gleaner::default();
        for sink in [&mut with_tail, &mut seen] {
            let source = SliceSource(rest);
            scan_source(&source, 0..source.len(), LogScan::resume(0, 0, true), sink, &mut |_| {
                ControlFlow::Continue(())
            })?;
        }
        all = with_tail;
        if seen.has_message_time() || from == lines as u64 {
            break;
        }
    }
    log.still_whole()?;
    if !all.is_session() {
        return Ok(None);
    }
    let exact = from_sidecar(log)?;
    let stem = paths::stem(log.path());
    let around = Around {
        stem: &stem,
        dialect: Some(sniff(log)?.dialect),
        size_bytes: log.len(),
        file_time: file_time(&log.stamp()),
        exact,
    };
    Ok(Some(all.finish(around)))
}

/// What the sidecar knows about the whole log, if it is of this state of it or of one shortly before.
fn from_sidecar(log: &LogFile) -> Result<Option<(Counts, Option<String>)>, SourceError> {
    let known = |meta: IndexMeta| Some((meta.counts, meta.active_leaf));
    if let Some(meta) = sidecar::glance(log.path()).filter(|meta| meta.stamp == log.stamp()) {
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
            let mut recount = Recount { counts: meta.counts, leaf: meta.active_leaf };
            let scan = LogScan::resume(offset, lines, record_seen);
            scan_source(log, offset..log.len(), scan, &mut recount, &mut |_| ControlFlow::Continue(()))?;
            Ok(Some((recount.counts, recount.leaf)))
        }
        _ => Ok(None),
    }
}

/// A v1 session without a log; `None` if the file is no snapshot.
fn read_v1(path: &Path, stamp: FileStamp) -> Option<SessionSummary> {
    if !v1::is_snapshot(path) {
        return None;
    }
    let broken = || SessionSummary { dialect: Some(Dialect::JcodeV1), ..unreadable(path, stamp) };
    let Ok(files) = V1Files::beside(path).open() else { return Some(broken()) };
    let len = |file: &Option<LogFile>| file.as_ref().map_or(0, ByteSource::len);
    let size = len(&files.snapshot) + len(&files.journal);
    let time = files.journal.iter().map(|file| file_time(&file.stamp())).fold(file_time(&stamp), i64::max);
    let read = if size + len(&files.bak) <= 2 * SMALL_LOG {
        replay(files, &mut |_| ControlFlow::Continue(()))
            .and_then(|replayed| {
                let log = jcode::present(replayed)?;
                whole(&log, path, Dialect::JcodeV1, size, time).map_err(Into::into)
            })
            .ok()
            .flatten()
    } else {
        summarize_large_v1(&paths::stem(path), files.snapshot.as_ref(), files.journal.as_ref(), time).ok()
    };
    Some(read.unwrap_or_else(broken))
}
