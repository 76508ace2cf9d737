//! One open session, and every question that the package answers about it. JavaScript types do not appear here.
//!
//! Owns: what is kept between questions: index, outline, token counts.
//! Invariant: opening costs the same for a log of any size (v1 files are read whole). A pass over a log reports
//! progress and can be cancelled.

mod files;
mod search;
mod verify;

use crate::beside::{self, Beside, Reader};
use crate::error::{Code, Error};
use crate::segments::{self, Log};
pub use files::Files;
use files::session_source;
use jcode_session_core::catalog::{Exact, Named, SessionSummary, summarize_log, summarize_v1};
use jcode_session_core::dialect::jcode;
use jcode_session_core::dialect::jcode::replay;
use jcode_session_core::dialect::{CurrentLog, FileKind, PresentError, detect, present};
use jcode_session_core::index::row::Seq;
use jcode_session_core::log::{Dialect, LogScan, Tee, scan_source};
use jcode_session_core::report::{EntryReport, Opened, OutlineReport, SummaryReport, TimelineReport, TreeReport};
use jcode_session_core::search::Known;
use jcode_session_core::session::{Locator, Outline, Session, Timeline, TokenUsage};
use jcode_session_core::source::ByteSource;
pub use search::SearchOptions;
use serde::Serialize;
use std::ops::ControlFlow;

/// Default for the bytes of a line that a page returns.
pub const MAX_LINE: u64 = 256 * 1024;
/// Upper bound of the bytes that one answer may have.
const MAX_RAW: u64 = 64 << 20;

/// Progress callback. It gets the bytes done and the total; `Break` cancels.
pub type Progress<'p> = dyn FnMut(u64, u64) -> ControlFlow<()> + 'p;

/// The place of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Its key.
    pub key: String,
    /// Number in log order.
    pub seq: Seq,
    /// Offset of its record.
    pub offset: u64,
    /// Length of its record.
    pub len: u64,
    /// The last entry of the path on which the entry is shown.
    pub leaf: String,
    /// Its position on that path.
    pub position: u64,
}

/// A path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PathReport {
    /// The key of its last entry.
    pub leaf: Option<String>,
    /// Number of its entries.
    pub length: u64,
}

/// One open session.
#[derive(Debug)]
pub struct Inspector<S: ByteSource + Clone> {
    files: Files<S>,
    /// The log with its segments.
    log: Option<Log<S>>,
    session: Session<Log<S>, Reader>,
    beside: Beside,
    token_usage: Option<TokenUsage>,
    outline: Option<Outline>,
    /// What a search needs of the whole log.
    known: Option<Known>,
}

impl<S: ByteSource + Clone> Inspector<S> {
    /// Opens a session.
    ///
    /// # Errors
    /// Fails if its files cannot be read.
    pub fn open(files: Files<S>, progress: &mut Progress<'_>) -> Result<Self, Error> {
        let log = files.log.clone().map(|own| segments::open(own, &files.store)).transpose()?;
        let (session, beside) = match &log {
            Some(log) => {
                let detected = detect(log)?;
                let presented = match present(log.clone(), &detected, &mut done_of(log.len(), progress)) {
                    Ok(presented) => presented,
                    Err(PresentError::Source(error)) => return Err(error.into()),
                    // Questions about the file's kind can still be answered, questions about entries cannot.
                    Err(_) => CurrentLog::AsIs(log.clone()),
                };
                let mut beside = beside::look(files.sidecar.as_ref(), log, detected.dialect)?;
                let reader = beside.reader.take();
                (Session::new(presented, detected, reader), beside)
            }
            None if files.snapshot.is_some() || files.journal.is_some() || files.backup.is_some() => {
                let replayed = replay(files.v1(), &mut done_of(files.v1_len(), progress))?;
                let session = Session::replayed(jcode::present(replayed)?)?;
                (session, beside::look(None::<&S>, session_source(&files)?, Dialect::JcodeV1)?)
            }
            None => return Err(Error::new(Code::BadArgument, "neither `log` nor `v1` is there: nothing to open")),
        };
        Ok(Self { files, log, session, beside, token_usage: None, outline: None, known: None })
    }

