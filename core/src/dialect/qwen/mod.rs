//! `qwen`: transcripts of Qwen Code.
//!
//! Owns: the sign of such a file, what each record is, and what it says. The links of the source are the tree.
//! Invariant: every record is an entry, or a result in one. Does not: look at the files beside the transcript.

use super::foreign::{
    AgentDialect, Blocks, Call, ContentPart, Fact, Facts, Follows, Kind, Name, Outcome, Source, Usage, Voice,
    content_parts, name, read_records, texts,
};
use super::members::{Members, Value};
use super::upgraded::UpgradedLog;
use crate::json::text::integer;
use crate::log::{Dialect, Fields, Record};
use crate::source::{ByteSource, SourceError};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::ControlFlow;
use foldhash::fast::FixedState;
use hashbrown::HashSet;

/// Qwen Code.
pub(super) struct Qwen;

impl AgentDialect for Qwen {
    const DIALECT: Dialect = Dialect::Qwen;

    /// Records of a session, of which messages have parts. Claude Code's have the same links.
    fn has_sign(record: &Members<'_>) -> bool {
        let message = record.object("message");
        let own = ["systemPayload", "usageMetadata", "toolCallResult"].into_iter().any(|name| record.has(name))
            || record.text("type") == "tool_result"
            || message.has("parts")
            || message.text("role") == "model";
        record.has("uuid") && record.has("sessionId") && own
    }

    fn log(
        source: &dyn ByteSource,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<UpgradedLog<()>, SourceError> {
        let mut reading = Reading::default();
        let findings = read_records(source, is_record, tick, &mut |record| reading.take(record))?;
        reading.facts.log(Source(source), &Records, findings)
    }
}

/// A payload may look like a record: behind a broken one only linked records count.
fn is_record(fields: &Fields<'_>, bytes: &[u8], from_start: bool) -> bool {
    let is_linked = || {
        let record = Members::of(bytes);
        record.has("uuid") && record.has("parentUuid")
    };
    fields.kind.is_some() && (from_start || fields.timestamp.is_some() && is_linked())
}

/// What a message says: parts, or, in other hands, blocks.
fn content<'r>(record: &Members<'r>) -> Value<'r> {
    let message = record.object("message");
    message.value("parts").or_else(|| message.value("content")).unwrap_or_default()
}

/// The records as they are read.
#[derive(Default)]
struct Reading {
    facts: Facts,
    /// Ids of calls so far.
    calls: HashSet<Name, FixedState>,
}

impl Reading {
    fn take(&mut self, record: &Record<'_>) {
        let members = Members::of_record(record);
        let session = members.text("sessionId");
        Facts::first(&mut self.facts.session, &session);
        Facts::first(&mut self.facts.cwd, &members.text("cwd"));
        let forked = members.object("forkedFrom").text("sessionId");
        let spawned = members.object("systemPayload").text("parentSessionId");
        for parent in [forked, spawned].into_iter().filter(|parent| *parent != session) {
            Facts::first(&mut self.facts.parent, &parent);
        }
        let is_side = members.get("isSidechain") == Some(b"true");
        let fact = Fact {
            kind: self.kind(&members),
            own: name(&members, "uuid"),
            follows: match members.get("parentUuid") {
                Some(b"null") => Follows::Nothing,
                _ => name(&members, "parentUuid").map_or(Follows::Last, Follows::Record),
            },
            agent: name(&members, "agentId").or_else(|| Some("sidechain".into())).filter(|_| is_side),
            model: members.text("model").into(),
        };
        self.facts.take(record, fact);
    }

    fn kind(&mut self, record: &Members<'_>) -> Kind {
        match &*record.text("type") {
            "assistant" => {
                let calls: Vec<Call> = content_parts(&content(record)).into_iter().filter_map(call).collect();
                self.calls.extend(calls.iter().map(|call| call.id.clone()));
                Kind::Response(calls)
            }
            "tool_result" => self.results(record),
            "user" => {
                let parts = content_parts(&content(record));
                if parts.iter().any(|part| matches!(part, ContentPart::Result { .. })) {
                    return self.results(record);
                }
                let is_injected = matches!(&*record.text("subtype"), "notification" | "cron" | "goal_runtime");
                Kind::User { is_injected }
            }
            "system" => system(record),
            _ => Kind::Other,
        }
    }

    /// The id that the part names, or, where no call has that, the one beside the message.
    fn results(&self, record: &Members<'_>) -> Kind {
        let beside = record.object("toolCallResult").text("callId");
        let (mut calls, mut has_rest) = (Vec::new(), false);
        for part in content_parts(&content(record)) {
            match part {
                ContentPart::Result { call, .. } => {
                    let is_known = |id: &str| self.calls.contains(id);
                    let id = if is_known(&call) || !is_known(&beside) { &call } else { &beside };
                    calls.push(Name::from(&**id));
                }
                _ => has_rest = true,
            }
        }
        if calls.is_empty() {
            return Kind::Other;
        }
        Kind::Results { calls, has_rest: has_rest && record.text("type") == "user" }
    }
}

fn call(part: ContentPart<'_>) -> Option<Call> {
    match part {
        ContentPart::Call { id, tool, .. } => Some(Call { id: (&*id).into(), tool: (&*tool).into() }),
        _ => None,
    }
}

fn system(record: &Members<'_>) -> Kind {
    let payload = record.object("systemPayload");
    match &*record.text("subtype") {
        "custom_title" => match payload.text("customTitle") {
            title if title.is_empty() => Kind::Other,
            title => Kind::Title((&*title).into()),
        },
        "chat_compression" if payload.has("compressedHistory") => {
            let tokens = payload.object("info").get("originalTokenCount").and_then(integer);
            Kind::Compaction { tokens: tokens.unwrap_or_default() }
        }
        _ => Kind::Other,
    }
}

/// What the records say.
struct Records;

impl Voice for Records {
    fn agent(&self) -> &'static str {
        "qwen"
    }

    fn provider(&self) -> (&'static str, &'static str) {
        ("openai-completions", "qwen")
    }

    fn response<'r>(&self, blocks: &mut Blocks<'_>, record: &Members<'r>, _: usize) -> Outcome<'r> {
        blocks.said(&content(record));
        let usage = record.object("usageMetadata");
        let number = |name: &str| usage.get(name).and_then(integer).unwrap_or_default();
        let cached = number("cachedContentTokenCount");
        let usage = Usage {
            input: number("promptTokenCount").saturating_sub(cached).max(0),
            output: number("candidatesTokenCount"),
            cache_read: cached,
            cache_write: 0,
        };
        Outcome { usage, ..Outcome::default() }
    }

    fn result(&self, blocks: &mut Blocks<'_>, record: &Members<'_>, number: usize) -> bool {
        let failed = || matches!(&*record.object("toolCallResult").text("status"), "error" | "failed" | "cancelled");
        blocks.result(&content(record), number).is_some_and(|is_error| is_error || failed())
    }

    fn user(&self, blocks: &mut Blocks<'_>, record: &Members<'_>) {
        blocks.told(&content(record));
    }

    /// What the user said in the history that replaces all: the first of it is the summary.
    fn summary<'r>(&self, record: &Members<'r>) -> Cow<'r, str> {
        let payload = record.object("systemPayload");
        let history = payload.elements("compressedHistory").into_iter();
        let told = history.filter(|content| content.text("role") == "user");
        let all: Vec<String> = told.map(|content| texts(&content.value("parts").unwrap_or_default())).collect();
        Cow::Owned(all.join("\n\n"))
    }
}
