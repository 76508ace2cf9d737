//! The rows of one session.
//!
//! Owns: what of a session stands in which column, and which entries are copies.
//! Invariant: every entry of the log has a row, in log order. An entry of a fork that is older than the fork's header is
//! a copy: sums over all sessions leave it out.

use super::calls::Calls;
use super::place::{Place, Texts};
use super::said;
use super::table::{Table, Tables};
use crate::index::row::Seq;
use crate::session::{Listed, Locator, Outline, ReadError, Session, Usage, UsageReader};
use crate::source::ByteSource;
use crate::trajectory::text;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use serde_json::{Map, Value};

/// Entries that are read at once.
const AT_ONCE: u32 = 64;
/// What is known of a session beside its entries.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Its id.
    pub session_id: String,
    /// Time of its start, Unix milliseconds: the day of its rows is that of this time.
    pub started_at: i64,
    /// The header's time, if this is a fork.
    pub forked_at: Option<i64>,
    /// Working directory.
    pub cwd: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Last used model.
    pub model: Option<String>,
    /// The session from which it was forked.
    pub parent_session: Option<String>,
    /// Name of its dialect.
    pub dialect: String,
    /// Digest of its bytes.
    pub head: String,
    /// Tags.
    pub tags: Vec<String>,
}

/// The rows of a session.
///
/// # Errors
/// Fails if the log cannot be read.
pub fn rows_of<S: ByteSource, L: Locator>(
    session: &Session<S, L>,
    facts: &Facts,
    texts: Texts,
) -> Result<Tables, ReadError> {
    let tree = session.tree()?;
    let counts = session.counts()?.clone();
    let outline = session.outline()?;
    let depths = Depths::of(&outline, counts.entries);
    let labels: BTreeMap<&str, &str> =
        tree.labels.iter().map(|label| (label.entry_id.as_str(), label.name.as_str())).collect();
    let mut tables = Tables::default();
    let [sessions, entries, tool_calls, usage] = &mut tables.all;
    let (mut calls, mut total, mut reader) = (Calls::default(), Usage::default(), UsageReader::default());
    let mut model = None;
    let count = Seq::try_from(counts.entries).unwrap_or(Seq::MAX);
    let mut from = 0;
    while from < count {
        let to = from.saturating_add(AT_ONCE).min(count);
        for entry in session.listed(from..to, u64::MAX)? {
            let seq = entry.seq.unwrap_or_default();
            let copied = facts.forked_at.zip(entry.ts).is_some_and(|(forked, ts)| ts < forked);
            let place = Place { seq, ts: entry.ts, copied };
            let line = entry.line.as_deref().unwrap_or_default();
            let read = serde_json::from_slice::<Map<String, Value>>(line).unwrap_or_default();
            let message = read.get("message").and_then(Value::as_object);
            if entry.kind == "model_change" {
                model = Some(text(&read, "modelId"));
            }
            if let Some(message) = message {
                calls.read(&place, message, texts);
            }
            if let Some(used) = reader.of_line(line) {
                total.add(&used);
                usage_row(usage, &facts.session_id, &place, &used, message.unwrap_or(&read), model.as_deref());
            }
            let label = labels.get(entry.key.as_str()).copied();
            entry_row(entries, &facts.session_id, &place, &entry, &read, (depths.of_entry(seq), label), texts);
        }
        from = to;
    }
    let (all, failed) = calls.counts();
    calls.rows(&facts.session_id, tool_calls);
    sessions.row([
        facts.session_id.as_str().into(),
        facts.started_at.into(),
        counts.last_entry_at.into(),
        facts.cwd.clone().into(),
        facts.title.clone().into(),
        facts.model.clone().into(),
        facts.parent_session.clone().into(),
        facts.dialect.as_str().into(),
        counts.entries.into(),
        counts.messages.into(),
        (tree.leaves.len() as u64).into(),
        all.into(),
        failed.into(),
        total.input.into(),
        total.output.into(),
        total.cost.into(),
        session.log().len().into(),
        facts.head.as_str().into(),
        counts.damages.into(),
        facts.tags.join(",").into(),
    ]);
    Ok(tables)
}

fn entry_row(
    table: &mut Table,
    session_id: &str,
    place: &Place,
    entry: &Listed,
    read: &Map<String, Value>,
    ((depth, active), label): ((u32, bool), Option<&str>),
    texts: Texts,
) {
    let (role, said) = match read.get("message").and_then(Value::as_object) {
        Some(message) if entry.kind == "message" => {
            let (role, said) = said::message(message);
            (Some(role), said)
        }
        _ => (None, said::entry(&entry.kind, read)),
    };
    let bytes = said.len() as u64;
    table.row([
        session_id.into(),
        place.seq.into(),
        entry.key.as_str().into(),
        entry.parent_id.clone().into(),
        place.ts.into(),
        place.day().into(),
        entry.kind.as_str().into(),
        role.into(),
        depth.into(),
        active.into(),
        place.copied.into(),
        label.into(),
        texts.of(said).filter(|_| bytes > 0).into(),
        bytes.into(),
        entry.span.offset.into(),
        entry.span.len.into(),
    ]);
}

fn usage_row(
    table: &mut Table,
    session_id: &str,
    place: &Place,
    used: &Usage,
    holder: &Map<String, Value>,
    last_model: Option<&str>,
) {
    let named = |name: &str| Some(text(holder, name)).filter(|text| !text.is_empty());
    let usage = holder.get("usage").or_else(|| holder.get("token_usage"));
    let reasoning = ["reasoning", "reasoningTokens", "reasoning_tokens"].iter();
    let reasoning = reasoning.filter_map(|name| usage?.get(*name)?.as_i64()).next();
    let source = match text(holder, "role").as_str() {
        "" => "usage",
        "toolResult" => "nested",
        _ => "message",
    };
    table.row([
        session_id.into(),
        place.seq.into(),
        place.ts.into(),
        place.day().into(),
        named("provider").into(),
        named("model").or_else(|| last_model.map(Into::into)).into(),
        used.input.into(),
        used.output.into(),
        used.cache_read.into(),
        used.cache_write.into(),
        reasoning.into(),
        used.cost.into(),
        named("stopReason").or_else(|| named("stop_reason")).into(),
        source.into(),
        place.copied.into(),
    ]);
}

/// How deep each entry stands, and whether it is on the active path.
struct Depths {
    of: Vec<(u32, bool)>,
}

impl Depths {
    fn of(outline: &Outline, entries: u64) -> Self {
        let mut of = vec![(0, false); usize::try_from(entries).unwrap_or_default()];
        let active: Vec<usize> = outline.up(outline.active).collect();
        for (number, node) in outline.nodes.iter().enumerate() {
            let above = u64::from(node.depth).saturating_sub(node.len());
            let mut depth = u32::try_from(above).unwrap_or(u32::MAX);
            // The active path ends with the log's last entry, which ends its run.
            let is_active = active.contains(&number);
            for seq in node.runs.iter().cloned().flatten() {
                depth = depth.saturating_add(1);
                if let Some(slot) = of.get_mut(seq as usize) {
                    *slot = (depth, is_active);
                }
            }
        }
        Self { of }
    }

    fn of_entry(&self, seq: Seq) -> (u32, bool) {
        self.of.get(seq as usize).copied().unwrap_or_default()
    }
}