    /// The row of a list, with additional facts about the open session.
    ///
    /// # Errors
    /// Fails if the files cannot be read.
    pub fn summary(&self) -> Result<SummaryReport, Error> {
        let stem = self.files.stem();
        let named = Named { stem: &stem, file_time: self.files.modified, now_ms: i64::MAX };
        let summary = match &self.log {
            Some(log) => summarize_log(log, named, &mut || Ok(self.exact()))?,
            None => Some(summarize_v1(self.files.v1(), named)?),
        };
        let size_bytes = self.log.as_ref().map_or_else(|| self.files.v1_len(), ByteSource::len);
        let mut summary = summary.unwrap_or_else(|| SessionSummary {
            session_id: stem,
            dialect: Some(self.session.dialect()),
            last_modified: self.files.modified,
            size_bytes,
            ..SessionSummary::default()
        });
        if let (None, Some((counts, leaf))) = (summary.entry_count, self.exact()) {
            summary.entry_count = Some(counts.entries);
            summary.message_count = Some(counts.messages);
            summary.active_leaf = leaf;
        }
        let detected = self.session.detected();
        let opened = Opened {
            is_session: detected.is_session(),
            newer_version: matches!(detected.kind, FileKind::Newer(_)),
            kind_note: detected.finding().map(|finding| finding.message),
            sidecar: self.beside.word,
            sidecar_note: self.beside.note.clone(),
            sidecar_bytes: self.files.sidecar.as_ref().map_or(0, ByteSource::len),
            usage: self.token_usage.as_ref().map(|token_usage| *token_usage.total()),
        };
        Ok(SummaryReport::new(self.files.name.clone(), summary, opened))
    }

    /// Exact counts and active leaf from the sidecar or the index.
    fn exact(&self) -> Option<Exact> {
        if self.beside.exact.is_some() {
            return self.beside.exact.clone();
        }
        // Only an index that exists already: a summary does not read the whole log.
        let index = self.session.memory()?;
        let leaf = index.last().ok().flatten().map(|last| last.key);
        Some((index.counts().clone(), leaf))
    }

    /// True if answers need no pass over the log.
    pub fn has_index(&self) -> bool {
        self.session.has_index()
    }

    /// Finds all entries and counts tokens.
    ///
    /// # Errors
    /// Fails if the log cannot be read or the caller cancels.
    pub fn index(&mut self, progress: &mut Progress<'_>) -> Result<(), Error> {
        if self.token_usage.is_some() {
            return Ok(());
        }
        self.session.detected().readable()?;
        let mut token_usage = TokenUsage::default();
        let mut known = Known::default();
        let mut also = Tee(&mut token_usage, &mut known);
        let log = self.session.log();
        let mut tick = done_of(log.len(), progress);
        if self.session.memory().is_some() {
            // The index was built earlier, because the sidecar could not be believed. Only the token counts are
            // missing.
            scan_source(log, 0..log.len(), LogScan::new(), &mut also, &mut tick)?;
        } else {
            self.session.index(&mut also, &mut tick)?;
        }
        self.token_usage = Some(token_usage);
        self.known = Some(known);
        Ok(())
    }

    fn ready(&mut self) -> Result<(), Error> {
        if self.has_index() { Ok(()) } else { self.index(&mut |_, _| ControlFlow::Continue(())) }
    }

