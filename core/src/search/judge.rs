//! One entry: whether it matches, and where.
//!
//! Owns: the filters by role, kind, tool and time, and what makes two entries copies of one.
//! Invariant: depends on the entry's line alone, and on the calls that are known. Does not: apply edits.

use super::query::Query;
use super::rank::Weight;
use super::snippet::snippet;
use super::text::{EntryText, Field, Piece, ToolOf};
use crate::json::text::string;
use crate::log::Record;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::{BuildHasher, Hash, Hasher};
use core::ops::Range;

/// Which entries of a session are searched; the default are all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Messages of this role.
    pub role: Option<String>,
    /// Entries of this kind.
    pub kind: Option<String>,
    /// Calls and output of this tool.
    pub tool: Option<String>,
    /// Entries of this time or later, Unix milliseconds.
    pub since: Option<i64>,
    /// Entries of this time or earlier, Unix milliseconds.
    pub until: Option<i64>,
    /// Entries of the active path.
    pub active: bool,
    /// Hits are told what their relevance follows from.
    pub weighed: bool,
}

/// An entry that matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Offset of its line.
    pub offset: u64,
    /// Length of its line.
    pub len: u64,
    /// Its id as the log has it, if it can be used.
    pub id: Option<String>,
    /// Its kind.
    pub kind: String,
    /// The role of its message.
    pub role: Option<String>,
    /// Time, Unix milliseconds.
    pub ts: Option<i64>,
    /// What the text is in which it matches first.
    pub field: Field,
    /// The tool of that text, if its own entry names it.
    pub tool: Option<String>,
    /// That text around the match.
    pub snippet: String,
    /// Start and length of all matches in the snippet, in bytes.
    pub matches: Vec<(usize, usize)>,
    /// What its relevance follows from.
    pub weight: Weight,
    /// Equal for copies of one entry in several logs; none for an entry without an id.
    pub copy: Option<u128>,
}

/// What an entry turns out to be.
#[allow(clippy::large_enum_variant, reason = "it is taken apart at once")]
pub(super) enum Verdict {
    /// It does not match.
    No,
    /// It matches.
    Yes(Box<Found>),
    /// It depends on calls that stand elsewhere.
    Depends,
}

/// Judges entries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judge<'q> {
    pub(super) query: &'q Query,
    pub(super) filter: &'q Filter,
    /// Ids of all calls of the tool that is asked for, once they are known.
    pub(super) calls: Option<&'q BTreeSet<String>>,
    /// Nobody looks at the texts around matches.
    pub(super) only_counts: bool,
}

/// A piece and its text.
type Text<'a> = (&'a Piece<'a>, Cow<'a, str>);

impl Judge<'_> {
    /// Judges an entry by its line.
    pub(super) fn judge(&self, record: &Record<'_>) -> Verdict {
        let (filter, kind, ts) = (self.filter, record.fields.kind_text(), record.fields.time());
        let in_time = filter.since.is_none_or(|since| ts.is_some_and(|ts| ts >= since))
            && filter.until.is_none_or(|until| ts.is_some_and(|ts| ts <= until));
        if !in_time || filter.kind.as_ref().is_some_and(|wanted| *wanted != kind) {
            return Verdict::No;
        }
        let text = EntryText::of(record);
        if filter.role.as_ref().is_some_and(|wanted| text.role.as_deref() != Some(wanted)) {
            return Verdict::No;
        }
        let texts: Vec<Text<'_>> = text.pieces.iter().filter_map(|piece| Some((piece, piece.text()?))).collect();
        let mut searched = Vec::with_capacity(texts.len());
        for text in &texts {
            match self.is_of_tool(text.0) {
                Some(true) => searched.push(text),
                Some(false) => {}
                None => return Verdict::Depends,
            }
        }
        let Some((piece, found, first)) = self.first_match(&searched) else { return Verdict::No };
        let (snippet, matches) = if self.only_counts { Default::default() } else { snippet(self.query, found, first) };
        let id = record.fields.usable_id();
        Verdict::Yes(Box::new(Found {
            offset: record.offset,
            len: record.bytes.len() as u64,
            copy: id.as_ref().map(|id| copy((&**id, ts, &*kind, text.role.as_deref()), &texts)),
            id: id.map(Cow::into_owned),
            kind: kind.into_owned(),
            role: text.role.map(Cow::into_owned),
            ts,
            field: piece.field,
            tool: piece.tool.name(),
            snippet,
            matches,
            weight: self.weight(&searched),
        }))
    }

    /// True if a text belongs to the tool that is asked for; unknown while the calls are.
    fn is_of_tool(&self, piece: &Piece<'_>) -> Option<bool> {
        let Some(tool) = &self.filter.tool else { return Some(true) };
        match piece.tool {
            ToolOf::No => Some(false),
            ToolOf::Shell => Some(tool == "bash"),
            ToolOf::Named(name) => Some(string(name).as_deref() == Some(tool)),
            ToolOf::OfCall(id) => self.calls.map(|calls| string(id).is_some_and(|id| calls.contains(&*id))),
        }
    }

    /// What its relevance follows from, if anybody asks for that.
    fn weight(&self, texts: &[&Text<'_>]) -> Weight {
        if !self.filter.weighed {
            return Weight::default();
        }
        let count = |term, text: &str| {
            let next = |at: &usize| self.query.find(term, text, *at).map(|found| found.end.max(found.start + 1));
            // An empty match counts once: what stands everywhere tells nothing.
            let first = self.query.find(term, text, 0).map(|found| found.end);
            let ends = core::iter::successors(first, |at| if *at == 0 { None } else { next(at) });
            u32::try_from(ends.count()).unwrap_or(u32::MAX)
        };
        let of_term = |term| texts.iter().map(|(_, text)| count(term, text)).fold(0, u32::saturating_add);
        let counts = (0..self.query.len()).map(of_term).collect();
        Weight { counts, len: texts.iter().map(|(_, text)| text.len() as u64).sum() }
    }

    /// The first match of all, if each word stands in one of the texts.
    fn first_match<'t, 'a>(&self, texts: &[&'t Text<'a>]) -> Option<(&'t Piece<'a>, &'t str, Range<usize>)> {
        let mut missing: Vec<usize> = (0..self.query.len()).collect();
        let mut first = None;
        for (piece, text) in texts {
            let mut here: Option<Range<usize>> = None;
            missing.retain(|&term| match self.query.find(term, text, 0) {
                Some(found) => {
                    if here.as_ref().is_none_or(|here| found.start < here.start) {
                        here = Some(found);
                    }
                    false
                }
                None => true,
            });
            first = first.or(here.map(|here| (*piece, &**text, here)));
            if missing.is_empty() {
                return first;
            }
        }
        None
    }
}

type Own<'a> = (&'a str, Option<i64>, &'a str, Option<&'a str>);

/// Equal for entries of one id, time, kind and role that say the same.
fn copy(own: Own<'_>, texts: &[Text<'_>]) -> u128 {
    let hash = |seed: u64| {
        let mut hasher = foldhash::quality::FixedState::with_seed(seed).build_hasher();
        own.hash(&mut hasher);
        texts.iter().for_each(|(piece, text)| (piece.field, text).hash(&mut hasher));
        hasher.finish()
    };
    u128::from(hash(0x5EED)) << 64 | u128::from(hash(0xFEED))
}
