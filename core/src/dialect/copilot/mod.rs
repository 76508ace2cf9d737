//! `copilot`: the events of a session of Copilot CLI.
//!
//! Owns: the sign of such a file, what each event is, and what it says. Each follows the one before it.
//! Invariant: every event is an entry, or the result of a call in one; what a sub-agent did stands beside the
//! conversation. Does not: look at the files beside the events.

use super::foreign::{
    AgentDialect, Blocks, Call, Fact, Facts, Kind, Name, Outcome, Source, Usage, Voice, name, read_records,
};
use super::members::Members;
use super::upgraded::UpgradedLog;
use crate::json::text::{integer, string};
use crate::log::{Dialect, Fields, Record};
use crate::source::{ByteSource, SourceError};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ops::ControlFlow;
use foldhash::fast::FixedState;
use hashbrown::HashSet;

/// Copilot CLI.
pub(super) struct Copilot;

impl AgentDialect for Copilot {
    const DIALECT: Dialect = Dialect::Copilot;

    /// An event: a dotted type, its data, and the event before; the first one names the session.
    fn has_sign(record: &Members<'_>) -> bool {
        let first = record.text("type") == "session.start" && record.object("data").has("sessionId");
        let event = record.text("type").contains('.') && record.has("data") && record.has("parentId");
        record.has("id") && (first || event)
    }

    fn log(
        source: &dyn ByteSource,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<UpgradedLog<()>, SourceError> {
        let mut reading = Reading::default();
        let findings = read_records(source, is_record, tick, &mut |record| reading.take(record))?;
        reading.settled().log(Source(source), &Events, findings)
    }
}

/// Data may look like an event: behind a broken one only whole envelopes count.
fn is_record(fields: &Fields<'_>, bytes: &[u8], from_start: bool) -> bool {
    let is_event = || Members::of(bytes).has("data") && fields.kind_text().contains('.');
    fields.kind.is_some() && (from_start || fields.timestamp.is_some() && fields.id.is_some() && is_event())
}

/// The events as they are read.
#[derive(Default)]
struct Reading {
    facts: Facts,
    model: Name,
    /// Ids of the calls that responses made.
    called: HashSet<Name, FixedState>,
    /// Beginnings of calls, by their events.
    begun: Vec<(usize, Call)>,
}

impl Reading {
    fn take(&mut self, record: &Record<'_>) {
        let event = Members::of_record(record);
        let data = event.object("data");
        let kind = self.kind(&event, &data);
        let model = name(&data, "model").unwrap_or_else(|| self.model.clone());
        let agent = name(&event, "agentId").or_else(|| name(&data, "parentToolCallId"));
        self.facts.take(record, Fact { kind, own: name(&event, "id"), agent, model, ..Fact::default() });
    }

    fn kind(&mut self, event: &Members<'_>, data: &Members<'_>) -> Kind {
        match &*event.text("type") {
            "session.start" => {
                Facts::first(&mut self.facts.session, &data.text("sessionId"));
                Facts::first(&mut self.facts.cwd, &data.object("context").text("cwd"));
                self.model_is(&data.text("selectedModel"))
            }
            "session.model_change" => self.model_is(&data.text("newModel")),
            "session.title_changed" if !data.text("title").is_empty() => Kind::Title((&*data.text("title")).into()),
            "session.compaction_complete" if data.get("success") != Some(b"false") && data.has("summaryContent") => {
                let tokens = data.get("preCompactionTokens").and_then(integer);
                Kind::Compaction { tokens: tokens.unwrap_or_default() }
            }
            "session.snapshot_rewind" => Kind::Back((&*data.text("upToEventId")).into()),
            "user.message" => Kind::User { is_injected: false },
            "assistant.message" => {
                let calls: Vec<Call> =
                    data.elements("toolRequests").iter().map(|request| call(request, "name")).collect();
                self.called.extend(calls.iter().map(|call| call.id.clone()));
                Kind::Response(calls)
            }
            "tool.execution_start" if !data.text("toolCallId").is_empty() => {
                self.begun.push((self.facts.count(), call(data, "toolName")));
                Kind::Other
            }
            "tool.execution_complete" => {
                Kind::Results { calls: alloc::vec![(&*data.text("toolCallId")).into()], has_rest: false }
            }
            _ => Kind::Other,
        }
    }

    fn model_is(&mut self, model: &str) -> Kind {
        if model.is_empty() {
            return Kind::Other;
        }
        self.model = model.into();
        Kind::Model(model.into())
    }

    /// Where no response made a call, its beginning is one.
    fn settled(mut self) -> Facts {
        for (number, call) in self.begun {
            if self.called.insert(call.id.clone()) {
                self.facts.turned_out(number, Kind::Response(alloc::vec![call]));
            }
        }
        self.facts
    }
}

fn call(of: &Members<'_>, tool: &str) -> Call {
    let tool = if of.has(tool) { of.text(tool) } else { of.text("mcpToolName") };
    Call { id: (&*of.text("toolCallId")).into(), tool: (&*tool).into() }
}

/// What the events say.
struct Events;

impl Voice for Events {
    fn agent(&self) -> &'static str {
        "copilot"
    }

    fn provider(&self) -> (&'static str, &'static str) {
        ("openai-completions", "github-copilot")
    }

    fn response<'r>(&self, blocks: &mut Blocks<'_>, record: &Members<'r>, _: usize) -> Outcome<'r> {
        let data = record.object("data");
        if record.text("type") == "tool.execution_start" {
            let Call { id, tool } = call(&data, "toolName");
            blocks.call(&id, &tool, data.get("arguments"));
            return Outcome::default();
        }
        if let Some(thought) = data.get("reasoningText").filter(|token| is_said(token)) {
            blocks.thought(Some(thought));
        }
        if let Some(content) = data.value("content").filter(|content| is_said(content.token)) {
            blocks.said(&content);
        }
        for request in data.elements("toolRequests") {
            let Call { id, tool } = call(&request, "name");
            blocks.call(&id, &tool, request.get("arguments"));
        }
        let output = data.get("outputTokens").and_then(integer).unwrap_or_default();
        Outcome { usage: Usage { output, ..Usage::default() }, ..Outcome::default() }
    }

    fn result(&self, blocks: &mut Blocks<'_>, record: &Members<'_>, _: usize) -> bool {
        let data = record.object("data");
        let result = data.object("result");
        let failed = data.get("success") == Some(b"false");
        let said = [result.value("content"), result.value("detailedContent"), data.object("error").value("message")];
        if let Some(said) = said.into_iter().flatten().find(|said| is_said(said.token)) {
            blocks.output(&said);
        }
        failed
    }

    fn user(&self, blocks: &mut Blocks<'_>, record: &Members<'_>) {
        blocks.told(&record.object("data").value("content").unwrap_or_default());
    }

    fn summary<'r>(&self, record: &Members<'r>) -> Cow<'r, str> {
        record.object("data").get("summaryContent").and_then(string).unwrap_or_default()
    }
}

/// A text that is not empty, or something else than a text.
fn is_said(token: &[u8]) -> bool {
    !matches!(token, b"\"\"" | b"null")
}
