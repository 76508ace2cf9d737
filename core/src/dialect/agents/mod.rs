//! Agents whose sessions are not read, known by what stands in their first records.
//!
//! Owns: a sign for each such agent: what one record of it has that no other program's has. Those that are read have a
//! folder of their own.
//! Invariant: no sign is met by an entry or a header of pi's family.
//! Does not: read them; they are named, so that nobody takes them for damaged logs.

use super::head::{Head, Members};
use super::kind::{Detected, What};
use super::reader::DialectReader;
use crate::dialect::upgraded::UpgradedLog;
use crate::log::Dialect;
use crate::source::{ByteSource, SourceError};
use core::ops::ControlFlow;

/// Other agents.
pub(super) struct Agents;

/// A record's sign.
type Sign = fn(&Members<'_>) -> bool;

/// The agents. The first one whose sign a record has is it: Qwen Code writes what Claude Code does, and more, and that of
/// Cursor is the weakest.
const SIGNS: [(Dialect, &str, Sign); 8] = [
    (Dialect::Codex, "Codex", codex),
    (Dialect::Copilot, "Copilot CLI", copilot),
    (Dialect::Qwen, "Qwen Code", qwen),
    (Dialect::Gemini, "Gemini CLI", gemini),
    (Dialect::Opencode, "OpenCode", opencode),
    (Dialect::Unknown, "Kimi", kimi),
    (Dialect::Unknown, "Kiro", kiro),
    (Dialect::Cursor, "Cursor", cursor),
];

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

/// An envelope of time, type and payload; the oldest wrote bare items behind a line with their instructions.
fn codex(record: &Members<'_>) -> bool {
    let kinds = ["session_meta", "response_item", "event_msg", "turn_context", "compacted"];
    let envelope = record.has("payload") && kinds.contains(&&*record.text("type"));
    let bare =
        record.text("type") == "message" && record.has("role") && record.has("content") && !record.has("parentId");
    let oldest = record.has("id") && record.has("timestamp") && record.has("instructions") && !record.has("type");
    envelope || bare || oldest
}

/// An event: a dotted type, its data, and the event before; the first one names the session.
fn copilot(record: &Members<'_>) -> bool {
    let first = record.text("type") == "session.start" && record.object("data").has("sessionId");
    let event = record.text("type").contains('.') && record.has("data") && record.has("parentId");
    record.has("id") && (first || event)
}

/// Records of a session, of which messages have parts.
fn qwen(record: &Members<'_>) -> bool {
    let message = record.object("message");
    let own = ["systemPayload", "usageMetadata", "toolCallResult"].into_iter().any(|name| record.has(name))
        || record.text("type") == "tool_result"
        || message.has("parts")
        || message.text("role") == "model";
    record.has("uuid") && record.has("sessionId") && own
}

/// The first line, or the one document: a session of a project.
fn gemini(record: &Members<'_>) -> bool {
    let times = record.has("startTime") && record.has("lastUpdated");
    record.has("sessionId") && (record.has("projectHash") || times) && !record.has("type")
}

/// Rows of its tables, as they are exported.
fn opencode(record: &Members<'_>) -> bool {
    let kind = record.text("type");
    let document = record.text("id").starts_with("ses_") && record.has("projectID") && record.has("directory");
    kind == "opencode_session" || kind == "opencode_message" || document
}

/// A message without anything around it.
fn cursor(record: &Members<'_>) -> bool {
    let bare = ["type", "id", "uuid", "sessionId"].into_iter().all(|name| !record.has(name));
    bare && record.has("role") && record.object("message").has("content")
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
