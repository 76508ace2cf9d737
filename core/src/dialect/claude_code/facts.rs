//! What each record of a transcript is.
//!
//! Owns: the kinds of records that there are rules for, and the few facts of each that entries and tree follow from.
//! Invariant: some hundred bytes a record are held, whatever its length; a record of no known kind is `Other`.
//! Does not: decide what becomes of a record; `plan` does.

pub(super) use crate::dialect::foreign::{Call, Name};
use crate::dialect::members::Members;
use crate::json::text::{integer, string};
use crate::log::Record;
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::hash::BuildHasher;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// What a record is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A part of a response.
    Assistant {
        /// The response.
        message: Option<Name>,
        /// The calls in it.
        calls: Vec<Call>,
    },
    /// Something that the model was told.
    User {
        /// The calls of which it holds results, in its order.
        results: Vec<Name>,
        /// It holds more than results.
        has_rest: bool,
        /// Injected by the program, not typed.
        is_injected: bool,
    },
    /// A prompt that was typed while the model was at work.
    Queued,
    /// The text that takes the place of what was compacted.
    Summary,
    /// Where a compaction took place.
    Boundary {
        /// The first record that was kept.
        head: Option<Name>,
        /// Tokens before.
        tokens: i64,
    },
    /// A title: by the user, by the model, or of the conversation that ends with this record.
    Title(Title, Name),
    /// Where the conversation was.
    LastPrompt {
        /// The record; none clears.
        leaf: Option<Name>,
        /// It was chosen.
        is_explicit: bool,
    },
    /// Told to the model by the program, not shown.
    Meta,
    /// Any other.
    Other,
}

/// Whose title it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Title {
    User,
    Model,
    /// Of a conversation.
    Of(Name),
}

/// One record.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    pub(super) at: u64,
    pub(super) len: u64,
    pub(super) line: u64,
    pub(super) kind: Kind,
    /// Its `type`.
    pub(super) name: Name,
    pub(super) uuid: Option<Name>,
    pub(super) parent: Option<Name>,
    /// `parentUuid` is there and null.
    pub(super) is_root: bool,
    pub(super) time: Option<i64>,
    /// Of a sub-agent within the file.
    pub(super) is_side: bool,
    digest: u64,
}

/// All records, in file order.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) all: Vec<Fact>,
    pub(super) session: Option<Name>,
    pub(super) cwd: Option<Name>,
    pub(super) first_time: Option<i64>,
    /// The sub-agent whose file this is.
    pub(super) agent: Option<Name>,
    by_uuid: HashMap<Name, usize, FixedState>,
}

impl Facts {
    /// Takes the next record.
    pub(super) fn take(&mut self, record: &Record<'_>) {
        let members = Members::of_record(record);
        let name = |key: &str| members.get(key).and_then(string).filter(|text| !text.is_empty()).map(Box::from);
        let uuid: Option<Name> = name("uuid");
        let digest = members.get("message").map_or(0, |message| FixedState::default().hash_one(message));
        let mut kind = kind(&members);
        let mut own = uuid;
        if let Some(first) = own.as_deref().and_then(|uuid| self.by_uuid.get(uuid)).and_then(|&n| self.all.get(n)) {
            own = None;
            if first.digest == digest {
                // The same record again, as a compaction or a resumed session writes it.
                kind = Kind::Other;
            }
        }
        if let Some(uuid) = &own {
            self.by_uuid.insert(uuid.clone(), self.all.len());
        }
        self.session = self.session.take().or_else(|| name("sessionId"));
        self.cwd = self.cwd.take().or_else(|| name("cwd"));
        let time = record.fields.time();
        self.first_time = self.first_time.or(time);
        let is_side = members.get("isSidechain") == Some(b"true");
        if own.is_some() && self.by_uuid.len() == 1 && is_side {
            self.agent = name("agentId").or_else(|| Some("sidechain".into()));
        }
        self.all.push(Fact {
            at: record.offset,
            len: record.bytes.len() as u64,
            line: record.line,
            kind,
            name: members.text("type").into(),
            uuid: own,
            parent: name("parentUuid"),
            is_root: members.get("parentUuid") == Some(b"null"),
            time,
            is_side,
            digest,
        });
    }

    /// Once all are taken: a file whose linked records are all a sub-agent's is that one's own.
    pub(super) fn settle(&mut self) {
        if self.all.iter().any(|fact| fact.uuid.is_some() && !fact.is_side) {
            self.agent = None;
        }
        if self.agent.is_some() {
            self.all.iter_mut().for_each(|fact| fact.is_side = false);
        }
    }

    /// The record with this id; of several the first.
    pub(super) fn number(&self, uuid: &str) -> Option<usize> {
        self.by_uuid.get(uuid).copied()
    }

