//! The facts about one message that lists show.
//!
//! Owns: where the text of a message stands: in `content`, which is a string or a list of blocks.
//! Invariant: a preview is one line of at most [`PREVIEW_CHARS`] characters. Control characters are left to the output.

use crate::json::Cursor;
use crate::json::text;
use crate::json::walk::Walker;
use alloc::string::String;

/// Most characters of a preview.
pub(super) const PREVIEW_CHARS: usize = 160;

/// True for what asks the program for something, not the model: `/model gpt`. A path is no command.
#[must_use]
pub fn is_command(prompt: &str) -> bool {
    let word = prompt.split_whitespace().next().unwrap_or_default();
    let name = word.strip_prefix('/').unwrap_or_default();
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}

/// The first prompt so far, and what was said after it: the first that is no command, else the first.
pub(super) fn first_of(known: Option<String>, said: Option<String>) -> Option<String> {
    match (known, said) {
        (Some(known), Some(said)) if is_command(&known) && !is_command(&said) => Some(said),
        (known, said) => known.or(said),
    }
}

/// True while another prompt could be the first.
pub(super) fn may_be_another(known: Option<&String>) -> bool {
    known.is_none_or(|known| is_command(known))
}

/// Fields of a message, as raw tokens.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Message<'m> {
    role: Option<&'m [u8]>,
    content: Option<&'m [u8]>,
    model: Option<&'m [u8]>,
    provider: Option<&'m [u8]>,
}

impl<'m> Message<'m> {
    pub(super) fn read(token: &'m [u8]) -> Self {
        let mut message = Self::default();
        let walked = Walker::new().walk_object(token, 0, |key, value| match key {
            b"role" => message.role = Some(value),
            b"content" => message.content = Some(value),
            b"model" => message.model = Some(value),
            b"provider" => message.provider = Some(value),
            _ => {}
        });
        if walked.is_ok() { message } else { Self::default() }
    }

    pub(super) fn is_from_user(&self) -> bool {
        self.role == Some(b"\"user\"")
    }

    pub(super) fn model(&self) -> Option<String> {
        short_text(self.model?)
    }

    pub(super) fn provider(&self) -> Option<String> {
        short_text(self.provider?)
    }

    /// The start of the message's text; `None` if it has none.
    pub(super) fn preview(&self) -> Option<String> {
        let content = self.content?;
        let text = match content.first()? {
            b'"' => text::string_lossy(content)?,
            b'[' => text::string_lossy(first_text(content)?)?,
            _ => return None,
        };
        preview(&text)
    }
}

/// The token of the first non-empty text in a list of blocks.
fn first_text(blocks: &[u8]) -> Option<&[u8]> {
    let mut walker = Walker::new();
    let mut cursor = Cursor::new(blocks, 0);
    let mut more = cursor.opens(b'[', b']').ok()?;
    while more {
        let start = cursor.at;
        walker.walk_value(&mut cursor).ok()?;
        let (mut kind, mut shown) = (None, None);
        let walked = Walker::new().walk_object(cursor.since(start), 0, |key, value| match key {
            b"type" => kind = Some(value),
            b"text" => shown = Some(value),
            _ => {}
        });
        if let (Ok(_), Some(b"\"text\""), Some(text)) = (walked, kind, shown)
            && text.len() > 2
        {
            return Some(text);
        }
        more = cursor.goes_on(b']').ok()?;
    }
    None
}

/// The start of a text, on one line.
pub(super) fn preview(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut left = PREVIEW_CHARS;
    for word in text.split_whitespace() {
        if !out.is_empty() && left > 1 {
            out.push(' ');
            left -= 1;
        }
        for c in word.chars() {
            if left == 0 {
                out.push('…');
                return Some(out);
            }
            out.push(c);
            left -= 1;
        }
        if left == 0 {
            break;
        }
    }
    (!out.is_empty()).then_some(out)
}

/// A short text such as a name; `None` if it is empty or longer than 4096 bytes.
pub(super) fn short_text(token: &[u8]) -> Option<String> {
    let named = token.len() <= 4096;
    named.then(|| text::string_lossy(token)).flatten().map(|text| text.into_owned()).filter(|text| !text.is_empty())
}
