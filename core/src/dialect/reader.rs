//! The contract of a dialect's reader, which makes a dialect readable for all commands.
//!
//! To add a dialect, make a folder beside the others and add a line to [`super::READERS`]. Its properties go into
//! [`Dialect`](crate::log::Dialect).
//!
//! Owns: the contract.
//! Invariant: only its reader knows a dialect.
//! Does not: cover jcode's v1, whose sessions are several files that a host finds by name; see [`super::jcode`].

use super::head::Head;
use super::kind::Detected;
use super::members::Members;
use super::upgraded::UpgradedLog;
use crate::source::{ByteSource, SourceError};
use core::ops::ControlFlow;

/// Reads files in one or several dialects.
pub(super) trait DialectReader: Sync {
    /// True for a record, or the start of a document, that only this reader's dialects have.
    fn has_sign(&self, _record: &Members<'_>) -> bool {
        false
    }

    /// Detects a file from its head; `None` if it is not in one of this reader's dialects.
    fn detect(&self, head: &Head<'_>) -> Option<Detected>;

    /// The log in the current dialect: new text and pieces of original 0, which is `source`. `None`: the log is in the
    /// current dialect. For another agent's session, which is never written, this is all that commands read.
    ///
    /// # Errors
    /// Fails if the source cannot be read, or if `tick`, which gets the number of bytes done, interrupts.
    fn present(
        &self,
        source: &dyn ByteSource,
        detected: &Detected,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Option<UpgradedLog<()>>, SourceError>;
}