    /// True if there is a record with this id.
    pub(super) fn has(&self, uuid: &str) -> bool {
        self.by_uuid.contains_key(uuid)
    }
}

fn kind(record: &Members<'_>) -> Kind {
    let is = |key: &str| record.get(key) == Some(b"true");
    let name = |key: &str| record.get(key).and_then(string).filter(|text| !text.is_empty());
    match &*record.text("type") {
        "assistant" => assistant(&record.object("message")),
        "user" if is("isCompactSummary") => Kind::Summary,
        "user" if is("isMeta") => Kind::Meta,
        "user" => user(&record.object("message")),
        "attachment" => {
            let attachment = record.object("attachment");
            let is_meta = is("isMeta") || attachment.get("isMeta") == Some(b"true");
            let is_prompt = &*attachment.text("type") == "queued_command" && attachment.has("prompt");
            if is_prompt && !is_meta { Kind::Queued } else { Kind::Other }
        }
        "system" if &*record.text("subtype") == "compact_boundary" => {
            let compaction = record.object("compactMetadata");
            let head = compaction.object("preservedSegment").text("headUuid").to_string();
            let tokens = compaction.get("preTokens").and_then(integer).unwrap_or_default();
            Kind::Boundary { head: Some(head).filter(|head| !head.is_empty()).map(Into::into), tokens }
        }
        "custom-title" => title(Title::User, name("customTitle")),
        "ai-title" => title(Title::Model, name("aiTitle")),
        "summary" => match name("leafUuid") {
            Some(leaf) => title(Title::Of((&*leaf).into()), name("summary")),
            None => Kind::Other,
        },
        "last-prompt" => {
            let leaf = record.get("leafUuid").and_then(string).filter(|leaf| !leaf.is_empty());
            let is_explicit = is("explicit");
            match leaf {
                Some(leaf) => Kind::LastPrompt { leaf: Some((&*leaf).into()), is_explicit },
                None if is_explicit && record.has("leafUuid") => Kind::LastPrompt { leaf: None, is_explicit },
                None => Kind::Other,
            }
        }
        _ => Kind::Other,
    }
}

fn title(whose: Title, text: Option<alloc::borrow::Cow<'_, str>>) -> Kind {
    text.map_or(Kind::Other, |text| Kind::Title(whose, (&*text).into()))
}

fn assistant(message: &Members<'_>) -> Kind {
    if !is_content(message) {
        return Kind::Other;
    }
    let mut calls = Vec::new();
    for block in message.elements("content") {
        if &*block.text("type") == "tool_use" {
            calls.push(Call { id: (&*block.text("id")).into(), tool: (&*block.text("name")).into() });
        }
    }
    let id = message.text("id");
    Kind::Assistant { message: Some(id).filter(|id| !id.is_empty()).map(|id| (&*id).into()), calls }
}

fn user(message: &Members<'_>) -> Kind {
    let Some(content) = message.get("content").filter(|_| is_content(message)) else { return Kind::Other };
    if content.starts_with(b"\"") {
        let is_injected = string(content).is_some_and(|text| is_injected(&text));
        return Kind::User { results: Vec::new(), has_rest: true, is_injected };
    }
    let (mut results, mut has_rest, mut is_typed) = (Vec::new(), false, false);
    for block in message.elements("content") {
        if &*block.text("type") == "tool_result" {
            results.push((&*block.text("tool_use_id")).into());
        } else {
            has_rest = true;
            is_typed |= &*block.text("type") != "text" || !is_injected(&block.text("text"));
        }
    }
    // One without any block is a message all the same.
    has_rest |= results.is_empty();
    Kind::User { results, has_rest, is_injected: !is_typed }
}

/// The message has a text, or blocks.
fn is_content(message: &Members<'_>) -> bool {
    message.get("content").is_some_and(|content| matches!(content.first(), Some(b'"' | b'[')))
}

/// Texts that the program puts where a prompt would stand.
const INJECTED: [&str; 14] = [
    "<local-command-caveat>",
    "<local-command-stdout>",
    "<local-command-stderr>",
    "<command-name>",
    "<command-message>",
    "<bash-input>",
    "<bash-stdout>",
    "<bash-stderr>",
    "<task-notification>",
    "<ide_opened_file>",
    "<ide_selection>",
    "[Request interrupted by user",
    "Caveat:",
    "This session is being continued",
];

/// True for a text that nobody typed.
fn is_injected(text: &str) -> bool {
    let text = text.trim_start();
    INJECTED.iter().any(|start| text.starts_with(start))
}

impl Fact {
    /// The `type` of the entry that shows it as it stands.
    pub(super) fn custom_type(&self) -> alloc::string::String {
        let name = if self.kind == Kind::Meta { "meta" } else { &*self.name };
        "claude-code/".to_owned() + if name.is_empty() { "unknown" } else { name }
    }
}
