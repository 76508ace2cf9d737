//! What a reader of a session sees of an entry.
//!
//! Owns: the view model that all writers share. Invariant: it borrows from the entry's line, and holds all text
//! unescaped and whole: writers escape for their form, and fold or shorten.
//! Does not: know JSON ([`super::read`] makes it) or any output form.

use std::borrow::Cow;

/// Text of an entry.
pub(crate) type Text<'a> = Cow<'a, str>;

/// Who speaks, or what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    /// A person.
    User,
    /// The model.
    Assistant,
    /// A tool, or a shell command that the person ran.
    Tool,
    /// A message that an extension or the program itself put in.
    System,
    /// A summary in the place of what it sums up.
    Summary,
    /// A change of settings, a label, a title.
    Change,
    /// Data that is no part of the conversation, or that is not known.
    Data,
}

impl Voice {
    /// A word for it that is no text of the log.
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
    /// `id`; empty where there is none.
    pub(crate) id: Text<'a>,
    /// Unix milliseconds.
    pub(crate) at: Option<i64>,
    /// Who speaks.
    pub(crate) voice: Voice,
    /// The role, or the entry's type, as the log has it.
    pub(crate) name: Text<'a>,
    /// What stands beside the name: a model, a tool.
    pub(crate) detail: Option<Text<'a>>,
    /// What it holds.
    pub(crate) blocks: Vec<Block<'a>>,
}

/// A part of a message.
#[derive(Debug)]
pub(crate) enum Block<'a> {
    /// What was said.
    Text(Text<'a>),
    /// What the model thought.
    Thinking(Text<'a>),
    /// A tool that was asked for.
    Call {
        /// The tool.
        tool: Text<'a>,
        /// Its arguments: strings as they are, all else as JSON.
        arguments: Vec<(Text<'a>, Text<'a>)>,
        /// How it went, of a call that is recorded with its end.
        outcome: Option<Text<'a>>,
    },
    /// What a tool printed.
    Output {
        /// It failed.
        failed: bool,
        /// The text.
        text: Text<'a>,
    },
    /// A picture.
    Image {
        /// What it claims to be.
        mime: Text<'a>,
        /// Base64, as far as the log is right.
        data: Text<'a>,
    },
    /// A short remark, such as the model that is used from here on.
    Note(Text<'a>),
    /// What is put in under a name: a section of the prompt, a tool.
    Part {
        /// What it is.
        what: &'static str,
        /// Its name.
        name: Text<'a>,
        /// The text.
        text: Text<'a>,
    },
    /// Fields that are known by their names only.
    Fields {
        /// The field that holds them; empty for fields of the message itself.
        of: Text<'a>,
        /// Names and values: strings as they are, all else as JSON.
        fields: Vec<(Text<'a>, Text<'a>)>,
    },
    /// Something else, as JSON or as it stands.
    Data {
        /// What it is called.
        name: Text<'a>,
        /// The text.
        text: Text<'a>,
    },
}

impl Block<'_> {
    /// True if there is nothing to be seen of it.
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

/// Decoded bytes of base64, if it is base64.
pub(crate) fn base64_len(data: &str) -> Option<u64> {
    let digits = data.trim_end_matches('=');
    let padding = data.len() - digits.len();
    let good = digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
    let whole = data.len().is_multiple_of(4) && padding <= 2 && !digits.is_empty();
    (good && whole).then_some(digits.len() as u64 * 3 / 4)
}
