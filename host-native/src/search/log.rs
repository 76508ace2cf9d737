//! One log that is being searched: cut into runs, put together again from its end.
//!
//! Owns: the runs of a log, all of it or the blocks that an index names, and what waits for those behind it.
//! Invariant: runs are taken from the last to the first, whichever thread searched them; a log that is not whole at the
//! end of its search gives an error besides what was found.

use super::index::runs;
use super::{Give, Target};
use crate::session::{AnyLog, Session, SessionError, current_given, current_log};
use jcode_session_core::dialect::CurrentLog;
use jcode_session_core::index::key::{KeySource, may_be_made};
use jcode_session_core::log::shown_len;
use jcode_session_core::search::{Found, Gather, Part, Search, lines_in};
use jcode_session_core::session::ReadError;
use jcode_session_core::source::{ByteSource, SourceError};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Bytes of a run.
const RUN: u64 = 1 << 20;

/// What threads tell.
#[derive(Debug)]
pub(super) enum News {
    /// Hits of a log, with their keys; what is still to come of it is not newer than `oldest`.
    Found { place: usize, id: String, hits: Vec<(String, Found)>, oldest: Option<i64> },
    /// Hits of a log that are only counted, each with what makes it a copy.
    Counted { place: usize, copies: Vec<Option<u128>> },
    /// A log is done; its sidecar was found to say something else, or not.
    Done { place: usize, end: Result<(), SessionError>, was_contradicted: bool },
}

/// An open log.
#[derive(Debug)]
pub(super) struct OpenLog<'s> {
    pub(super) place: usize,
    path: PathBuf,
    given: Option<&'s Give>,
    search: &'s Search,
    log: CurrentLog<AnyLog>,
    header: Option<u64>,
    /// What is searched of it, its end first.
    runs: Vec<Range<u64>>,
    /// What is still to be searched of it is not newer, Unix milliseconds.
    newest: AtomicI64,
    /// No hit is told any more.
    only_counts: &'s AtomicBool,
    taken: Mutex<Taken<'s>>,
}

/// What was taken of a log.
#[derive(Debug)]
struct Taken<'s> {
    /// Runs that wait for those behind them, by number.
    waiting: BTreeMap<usize, Result<Part, SourceError>>,
    next: usize,
    gather: Option<Gather<'s>>,
    failed: Option<SourceError>,
    /// Opened once something was found.
    session: Option<Session>,
}

impl<'s> OpenLog<'s> {
    pub(super) fn open(
        place: usize,
        target: &'s Target,
        search: &'s Search,
        only_counts: &'s AtomicBool,
    ) -> Result<Self, SessionError> {
        let path: &Path = &target.path;
        let given = target.given.as_ref();
        let (log, header) = match given {
            Some(Give(give)) => current_given(path, give()?)?,
            None => current_log(path)?,
        };
        let taken =
            Taken { waiting: BTreeMap::new(), next: 0, gather: Some(Gather::new(search)), failed: None, session: None };
        let shown = shown_len(&log);
        let len = shown.map_err(|source| SessionError::Log { path: path.to_path_buf(), source: source.into() })?;
        // What the index says of it holds for the file that it was, and if nothing of it was spliced or stands elsewhere.
        let is_indexed = |log: &AnyLog| match log {
            AnyLog::File(log) => target.stamp.is_some_and(|(stamp, _)| log.stamp() == stamp) && log.sealed().is_none(),
            AnyLog::Given(_) => false,
        };
        let blocks = target.blocks.as_deref().filter(|_| log.as_is().is_some_and(is_indexed));
        let whole = || (0..len.div_ceil(RUN).max(1)).rev().map(|run| run * RUN..(run + 1) * RUN).collect();
        let runs: Vec<Range<u64>> = blocks.map_or_else(whole, |blocks| runs(blocks, RUN));
        let runs = runs.into_iter().map(|run| run.start.min(len)..run.end.min(len)).collect();
        let newest = AtomicI64::new(target.newest);
        let (path, taken) = (path.to_path_buf(), Mutex::new(taken));
        Ok(Self { place, path, given, search, log, header, runs, newest, only_counts, taken })
    }

    /// What is still to be searched of it is not newer, Unix milliseconds.
    pub(super) fn newest(&self) -> i64 {
        self.newest.load(Ordering::Relaxed)
    }

    /// Number of runs, one at least.
    pub(super) const fn runs(&self) -> usize {
        self.runs.len()
    }

