//! Locators: find the places of entries, in a sidecar or in an index in memory.
//!
//! Owns: the interface to both, and the comparison of an answer with the log.
//! Invariant: a [`Spot`] that passed [`Locator::check`] is the entry in its line, below the parent that the line names.

use super::{Entry, ReadError};
use crate::index::key::KeySource;
use crate::index::row::Seq;
use crate::index::{Counts, Tree};
use crate::log::tail::Span;
use crate::log::{LineReader, Outcome};
use crate::source::SourceError;
use alloc::string::String;
use alloc::vec::Vec;

/// Why a locator did not answer.
#[derive(Debug)]
pub enum LocateError {
    /// The locator disagrees with the log or cannot be read; another locator must answer.
    Mismatch,
    /// No locator can answer.
    Failed(ReadError),
}

impl From<SourceError> for LocateError {
    fn from(error: SourceError) -> Self {
        Self::Failed(error.into())
    }
}

/// The place of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// Number of the entry in log order.
    pub seq: Seq,
    /// Its line.
    pub span: Span,
    /// Its key.
    pub key: String,
    /// The resolved parent.
    pub parent: Option<Seq>,
    /// Number of entries from the root; the root has 1.
    pub depth: u32,
    /// Time, Unix milliseconds.
    pub ts: Option<i64>,
    /// The kind, if the locator knows it.
    pub kind: Option<String>,
}

/// Finds the places of entries. Each method fails with [`LocateError::Mismatch`] if the locator cannot be read.
pub trait Locator {
    /// The entry with this key.
    ///
    /// # Errors
    /// [`LocateError::Mismatch`] if the locator cannot be read or contradicts itself; also for the other methods.
    fn find(&self, key: &str) -> Result<Option<Spot>, LocateError>;
    /// At most `count` entries whose keys begin with `start`.
    fn starting(&self, start: &str, count: usize) -> Result<Vec<Spot>, LocateError>;
    /// The entry with this number.
    fn spot(&self, seq: Seq) -> Result<Option<Spot>, LocateError>;
    /// The last entry of the log.
    fn last(&self) -> Result<Option<Spot>, LocateError>;
    /// Entries whose parent is not the entry before them (roots and starts of branches), in log order.
    fn branch_starts(&self) -> Result<Vec<Seq>, LocateError>;
    /// The tree.
    fn tree(&self) -> Result<Tree, LocateError>;
    /// Counts of the log.
    fn counts(&self) -> &Counts;
    /// True if an entry that this locator does not find does not exist.
    fn is_final(&self) -> bool;
    /// True if an entry may name a parent and yet be a root.
    fn has_orphans(&self) -> bool;
    /// True if no writer has changed the index since it was opened, or is about to.
    fn is_as_opened(&self) -> bool;

    /// Compares a spot with the line at its place, and returns the parent id in that line. `child_names`: the parent id
    /// in the line of the entry's child, if the entry was reached from it.
    ///
    /// # Errors
    /// [`LocateError::Mismatch`] if they disagree.
    fn check(
        &self,
        spot: &Spot,
        entry: &Entry,
        child_names: Option<&Option<String>>,
    ) -> Result<Option<String>, LocateError> {
        let mut reader = LineReader::new();
        let Outcome::Whole(record) = reader.read(1, 1, &entry.line, false) else { return Err(LocateError::Mismatch) };
        let id = record.fields.usable_id().map(|id| id.into_owned());
        let key_fits = KeySource { id: id.as_deref(), offset: spot.span.offset }.fits(&spot.key);
        let child_agrees = child_names.is_none_or(|names| *names == id);
        let parent_id = record.fields.parent_text().map(|parent| parent.into_owned());
        let root_agrees = spot.parent.is_some() || parent_id.is_none() || self.has_orphans();
        if key_fits && child_agrees && root_agrees { Ok(parent_id) } else { Err(LocateError::Mismatch) }
    }
}

/// The locator of a host without sidecars; it has no values.
#[derive(Debug)]
pub enum NoSidecar {}

impl Locator for NoSidecar {
    fn find(&self, _: &str) -> Result<Option<Spot>, LocateError> {
        match *self {}
    }

    fn starting(&self, _: &str, _: usize) -> Result<Vec<Spot>, LocateError> {
        match *self {}
    }

    fn spot(&self, _: Seq) -> Result<Option<Spot>, LocateError> {
        match *self {}
    }

    fn last(&self) -> Result<Option<Spot>, LocateError> {
        match *self {}
    }

    fn branch_starts(&self) -> Result<Vec<Seq>, LocateError> {
        match *self {}
    }

    fn tree(&self) -> Result<Tree, LocateError> {
        match *self {}
    }

    fn counts(&self) -> &Counts {
        match *self {}
    }

    fn is_final(&self) -> bool {
        match *self {}
    }

    fn has_orphans(&self) -> bool {
        match *self {}
    }

    fn is_as_opened(&self) -> bool {
        match *self {}
    }
}
