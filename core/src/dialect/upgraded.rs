//! An upgraded log: a log of an older dialect, or another agent's session, in the current dialect.
//!
//! Owns: its bytes as a rope, and the findings of the conversion.
//! Invariant: offsets in findings are those of the old file.

use crate::finding::Finding;
use crate::log::Header;
use crate::source::Rope;
use alloc::vec::Vec;

/// A log in the current dialect, made from a file in another one.
#[derive(Debug)]
pub struct UpgradedLog<S> {
    /// Its bytes.
    pub rope: Rope<S>,
    /// Findings of the conversion: replaced fields, and lines that are not records. Offsets are those of the old file.
    pub mended: Vec<Finding>,
    /// Its header, if the old file has none.
    pub header: Option<Header>,
}

impl<S> UpgradedLog<S> {
    /// Puts the same log over another source with the same bytes.
    #[must_use]
    pub fn over<T>(self, source: T) -> UpgradedLog<T> {
        UpgradedLog { rope: self.rope.over(alloc::vec![source]), mended: self.mended, header: self.header }
    }
}
