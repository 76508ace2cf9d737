//! `cursor`: transcripts of Cursor's agents.
//!
//! Owns: the sign of such a file, what each record is, and what it says. Records have neither ids nor links: each follows
//! the one before it.
//! Invariant: every record is an entry, or a result in one. Does not: know the session's id, which is the file's name, or
//! read the store from which Cursor itself goes on.

use super::foreign::{
    AgentDialect, Blocks, Call, ContentPart, Fact, Facts, Kind, Name, Outcome, Source, Voice, content_parts,
    read_records,
};
use super::members::{Members, Value};
use super::upgraded::UpgradedLog;
use crate::json::text::string;
use crate::log::{Dialect, Fields, Record};
use crate::source::{ByteSource, SourceError};
use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// Cursor.
pub(super) struct Cursor;

impl AgentDialect for Cursor {
    const DIALECT: Dialect = Dialect::Cursor;

    /// A message without anything around it.
    fn has_sign(record: &Members<'_>) -> bool {
        let bare = ["type", "id", "uuid", "sessionId"].into_iter().all(|name| !record.has(name));
        bare && record.has("role") && record.object("message").has("content")
    }

    fn log(
        source: &dyn ByteSource,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<UpgradedLog<()>, SourceError> {
        let mut facts = Facts::default();
        let findings = read_records(source, is_record, tick, &mut |record| take(&mut facts, record))?;
        facts.log(Source(source), &Records, findings)
    }
}

/// A payload may look like a record: behind a broken one none counts.
fn is_record(_: &Fields<'_>, bytes: &[u8], from_start: bool) -> bool {
    from_start && Cursor::has_sign(&Members::of(bytes))
}

fn content<'r>(record: &Members<'r>) -> Value<'r> {
    record.object("message").value("content").unwrap_or_default()
}

fn take(facts: &mut Facts, record: &Record<'_>) {
    let members = Members::of_record(record);
    let kind = match &*members.text("role") {
        "assistant" => Kind::Response(calls(&members)),
        "user" | "tool" => told(&members),
        _ => Kind::Other,
    };
    facts.take(record, Fact { kind, model: (&*members.text("model")).into(), ..Fact::default() });
}

/// The calls of a response; some have no id.
fn calls(record: &Members<'_>) -> Vec<Call> {
    let calls = content_parts(&content(record)).into_iter().filter_map(|part| match part {
        ContentPart::Call { id, tool, .. } => Some((id, tool)),
        _ => None,
    });
    let named = |(number, (id, tool)): (usize, (Cow<'_, str>, Cow<'_, str>))| {
        let id: Name = if id.is_empty() { format!("{tool}-{number}").into() } else { (&*id).into() };
        Call { id, tool: (&*tool).into() }
    };
    calls.enumerate().map(named).collect()
}

/// What the model was told: results, and what else stands beside them.
fn told(record: &Members<'_>) -> Kind {
    let parts = content_parts(&content(record));
    let of = |part: &ContentPart<'_>| match part {
        ContentPart::Result { call, .. } => Some(Name::from(&**call)),
        _ => None,
    };
    let calls: Vec<Name> = parts.iter().filter_map(of).collect();
    if calls.is_empty() {
        return Kind::User { is_injected: false };
    }
    Kind::Results { has_rest: calls.len() < parts.len(), calls }
}

/// What the records say.
struct Records;

impl Voice for Records {
    fn agent(&self) -> &'static str {
        "cursor"
    }

    fn provider(&self) -> (&'static str, &'static str) {
        ("openai-completions", "cursor")
    }

    fn kind<'r>(&self, record: &Members<'r>) -> Cow<'r, str> {
        let kind = ["type", "event", "role"].into_iter().map(|name| record.text(name)).find(|kind| !kind.is_empty());
        kind.unwrap_or_default()
    }

    fn response<'r>(&self, blocks: &mut Blocks<'_>, record: &Members<'r>, _: usize) -> Outcome<'r> {
        let mut calls = calls(record).into_iter();
        for part in content_parts(&content(record)) {
            match part {
                ContentPart::Call { arguments, .. } => {
                    if let Some(Call { id, tool }) = calls.next() {
                        blocks.call(&id, &tool, arguments);
                    }
                }
                ContentPart::Thought(token) => blocks.thought(token),
                part => blocks.part(part),
            }
        }
        Outcome::default()
    }

    fn result(&self, blocks: &mut Blocks<'_>, record: &Members<'_>, number: usize) -> bool {
        blocks.result(&content(record), number).unwrap_or(false)
    }

    fn user(&self, blocks: &mut Blocks<'_>, record: &Members<'_>) {
        for part in content_parts(&content(record)) {
            match part {
                ContentPart::Text(Some(token)) => match typed(token) {
                    Some(typed) => blocks.own_text(&typed),
                    None => blocks.text(Some(token)),
                },
                part => blocks.part(part),
            }
        }
    }
}

/// What the person typed, where the program marked that.
fn typed(token: &[u8]) -> Option<alloc::string::String> {
    let text = string(token)?;
    let typed = text.trim().strip_prefix("<user_query>")?.strip_suffix("</user_query>")?;
    Some(typed.trim().into())
}
