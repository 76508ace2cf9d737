//! What a dialect must be able to do, so that all commands read it.
//!
//! Owns: the contract. Invariant: a dialect is known to nobody but its reader. To add one, make a folder beside the others
//! and a line in [`super::READERS`]; what may be done with it says [`Dialect`](crate::log::Dialect).
//! Does not: know jcode's v1, whose sessions are several files that a host finds by name; see [`super::jcode`].

use super::head::{Head, Members};
use super::kind::Detected;
use super::upgraded::UpgradedLog;
use crate::source::{ByteSource, SourceError};
use core::ops::ControlFlow;

/// Reads files of one or several dialects.
pub(super) trait DialectReader: Sync {
    /// True for a record, or the beginning of a document, that only one of its dialects has.
    fn has_sign(&self, _record: &Members<'_>) -> bool {
        false
    }

    /// What a file is that begins like this, if it is of one of its dialects.
    fn detect(&self, head: &Head<'_>) -> Option<Detected>;

    /// The log in the current dialect: new text and pieces of original 0, which is `source`. `None`: as it stands. Of
    /// another agent's session it is all that commands read; that is never written.
    ///
    /// # Errors
    /// If the source cannot be read, or `tick`, which gets the bytes done, interrupts.
    fn present(
        &self,
        source: &dyn ByteSource,
        detected: &Detected,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Option<UpgradedLog<()>>, SourceError>;
}
