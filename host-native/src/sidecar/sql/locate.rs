//! The sidecar as the `Locator` of core's session.
//!
//! Owns: the mapping from stored rows to places in the log. Core compares the places with the log.
//! Invariant: a failing database is treated like one with wrong rows.

use crate::sidecar::sql::read::{SidecarReader, StoredEntry};
use jcode_session_core::index::row::Seq;
use jcode_session_core::index::{Counts, Tree};
use jcode_session_core::log::tail::Span;
use jcode_session_core::session::{LocateError, Locator, Spot};

impl Locator for SidecarReader {
    fn find(&self, key: &str) -> Result<Option<Spot>, LocateError> {
        Self::find(self, key).map(|found| found.map(spot_of)).map_err(|_| LocateError::Mismatch)
    }

    fn starting(&self, start: &str, count: usize) -> Result<Vec<Spot>, LocateError> {
        let found = Self::starting(self, start, count).map_err(|_| LocateError::Mismatch)?;
        Ok(found.into_iter().map(spot_of).collect())
    }

    fn spot(&self, seq: Seq) -> Result<Option<Spot>, LocateError> {
        self.entry(seq).map(|found| found.map(spot_of)).map_err(|_| LocateError::Mismatch)
    }

    fn last(&self) -> Result<Option<Spot>, LocateError> {
        let Some(last) = self.meta().counts.entries.checked_sub(1) else { return Ok(None) };
        let last = Seq::try_from(last).map_err(|_| LocateError::Mismatch)?;
        match Locator::spot(self, last)? {
            Some(spot) if Some(&spot.key) == self.meta().active_leaf.as_ref() => Ok(Some(spot)),
            _ => Err(LocateError::Mismatch),
        }
    }

    fn branch_starts(&self) -> Result<Vec<Seq>, LocateError> {
        Self::branch_starts(self).map_err(|_| LocateError::Mismatch)
    }

    fn tree(&self) -> Result<Tree, LocateError> {
        Self::tree(self).map_err(|_| LocateError::Mismatch)
    }

    fn counts(&self) -> &Counts {
        &self.meta().counts
    }

    fn is_final(&self) -> bool {
        false
    }

    fn has_orphans(&self) -> bool {
        self.meta().counts.orphans > 0
    }

    fn is_as_opened(&self) -> bool {
        !matches!(self.hold(), Ok(None))
    }
}

fn spot_of(stored: StoredEntry) -> Spot {
    let StoredEntry { seq, key, parent, depth, ts, kind, offset, len, .. } = stored;
    Spot { seq, span: Span { offset, len }, key, parent, depth, ts, kind: Some(kind) }
}
