//! `opencode`: sessions of OpenCode, of which a host writes the rows down: the session, a line for each message with its
//! parts, and the state of the session.
//!
//! Owns: the sign of such a file, and the steps to a log: which entries the rows become (`rows`), and what they say
//! (`voice`).
//! Invariant: every row is an entry, or a part of one. Does not: open databases.

mod rows;
mod voice;

use super::foreign::{LogText, Source, read_records, render};
use super::head::{Head, Members};
use super::kind::Detected;
use super::reader::DialectReader;
use super::upgraded::UpgradedLog;
use crate::log::{Dialect, Fields};
use crate::source::{ByteSource, SourceError};
use core::ops::ControlFlow;
use rows::Rows;

/// OpenCode.
pub(super) struct Opencode;

impl DialectReader for Opencode {
    fn has_sign(&self, record: &Members<'_>) -> bool {
        has_sign(record)
    }

    fn detect(&self, head: &Head<'_>) -> Option<Detected> {
        head.records().iter().any(has_sign).then(|| Detected::foreign(Dialect::Opencode))
    }

    fn present(
        &self,
        source: &dyn ByteSource,
        detected: &Detected,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Option<UpgradedLog<()>>, SourceError> {
        if detected.dialect != Dialect::Opencode {
            return Ok(None);
        }
        let mut rows = Rows::default();
        let findings = read_records(source, is_record, tick, &mut |record| rows.take(record))?;
        let (header, outline) = rows.outline();
        let mut text = LogText::new(&header);
        render(Source(source), &voice::Messages, &outline, &mut text)?;
        let (rope, header) = text.finish();
        Ok(Some(UpgradedLog { rope, mended: findings, header: Some(header) }))
    }
}

/// Rows of its tables, as they are written down.
fn has_sign(record: &Members<'_>) -> bool {
    let kinds = ["opencode_session", "opencode_message", "opencode_session_message", "opencode_state"];
    kinds.contains(&&*record.text("type"))
}

/// Behind a broken line only whole rows count.
fn is_record(fields: &Fields<'_>, bytes: &[u8], from_start: bool) -> bool {
    from_start && fields.kind.is_some() || has_sign(&Members::of(bytes))
}
