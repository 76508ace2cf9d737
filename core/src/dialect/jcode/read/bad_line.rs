//! The finding for a bad line of the journal.
//!
//! Owns: its code and message.
//! Invariant: the message says how many entries were read from the line and how many were kept as unloaded.

use crate::finding::{Code, Finding};
use alloc::format;

/// The facts about a bad line.
#[derive(Debug, Clone, Copy)]
pub(in crate::dialect::jcode) struct BadLine {
    /// It is valid UTF-8.
    pub(in crate::dialect::jcode) text: bool,
    /// It is one well-formed JSON value.
    pub(in crate::dialect::jcode) whole: bool,
    /// It ends with an LF.
    pub(in crate::dialect::jcode) terminated: bool,
    /// It holds NUL bytes.
    pub(in crate::dialect::jcode) nul: bool,
    /// Number of entries in it that jcode loads.
    pub(in crate::dialect::jcode) applied: u64,
    /// Number of well-formed values in it that jcode does not load.
    pub(in crate::dialect::jcode) kept: u64,
}

impl BadLine {
    /// The finding; a warning, because nothing whole is lost.
    pub(in crate::dialect::jcode) fn finding(self, offset: u64, line: u64) -> Finding {
        let bad = self;
        let code = match bad {
            Self { text: false, .. } => Code::InvalidUtf8,
            Self { nul: true, .. } => Code::NulRun,
            Self { whole: true, .. } => Code::InvalidJson,
            Self { terminated: false, .. } => Code::TornTail,
            Self { applied: 1.., .. } => Code::FusedRecords,
            _ => Code::InvalidJson,
        };
        let what =
            if bad.whole { "jcode does not load this line of the journal" } else { "a damaged line of the journal" };
        let loaded =
            if bad.applied > 0 { format!("; {} entries in it were read", bad.applied) } else { Default::default() };
        let kept = if bad.kept > 0 { format!("; {} kept as jcode/unloaded", bad.kept) } else { Default::default() };
        Finding::at(code, offset, line).harmless().say(format!("{what}{loaded}{kept}"))
    }
}
