//! What is new in a session since it was looked at last.
//!
//! Owns: which entries of a log that has changed were not there before, and whether it still is the log that was shown.
//! Invariant: each entry comes once and whole, in log order: what is not complete, a line or a batch, comes when it is. A
//! log that only moved, as into segments, goes on. One that no longer begins with what was shown is another one.

use super::{Entry, Locator, Session};
use crate::dialect::CurrentLog;
use crate::log::{Damage, LineReader, LogScan, LogSink, OpenLine, Outcome, Record, scan_source, shown_len};
use crate::source::identity::Fingerprint;
use crate::source::{ByteSource, Prefix, SourceError, go_on};
use crate::write::line_start;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// How much of a session was seen.
#[derive(Debug, Clone)]
pub struct Follow {
    seen: Seen,
}

/// What a session has beyond what was seen of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// These entries; none where nothing new is whole.
    Entries(Vec<Entry>),
    /// It is another log: cut, or replaced by one with other content.
    Replaced,
}

#[derive(Debug, Clone)]
enum Seen {
    /// A log in the current dialect up to a place.
    Bytes { until: u64, before: Fingerprint, record_seen: bool },
    /// Lines of a log that is made of other files, by their digests: what an agent rewrites need not keep its place.
    Lines(BTreeSet<Digest>),
}

type Digest = [u8; 16];

impl Follow {
    /// All that is in a session now was seen.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn behind<S: ByteSource, L: Locator>(session: &Session<S, L>) -> Result<Self, SourceError> {
        let log = session.log();
        let seen = if let CurrentLog::AsIs(_) = log {
            let (until, record_seen) = match session.header() {
                Some(_) => (end_of_records(log)?, true),
                None => {
                    let end = scan_source(log, 0..log.len(), LogScan::new(), &mut (), &mut go_on)?;
                    (end.resume_at, end.record_seen)
                }
            };
            Seen::Bytes { until, before: Fingerprint::take(log, until)?, record_seen }
        } else {
            let mut lines = Lines { seen: BTreeSet::new(), known: None, new: Vec::new() };
            scan_source(log, 0..log.len(), LogScan::new(), &mut lines, &mut go_on)?;
            Seen::Lines(lines.seen)
        };
        Ok(Self { seen })
    }

    /// What the session has now beyond what was seen, which is seen from here on. After [`News::Replaced`] nothing is:
    /// begin anew with [`Follow::behind`].
    ///
    /// # Errors
    /// Fails if the log cannot be read; nothing counts as seen then.
    pub fn news<S: ByteSource, L: Locator>(&mut self, session: &Session<S, L>) -> Result<News, SourceError> {
        let log = session.log();
        match (&mut self.seen, log) {
            (Seen::Bytes { until, before, record_seen }, CurrentLog::AsIs(_)) => {
                if shown_len(log)? < *until || Fingerprint::take(log, *until)? != *before {
                    return Ok(News::Replaced);
                }
                let mut entries = Entries::default();
                let scan = LogScan::resume(*until, 0, *record_seen);
                let end = scan_source(log, *until..log.len(), scan, &mut entries, &mut go_on)?;
                if end.open_line == OpenLine::Salvaged {
                    // They come with their line, once it is whole.
                    entries.0.retain(|entry| entry.offset < end.resume_at);
                }
                *before = Fingerprint::take(log, end.resume_at)?;
                (*until, *record_seen) = (end.resume_at, end.record_seen);
                Ok(News::Entries(entries.0))
            }
            (Seen::Lines(known), CurrentLog::Upgraded(_) | CurrentLog::Replayed(_)) => {
                let mut lines = Lines { seen: BTreeSet::new(), known: Some(known), new: Vec::new() };
                scan_source(log, 0..log.len(), LogScan::new(), &mut lines, &mut go_on)?;
                let Lines { seen, new, .. } = lines;
                if known.is_disjoint(&seen) && !known.is_empty() {
                    return Ok(News::Replaced);
                }
                *known = seen;
                Ok(News::Entries(new))
            }
            _ => Ok(News::Replaced),
        }
    }
}

/// The end of the last whole record that readers show: an unfinished line behind it is still to come.
fn end_of_records<S: ByteSource>(log: &S) -> Result<u64, SourceError> {
    let end = shown_len(log)?;
    let start = line_start(&Prefix { source: log, len: end }, end)?;
    let line = log.read_vec(start, usize::try_from(end - start).unwrap_or(usize::MAX))?;
    let is_whole = matches!(LineReader::new().read(start, 0, &line, false), Outcome::Whole(_));
    Ok(if is_whole { end } else { start })
}

/// Entries in log order.
#[derive(Default)]
struct Entries(Vec<Entry>);

impl LogSink for Entries {
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        self.0.push(Entry { offset: entry.offset, line: entry.bytes.to_vec() });
        ControlFlow::Continue(())
    }

    fn damage(&mut self, _: Damage) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Digests of all entries, and those entries that are not known.
struct Lines<'k> {
    seen: BTreeSet<Digest>,
    /// `None`: no entry is new.
    known: Option<&'k BTreeSet<Digest>>,
    new: Vec<Entry>,
}

impl LogSink for Lines<'_> {
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        let digest = blake3::hash(entry.bytes);
        let digest = digest.as_bytes().first_chunk().copied().unwrap_or_default();
        if self.known.is_some_and(|known| !known.contains(&digest)) {
            self.new.push(Entry { offset: entry.offset, line: entry.bytes.to_vec() });
        }
        self.seen.insert(digest);
        ControlFlow::Continue(())
    }

    fn damage(&mut self, _: Damage) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
