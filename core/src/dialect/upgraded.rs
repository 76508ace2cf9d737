//! A log of an older dialect as one of the current.
//!
//! Owns: its bytes as a rope, and what could not be taken over as it stood.
//! Invariant: places in findings are those of the old log.

use crate::finding::Finding;
use crate::source::Rope;
use alloc::vec::Vec;

/// A log of an older dialect as one of the current.
#[derive(Debug)]
pub struct UpgradedLog<S> {
    /// Its bytes.
    pub rope: Rope<S>,
    /// The fields of the old log that could not be used and are replaced; places are the old log's.
    pub mended: Vec<Finding>,
}

impl<S> UpgradedLog<S> {
    /// The same over another source of the same bytes.
    #[must_use]
    pub fn over<T>(self, source: T) -> UpgradedLog<T> {
        UpgradedLog { rope: self.rope.over(alloc::vec![source]), mended: self.mended }
    }
}
