//! A run of whole lines of a log, searched.
//!
//! Owns: which records are entries, and what of other entries a search must know: edits, and calls of a tool.
//! Invariant: lines are judged one by one, so that runs can be searched in any order, by several threads.
//! Does not: read the log, or settle what depends on other entries; see [`super::gather`].

use super::content::{Message, Part as Block};
use super::index::Need;
use super::judge::{Filter, Found, Judge, Verdict};
use super::query::Query;
use super::sieve::{self, Sieve};
use crate::json::text::string;
use crate::log::tail::Span;
use crate::log::{LineReader, Outcome, Record};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What is searched for, in entries that a filter lets through.
#[derive(Debug, Clone)]
pub struct Search {
    /// What is searched for.
    pub query: Query,
    /// In which entries.
    pub filter: Filter,
    edits: Sieve,
    calls: Option<Sieve>,
}

/// An edit of another entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EditLine {
    pub(super) offset: u64,
    pub(super) target: String,
    pub(super) line: Vec<u8>,
}

impl EditLine {
    /// The edit that a record is.
    pub(super) fn of(record: &Record<'_>) -> Option<Self> {
        let target = record.fields.target.filter(|_| record.fields.kind_text() == "context_edit").and_then(string)?;
        Some(Self { offset: record.offset, target: target.into_owned(), line: record.bytes.to_vec() })
    }
}

/// What is looked for in lines, besides hits.
#[derive(Debug, Clone, Copy)]
struct Sift {
    /// Edits and calls, too.
    known: bool,
    /// Hits are only counted.
    only_counts: bool,
}

impl Sift {
    const ALL: Self = Self { known: true, only_counts: false };
}

/// What a run of lines holds.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// Entries that match as they stand.
    pub(super) found: Vec<Found>,
    /// Entries that may match once more is known.
    pub(super) held: Vec<Span>,
    pub(super) edits: Vec<EditLine>,
    /// Ids of calls of the tool that is asked for.
    pub(super) calls: Vec<String>,
    /// Time of the first entry, if it can be told.
    pub first_ts: Option<i64>,
}

impl Part {
    /// Takes in the part behind it.
    pub fn extend(&mut self, behind: Self) {
        self.found.extend(behind.found);
        self.held.extend(behind.held);
        self.edits.extend(behind.edits);
        self.calls.extend(behind.calls);
        self.first_ts = self.first_ts.or(behind.first_ts);
    }
}

impl Search {
    /// A search for `query` in what `filter` lets through.
    #[must_use]
    pub fn new(query: Query, filter: Filter) -> Self {
        let calls = filter.tool.as_ref().map(|tool| Sieve::of(tool, true));
        Self { query, filter, edits: Sieve::of("context_edit", true), calls }
    }

    /// What a block of a log needs for a hit to be in it, or what another entry's hit depends on.
    #[must_use]
    pub fn need(&self) -> Need {
        let calls = self.filter.tool.as_deref().map(Need::of_tool);
        Need::one([self.query.need.clone(), Need::of_edit()].into_iter().chain(calls))
    }

    /// False only if no edited entry can match that does not match as it stands: a single word that is in none of the
    /// edits is in what they leave.
    pub(super) fn may_be_in(&self, edits: &[EditLine]) -> bool {
        let may = |edit: &EditLine| sieve::lines(&[&self.query.sieve], &edit.line).next().is_some();
        self.query.len() > 1 || edits.iter().any(may)
    }

    /// False only if no entry matches because of what a part of the log holds.
    pub(super) fn may_find(&self, part: &Part) -> bool {
        let by_edit = !part.edits.is_empty() && self.may_be_in(&part.edits);
        by_edit || !part.found.is_empty() || !part.held.is_empty()
    }

    /// Searches whole lines, the first of which begins at `offset`. `header`: where the log's header stands.
    #[must_use]
    pub fn lines(&self, offset: u64, bytes: &[u8], header: Option<u64>) -> Part {
        self.sifted(Some(&self.query.sieve), Sift::ALL, offset, bytes, header)
    }

    /// As [`Search::lines`], for hits that are only counted: they are told without the text around them.
    #[must_use]
    pub fn lines_to_count(&self, offset: u64, bytes: &[u8], header: Option<u64>) -> Part {
        self.sifted(Some(&self.query.sieve), Sift { only_counts: true, ..Sift::ALL }, offset, bytes, header)
    }

    /// As [`Search::lines`], where edits and calls are known.
    pub(super) fn lines_but_known(&self, offset: u64, bytes: &[u8], header: Option<u64>) -> Part {
        let part = self.sifted(Some(&self.query.sieve), Sift { known: false, ..Sift::ALL }, offset, bytes, header);
        Part { edits: Vec::new(), calls: Vec::new(), ..part }
    }

    /// As [`Search::lines`], for edits and calls alone.
    pub(super) fn known_in(&self, offset: u64, bytes: &[u8], header: Option<u64>) -> Part {
        self.sifted(None, Sift::ALL, offset, bytes, header)
    }

    fn sifted(&self, query: Option<&Sieve>, sift: Sift, offset: u64, bytes: &[u8], header: Option<u64>) -> Part {
        let mut part = Part::default();
        let mut reader = LineReader::new();
        let first = bytes.get(..memchr::memchr(b'\n', bytes).unwrap_or(bytes.len())).unwrap_or_default();
        if let Outcome::Whole(record) = reader.read(offset, 0, first, false) {
            part.first_ts = record.fields.time();
        }
        let known = Some(&self.edits).into_iter().chain(&self.calls).filter(|_| sift.known);
        let sieves: Vec<&Sieve> = query.into_iter().chain(known).collect();
        for range in sieve::lines(&sieves, bytes) {
            let at = offset + range.start as u64;
            let first = header.is_some_and(|header| at <= header);
            let mut see = |record: &Record<'_>| {
                let is_entry = header.is_none_or(|header| record.offset > header) && !record.fields.is_session();
                if is_entry {
                    self.entry(record, query.map(|_| sift.only_counts), &mut part);
                }
            };
            match reader.read(at, 0, bytes.get(range).unwrap_or_default(), first) {
                Outcome::Blank => {}
                Outcome::Whole(record) => see(&record),
                Outcome::Broken(salvaged) => salvaged.records.iter().for_each(see),
            }
        }
        part
    }

    /// `only_counts`: whether hits are only counted, if they are looked for.
    fn entry(&self, record: &Record<'_>, only_counts: Option<bool>, part: &mut Part) {
        if record.fields.kind_text() == "context_edit" {
            part.edits.extend(EditLine::of(record));
            return;
        }
        if let (Some(tool), Some(message)) = (&self.filter.tool, record.fields.message.and_then(Message::read)) {
            let calls = message.content.iter().filter_map(|block| match block {
                Block::Call { id: Some(id), name: Some(name), .. } if string(name).as_deref() == Some(tool) => {
                    string(id)
                }
                _ => None,
            });
            part.calls.extend(calls.map(|id| id.to_string()));
        }
        let Some(only_counts) = only_counts else { return };
        match (Judge { query: &self.query, filter: &self.filter, calls: None, only_counts }).judge(record) {
            Verdict::No => {}
            Verdict::Yes(found) => part.found.push(*found),
            Verdict::Depends => part.held.push(Span { offset: record.offset, len: record.bytes.len() as u64 }),
        }
    }
}
