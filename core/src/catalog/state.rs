//! jcode's own fields of a session: status, saved, names.
//!
//! Owns: which of these fields lists show: top-level fields of a v1 session; in a migrated one `metadata.jcode` and the
//! `jcode/meta` entries.
//! Invariant: fields are applied in order; the last value holds, and null clears.

use super::message::short_text;
use crate::dialect::field;
use crate::dialect::jcode::name_of;
use crate::json::text::{integer, is_null};
use crate::json::walk::Walker;
use crate::log::time;
use alloc::string::String;

/// Values of the fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) id: Option<String>,
    pub(super) parent_id: Option<String>,
    pub(super) title: Option<String>,
    pub(super) custom_title: Option<String>,
    pub(super) model: Option<String>,
    pub(super) provider: Option<String>,
    pub(super) working_dir: Option<String>,
    pub(super) short_name: Option<String>,
    pub(super) status: Option<String>,
    pub(super) status_message: Option<String>,
    pub(super) saved: bool,
    pub(super) save_label: Option<String>,
    pub(super) is_debug: bool,
    pub(super) is_canary: bool,
    pub(super) created_at: Option<i64>,
    pub(super) updated_at: Option<i64>,
    pub(super) last_active_at: Option<i64>,
    pub(super) last_pid: Option<i64>,
}

impl State {
    /// Applies an object of fields.
    pub(super) fn apply(&mut self, object: &[u8]) {
        // An object with a syntax error changes nothing.
        let mut next = self.clone();
        if Walker::new().walk_object(object, 0, |key, value| next.take(key, value)).is_ok() {
            *self = next;
        }
    }

    /// Applies one field.
    pub(super) fn take(&mut self, key: &[u8], value: &[u8]) {
        let text = || if is_null(value) { None } else { short_text(value) };
        let at = || time::parse(value).or_else(|| integer(value));
        match key {
            b"id" => self.id = text(),
            b"parent_id" => self.parent_id = text(),
            b"title" => self.title = text(),
            b"custom_title" => self.custom_title = text(),
            b"model" => self.model = text(),
            b"provider_key" => self.provider = text(),
            b"working_dir" => self.working_dir = text(),
            b"short_name" => self.short_name = text(),
            b"status" => {
                let value = if value.len() <= 4096 { value } else { b"null" };
                (self.status, self.status_message) = (name_of(value), message_of(value));
            }
            b"saved" => self.saved = value == b"true",
            b"save_label" => self.save_label = text(),
            b"is_debug" => self.is_debug = value == b"true",
            b"is_canary" => self.is_canary = value == b"true",
            b"created_at" => self.created_at = at(),
            b"updated_at" => self.updated_at = at(),
            b"last_active_at" => self.last_active_at = at(),
            b"last_pid" => self.last_pid = integer(value),
            _ => {}
        }
    }

    /// The shown title: the user's own, else jcode's.
    pub(super) fn shown_title(&self) -> Option<String> {
        self.custom_title.clone().or_else(|| self.title.clone())
    }
}

/// The message of a variant: the only text in the object behind its name.
fn message_of(status: &[u8]) -> Option<String> {
    let mut message = None;
    let walked = Walker::new().walk_object(status, 0, |_, inner| {
        message = field(inner, "message").or(Some(inner)).and_then(short_text);
    });
    walked.ok().and(message)
}
