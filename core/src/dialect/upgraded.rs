//! A log of an older dialect, or another agent's session, as a log of the current dialect.
//!
//! Owns: its bytes as a rope, and what could not be taken over as it stood.
//! Invariant: places in findings are those of the old log.

use crate::finding::Finding;
use crate::log::Header;
use crate::source::Rope;
use alloc::vec::Vec;

/// A log of an older dialect as one of the current.
#[derive(Debug)]
pub struct UpgradedLog<S> {
    /// Its bytes.
    pub rope: Rope<S>,
    /// What could not be taken over as it stood: fields that are replaced, lines that are no records. Places are the old
    /// log's.
    pub mended: Vec<Finding>,
    /// The header that it begins with, where the old log has none.
    pub header: Option<Header>,
}

impl<S> UpgradedLog<S> {
    /// The same over another source of the same bytes.
    #[must_use]
    pub fn over<T>(self, source: T) -> UpgradedLog<T> {
        UpgradedLog { rope: self.rope.over(alloc::vec![source]), mended: self.mended, header: self.header }
    }
}
