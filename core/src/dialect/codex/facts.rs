//! What each record of a rollout is.
//!
//! Owns: the kinds of records that there are rules for, and the few facts of each that entries and tree follow from.
//! Invariant: some hundred bytes a record are held, whatever its length; a record of no known kind is `Other`.
//! Does not: decide what becomes of a record; `plan` does.

use crate::dialect::foreign::{Name, Usage};
use crate::dialect::members::Members;
use crate::json::text::{integer, string};
use crate::log::Record;
use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::hash::BuildHasher;
use foldhash::fast::FixedState;
use hashbrown::HashSet;

/// What a record is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A prompt.
    User,
    /// A text of the model.
    Assistant,
    /// What the model thought, if that is shown.
    Reasoning { is_shown: bool },
    /// A call of a tool.
    Call { id: Name, tool: Name },
    /// The output of a call.
    Output(Name),
    /// What was said, told once more: by the person, or by the model.
    Echo { is_prompt: bool },
    /// Tokens of the response before.
    Usage(Usage),
    /// The model from here on.
    Model(Name),
    /// What takes the place of all that was said.
    Compaction,
    /// So many turns are taken back.
    Rollback(usize),
    /// A name for the session.
    Title(Name),
    /// Ends a response.
    Mark,
    /// Any other.
    Other,
}

/// One record.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    pub(super) at: u64,
    pub(super) len: u64,
    pub(super) kind: Kind,
    /// Its `type`.
    pub(super) name: Name,
    pub(super) time: Option<i64>,
    /// Digest of what is said.
    said: u64,
}

/// All records, in file order.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) all: Vec<Fact>,
    pub(super) session: String,
    pub(super) cwd: String,
    pub(super) parent: Option<String>,
    pub(super) provider: String,
    pub(super) first_time: Option<i64>,
    pub(super) is_sub_agent: bool,
    has_meta: bool,
    /// What prompts and answers say, as the model saw them.
    said: HashSet<(bool, u64), FixedState>,
}

impl Facts {
    /// Takes the next record.
    pub(super) fn take(&mut self, record: &Record<'_>) {
        let members = Members::of_record(record);
        let item = payload(&members);
        let time = record.fields.time();
        self.first_time = self.first_time.or(time);
        let name = members.text("type");
        let mut said = 0;
        let kind = match &*name {
            "session_meta" | "" => {
                self.meta(&item);
                Kind::Mark
            }
            "event_msg" => event(&item, &mut said),
            "turn_context" => match item.text("model") {
                model if model.is_empty() => Kind::Other,
                model => Kind::Model((&*model).into()),
            },
            "compacted" => Kind::Compaction,
            _ => response(&item, &mut said),
        };
        if matches!(kind, Kind::User | Kind::Assistant) {
            self.said.insert((kind == Kind::User, said));
        }
        if self.cwd.is_empty() {
            self.cwd = item.text("cwd").to_string();
        }
        let (at, len) = (record.offset, record.bytes.len() as u64);
        self.all.push(Fact { at, len, kind, name: (&*name).into(), time, said });
    }

    /// The first one is the session's own; later ones are of what was copied into it.
    fn meta(&mut self, meta: &Members<'_>) {
        if core::mem::replace(&mut self.has_meta, true) {
            return;
        }
        self.session = meta.text("id").to_string();
        self.provider = meta.text("model_provider").to_string();
        let spawn = meta.object("source").object("subagent").object("thread_spawn");
        let thread = [meta.text("parent_thread_id"), spawn.text("parent_thread_id")];
        let of = thread.into_iter().find(|id| !id.is_empty());
        self.is_sub_agent = of.is_some() || meta.object("source").has("subagent");
        // What a fork refers to stands in the file of its origin.
        let origin = [meta.text("forked_from_id"), meta.object("history_base").text("thread_id")];
        let parent = of.or_else(|| origin.into_iter().find(|id| !id.is_empty()));
        self.parent = parent.map(|id| id.to_string());
    }

