//! Builds a summary from the records of a log, or of its head and tail.
//!
//! Owns: from which record each fact of a summary comes.
//! Invariant: records come in file order, and the last of repeated facts holds. Counts are given only if the caller
//! knows those of the whole log.

use super::message::{Message, first_of, may_be_another, short_text};
use super::state::State;
use super::summary::SessionSummary;
use crate::index::Counts;
use crate::json::text;
use crate::json::walk::Walker;
use crate::log::{Damage, Dialect, Header, LogSink, Record};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// Collects the facts of a summary.
#[derive(Debug, Clone, Default)]
pub(super) struct SummaryBuilder {
    header: Option<Header>,
    /// The title in a record before the header, as written by oh-my-pi.
    slot_title: Option<String>,
    state: State,
    counts: Counts,
    first_prompt: Option<String>,
    last_message: Vec<u8>,
    leaf: Option<String>,
    /// The agent from which the session was imported.
    agent: Option<String>,
    is_sub_agent: bool,
}

/// A host's facts about a log, besides its records.
#[derive(Debug, Clone, Default)]
pub(super) struct Around<'a> {
    /// The file's stem.
    pub(super) stem: &'a str,
    /// Dialect of the log.
    pub(super) dialect: Option<Dialect>,
    /// Size in bytes.
    pub(super) size_bytes: u64,
    /// The file's modification time, Unix milliseconds.
    pub(super) file_time: i64,
    /// Counts of the whole log, and its active leaf.
    pub(super) exact: Option<(Counts, Option<String>)>,
}

impl SummaryBuilder {
    /// The facts of a header alone.
    #[must_use]
    pub(super) fn of(header: Option<Header>) -> Self {
        Self { header, ..Self::default() }
    }

    /// True after a message with a time.
    #[must_use]
    pub(super) const fn has_message_time(&self) -> bool {
        self.counts.last_message_at.is_some()
    }

    /// The summary.
    #[must_use]
    pub(super) fn finish(self, around: Around<'_>) -> SessionSummary {
        let Self { header, slot_title, state, counts, first_prompt, last_message, leaf, agent, is_sub_agent } = self;
        let of_another = around.dialect.filter(|dialect| dialect.agent().is_some());
        let is_exact = around.exact.is_some();
        let (counts, active_leaf) = around.exact.unwrap_or((counts, leaf));
        let last_modified = counts.last_message_at.or(counts.last_entry_at).unwrap_or(around.file_time);
        let title = counts.title.clone().or_else(|| state.shown_title()).or(slot_title);
        let header = header.as_ref();
        SessionSummary {
            session_id: header.and_then(|h| h.session_id.clone()).unwrap_or_else(|| around.stem.to_string()),
            dialect: around.dialect,
            cwd: header.and_then(|h| h.cwd.clone()).filter(|cwd| !cwd.is_empty()).or(state.working_dir),
            title,
            is_named: counts.title.is_some() || state.custom_title.is_some(),
            created_at: header.and_then(|h| h.created_at),
            last_modified,
            listed_as_of: None,
            size_bytes: around.size_bytes,
            entry_count: is_exact.then_some(counts.entries),
            message_count: is_exact.then_some(counts.messages),
            user_messages: is_exact.then_some(counts.said.user),
            assistant_messages: is_exact.then_some(counts.said.assistant),
            tokens: is_exact.then_some(counts.said.tokens),
            tags: counts.tags,
            model: state.model,
            status: state.status,
            status_message: state.status_message,
            saved: state.saved,
            save_label: state.save_label,
            parent_session: header.and_then(|h| h.parent_session.clone()).or(state.parent_id),
            first_prompt,
            preview: Message::read(&last_message).preview(),
            active_leaf,
            is_debug: state.is_debug,
            is_canary: state.is_canary,
            short_name: state.short_name,
            provider: state.provider,
            last_active_at: state.last_active_at,
            last_pid: state.last_pid,
            updated_at: state.updated_at,
            agent: of_another.map(|dialect| dialect.name().to_string()).or(agent),
            is_sub_agent,
        }
    }

    fn message(&mut self, token: &[u8], entry: &[u8]) {
        self.last_message.clear();
        self.last_message.extend_from_slice(token);
        let names_model = memchr::memmem::find(token, b"\"model\"").is_some();
        let may_be_another = may_be_another(self.first_prompt.as_ref());
        if !may_be_another && !names_model {
            return;
        }
        let message = Message::read(token);
        let is_typed = || crate::dialect::field(entry, "injected").is_none_or(|injected| injected != b"true");
        if may_be_another && message.is_from_user() && is_typed() {
            self.first_prompt = first_of(self.first_prompt.take(), message.preview());
        }
        if let Some(model) = message.model() {
            self.state.model = Some(model);
            self.state.provider = message.provider().or(self.state.provider.take());
        }
    }

    fn model_change(&mut self, bytes: &[u8]) {
        let (mut model, mut provider) = (None, None);
        let walked = Walker::new().walk_object(bytes, 0, |key, value| match key {
            b"modelId" => model = short_text(value),
            b"provider" => provider = short_text(value),
            _ => {}
        });
        if walked.is_ok() && model.is_some() {
            self.state.model = model;
            self.state.provider = provider.or(self.state.provider.take());
        }
    }
}

impl LogSink for SummaryBuilder {
    fn before_header(&mut self, record: &Record<'_>) -> ControlFlow<()> {
        if record.fields.kind_text() == "title" {
            self.slot_title = crate::dialect::field(record.bytes, "title").and_then(short_text);
        }
        ControlFlow::Continue(())
    }

    fn header(&mut self, header: &Record<'_>) -> ControlFlow<()> {
        self.header = Some(Header::read(header));
        let Some(metadata) = header.fields.metadata else { return ControlFlow::Continue(()) };
        let (mut jcode, mut import, mut is_sub_agent) = (None, None, false);
        let walked = Walker::new().walk_object(metadata, 0, |key, value| match key {
            b"jcode" => jcode = Some(value),
            b"import" => import = Some(value),
            b"subAgent" => is_sub_agent = value == b"true",
            _ => {}
        });
        if walked.is_ok() {
            self.agent = import.and_then(|import| crate::dialect::field(import, "agent")).and_then(short_text);
            self.is_sub_agent = is_sub_agent;
        }
        if let (Ok(_), Some(jcode)) = (walked, jcode) {
            self.state.apply(jcode);
        }
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        let fields = &entry.fields;
        let kind = fields.kind_text();
        self.counts.observe(&kind, fields, fields.time());
        self.leaf = fields.usable_id().map(|id| id.into_owned());
        match &*kind {
            "message" => {
                if let Some(token) = fields.message {
                    self.message(token, entry.bytes);
                }
            }
            "model_change" => self.model_change(entry.bytes),
            "custom" if fields.custom_type.and_then(text::string).is_some_and(|t| t == "jcode/meta") => {
                if let Some(data) = fields.data {
                    self.state.apply(data);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn damage(&mut self, _: Damage) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Continues the counts of a sidecar over the entries behind it.
#[derive(Debug)]
pub struct CountTail {
    /// Counts so far.
    pub counts: Counts,
    /// Id of the last entry.
    pub leaf: Option<String>,
}

impl LogSink for CountTail {
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        self.counts.observe(&entry.fields.kind_text(), &entry.fields, entry.fields.time());
        self.leaf = entry.fields.usable_id().map(|id| id.into_owned());
        ControlFlow::Continue(())
    }

    fn damage(&mut self, _: Damage) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