    /// Searches a run; they are numbered from the end of the log.
    pub(super) fn search(&self, number: usize, tell: &mut dyn FnMut(News)) {
        let mut part = Part::default();
        let run = self.runs.get(number).cloned().unwrap_or_default();
        let only_counts = self.only_counts.load(Ordering::Relaxed);
        let read = lines_in(&self.log, run, &mut |offset, bytes| {
            part.extend(match only_counts {
                true => self.search.lines_to_count(offset, bytes, self.header),
                false => self.search.lines(offset, bytes, self.header),
            });
        });
        self.put(number, read.map(|()| part), tell);
    }

    /// Takes what can be taken now that this run was searched.
    fn put(&self, number: usize, part: Result<Part, SourceError>, tell: &mut dyn FnMut(News)) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.waiting.insert(number, part);
        while let Some(part) = {
            let next = taken.next;
            taken.waiting.remove(&next)
        } {
            taken.next += 1;
            match part {
                Ok(part) => {
                    let oldest = part.first_ts;
                    self.newest.fetch_min(oldest.unwrap_or(i64::MAX), Ordering::Relaxed);
                    let found = taken.gather.as_mut().map(|gather| gather.take(part)).unwrap_or_default();
                    self.tell(found, oldest, &mut taken, tell);
                }
                Err(error) => taken.failed = taken.failed.take().or(Some(error)),
            }
        }
        if taken.next == self.runs.len() {
            let end = self.finish(&mut taken, tell);
            let was_contradicted = taken.session.as_ref().is_some_and(Session::was_contradicted);
            tell(News::Done { place: self.place, end, was_contradicted });
        }
    }

    /// Tells of hits, with their keys.
    fn tell(&self, found: Vec<Found>, oldest: Option<i64>, taken: &mut Taken<'_>, tell: &mut dyn FnMut(News)) {
        if found.is_empty() && oldest.is_none() {
            return;
        }
        if self.only_counts.load(Ordering::Relaxed) {
            let copies = found.iter().map(|found| found.copy).collect();
            return tell(News::Counted { place: self.place, copies });
        }
        let mut hits = Vec::with_capacity(found.len());
        for found in found {
            match self.key(&found, taken) {
                Ok(key) => hits.push((key, found)),
                Err(error) => {
                    taken.failed.get_or_insert(error);
                }
            }
        }
        let id = taken.session.as_ref().map(Session::id).unwrap_or_default();
        tell(News::Found { place: self.place, id, hits, oldest });
    }

    /// The key of an entry that was found.
    fn key(&self, found: &Found, taken: &mut Taken<'_>) -> Result<String, SourceError> {
        let changed = || SourceError::Shrank { wanted: self.log.len(), actual: found.offset };
        let session = self.session(taken).map_err(|_| changed())?.core();
        // Where no id is used twice, an id is a key.
        if let Some(id) = found.id.as_ref().filter(|id| !may_be_made(id))
            && session.counts()?.duplicates == 0
        {
            return Ok(id.clone());
        }
        let spot = session.at_offset(found.offset).map_err(|_| changed())?.ok_or_else(changed)?;
        let source = KeySource { id: found.id.as_deref(), offset: found.offset };
        if spot.span.offset == found.offset && source.fits(&spot.key) { Ok(spot.key) } else { Err(changed()) }
    }

    /// The session, for questions about more than one entry.
    fn session<'t>(&self, taken: &'t mut Taken<'_>) -> Result<&'t Session, SessionError> {
        if taken.session.is_none() {
            taken.session = Some(match self.given {
                Some(Give(give)) => Session::given(&self.path, give()?)?,
                None => Session::read(&self.path)?,
            });
        }
        taken.session.as_ref().ok_or_else(|| self.error(SourceError::Interrupted))
    }

    /// Settles what had to wait for all of the log.
    fn finish(&self, taken: &mut Taken<'s>, tell: &mut dyn FnMut(News)) -> Result<(), SessionError> {
        if let Some(gather) = taken.gather.take().filter(|gather| !gather.is_settled()) {
            let settled = gather.finish(self.session(taken)?.core(), 0..u64::MAX);
            let found = settled.map_err(|source| SessionError::Log { path: self.path.clone(), source })?;
            self.tell(found, None, taken, tell);
        }
        if let Some(error) = taken.failed.take() {
            return Err(self.error(error));
        }
        self.log.still_whole().map_err(|error| self.error(error))
    }

    fn error(&self, error: SourceError) -> SessionError {
        SessionError::Log { path: self.path.clone(), source: ReadError::Source(error) }
    }
}
