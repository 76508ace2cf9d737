//! Reads one session's summary for a list.
//!
//! Owns: which bytes are read: all of a small log, head and tail of a large one.
//! Invariant: the cost of a large log does not grow with its size. Counts are exact or unknown.
//! Does not: find sidecars; the host supplies their counts.

use super::SMALL_LOG;
use super::brief::scan_brief;
use super::summary::SessionSummary;
use super::summary_builder::{Around, SummaryBuilder};
use super::v1::summarize_large_v1;
use crate::dialect::jcode::replay;
use crate::dialect::jcode::{self, ReplayError, V1Sources};
use crate::dialect::{CurrentLog, Detected, FileKind, PresentError, detect, present};
use crate::index::{Counts, IndexBuilder};
use crate::log::{Dialect, LogScan, LogSink, Tee, scan_source, shown_len};
use crate::source::{ByteSource, SliceSource, SourceError};
use alloc::string::String;
use core::ops::ControlFlow;

/// Bytes read from the head of a large log; more if its header ends later.
const HEAD: u64 = 64 * 1024;
/// Bytes read from the tail of a large log: the next size is tried while no message with a time is found.
const TAILS: [u64; 3] = [64 * 1024, 1 << 20, 8 << 20];

/// A host's facts about a session's files.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// Stem of the file.
    pub stem: &'a str,
    /// Modification time, Unix milliseconds.
    pub file_time: i64,
    /// The current time, Unix milliseconds.
    pub now_ms: i64,
}

/// Counts of a whole log, and its active leaf.
pub type Exact = (Counts, Option<String>);

/// Summarizes a log; `None` if the file is not a session. `exact` returns the counts in a sidecar, and is called only
/// for a large log.
///
/// # Errors
/// Fails if the log cannot be read.
pub fn summarize_log<S: ByteSource>(
    log: &S,
    named: Named<'_>,
    exact: &mut dyn FnMut() -> Result<Option<Exact>, SourceError>,
) -> Result<Option<SessionSummary>, SourceError> {
    Ok(of_log(log, named, exact)?.map(|summary| summary.read_at(named.now_ms, named.file_time)))
}

fn of_log<S: ByteSource>(
    log: &S,
    named: Named<'_>,
    exact: &mut dyn FnMut() -> Result<Option<Exact>, SourceError>,
) -> Result<Option<SessionSummary>, SourceError> {
    if log.len() > SMALL_LOG {
        let detected = detect(log)?;
        if detected.kind == FileKind::Foreign {
            // Its records are not entries, so its head and tail alone tell nothing.
            return foreign(log, named, &detected);
        }
        return match detected.readable() {
            Ok(()) => Ok(Some(large(log, named, &detected, exact)?)),
            Err(_) => Ok(unread(named, detected, log.len())),
        };
    }
    let bytes = log.read_vec(0, usize::try_from(log.len()).unwrap_or_default())?;
    let detected = detect(&SliceSource(&bytes))?;
    if detected.kind == FileKind::Foreign {
        return foreign(&SliceSource(&bytes), named, &detected);
    }
    match present(SliceSource(&bytes), &detected, &mut |_| ControlFlow::Continue(())) {
        Ok(presented) => Ok(Some(whole(&presented, named, detected.dialect, log.len())?)),
        Err(PresentError::Refused(_)) => Ok(unread(named, detected, log.len())),
        Err(PresentError::Source(error)) => Err(error),
    }
}

/// The summary of another agent's session.
fn foreign<S: ByteSource>(
    log: &S,
    named: Named<'_>,
    detected: &Detected,
) -> Result<Option<SessionSummary>, SourceError> {
    match present(log, detected, &mut |_| ControlFlow::Continue(())) {
        Ok(CurrentLog::Upgraded(shown)) => {
            Ok(Some(of_scan(|sink| scan_brief(&shown, sink), named, detected.dialect, log.len())?))
        }
        Ok(presented) => Ok(Some(whole(&presented, named, detected.dialect, log.len())?)),
        Err(PresentError::Refused(_)) => Ok(None),
        Err(PresentError::Source(error)) => Err(error),
    }
}

/// The summary of a log whose entries cannot be read, from its header; `None` if the file is not a session.
fn unread(named: Named<'_>, detected: Detected, size_bytes: u64) -> Option<SessionSummary> {
    if !detected.is_session() {
        return None;
    }
    let Named { stem, file_time, .. } = named;
    let around = Around { stem, dialect: Some(detected.dialect), size_bytes, file_time, exact: None };
    Some(SummaryBuilder::of(detected.header).finish(around))
}

