//! What a ledger's rows mean together: which states the log went through, and which of them can be returned to.
//!
//! Owns: the walk over the rows. Invariant: pure; a hostile row can name wrong states, never anything outside.
//! Does not: read the log; whoever returns to a state compares it first.

use super::ledger::{Event, Ledger, LedgerRow, V1_FILES};
use crate::storage::Name;
use alloc::string::String;
use alloc::vec::Vec;

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// The newest row that describes a state that the log is in or has grown from.
    pub top: Option<usize>,
    /// The rollback or repair that an undo takes back.
    pub undo: Option<usize>,
}

/// How a state is returned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// It is a prefix of the log.
    Cut,
    /// Its bytes are kept in this file of `checkpoints/`.
    File(Name),
    /// A repair set it aside in this file of `quarantine/`.
    SetAside {
        /// The file.
        name: Name,
        /// BLAKE3 of the bytes, in hex.
        digest: String,
    },
    /// There was no log yet: what it was written from is still there.
    Gone,
}

/// A state that can be returned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reachable {
    /// Its row.
    pub row: usize,
    /// How.
    pub how: How,
}

/// A ledger, understood.
#[derive(Debug)]
pub struct History<'l> {
    ledger: &'l Ledger,
    before: Vec<Position>,
    parent: Vec<Option<usize>>,
    /// Where the session stands after the last row.
    pub now: Position,
}

impl<'l> History<'l> {
    /// Goes through the rows.
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
                // What was set aside before digests were noted cannot be compared, so it is not put back.
                (Event::Repair, _) => {
                    Position { top: Some(index), undo: row.set_aside_digest.is_some().then_some(index) }
                }
                (Event::Rollback, Some(target)) => Position { top: Some(target), undo: Some(index) },
                (Event::Undo, Some(taken_back)) => history.before.get(taken_back).copied().unwrap_or(at),
                // A seal changes where bytes stand, and none of them.
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

    /// Where the session stood before a row.
    #[must_use]
    pub fn before(&self, index: usize) -> Position {
        self.before.get(index).copied().unwrap_or_default()
    }

    /// The digest of row `index` continues the state before it, which therefore is a prefix of its own.
    #[must_use]
    pub fn base(&self, index: usize) -> Option<usize> {
        let named = self.ledger.index_of(self.row(index)?.base?)?;
        (named < index).then_some(named)
    }

    /// The states behind the session, newest first, with how to return to each from the newest.
    #[must_use]
    pub fn reachable(&self) -> Vec<Reachable> {
        let mut found = Vec::new();
        let mut at = self.now.top;
        let mut is_prefix = true;
        // The repair that was passed last.
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
            // A row without a base describes a log that took the place of the one before.
            is_prefix &= self.base(index).is_some();
            at = parent;
        }
        found
    }

    /// How the state of `row` is returned to, if it is the one that a repair set aside.
    fn set_aside_by(&self, repair: &LedgerRow, row: &LedgerRow) -> Option<How> {
        let is_this = repair.from.is_some() && repair.from == row.state();
        let is_there = is_this && !self.is_pruned(repair.set_aside.as_deref());
        let digest = repair.set_aside_digest.clone().filter(|_| is_there)?;
        Some(How::SetAside { name: repair.set_aside_name()?, digest })
    }

    fn is_pruned(&self, path: Option<&str>) -> bool {
        path.is_some_and(|path| self.ledger.pruned.contains(path))
    }

    /// The rollbacks and repairs that undo after undo would take back, newest first.
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
