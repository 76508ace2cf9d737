//! A log's entries as growth needs them: the kind of each, and their tree.
//!
//! Owns: the pass that collects them. Parents and keys are the index's, so a path here is the path that readers show.
//! Invariant: the log is read once; payloads are places, not copies.

use crate::dialect::jcode::compare::past::{Known, classify};
use crate::dialect::jcode::read::entry::Kind;
use crate::dialect::jcode::write::merge::UsedIds;
use crate::index::row::Seq;
use crate::index::{Built, IndexBuilder};
use crate::log::{Damage, LogScan, LogSink, Record, scan_source};
use crate::source::{ByteSource, SourceError};
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// The entries of a log.
pub(in crate::dialect::jcode) struct Tree {
    built: Built<()>,
    known: Vec<Known>,
    pub(in crate::dialect::jcode) ids: UsedIds,
    /// The last line lacks its LF.
    pub(in crate::dialect::jcode) ends_open: bool,
}

struct Reader {
    builder: IndexBuilder<()>,
    known: Vec<Known>,
    ids: UsedIds,
}

impl LogSink for Reader {
    fn header(&mut self, header: &Record<'_>) -> ControlFlow<()> {
        LogSink::header(&mut self.builder, header)
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        self.known.push(classify(entry));
        if let Some(id) = entry.fields.usable_id() {
            self.ids.take(&id);
        }
        self.builder.entry(entry)
    }

    fn damage(&mut self, damage: Damage) -> ControlFlow<()> {
        self.builder.damage(damage)
    }
}

impl Tree {
    pub(in crate::dialect::jcode) fn read<L: ByteSource>(
        log: &L,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Self, SourceError> {
        let mut reader = Reader { builder: IndexBuilder::new(()), known: Vec::new(), ids: UsedIds::default() };
        scan_source(log, 0..log.len(), LogScan::new(), &mut reader, tick)?;
        let mut last = [b'\n'];
        if let Some(at) = log.len().checked_sub(1) {
            log.read_at(at, &mut last)?;
        }
        let Reader { builder, known, ids } = reader;
        Ok(Self { built: builder.finish(), known, ids, ends_open: last != *b"\n" })
    }

    pub(in crate::dialect::jcode) fn count(&self) -> Seq {
        self.built.entry_count()
    }

    pub(in crate::dialect::jcode) fn key(&self, seq: Seq) -> String {
        self.built.key(seq)
    }

    pub(in crate::dialect::jcode) fn parent(&self, seq: Seq) -> Option<Seq> {
        self.built.parent(seq)
    }

    pub(in crate::dialect::jcode) fn known(&self, seq: Seq) -> Option<Known> {
        self.known.get(seq as usize).copied()
    }

    pub(in crate::dialect::jcode) fn all(&self) -> impl Iterator<Item = &Known> {
        self.known.iter()
    }

    /// The path from the root to `leaf`.
    pub(in crate::dialect::jcode) fn path(&self, leaf: Seq) -> Vec<Seq> {
        let mut path: Vec<Seq> = core::iter::successors(Some(leaf), |&seq| self.parent(seq)).collect();
        path.reverse();
        path
    }

    /// The last entry that came from v1, where the path of the v1 session ends.
    pub(in crate::dialect::jcode) fn last_marked(&self) -> Option<Seq> {
        self.known.iter().rposition(|known| known.marked).and_then(|at| Seq::try_from(at).ok())
    }

    /// True if messages that did not come from v1 stand behind the last one that did.
    pub(in crate::dialect::jcode) fn native_messages_follow(&self) -> bool {
        let is_message = |known: &&Known| known.kind == Some(Kind::Message);
        self.known.iter().rev().find(is_message).is_some_and(|known| !known.marked)
    }
}