/// Summarizes a session in jcode's v1 files.
///
/// # Errors
/// Fails if the files cannot be read.
pub fn summarize_v1<S: ByteSource>(files: V1Sources<S>, named: Named<'_>) -> Result<SessionSummary, ReplayError> {
    Ok(of_v1(files, named)?.read_at(named.now_ms, named.file_time))
}

fn of_v1<S: ByteSource>(files: V1Sources<S>, named: Named<'_>) -> Result<SessionSummary, ReplayError> {
    let len = |file: &Option<S>| file.as_ref().map_or(0, ByteSource::len);
    let size = len(&files.snapshot) + len(&files.journal);
    if size + len(&files.bak) > 2 * SMALL_LOG {
        let (snapshot, journal) = (files.snapshot.as_ref(), files.journal.as_ref());
        return Ok(summarize_large_v1(named.stem, snapshot, journal, named.file_time)?);
    }
    let replayed = replay(files, &mut |_| ControlFlow::Continue(()))?;
    Ok(whole(&jcode::present(replayed)?, named, Dialect::JcodeV1, size)?)
}

/// The summary of a log that is read completely.
fn whole(
    log: &dyn ByteSource,
    named: Named<'_>,
    dialect: Dialect,
    size_bytes: u64,
) -> Result<SessionSummary, SourceError> {
    let go_on = &mut |_| ControlFlow::Continue(());
    let scan = |sink: &mut dyn LogSink| scan_source(log, 0..log.len(), LogScan::new(), sink, go_on).map(drop);
    of_scan(scan, named, dialect, size_bytes)
}

/// The summary of a log whose records a scan tells.
fn of_scan(
    scan: impl FnOnce(&mut dyn LogSink) -> Result<(), SourceError>,
    named: Named<'_>,
    dialect: Dialect,
    size_bytes: u64,
) -> Result<SessionSummary, SourceError> {
    let mut gleaner = SummaryBuilder::default();
    let mut builder = IndexBuilder::new(());
    scan(&mut Tee(&mut gleaner, &mut builder))?;
    let built = builder.finish();
    let leaf = built.entry_count().checked_sub(1).map(|last| built.key(last));
    let exact = Some((built.counts, leaf));
    let Named { stem, file_time, .. } = named;
    Ok(gleaner.finish(Around { stem, dialect: Some(dialect), size_bytes, file_time, exact }))
}

fn large<S: ByteSource>(
    log: &S,
    named: Named<'_>,
    detected: &Detected,
    exact: &mut dyn FnMut() -> Result<Option<Exact>, SourceError>,
) -> Result<SessionSummary, SourceError> {
    let mut head = SummaryBuilder::default();
    let behind_header = detected.header.as_ref().map_or(0, |header| header.end() + 1);
    // The end of the log as readers show it.
    let end = shown_len(log)?;
    let start = log.read_vec(0, usize::try_from(behind_header.max(HEAD).min(end)).unwrap_or_default())?;
    let lines = memchr::memrchr(b'\n', &start).map_or(0, |lf| lf + 1);
    let _ = LogScan::new().push(start.get(..lines).unwrap_or_default(), &mut head);
    let mut all = head.clone();
    for tail in TAILS {
        let from = end.saturating_sub(tail).max(lines as u64);
        let bytes = log.read_vec(from, usize::try_from(end - from).unwrap_or_default())?;
        // A line begins behind the head; elsewhere the first bytes are the rest of a line.
        let skip =
            if from == lines as u64 { 0 } else { memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |lf| lf + 1) };
        let rest = SliceSource(bytes.get(skip..).unwrap_or_default());
        let mut with_tail = head.clone();
        let mut seen = SummaryBuilder::default();
        let mut both = Tee(&mut with_tail, &mut seen);
        let scan = LogScan::resume(0, 0, true).every_line();
        scan_source(&rest, 0..rest.len(), scan, &mut both, &mut |_| ControlFlow::Continue(()))?;
        all = with_tail;
        if seen.has_message_time() || from == lines as u64 {
            break;
        }
    }
    log.still_whole()?;
    let Named { stem, file_time, .. } = named;
    let dialect = Some(detected.dialect);
    Ok(all.finish(Around { stem, dialect, size_bytes: log.len(), file_time, exact: exact()? }))
}
