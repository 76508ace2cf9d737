//! `codex`: rollouts of Codex, with the envelope around each record and, of the oldest, without.
//!
//! Owns: the sign of such a file, and the steps to a log: what each record is (`facts`), which entries they become and how
//! these hang together (`plan`), and their text (`render`).
//! Invariant: every record is an entry, or a part of one. What the model saw are the messages; an echo of it counts only
//! where nothing else says the same.
//! Does not: look for the rollout that a fork continues, or unpack one.

mod facts;
mod plan;
mod render;

use super::foreign::{AgentDialect, LogHeader, LogText, Source, read_records, session_id};
use super::members::Members;
use super::upgraded::UpgradedLog;
use crate::log::{Dialect, Fields};
use crate::source::{ByteSource, SourceError};
use core::ops::ControlFlow;
use facts::Facts;

/// Codex.
pub(super) struct Codex;

impl AgentDialect for Codex {
    const DIALECT: Dialect = Dialect::Codex;

    /// An envelope of time, type and payload; the oldest wrote bare items behind a line with their instructions.
    fn has_sign(record: &Members<'_>) -> bool {
        let kinds = ["session_meta", "response_item", "event_msg", "turn_context", "compacted"];
        let envelope = record.has("payload") && kinds.contains(&&*record.text("type"));
        let bare =
            record.text("type") == "message" && record.has("role") && record.has("content") && !record.has("parentId");
        let oldest = record.has("id") && record.has("timestamp") && record.has("instructions") && !record.has("type");
        envelope || bare || oldest
    }

    fn log(
        source: &dyn ByteSource,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<UpgradedLog<()>, SourceError> {
        let mut facts = Facts::default();
        let findings = read_records(source, is_record, tick, &mut |record| facts.take(record))?;
        let header = LogHeader {
            id: session_id(&facts.session),
            created_at: facts.first_time,
            cwd: facts.cwd.clone(),
            parent: facts.parent.as_deref().map(session_id),
            is_sub_agent: facts.is_sub_agent,
        };
        let plan = plan::Plan::of(&facts, &header.id);
        let mut text = LogText::new(&header);
        render::render(Source(source), &facts, &plan, &mut text)?;
        Ok(text.finish(findings))
    }
}

/// Behind a broken record only an envelope counts: a payload may look like an item.
fn is_record(fields: &Fields<'_>, bytes: &[u8], from_start: bool) -> bool {
    let has_envelope = || Members::of(bytes).has("payload");
    fields.kind.is_some() && (from_start || fields.timestamp.is_some() && has_envelope())
}
