//! Where entries stand: asked of a sidecar, or of an index in memory.
//!
//! Owns: the one interface to both, and the comparison of an answer with the log.
//! Invariant: a [`Spot`] that passed [`Locator::check`] is the entry that its line shows, under the parent that its
//! line names.
//! Does not: read the log; lines are handed in.

use super::{Entry, ReadError};
use crate::index::key::KeySource;
use crate::index::row::Seq;
use crate::index::{Counts, Tree};
use crate::log::tail::Span;
use crate::log::{LineReader, Outcome};
use crate::source::SourceError;
use alloc::string::String;
use alloc::vec::Vec;

/// Why a locator gave no answer.
#[derive(Debug)]
pub enum LocateError {
    /// What it says is not what the log says, or it cannot be read: ask another one.
    Mismatch,
    /// Nobody can answer.
    Failed(ReadError),
}

impl From<SourceError> for LocateError {
    fn from(error: SourceError) -> Self {
        Self::Failed(error.into())
    }
}

/// Where an entry stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// Its number in log order.
    pub seq: Seq,
    /// Its line.
    pub span: Span,
    /// Its key.
    pub key: String,
    /// Its parent, as resolved.
    pub parent: Option<Seq>,
    /// Entries from the root, which is 1.
    pub depth: u32,
    /// Time, Unix milliseconds.
    pub ts: Option<i64>,
    /// The kind, where it is known.
    pub kind: Option<String>,
}

/// Knows where entries stand. `Err` is always [`LocateError::Mismatch`] for one that cannot be read.
pub trait Locator {
    /// The entry with this key.
    ///
    /// # Errors
    /// So for all of these: if the locator cannot be read or contradicts itself.
    fn find(&self, key: &str) -> Result<Option<Spot>, LocateError>;
    /// Up to `count` entries whose keys begin with `start`.
    fn starting(&self, start: &str, count: usize) -> Result<Vec<Spot>, LocateError>;
    /// The entry with this number.
    fn spot(&self, seq: Seq) -> Result<Option<Spot>, LocateError>;
    /// The last entry of the log.
    fn last(&self) -> Result<Option<Spot>, LocateError>;
    /// Entries whose parent is not the entry before them, in log order: roots, starts of branches.
    fn branch_starts(&self) -> Result<Vec<Seq>, LocateError>;
    /// The tree.
    fn tree(&self) -> Result<Tree, LocateError>;
    /// Numbers of the log.
    fn counts(&self) -> &Counts;
    /// True if what it does not know does not exist.
    fn is_final(&self) -> bool;
    /// True if entries may name a parent and yet be roots.
    fn has_orphans(&self) -> bool;
    /// True if nobody has brought it further since it was opened, or is about to.
    fn is_as_opened(&self) -> bool;

    /// Compares a spot with the line that stands there. `child_names`: the parent id that the entry's child names,
    /// if the entry was reached through one. The parent id that this entry names.
    ///
    /// # Errors
    /// If they do not agree.
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

/// The locator of a host that reads no sidecars: there is none.
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