    /// The last entries of the active path.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn tail(&mut self, count: usize, max: u64) -> Result<Vec<EntryReport>, Error> {
        self.session.detected().readable()?;
        if let Some(tail) = self.session.tail_without_index(count, max)? {
            return Ok(tail.into_iter().map(EntryReport::new).collect());
        }
        let length = self.path(None)?.length;
        self.path_page(None, length.saturating_sub(count as u64), count, max)
    }

    /// The tree.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn tree(&mut self) -> Result<TreeReport, Error> {
        self.ready()?;
        let id = self.session.header_id().map_or_else(|| self.files.stem(), ToString::to_string);
        Ok(TreeReport::new(id, self.session.tree()?))
    }

    /// The runs of the tree.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn outline(&mut self) -> Result<OutlineReport, Error> {
        Ok(OutlineReport::new(self.runs()?))
    }

    fn runs(&mut self) -> Result<&Outline, Error> {
        self.ready()?;
        if self.outline.is_none() {
            self.outline = Some(self.session.outline()?);
        }
        Ok(self.outline.get_or_insert_default())
    }

    /// Entries in log order.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn page(&mut self, first: u64, count: usize, max: u64) -> Result<Vec<EntryReport>, Error> {
        self.ready()?;
        let first = Seq::try_from(first).unwrap_or(Seq::MAX);
        let end = first.saturating_add(Seq::try_from(count).unwrap_or(Seq::MAX));
        self.entries(first..end.min(self.count()?), max)
    }

    fn count(&self) -> Result<Seq, Error> {
        Ok(Seq::try_from(self.session.counts()?.entries).unwrap_or(Seq::MAX))
    }

    fn entries(&self, entries: impl IntoIterator<Item = Seq>, max: u64) -> Result<Vec<EntryReport>, Error> {
        Ok(self.session.listed(entries, max)?.into_iter().map(EntryReport::new).collect())
    }

    /// The path to an entry, or to the last entry.
    ///
    /// # Errors
    /// Fails if the log cannot be read, or there is no such entry.
    pub fn path(&mut self, leaf: Option<&str>) -> Result<PathReport, Error> {
        let Some(end) = self.end(leaf)? else { return Ok(PathReport { leaf: None, length: 0 }) };
        let length = self.runs()?.path_to(end.seq).len();
        Ok(PathReport { leaf: Some(end.key), length })
    }

    /// Entries of the same path, by position.
    ///
    /// # Errors
    /// Same errors as [`Inspector::path`].
    pub fn path_page(
        &mut self,
        leaf: Option<&str>,
        first: u64,
        count: usize,
        max: u64,
    ) -> Result<Vec<EntryReport>, Error> {
        let Some(end) = self.end(leaf)? else { return Ok(Vec::new()) };
        let path = self.runs()?.path_to(end.seq);
        self.entries(path.entries(first, count), max)
    }

    /// The entry with this key, or the last entry.
    fn end(&mut self, key: Option<&str>) -> Result<Option<jcode_session_core::session::Spot>, Error> {
        self.ready()?;
        match key {
            Some(key) => Ok(Some(self.session.locate(key)?)),
            None => Ok(self.session.last()?),
        }
    }

    /// One entry.
    ///
    /// # Errors
    /// Fails if the log cannot be read, or there is no such entry.
    pub fn entry(&mut self, key: &str, max: u64) -> Result<EntryReport, Error> {
        self.ready()?;
        Ok(EntryReport::new(self.session.find(key, max)?))
    }

    /// The place of an entry.
    ///
    /// # Errors
    /// Fails if the log cannot be read, or there is no such entry.
    pub fn place(&mut self, key: &str) -> Result<Place, Error> {
        self.ready()?;
        let spot = self.session.locate(key)?;
        let last = self.session.last()?.map_or(spot.seq, |last| last.seq);
        let outline = self.runs()?;
        let leaf = outline.leaf_below(spot.seq, last).unwrap_or(spot.seq);
        let position = outline.path_to(leaf).position(spot.seq).unwrap_or_default();
        let leaf = self.session.listed([leaf], 0)?.pop().map_or_else(|| key.to_string(), |leaf| leaf.key);
        Ok(Place { key: spot.key, seq: spot.seq, offset: spot.span.offset, len: spot.span.len, leaf, position })
    }

    /// The key of the entry whose line holds this byte of the log.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn entry_at(&mut self, offset: u64) -> Result<Option<String>, Error> {
        self.ready()?;
        Ok(self.session.at_offset(offset)?.map(|spot| spot.key))
    }

    /// Bytes of an entry's record.
    ///
    /// # Errors
    /// Fails if the log cannot be read, if there is no such entry, or if the bytes are too many for one call.
    pub fn raw(&mut self, key: &str, from: u64, len: Option<u64>) -> Result<Vec<u8>, Error> {
        self.ready()?;
        let span = self.session.locate(key)?.span;
        let from = from.min(span.len);
        let len = len.unwrap_or(u64::MAX).min(span.len - from);
        if len > MAX_RAW {
            let words = format!("{len} bytes are more than one call gives ({MAX_RAW}): ask for pieces");
            return Err(Error::new(Code::TooLarge, words));
        }
        Ok(self.session.log().read_vec(span.offset + from, usize::try_from(len).unwrap_or_default())?)
    }

    /// Entries over time.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn timeline(&mut self, buckets: usize) -> Result<TimelineReport, Error> {
        self.index(&mut |_, _| ControlFlow::Continue(()))?;
        let timeline = match (self.session.memory(), &self.token_usage) {
            (Some(index), Some(token_usage)) => Timeline::new(index, token_usage, buckets),
            _ => Timeline::default(),
        };
        Ok(TimelineReport::new(timeline))
    }
}

/// Turns ticks, which count bytes, into progress calls with the sum.
fn done_of<'p>(total: u64, progress: &'p mut Progress<'_>) -> impl FnMut(u64) -> ControlFlow<()> + 'p {
    let mut done = 0;
    move |bytes| {
        done += bytes;
        progress(done.min(total), total)
    }
}
