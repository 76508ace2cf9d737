//! `claude-code`: transcripts of Claude Code, and of its sub-agents.
//!
//! Owns: the sign of such a file, and the three steps to a log: what each record is (`facts`), what belongs together
//! (`gather`), which entries that becomes and how they hang together (`plan`), and their text (`render`).
//! Invariant: every record is an entry, or a part of one; every message is on some path. A source that grew gives the
//! log of before and more, but for what its end left open.
//! Does not: look at the files beside the transcript; sub-agents are sessions of their own.

mod facts;
mod gather;
mod plan;
mod render;

use super::foreign::{AgentDialect, LogHeader, LogText, Source, read_records, session_id};
use super::members::Members;
use super::upgraded::UpgradedLog;
use crate::finding::{Code, Finding};
use crate::log::{Dialect, Fields};
use crate::source::{ByteSource, SourceError};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::ControlFlow;
use facts::Facts;

/// Claude Code.
pub(super) struct ClaudeCode;

impl AgentDialect for ClaudeCode {
    const DIALECT: Dialect = Dialect::ClaudeCode;

    /// Records of a session, linked by UUIDs; those about the session itself have none.
    fn has_sign(record: &Members<'_>) -> bool {
        let about =
            ["last-prompt", "ai-title", "custom-title", "mode", "permission-mode", "queue-operation", "progress"];
        let kind = record.text("type");
        let of_session = record.has("sessionId") && (record.has("uuid") || about.contains(&&*kind));
        let snapshot = kind == "file-history-snapshot" && record.has("messageId");
        let summary = kind == "summary" && record.has("leafUuid");
        of_session || snapshot || summary
    }

    fn log(
        source: &dyn ByteSource,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<UpgradedLog<()>, SourceError> {
        let mut facts = Facts::default();
        let mut findings = read_records(source, is_record, tick, &mut |record| facts.take(record))?;
        facts.settle();
        let header = header(&facts);
        let plan = plan::Plan::of(&facts, &header.id);
        findings.extend(missing_parents(&facts, &plan));
        let mut text = LogText::new(&header);
        render::render(Source(source), &facts, &plan, &mut text)?;
        Ok(text.finish(findings))
    }
}

/// A payload may look like a record about the session: behind a broken one only linked records count.
fn is_record(fields: &Fields<'_>, bytes: &[u8], from_start: bool) -> bool {
    if fields.kind.is_none() || from_start {
        return fields.kind.is_some();
    }
    let record = Members::of(bytes);
    fields.timestamp.is_some() && record.has("uuid") && record.has("parentUuid")
}

fn header(facts: &Facts) -> LogHeader {
    let header = LogHeader {
        id: session_id(facts.session.as_deref().unwrap_or_default()),
        created_at: facts.first_time,
        cwd: facts.cwd.as_deref().unwrap_or_default().to_string(),
        ..LogHeader::default()
    };
    match &facts.agent {
        Some(agent) => header.of_agent(agent),
        None => header,
    }
}

/// What the links of the source lead to that is not in it.
fn missing_parents(facts: &Facts, plan: &plan::Plan) -> Vec<Finding> {
    let missing = facts
        .all
        .iter()
        .enumerate()
        .filter(|(_, fact)| fact.parent.as_deref().is_some_and(|parent| !facts.has(parent)));
    missing
        .map(|(n, fact)| {
            let words = "its parent is not in this file; it follows what stands before it";
            let finding = Finding::at(Code::MissingParent, fact.at, fact.line).harmless().say(String::from(words));
            match plan.entry_of(n) {
                Some(entry) => finding.entry(entry.id.clone()),
                None => finding,
            }
        })
        .collect()
}
