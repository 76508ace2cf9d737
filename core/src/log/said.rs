//! Who says something in a message, and how many tokens that took: what lists count of a conversation.
//!
//! If you change the rule, then change `SCHEMA_VERSION`, `tests/src/oracle/said.rs` and section 4.1 of `docs/format.md`
//! too.
//!
//! Owns: which messages are the conversation, by jcode's rule: those of the user and of the assistant, but for the ones
//! that it shows in another role (`display_role`) and for reminders of the system to the model. Results of tools that
//! stand in a user's message count as it; pi's, which have a role of their own, do not.
//! Invariant: it depends on the message alone, and of its content nothing is read beyond the first block.

use super::usage::Usage;
use crate::json::Cursor;
use crate::json::text::is_null;
use crate::json::walk::Walker;

/// Begins a text that the system adds for the model.
const REMINDER: &[u8] = b"<system-reminder>";
/// How blocks begin that need no walk, as programs write them that leave out spaces and begin with the type: a text, and
/// one of any type.
const FIRST_TEXT: &[u8] = b"[{\"type\":\"text\",\"text\":";
const FIRST_TEXT_TYPE: &[u8] = b"[{\"type\":\"text\"";
const FIRST_TYPE: &[u8] = b"[{\"type\":\"";

/// Who says something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Speaker {
    /// Nobody in the conversation.
    #[default]
    Nobody,
    /// The user.
    User,
    /// The assistant.
    Assistant,
}

/// What a message says of itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Said {
    /// Who says it.
    pub speaker: Speaker,
    /// Tokens that it took, read and written, with those from and to caches; 0 where none are recorded.
    pub tokens: u64,
}

/// The fields of a message on which that depends, as raw tokens.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct MessageFields<'a> {
    role: Option<&'a [u8]>,
    content: Option<&'a [u8]>,
    display_role: Option<&'a [u8]>,
    usage: Option<&'a [u8]>,
}

impl<'a> MessageFields<'a> {
    /// Reads the fields of a message that nobody has walked yet.
    pub(super) fn read(message: &'a [u8]) -> Self {
        let mut fields = Self::default();
        let walked = Walker::new().walk_object(message, 0, |key, value| fields.take(key, value));
        walked.map_or_else(|_| Self::default(), |_| fields)
    }

    /// Takes one field.
    pub(super) fn take(&mut self, key: &[u8], value: &'a [u8]) {
        match key {
            b"role" => self.role = Some(value),
            b"content" => self.content = Some(value),
            b"display_role" => self.display_role = Some(value),
            b"usage" | b"token_usage" => self.usage = Some(value),
            _ => {}
        }
    }

    /// What the message says.
    pub(super) fn said(&self) -> Said {
        let speaker = match self.role {
            Some(b"\"user\"") => Speaker::User,
            Some(b"\"assistant\"") => Speaker::Assistant,
            _ => return Said::default(),
        };
        if self.display_role.is_some_and(|role| !is_null(role)) || self.content.is_some_and(is_reminder) {
            return Said::default();
        }
        Said { speaker, tokens: self.usage.and_then(Usage::tokens).unwrap_or_default() }
    }
}

/// The content is a text that begins as a reminder, or its first block is. As jcode does, the text is taken as it is
/// written, so only blanks may stand before it.
fn is_reminder(content: &[u8]) -> bool {
    let begins =
        |text: &[u8]| text.strip_prefix(b"\"").is_some_and(|text| text.trim_ascii_start().starts_with(REMINDER));
    if content.first() == Some(&b'"') {
        return begins(content);
    }
    if let Some(text) = content.strip_prefix(FIRST_TEXT) {
        return begins(text);
    }
    let is_another = content.starts_with(FIRST_TYPE) && !content.starts_with(FIRST_TEXT_TYPE);
    !is_another && first_text(content).is_some_and(begins)
}

/// The text of the first block, however it is written.
fn first_text(blocks: &[u8]) -> Option<&[u8]> {
    let mut cursor = Cursor::new(blocks, 0);
    if !cursor.opens(b'[', b']').ok()? {
        return None;
    }
    let (mut kind, mut text) = (None, None);
    let walked = Walker::new().walk_object(blocks, cursor.at, |key, value| match key {
        b"type" => kind = Some(value),
        b"text" => text = Some(value),
        _ => {}
    });
    walked.ok()?;
    text.filter(|_| kind == Some(b"\"text\""))
}
