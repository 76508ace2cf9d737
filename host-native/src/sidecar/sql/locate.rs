//! A sidecar as core's session asks it.
//!
//! Owns: the mapping of stored rows to places. Invariant: a database that fails counts as one that lies.
//! Does not: compare with the log; core does.

use crate::sidecar::sql::read::{SidecarReader, StoredEntry};
use jcode_session_core::index::row::Seq;
use jcode_session_core::index::{Counts, Tree};
use jcode_session_core::log::tail::Span;
use jcode_session_core::session::{Answer, Locator, Spot};

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

    fn jumps(&self) -> Result<Vec<Seq>, Answer> {
        Self::jumps(self).map_err(|_| Answer::Lies)
    }

    fn tree(&self) -> Result<Tree, Answer> {
        Self::tree(self).map_err(|_| Answer::Lies)
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
}

fn spot_of(stored: StoredEntry) -> Spot {
    let StoredEntry { seq, key, parent, depth, ts, kind, offset, len, .. } = stored;
    Spot { seq, span: Span { offset, len }, key, parent, depth, ts, kind: Some(kind) }
}
