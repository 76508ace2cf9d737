//! `opencode`: sessions of OpenCode, of which a host writes the rows down: the session, a line for each message with its
//! parts, and the state of the session.
//!
//! Owns: the sign of such a file, and the steps to a log: which entries the rows become (`rows`), and what they say
//! (`voice`).
//! Invariant: every row is an entry, or a part of one. Does not: open databases.

mod rows;
mod voice;

use super::foreign::{AgentDialect, Source, log_of, read_records};
use super::members::Members;
use super::upgraded::UpgradedLog;
use crate::log::{Dialect, Fields};
use crate::source::{ByteSource, SourceError};
use core::ops::ControlFlow;
use rows::Rows;

/// OpenCode.
pub(super) struct Opencode;

impl AgentDialect for Opencode {
    const DIALECT: Dialect = Dialect::Opencode;

    /// Rows of its tables, as they are written down.
    fn has_sign(record: &Members<'_>) -> bool {
        let kinds = ["opencode_session", "opencode_message", "opencode_session_message", "opencode_state"];
        kinds.contains(&&*record.text("type"))
    }

    fn log(
        source: &dyn ByteSource,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<UpgradedLog<()>, SourceError> {
        let mut rows = Rows::default();
        let findings = read_records(source, is_record, tick, &mut |record| rows.take(record))?;
        let (header, outline) = rows.outline();
        log_of(&header, &outline, Source(source), &voice::Messages, findings)
    }
}

/// Behind a broken line only whole rows count.
fn is_record(fields: &Fields<'_>, bytes: &[u8], from_start: bool) -> bool {
    from_start && fields.kind.is_some() || Opencode::has_sign(&Members::of(bytes))
}
