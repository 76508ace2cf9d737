//! Errors of an export to v1.
//!
//! Owns: the messages.
//! Invariant: each message names a cure, if there is one.

use crate::source::SourceError;

/// Why a log cannot be exported to v1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError<E> {
    /// The log cannot be read.
    #[error(transparent)]
    Source(SourceError),
    /// The log comes neither from jcode nor from another agent.
    #[error(
        "this log does not come from jcode, nor from an import, so there is no v1 session to go back to; export it as `v3`"
    )]
    NotFromJcode,
    /// A range of the path holds no entry.
    #[error("there is no entry at byte {offset}: the path is not of this log; read its index again")]
    NoEntry {
        /// Offset of the range.
        offset: u64,
    },
    /// The output could not be written.
    #[error("cannot write the snapshot: {0}")]
    Output(E),
}
