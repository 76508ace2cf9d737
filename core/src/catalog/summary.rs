//! The summary of one session.
//!
//! Owns: the facts that a list can show, and the time by which it is sorted.
//! Invariant: times are Unix milliseconds; counts are exact or unknown.

use crate::log::Dialect;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Tolerance for times ahead of the clock, in milliseconds: a smaller difference may be a time zone, a larger one is an
/// error.
const AHEAD_MS: i64 = 24 * 3_600_000;

/// True if a time is too far ahead of now to be right.
#[must_use]
pub const fn is_ahead(time_ms: i64, now_ms: i64) -> bool {
    time_ms > now_ms.saturating_add(AHEAD_MS)
}

/// The facts about a session that lists show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionSummary {
    /// The header's id, else the file's stem.
    pub session_id: String,
    /// Dialect; `None` if the log cannot be read.
    pub dialect: Option<Dialect>,
    /// Working directory.
    pub cwd: Option<String>,
    /// The title given by the user or the agent.
    pub title: Option<String>,
    /// The user gave the title.
    pub is_named: bool,
    /// Time in the header.
    pub created_at: Option<i64>,
    /// Time of the last message, else of the last entry, else of the file.
    pub last_modified: i64,
    /// The time used in lists instead of `last_modified`, if that was ahead of the clock when the session was read.
    #[serde(skip)]
    pub listed_as_of: Option<i64>,
    /// Size in bytes of the log, or of the v1 files if there is no log.
    pub size_bytes: u64,
    /// Number of entries, if known.
    pub entry_count: Option<u64>,
    /// Number of entries of kind `message`, if known.
    pub message_count: Option<u64>,
    /// Messages of the user that belong to the conversation, if known (see [`Said`](crate::log::Said)).
    pub user_messages: Option<u64>,
    /// Those of the assistant.
    pub assistant_messages: Option<u64>,
    /// Tokens that these messages record, read and written, with those from and to caches.
    pub tokens: Option<u64>,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// Last used model.
    pub model: Option<String>,
    /// Name of jcode's status.
    pub status: Option<String>,
    /// What jcode says about it, of a crash for one.
    pub status_message: Option<String>,
    /// The user saved it.
    pub saved: bool,
    /// Label under which the user saved it.
    pub save_label: Option<String>,
    /// The session from which this one was forked or spawned.
    pub parent_session: Option<String>,
    /// Start of the user's first message that is no command ([`is_command`](super::is_command)), else of the first.
    pub first_prompt: Option<String>,
    /// Start of the last message.
    pub preview: Option<String>,
    /// Key of the last entry, if known.
    pub active_leaf: Option<String>,
    /// A session of a debugging run.
    pub is_debug: bool,
    /// A session of a canary build.
    pub is_canary: bool,
    /// jcode's short name.
    pub short_name: Option<String>,
    /// Provider of the model.
    pub provider: Option<String>,
    /// When jcode last had it open.
    pub last_active_at: Option<i64>,
    /// The process that had it open last.
    pub last_pid: Option<i64>,
    /// When jcode saved it last.
    pub updated_at: Option<i64>,
    /// The other agent whose session it is, or from which it was imported.
    pub agent: Option<String>,
    /// An agent ran this session for another session.
    pub is_sub_agent: bool,
}

impl SessionSummary {
    /// What lists call the session: its title, else what was asked first.
    #[must_use]
    pub fn shown_title(&self) -> Option<&str> {
        self.title.as_deref().or(self.first_prompt.as_deref())
    }

    /// The time by which lists are sorted.
    #[must_use]
    pub fn list_time(&self) -> i64 {
        self.listed_as_of.unwrap_or(self.last_modified)
    }

    /// Lists the session by its file's time if its own time is ahead of the clock, so that a wrong clock does not keep
    /// it at the top of every list.
    #[must_use]
    pub(super) fn read_at(self, now_ms: i64, file_time: i64) -> Self {
        let listed_as_of = is_ahead(self.last_modified, now_ms).then_some(file_time);
        Self { listed_as_of, ..self }
    }
}
