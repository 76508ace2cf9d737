//! A state of a log: its length and fingerprint.
//!
//! Owns: the comparison of a log with a state in the ledger.
//! Invariant: the cost does not depend on the size of the log.
//! Does not: prove equality; `verify` compares digests.

use crate::source::identity::Fingerprint;
use crate::source::{ByteSource, SourceError};
use alloc::format;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// Length and fingerprint of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogState {
    /// Length in bytes; 0 if there is no log.
    pub len: u64,
    /// Fingerprint of those bytes, in hex.
    pub fingerprint: String,
}

impl LogState {
    /// The state without a log.
    #[must_use]
    pub const fn none() -> Self {
        Self { len: 0, fingerprint: String::new() }
    }

    /// The state of the first `len` bytes.
    ///
    /// # Errors
    /// Fails if the log cannot be read that far.
    pub fn of(log: &(impl ByteSource + ?Sized), len: u64) -> Result<Self, SourceError> {
        if len == 0 {
            return Ok(Self::none());
        }
        let taken = Fingerprint::take(log, len)?;
        let fingerprint = taken.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { len, fingerprint })
    }

    /// True if this state is a prefix of the log.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn begins(&self, log: &(impl ByteSource + ?Sized)) -> Result<bool, SourceError> {
        if self.len == 0 {
            return Ok(log.len() == 0);
        }
        Ok(log.len() >= self.len && Self::of(log, self.len)? == *self)
    }
}
