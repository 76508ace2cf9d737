//! What depends on other entries of a log: edits, calls of a tool, the active path.
//!
//! Owns: the text of an entry that was edited. On each path to a leaf the last edit on it holds; an entry is found by
//! any text that it has on one of them, and by the one that it has on the path to the last leaf first.
//! Invariant: an edit is of the first entry with the id that it names, and stands behind it. So parts are taken from the last to the
//! first, and what is given away at once does not change any more.
//! Does not: search lines; see [`super::scan`].

use super::judge::{Found, Judge, Verdict};
use super::scan::{EditLine, Part, Search};
use crate::index::row::Seq;
use crate::log::tail::Span;
use crate::log::{LineReader, Outcome, Record};
use crate::session::{Edited, Edits, Locator, Outline, ReadError, Session};
use crate::source::ByteSource;
use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// Gathers the parts of one log.
#[derive(Debug)]
pub struct Gather<'s> {
    search: &'s Search,
    edits: Vec<EditLine>,
    targets: BTreeSet<String>,
    calls: BTreeSet<String>,
    held: Vec<Span>,
}

impl<'s> Gather<'s> {
    /// Nothing yet.
    #[must_use]
    pub const fn new(search: &'s Search) -> Self {
        Self { search, edits: Vec::new(), targets: BTreeSet::new(), calls: BTreeSet::new(), held: Vec::new() }
    }

    /// Takes the part before those that were taken; the entries in it that match, whatever else the log holds.
    pub fn take(&mut self, part: Part) -> Vec<Found> {
        let Part { mut found, held, edits, calls, .. } = part;
        self.targets.extend(edits.iter().map(|edit| edit.target.clone()));
        self.edits.extend(edits);
        self.calls.extend(calls);
        self.held.extend(held);
        let all_depend = self.search.filter.active;
        let depends = |found: &mut Found| all_depend || found.id.as_ref().is_some_and(|id| self.targets.contains(id));
        let depending = found.extract_if(.., depends);
        self.held.extend(depending.map(|found| Span { offset: found.offset, len: found.len }));
        found
    }

    /// True if the end of the log tells nothing more.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        self.held.is_empty() && self.edits.is_empty()
    }

    /// The entries in a range of the log that match, now that all of it is known.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn finish<S: ByteSource, L: Locator>(
        self,
        session: &Session<S, L>,
        range: Range<u64>,
    ) -> Result<Vec<Found>, ReadError> {
        if self.is_settled() || self.held.is_empty() && !self.search.may_be_in(&self.edits) {
            return Ok(Vec::new());
        }
        let edits = self.edits_by_target(session)?;
        let active = self.search.filter.active;
        let tree = if active || !edits.is_empty() { Some(Paths::of(session)?) } else { None };
        let mut held = self.held.clone();
        held.extend(edits.keys().map(|&(offset, len)| Span { offset, len }));
        held.retain(|span| range.contains(&span.offset));
        held.sort_unstable_by_key(|span| span.offset);
        held.dedup();
        let judge = Judge {
            query: &self.search.query,
            filter: &self.search.filter,
            calls: Some(&self.calls),
            only_counts: false,
        };
        let mut found = Vec::new();
        for span in held {
            let line = line(session, span)?;
            let edits = edits.get(&(span.offset, span.len)).map(Vec::as_slice).unwrap_or_default();
            let texts = match &tree {
                Some(tree) => tree.texts(session, span, &line, edits, active)?,
                None => alloc::vec![Cow::Borrowed(&*line)],
            };
            let matching = texts.into_iter().find_map(|text| match read(&text, |record| judge.judge(record)) {
                Some(Verdict::Yes(found)) => Some(found),
                _ => None,
            });
            found.extend(matching.map(|found| Found { offset: span.offset, len: span.len, ..*found }));
        }
        Ok(found)
    }

    /// The edits of each entry, by its place, with their numbers in the log.
    fn edits_by_target<S: ByteSource, L: Locator>(&self, session: &Session<S, L>) -> Result<ByTarget<'_>, ReadError> {
        let mut places = BTreeMap::new();
        for target in &self.targets {
            let span = match session.locate(target) {
                Ok(spot) => spot.span,
                Err(ReadError::NoEntry(_)) => continue,
                Err(error) => return Err(error),
            };
            // A key that was made is no id.
            let has_id = |record: &Record<'_>| record.fields.usable_id().as_deref() == Some(&**target);
            if read(&line(session, span)?, has_id) == Some(true) {
                places.insert(&**target, span);
            }
        }
        let mut edits = ByTarget::new();
        for edit in &self.edits {
            let Some(place) = places.get(&*edit.target).filter(|place| place.offset < edit.offset) else { continue };
            if let Some(spot) = session.at_offset(edit.offset)? {
                edits.entry((place.offset, place.len)).or_default().push((spot.seq, edit));
            }
        }
        Ok(edits)
    }
}

type ByTarget<'e> = BTreeMap<(u64, u64), Vec<(Seq, &'e EditLine)>>;

/// The paths of a log.
struct Paths {
    outline: Outline,
    last: Option<Seq>,
}

impl Paths {
    fn of<S: ByteSource, L: Locator>(session: &Session<S, L>) -> Result<Self, ReadError> {
        Ok(Self { outline: session.outline()?, last: session.last()?.map(|spot| spot.seq) })
    }

    /// The lines that an entry has on the paths through it, the last leaf's first: as it stands, or as edited.
    fn texts<'l, S: ByteSource, L: Locator>(
        &self,
        session: &Session<S, L>,
        span: Span,
        line: &'l [u8],
        edits: &[(Seq, &EditLine)],
        active: bool,
    ) -> Result<Vec<Cow<'l, [u8]>>, ReadError> {
        let Some(own) = session.at_offset(span.offset)? else { return Ok(Vec::new()) };
        let leaves = self.outline.nodes.iter().rev().filter(|node| node.leaf).map(|node| node.seq);
        let active_leaf = self.last.filter(|_| active);
        let leaves = leaves.filter(|_| !active).chain(active_leaf);
        let (mut seen, mut texts) = (BTreeSet::new(), Vec::new());
        for leaf in leaves {
            let path = self.outline.path_to(leaf);
            if path.position(own.seq).is_none() {
                continue;
            }
            let on_path = edits.iter().filter_map(|(seq, edit)| Some((path.position(*seq)?, edit)));
            let holds = on_path.max_by_key(|(position, _)| *position).map(|(_, edit)| *edit);
            if !seen.insert(holds.map(|edit| edit.offset)) {
                continue;
            }
            match holds.map(|edit| Edits::of([&*edit.line])).as_ref().map(|edits| edits.apply(line)) {
                None | Some(Edited::No) => texts.push(Cow::Borrowed(line)),
                Some(Edited::Replaced { line, .. }) => texts.push(Cow::Owned(line)),
                Some(Edited::LeftOut { .. }) => {}
            }
            // Without edits all paths say the same.
            if edits.is_empty() {
                break;
            }
        }
        Ok(texts)
    }
}

fn line<S: ByteSource, L: Locator>(session: &Session<S, L>, span: Span) -> Result<Vec<u8>, ReadError> {
    Ok(session.log().read_vec(span.offset, usize::try_from(span.len).unwrap_or(usize::MAX))?)
}

fn read<T>(line: &[u8], judge: impl FnOnce(&Record<'_>) -> T) -> Option<T> {
    match LineReader::new().read(0, 0, line, false) {
        Outcome::Whole(record) => Some(judge(&record)),
        _ => None,
    }
}
