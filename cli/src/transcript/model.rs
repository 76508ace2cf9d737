//! The view model of an entry, which all writers share.
//!
//! Owns: these types; [`super::read`] makes them from JSON.
//! Invariant: the model borrows from the entry's line and holds all text unescaped and whole. Writers escape for their
//! form, and fold or shorten.

use std::borrow::Cow;

/// Text of an entry.
pub(crate) type Text<'a> = Cow<'a, str>;

/// The kind of speaker or content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    /// A person.
    User,
    /// The model.
    Assistant,
    /// A tool, or a shell command that the person ran.
    Tool,
    /// A message that an extension or the program itself inserted.
    System,
    /// A summary that replaces what it summarises.
    Summary,
    /// A change of settings, a label, a title.
    Change,
    /// Data that is unknown or no part of the conversation.
    Data,
}

impl Voice {
    /// A fixed word for the voice, not from the log.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
            Self::System => "system",
            Self::Summary => "summary",
            Self::Change => "change",
            Self::Data => "data",
        }
    }
}

/// An entry.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    /// `id`; empty if the entry has none.
    pub(crate) id: Text<'a>,
    /// Unix milliseconds.
    pub(crate) at: Option<i64>,
    /// Who speaks.
    pub(crate) voice: Voice,
    /// The role, or the entry's type, as it stands in the log.
    pub(crate) name: Text<'a>,
    /// Detail beside the name: a model, a tool.
    pub(crate) detail: Option<Text<'a>>,
    /// The content.
    pub(crate) blocks: Vec<Block<'a>>,
}

impl Message<'_> {
    /// Who speaks, or what it is, in words. If you change it, then change `host-wasm/inspector/src/views/transcript/row`
    /// too.
    pub(crate) fn title(&self) -> &str {
        match &*self.name {
            "user" => "You",
            "assistant" => "Assistant",
            "system" => "System",
            "toolResult" => "Tool result",
            "bashExecution" => "Shell",
            "compaction" | "compactionSummary" => "Compaction",
            "branch_summary" | "branchSummary" => "Summary of a branch",
            "custom_message" => "Message of an extension",
            "custom" => "Data",
            "context_edit" => "Edit of the context",
            other => other,
        }
    }

    /// The first words that are said.
    pub(crate) fn words(&self) -> Option<&str> {
        self.blocks.iter().find_map(|block| match block {
            Block::Text(text) if !block.is_blank() => Some(text.trim()),
            _ => None,
        })
    }

    /// The first words of a person.
    pub(crate) fn prompt(&self) -> Option<&str> {
        if self.voice == Voice::User { self.words() } else { None }
    }
}

/// A part of a message.
#[derive(Debug)]
pub(crate) enum Block<'a> {
    /// Text that was said.
    Text(Text<'a>),
    /// Thinking of the model.
    Thinking(Text<'a>),
    /// A tool call.
    Call {
        /// The tool.
        tool: Text<'a>,
        /// Its arguments: strings as text, all else as JSON.
        arguments: Vec<(Text<'a>, Text<'a>)>,
        /// The outcome, if the call is recorded together with its end.
        outcome: Option<Text<'a>>,
    },
    /// Output of a tool.
    Output {
        /// Whether the tool failed.
        failed: bool,
        /// The text.
        text: Text<'a>,
    },
    /// A picture.
    Image {
        /// The media type that the log names.
        mime: Text<'a>,
        /// The data; base64 if the log is right.
        data: Text<'a>,
    },
    /// A short note, such as the model that is used from here on.
    Note(Text<'a>),
    /// A named part: a section of the prompt, a tool.
    Part {
        /// The kind of part.
        what: &'static str,
        /// Its name.
        name: Text<'a>,
        /// The text.
        text: Text<'a>,
    },
    /// Fields that are shown by name.
    Fields {
        /// The field that holds them; empty for fields of the message itself.
        of: Text<'a>,
        /// Names and values: strings as text, all else as JSON.
        fields: Vec<(Text<'a>, Text<'a>)>,
    },
    /// Anything else, as JSON or as it stands.
    Data {
        /// Our name for it.
        name: Text<'a>,
        /// The text.
        text: Text<'a>,
    },
}

impl Block<'_> {
    /// True if nothing of the block is visible.
    pub(crate) fn is_blank(&self) -> bool {
        match self {
            Self::Text(text) | Self::Thinking(text) | Self::Note(text) | Self::Data { text, .. } => {
                text.trim().is_empty()
            }
            Self::Fields { fields, .. } => fields.is_empty(),
            Self::Call { .. } | Self::Output { .. } | Self::Image { .. } | Self::Part { .. } => false,
        }
    }
}

/// The decoded length of base64; `None` if the text is not base64.
pub(crate) fn base64_len(data: &str) -> Option<u64> {
    let digits = data.trim_end_matches('=');
    let padding = data.len() - digits.len();
    let good = digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
    let whole = data.len().is_multiple_of(4) && padding <= 2 && !digits.is_empty();
    (good && whole).then_some(digits.len() as u64 * 3 / 4)
}
