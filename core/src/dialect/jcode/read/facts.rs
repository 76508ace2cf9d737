//! The facts about a v1 session that lists show.
//!
//! Owns: which fields these are.
//! Invariant: values are those after the journal.

use crate::dialect::jcode::read::array::Array;
use crate::dialect::jcode::read::entry::NO_TIME;
use crate::dialect::jcode::read::fields;
use crate::dialect::jcode::read::replay::Replay;
use crate::json::text::{self, integer};
use crate::log::time;
use crate::source::{ByteSource, SourceError};
use alloc::string::{String, ToString};

/// Longer values are not shown in lists.
const MAX_SHOWN: u64 = 64 * 1024;

/// Facts about a v1 session. Times are Unix milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// `id`, else the files' stem.
    pub session_id: String,
    /// `parent_id`.
    pub parent_id: Option<String>,
    /// `title`.
    pub title: Option<String>,
    /// `custom_title`, given by the user.
    pub custom_title: Option<String>,
    /// `model`.
    pub model: Option<String>,
    /// `provider_key`.
    pub provider: Option<String>,
    /// `working_dir`.
    pub working_dir: Option<String>,
    /// `short_name`.
    pub short_name: Option<String>,
    /// Name of the `status`.
    pub status: Option<String>,
    /// `saved`.
    pub saved: bool,
    /// `save_label`.
    pub save_label: Option<String>,
    /// `is_debug`.
    pub is_debug: bool,
    /// `is_canary`.
    pub is_canary: bool,
    /// `last_pid`.
    pub last_pid: Option<i64>,
    /// `created_at`.
    pub created_at: Option<i64>,
    /// `updated_at`.
    pub updated_at: Option<i64>,
    /// `last_active_at`.
    pub last_active_at: Option<i64>,
    /// Time of the last message that has one.
    pub last_message_at: Option<i64>,
    /// Number of messages.
    pub message_count: u64,
}

impl<S: ByteSource> Replay<S> {
    /// The facts that lists show.
    ///
    /// # Errors
    /// Fails if the files cannot be read.
    pub fn facts(&self) -> Result<Facts, SourceError> {
        let raw = |name: &str| -> Result<_, SourceError> {
            let field = fields::find(&self.state, name).filter(|field| field.token.len <= MAX_SHOWN);
            field.map(|field| field.token.bytes(&self.sources)).transpose()
        };
        let string = |name: &str| Ok(raw(name)?.and_then(|token| text::string(&token).map(|text| text.to_string())));
        let at = |name: &str| Ok(raw(name)?.and_then(|token| time::parse(&token)));
        let flag = |name: &str| Ok(raw(name)?.is_some_and(|token| *token == *b"true"));
        let messages = self.lists.of(Array::Messages);
        let last = messages.times.iter().rev().find(|&&time| time != NO_TIME);
        Ok(Facts {
            session_id: string("id")?.unwrap_or_else(|| self.session_id.clone()),
            parent_id: string("parent_id")?,
            title: string("title")?,
            custom_title: string("custom_title")?,
            model: string("model")?,
            provider: string("provider_key")?,
            working_dir: string("working_dir")?,
            short_name: string("short_name")?,
            status: raw("status")?.and_then(|token| name_of(&token)),
            saved: flag("saved")?,
            save_label: string("save_label")?,
            is_debug: flag("is_debug")?,
            is_canary: flag("is_canary")?,
            last_pid: raw("last_pid")?.and_then(|token| integer(&token)),
            created_at: at("created_at")?,
            updated_at: at("updated_at")?,
            last_active_at: at("last_active_at")?,
            last_message_at: last.map(|time| time.div_euclid(1_000_000)),
            message_count: self.message_count(),
        })
    }
}

/// The name of an enum variant: the string itself, or the only key of an object.
pub(crate) fn name_of(token: &[u8]) -> Option<String> {
    if let Some(text) = text::string(token) {
        return Some(text.to_string());
    }
    let mut name = None;
    let walked = crate::json::walk::Walker::new().walk_object(token, 0, |key, _| {
        name = text::unescape(key).map(|key| key.to_string());
    });
    walked.ok().and(name)
}
