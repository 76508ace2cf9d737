//! The index in memory of a log without a usable sidecar.
//!
//! Owns: the place of every entry's line.
//! Invariant: it equals a full build. Payloads are not kept: an entry takes about 85 bytes with ids of 36 characters.

use super::locate::{LocateError, Locator, Spot};
use crate::index::row::{Row, RowSink, Seq};
use crate::index::{Built, Counts, Tree};
use crate::log::tail::Span;
use alloc::vec::Vec;
use core::cell::OnceCell;
use core::ops::ControlFlow;

/// The places of all entries, collected during a build.
#[derive(Debug, Default)]
pub(super) struct Spans(Vec<Span>);

impl RowSink for Spans {
    fn row(&mut self, row: Row<'_>) -> ControlFlow<()> {
        self.0.push(Span { offset: row.offset, len: row.len });
        ControlFlow::Continue(())
    }
}

/// An index in memory.
#[derive(Debug)]
pub struct MemoryIndex {
    built: Built<Spans>,
    /// All entries, by their keys; made when somebody looks for the start of one.
    by_key: OnceCell<Vec<Seq>>,
}

impl MemoryIndex {
    pub(super) const fn new(built: Built<Spans>) -> Self {
        Self { built, by_key: OnceCell::new() }
    }

    /// Length of the line and time of each entry, in log order.
    pub fn entries(&self) -> impl Iterator<Item = (u64, Option<i64>)> {
        self.built.rows.0.iter().zip(0..).map(|(span, seq)| (span.len, self.built.time(seq)))
    }
}

impl Locator for MemoryIndex {
    fn find(&self, key: &str) -> Result<Option<Spot>, LocateError> {
        match self.built.find_key(key) {
            Some(seq) => self.spot(seq),
            None => Ok(None),
        }
    }

    fn starting(&self, start: &str, count: usize) -> Result<Vec<Spot>, LocateError> {
        let by_key = self.by_key.get_or_init(|| self.built.in_order_of_keys());
        let first = by_key.partition_point(|&seq| self.built.key_text(seq) < start);
        let behind = by_key.get(first..).unwrap_or_default().iter();
        let starting = behind.take_while(|&&seq| self.built.key_text(seq).starts_with(start)).take(count);
        Ok(starting.map(|&seq| self.spot(seq)).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    fn spot(&self, seq: Seq) -> Result<Option<Spot>, LocateError> {
        let built = &self.built;
        Ok(built.rows.0.get(seq as usize).map(|&span| Spot {
            seq,
            span,
            key: built.key(seq),
            parent: built.parent(seq),
            depth: built.depth(seq),
            ts: built.time(seq),
            kind: None,
        }))
    }

    fn last(&self) -> Result<Option<Spot>, LocateError> {
        match self.built.entry_count().checked_sub(1) {
            Some(last) => self.spot(last),
            None => Ok(None),
        }
    }

    fn branch_starts(&self) -> Result<Vec<Seq>, LocateError> {
        let follows = |seq: Seq| seq > 0 && self.built.parent(seq) == Some(seq - 1);
        Ok((0..self.built.entry_count()).filter(|&seq| !follows(seq)).collect())
    }

    fn tree(&self) -> Result<Tree, LocateError> {
        Ok(self.built.tree())
    }

    fn counts(&self) -> &Counts {
        &self.built.counts
    }

    fn is_final(&self) -> bool {
        true
    }

    fn has_orphans(&self) -> bool {
        true
    }

    fn is_as_opened(&self) -> bool {
        true
    }
}
