//! History: the meaning of a ledger's rows together: the states of the log, and which of them can be returned to.
//!
//! Owns: the walk over the rows.
//! Invariant: the walk is a pure function of the rows. A hostile row can name wrong states, but nothing outside the
//! store.
//! Does not: read the log; callers compare a state with it before they return to it.

use super::ledger::{Event, Ledger, LedgerRow, V1_FILES};
use crate::storage::Name;
use alloc::string::String;
use alloc::vec::Vec;

/// A session's position in its history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// The newest row whose state the log is in or grew from.
    pub top: Option<usize>,
    /// The rollback or repair that the next undo takes back.
    pub undo: Option<usize>,
}

/// How a session returns to a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// By a cut: the state is a prefix of the log.
    Cut,
    /// From a file in `checkpoints/`.
    File(Name),
    /// From a file in `quarantine/`, where a repair set it aside.
    SetAside {
        /// The file.
        name: Name,
        /// BLAKE3 of the bytes, in hex.
        digest: String,
    },
    /// By removing the log: there was none, and the files from which it was written still exist.
    Gone,
}

/// A state that can be returned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reachable {
    /// Index of its row.
    pub row: usize,
    /// How to return to it.
    pub how: How,
}

/// A ledger with the meaning of its rows.
#[derive(Debug)]
pub struct History<'l> {
    ledger: &'l Ledger,
    before: Vec<Position>,
    parent: Vec<Option<usize>>,
    /// The position after the last row.
    pub now: Position,
}

impl<'l> History<'l> {
    /// Walks the rows.
    #[must_use]
    pub fn of(ledger: &'l Ledger) -> Self {
        let mut history = Self { ledger, before: Vec::new(), parent: Vec::new(), now: Position::default() };
        for (index, row) in ledger.rows.iter().enumerate() {
            let at = history.now;
            let named = row.target.and_then(|number| ledger.index_of(number)).filter(|&named| named < index);
            history.before.push(at);
            let base = row.base.and_then(|number| ledger.index_of(number)).filter(|&base| base < index);
            history.parent.push(base.or(at.top));
            history.now = match (row.event, named) {
                (Event::Checkpoint, _) => Position { top: Some(index), ..at },
                (Event::Migrate, _) => Position { top: Some(index), undo: None },
                // Bytes without a recorded digest cannot be verified, so they are not put back.
                (Event::Repair, _) => {
                    Position { top: Some(index), undo: row.set_aside_digest.is_some().then_some(index) }
                }
                (Event::Rollback, Some(target)) => Position { top: Some(target), undo: Some(index) },
                (Event::Undo, Some(taken_back)) => history.before.get(taken_back).copied().unwrap_or(at),
                // A seal moves bytes but changes none.
                (Event::Rollback | Event::Undo, None) | (Event::Prune | Event::Seal, _) => at,
            };
        }
        history
    }

    /// The row at an index.
    #[must_use]
    pub fn row(&self, index: usize) -> Option<&'l LedgerRow> {
        self.ledger.rows.get(index)
    }

    /// The position before a row.
    #[must_use]
    pub fn before(&self, index: usize) -> Position {
        self.before.get(index).copied().unwrap_or_default()
    }

    /// The base of row `index`: the earlier row whose digest it continues, whose state is therefore a prefix.
    #[must_use]
    pub fn base(&self, index: usize) -> Option<usize> {
        let named = self.ledger.index_of(self.row(index)?.base?)?;
        (named < index).then_some(named)
    }

    /// The states in the session's history, newest first, each with the way back to it.
    #[must_use]
    pub fn reachable(&self) -> Vec<Reachable> {
        let mut found = Vec::new();
        let mut at = self.now.top;
        let mut is_prefix = true;
        // The last repair on the way.
        let mut repair = None;
        while let Some(index) = at {
            let Some(row) = self.row(index) else { break };
            let how = match (row.checkpoint_name(), &row.checkpoint_path) {
                (Some(name), path) => (!self.is_pruned(path.as_deref())).then_some(How::File(name)),
                (None, Some(_)) => None,
                (None, None) if row.logical_len == 0 => (!self.is_pruned(Some(V1_FILES))).then_some(How::Gone),
                (None, None) if is_prefix => Some(How::Cut),
                (None, None) => repair.and_then(|repair| self.set_aside_by(repair, row)),
            };
            found.extend(how.map(|how| Reachable { row: index, how }));
            let parent = self.parent.get(index).copied().flatten().filter(|&parent| parent < index);
            repair = (row.event == Event::Repair).then_some(row).or(repair);
            // A row without a base describes a log that replaced the one before it.
            is_prefix &= self.base(index).is_some();
            at = parent;
        }
        found
    }

    /// The way back to the state of `row`, if that is the state that `repair` set aside.
    fn set_aside_by(&self, repair: &LedgerRow, row: &LedgerRow) -> Option<How> {
        let is_this = repair.from.is_some() && repair.from == row.state();
        let is_there = is_this && !self.is_pruned(repair.set_aside.as_deref());
        let digest = repair.set_aside_digest.clone().filter(|_| is_there)?;
        Some(How::SetAside { name: repair.set_aside_name()?, digest })
    }

    fn is_pruned(&self, path: Option<&str>) -> bool {
        path.is_some_and(|path| self.ledger.pruned.contains(path))
    }

    /// The rollbacks and repairs that repeated undo takes back, newest first.
    #[must_use]
    pub fn undoable(&self) -> Vec<usize> {
        let mut found = Vec::new();
        let mut at = self.now.undo;
        while let Some(index) = at {
            if self.row(index).is_some_and(|row| self.is_pruned(row.set_aside.as_deref())) {
                break;
            }
            found.push(index);
            at = self.before(index).undo.filter(|&older| older < index);
        }
        found
    }
}