    /// Nothing but this echo says so.
    pub(super) fn is_only(&self, fact: &Fact, is_prompt: bool) -> bool {
        !self.said.contains(&(is_prompt, fact.said))
    }
}

/// The payload of a record; of the oldest form the record itself.
pub(super) fn item(record: &[u8]) -> Members<'_> {
    payload(&Members::of(record))
}

fn payload<'r>(record: &Members<'r>) -> Members<'r> {
    if record.has("payload") { record.object("payload") } else { record.clone() }
}

fn digest(text: &str) -> u64 {
    FixedState::default().hash_one(text.trim())
}

/// The text of the content of an item: its blocks', one behind the other.
fn text_of<'i>(item: &Members<'i>) -> Cow<'i, str> {
    if let Some(text) = item.get("content").and_then(string) {
        return text;
    }
    let mut texts = item.elements("content").into_iter().map(|block| block.text("text"));
    let first = texts.next().unwrap_or_default();
    texts.fold(first, |all, text| all + text)
}

fn response(item: &Members<'_>, said: &mut u64) -> Kind {
    let call = || Kind::Call { id: (&*item.text("call_id")).into(), tool: (&*item.text("name")).into() };
    match &*item.text("type") {
        "message" => {
            *said = digest(&text_of(item));
            match &*item.text("role") {
                "assistant" => Kind::Assistant,
                "user" if !is_injected(item) => Kind::User,
                _ => Kind::Other,
            }
        }
        "reasoning" => Kind::Reasoning { is_shown: !item.elements("summary").is_empty() },
        "function_call" | "custom_tool_call" if item.has("call_id") => call(),
        "function_call_output" | "custom_tool_call_output" => Kind::Output((&*item.text("call_id")).into()),
        _ => Kind::Other,
    }
}

fn event(event: &Members<'_>, said: &mut u64) -> Kind {
    match &*event.text("type") {
        "user_message" | "agent_message" => {
            *said = digest(&event.text("message"));
            Kind::Echo { is_prompt: event.text("type") == "user_message" }
        }
        "item_completed" => {
            let item = event.object("item");
            let is_prompt = item.text("type") == "UserMessage";
            *said = digest(&text_of(&item));
            if is_prompt { Kind::Echo { is_prompt } } else { Kind::Other }
        }
        "token_count" => {
            let usage = event.object("info").object("last_token_usage");
            let number = |name: &str| usage.get(name).and_then(integer).unwrap_or_default();
            let cached = number("cached_input_tokens");
            let input = number("input_tokens").saturating_sub(cached);
            Kind::Usage(Usage { input, output: number("output_tokens"), cache_read: cached, cache_write: 0 })
        }
        "thread_rolled_back" => {
            let turns = event.get("num_turns").and_then(integer).and_then(|turns| usize::try_from(turns).ok());
            Kind::Rollback(turns.unwrap_or_default())
        }
        "thread_name_updated" => match event.text("thread_name") {
            name if name.is_empty() => Kind::Other,
            name => Kind::Title((&*name).into()),
        },
        "task_started" | "task_complete" | "turn_aborted" => Kind::Mark,
        _ => Kind::Other,
    }
}

/// Texts that the program puts where a prompt would stand.
const INJECTED: [&str; 10] = [
    "# AGENTS.md instructions",
    "<environment_context>",
    "<user_instructions>",
    "<INSTRUCTIONS>",
    "<permissions",
    "<turn_aborted>",
    "<skill",
    "<codex_internal_context",
    "<goal_context>",
    "<recommended_plugins",
];

/// Nobody typed any of the content of an item.
fn is_injected(item: &Members<'_>) -> bool {
    let injected = |text: &str| INJECTED.iter().any(|start| text.trim_start().starts_with(start));
    if let Some(text) = item.get("content").and_then(string) {
        return injected(&text);
    }
    item.elements("content").iter().all(|block| block.has("text") && injected(&block.text("text")))
}
