//! The rows of one session.
//!
//! Owns: what of a session stands in which column, and which entries are copies.
//! Invariant: every entry of the log has a row, in log order. An entry of a fork that is older than the fork's header is
//! a copy: sums over all sessions leave it out. Rows are handed on as they are made, so that a log of any size needs the
//! memory of some entries.

use super::calls::Calls;
use super::place::{Place, Texts, Words};
use super::said;
use super::table::{Table, Tables};
use crate::index::Counts;
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

/// Gives `out` the rows of a session, in order, some at a time.
///
/// # Errors
/// Fails if the log cannot be read, or `out` fails.
pub fn rows_of<S: ByteSource, L: Locator, E: From<ReadError>>(
    session: &Session<S, L>,
    facts: &Facts,
    texts: Texts,
    words: &mut dyn Words,
    out: &mut dyn FnMut(Tables) -> Result<(), E>,
) -> Result<(), E> {
    let tree = session.tree()?;
    let counts = session.counts().map_err(ReadError::from)?.clone();
    let outline = session.outline()?;
    let depths = Depths::of(&outline, counts.entries);
    let labels: BTreeMap<&str, &str> =
        tree.labels.iter().map(|label| (label.entry_id.as_str(), label.name.as_str())).collect();
    let mut rows = Rows { facts, texts, words, made: Tables::default(), calls: Calls::default(), model: None };
    let (mut total, mut reader) = (Usage::default(), UsageReader::default());
    let count = Seq::try_from(counts.entries).unwrap_or(Seq::MAX);
    let mut from = 0;
    while from < count {
        let to = from.saturating_add(AT_ONCE).min(count);
        for entry in session.listed(from..to, u64::MAX)? {
            let used = reader.of_line(entry.line.as_deref().unwrap_or_default());
            used.iter().for_each(|used| total.add(used));
            let label = labels.get(entry.key.as_str()).copied();
            rows.entry(&entry, used.as_ref(), depths.of_entry(entry.seq.unwrap_or_default()), label);
        }
        out(rows.taken())?;
        from = to;
    }
    out(rows.last(counts, tree.leaves.len() as u64, &total, session.log().len()))
}

/// Rows on their way out.
struct Rows<'r> {
    facts: &'r Facts,
    texts: Texts,
    words: &'r mut dyn Words,
    made: Tables,
    calls: Calls,
    /// The model that the session was told to use last.
    model: Option<String>,
}

impl Rows<'_> {
    /// The rows of an entry.
    fn entry(&mut self, entry: &Listed, used: Option<&Usage>, place: (u32, bool), label: Option<&str>) {
        let copied = self.facts.forked_at.zip(entry.ts).is_some_and(|(forked, ts)| ts < forked);
        let at = Place { seq: entry.seq.unwrap_or_default(), ts: entry.ts, copied };
        let line = entry.line.as_deref().unwrap_or_default();
        let read = serde_json::from_slice::<Map<String, Value>>(line).unwrap_or_default();
        let message = read.get("message").and_then(Value::as_object);
        if entry.kind == "model_change" {
            self.model = Some(text(&read, "modelId"));
        }
        if let Some(message) = message {
            self.calls.read(&at, message, self.texts, self.words);
        }
        let id = &self.facts.session_id;
        let [_, entries, tool_calls, usage] = &mut self.made.all;
        self.calls.answered(id, tool_calls);
        if let Some(used) = used {
            usage_row(usage, id, &at, used, message.unwrap_or(&read), self.model.as_deref());
        }
        let label = label.map(|label| self.words.text(label.into()));
        let (role, said) = said::of_entry(&entry.kind, &read);
        let bytes = said.len() as u64;
        let said = self.texts.of(said, |said| self.words.text(said)).filter(|_| bytes > 0);
        entry_row(entries, id, &at, entry, (role, said, bytes), (place, label));
    }

    /// What was made since this was asked last.
    fn taken(&mut self) -> Tables {
        core::mem::take(&mut self.made)
    }

    /// What can only be told at the end.
    fn last(mut self, counts: Counts, leaves: u64, total: &Usage, bytes: u64) -> Tables {
        let (facts, (all, failed)) = (self.facts, self.calls.counts());
        let mut shown = |text: &Option<String>| text.clone().map(|text| self.words.text(text));
        let [sessions, _, tool_calls, _] = &mut self.made.all;
        sessions.row([
            facts.session_id.as_str().into(),
            facts.started_at.into(),
            counts.last_entry_at.into(),
            shown(&facts.cwd).into(),
            shown(&facts.title).into(),
            facts.model.clone().into(),
            shown(&facts.parent_session).into(),
            facts.dialect.as_str().into(),
            counts.entries.into(),
            counts.messages.into(),
            leaves.into(),
            all.into(),
            failed.into(),
            total.input.into(),
            total.output.into(),
            total.cost.into(),
            bytes.into(),
            facts.head.as_str().into(),
            counts.damages.into(),
            shown(&Some(facts.tags.join(","))).into(),
        ]);
        self.calls.rest(&facts.session_id, tool_calls);
        self.made
    }
}

fn entry_row(
    table: &mut Table,
    session_id: &str,
    place: &Place,
    entry: &Listed,
    (role, said, bytes): (Option<String>, Option<String>, u64),
    ((depth, active), label): ((u32, bool), Option<String>),
) {
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
        said.into(),
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
