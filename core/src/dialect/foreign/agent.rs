//! The reader of an agent whose sessions are one dialect, known by one sign.
//!
//! Owns: what follows from the sign: detection, and whose file is presented.
//! Invariant: a file is of the agent if one record of its head has the sign.

use crate::dialect::head::Head;
use crate::dialect::kind::Detected;
use crate::dialect::members::Members;
use crate::dialect::reader::DialectReader;
use crate::dialect::upgraded::UpgradedLog;
use crate::log::Dialect;
use crate::source::{ByteSource, SourceError};
use core::ops::ControlFlow;

/// Another agent's dialect.
pub(in crate::dialect) trait AgentDialect: Sync {
    /// Its name.
    const DIALECT: Dialect;

    /// True for a record, or the start of a document, that only this agent writes.
    fn has_sign(record: &Members<'_>) -> bool;

    /// The log that shows the records of a source.
    ///
    /// # Errors
    /// Fails if the source cannot be read, or if `tick`, which gets the number of bytes done, interrupts.
    fn log(
        source: &dyn ByteSource,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<UpgradedLog<()>, SourceError>;
}

impl<A: AgentDialect> DialectReader for A {
    fn has_sign(&self, record: &Members<'_>) -> bool {
        A::has_sign(record)
    }

    fn detect(&self, head: &Head<'_>) -> Option<Detected> {
        head.records().iter().any(A::has_sign).then(|| Detected::foreign(A::DIALECT))
    }

    fn present(
        &self,
        source: &dyn ByteSource,
        detected: &Detected,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Option<UpgradedLog<()>>, SourceError> {
        if detected.dialect == A::DIALECT { A::log(source, tick).map(Some) } else { Ok(None) }
    }
}
