//! Agents whose sessions are not read, known by what stands in their first records.
//!
//! Owns: a sign for each such agent: what one record of it has that no other program's has. Those that are read have a
//! folder of their own.
//! Invariant: no sign is met by an entry or a header of pi's family.
//! Does not: read them; they are named, so that nobody takes them for damaged logs.

use super::head::Head;
use super::kind::{Detected, What};
use super::members::Members;
use super::reader::DialectReader;
use crate::dialect::upgraded::UpgradedLog;
use crate::log::Dialect;
use crate::source::{ByteSource, SourceError};
use core::ops::ControlFlow;

/// Other agents.
pub(super) struct Agents;

/// A record's sign.
type Sign = fn(&Members<'_>) -> bool;

/// The agents. The first one whose sign a record has is it.
const SIGNS: [(Dialect, &str, Sign); 3] =
    [(Dialect::Opencode, "OpenCode", opencode), (Dialect::Unknown, "Kimi", kimi), (Dialect::Unknown, "Kiro", kiro)];

impl DialectReader for Agents {
    fn has_sign(&self, record: &Members<'_>) -> bool {
        SIGNS.iter().any(|(_, _, has_sign)| has_sign(record))
    }

    fn detect(&self, head: &Head<'_>) -> Option<Detected> {
        let (dialect, name, _) =
            SIGNS.into_iter().find(|(_, _, has_sign)| head.records().iter().any(|record| has_sign(record)))?;
        Some(Detected::other(What::Agent { dialect, name }, head.len))
    }

    fn present(
        &self,
        _: &dyn ByteSource,
        _: &Detected,
        _: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Option<UpgradedLog<()>>, SourceError> {
        Ok(None)
    }
}

/// One file of its first versions: a session, whose messages are others.
fn opencode(record: &Members<'_>) -> bool {
    record.text("id").starts_with("ses_") && record.has("projectID") && record.has("directory")
}

/// The first line.
fn kimi(record: &Members<'_>) -> bool {
    record.text("type") == "metadata" && record.has("protocol_version")
}

/// A message and its kind.
fn kiro(record: &Members<'_>) -> bool {
    let kinds = ["Prompt", "AssistantMessage", "ToolResults"];
    record.has("version") && record.has("data") && kinds.contains(&&*record.text("kind"))
}
