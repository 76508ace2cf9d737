//! Where entries stand: asked of a sidecar, or of an index in memory.
//!
//! Owns: the one interface to both, and the comparison of an answer with the log.
//! Invariant: a [`Spot`] that passed [`Locator::check`] is the entry that its line shows, under the parent that its
//! line names.
//! Does not: read the log; lines are handed in.

use super::{Answer, Entry};
use crate::sql::{SidecarReader, StoredEntry};
use jcode_session_core::index::row::{Row, RowSink, Seq};
use jcode_session_core::index::{Built, Counts, Tree};
use jcode_session_core::log::tail::Span;
use jcode_session_core::log::{Damage, LineReader, LogSink, Outcome, Record};
use std::ops::ControlFlow;

/// Where an entry stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) span: Span,
    pub(super) key: String,
    pub(super) parent: Option<Seq>,
    /// The kind, where it is known.
    pub(super) kind: Option<String>,
}

/// Knows where entries stand.
pub(super) trait Locator {
    /// The entry with this key.
    fn find(&self, key: &str) -> Result<Option<Spot>, Answer>;
    /// The entry with this number.
    fn spot(&self, seq: Seq) -> Result<Option<Spot>, Answer>;
    /// The last entry of the log.
    fn last(&self) -> Result<Option<Spot>, Answer>;
    /// True if what it does not know does not exist.
    fn is_final(&self) -> bool;
    /// True if entries may name a parent and yet be roots.
    fn has_orphans(&self) -> bool;

    /// Compares a spot with the line that stands there. `child_names`: the parent id that the entry's child names,
    /// if the entry was reached through one. The parent id that this entry names.
    fn check(
        &self,
        spot: &Spot,
        entry: &Entry,
        child_names: Option<&Option<String>>,
    ) -> Result<Option<String>, Answer> {
        let mut reader = LineReader::new();
        let Outcome::Whole(record) = reader.read(1, 1, &entry.line, false) else { return Err(Answer::Lies) };
        let id = record.fields.usable_id().map(|id| id.into_owned());
        let made = |mark: char| format!("{}{mark}{}", id.as_deref().unwrap_or_default(), spot.span.offset);
        let key_matches = match &id {
            Some(id) => spot.key == *id || spot.key.starts_with(&made('#')),
            None => spot.key.starts_with(&made('@')),
        };
        let child_agrees = child_names.is_none_or(|names| *names == id);
        let parent_id = record.fields.parent_text().map(|parent| parent.into_owned());
        let root_agrees = spot.parent.is_some() || parent_id.is_none() || self.has_orphans();
        if key_matches && child_agrees && root_agrees { Ok(parent_id) } else { Err(Answer::Lies) }
    }
}

impl Locator for SidecarReader {
    fn find(&self, key: &str) -> Result<Option<Spot>, Answer> {
        Self::find(self, key).map(|found| found.map(spot_of)).map_err(|_| Answer::Lies)
    }

    fn spot(&self, seq: Seq) -> Result<Option<Spot>, Answer> {
        self.entry(seq).map(|found| found.map(spot_of)).map_err(|_| Answer::Lies)
    }

    fn last(&self) -> Result<Option<Spot>, Answer> {
        let Some(last) = self.meta().counts.entries.checked_sub(1) else { return Ok(None) };
        let last = Seq::try_from(last).map_err(|_| Answer::Lies)?;
        match Locator::spot(self, last)? {
            Some(spot) if Some(&spot.key) == self.meta().active_leaf.as_ref() => Ok(Some(spot)),
            _ => Err(Answer::Lies),
        }
    }

    fn is_final(&self) -> bool {
        false
    }

    fn has_orphans(&self) -> bool {
        self.meta().counts.orphans > 0
    }
}

fn spot_of(stored: StoredEntry) -> Spot {
    let span = Span { offset: stored.offset, len: stored.len };
    Spot { span, key: stored.key, parent: stored.parent, kind: Some(stored.kind) }
}

/// Where all entries stand, while an index is built.
#[derive(Debug, Default)]
pub(super) struct Spans(Vec<Span>);

impl RowSink for Spans {
    fn row(&mut self, row: Row<'_>) -> ControlFlow<()> {
        self.0.push(Span { offset: row.offset, len: row.len });
        ControlFlow::Continue(())
    }
}

/// The index of a log without a usable sidecar.
#[derive(Debug)]
pub(super) struct MemoryIndex {
    built: Built<Spans>,
}

impl MemoryIndex {
    pub(super) const fn new(built: Built<Spans>) -> Self {
        Self { built }
    }

    pub(super) const fn counts(&self) -> &Counts {
        &self.built.counts
    }

    pub(super) fn tree(&self) -> Tree {
        self.built.tree()
    }

    pub(super) fn entry_count(&self) -> u64 {
        u64::from(self.built.entry_count())
    }
}

impl Locator for MemoryIndex {
    fn find(&self, key: &str) -> Result<Option<Spot>, Answer> {
        match self.built.find_key(key) {
            Some(seq) => self.spot(seq),
            None => Ok(None),
        }
    }

    fn spot(&self, seq: Seq) -> Result<Option<Spot>, Answer> {
        let span = self.built.rows.0.get(seq as usize);
        Ok(span.map(|&span| Spot { span, key: self.built.key(seq), parent: self.built.parent(seq), kind: None }))
    }

    fn last(&self) -> Result<Option<Spot>, Answer> {
        match self.built.entry_count().checked_sub(1) {
            Some(last) => self.spot(last),
            None => Ok(None),
        }
    }

    fn is_final(&self) -> bool {
        true
    }

    fn has_orphans(&self) -> bool {
        true
    }
}

/// Gives entries in file order.
pub(super) struct FileOrder<'e> {
    pub(super) skip: u64,
    pub(super) each: &'e mut dyn FnMut(Entry),
}

impl LogSink for FileOrder<'_> {
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        if self.skip > 0 {
            self.skip -= 1;
        } else {
            (self.each)(Entry { offset: entry.offset, line: entry.bytes.to_vec() });
        }
        ControlFlow::Continue(())
    }

    fn damage(&mut self, _: Damage) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
