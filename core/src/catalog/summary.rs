//! The summary of one session.
//!
//! Owns: what a list can show of it, and the time by which it is sorted. Invariant: times are Unix milliseconds; counts
//! are exact or unknown.
//! Does not: know where the session is.

use crate::log::Dialect;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Serialize;

/// A clock that is wrong by this much, milliseconds, is a clock in another zone; one that is wrong by more is wrong.
const AHEAD_MS: i64 = 24 * 3_600_000;

/// Whether a time cannot be that of a session which is read now.
#[must_use]
pub const fn is_ahead(time_ms: i64, now_ms: i64) -> bool {
    time_ms > now_ms.saturating_add(AHEAD_MS)
}

/// What lists show of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SessionSummary {
    /// Id in the header, or the file's stem.
    pub session_id: String,
    /// Dialect; `None` if the log cannot be read.
    pub dialect: Option<Dialect>,
    /// Working directory.
    pub cwd: Option<String>,
    /// The name that the user or the agent gave it.
    pub title: Option<String>,
    /// Time in the header.
    pub created_at: Option<i64>,
    /// Time of the last message, else of the last entry, else of the file.
    pub last_modified: i64,
    /// The time that counts in lists instead, where that one lies ahead of the time at which the session was read.
    #[serde(skip)]
    pub listed_as_of: Option<i64>,
    /// Bytes of the log, or of the v1 files where there is no log.
    pub size_bytes: u64,
    /// Entries, if known.
    pub entry_count: Option<u64>,
    /// Entries of kind `message`, if known.
    pub message_count: Option<u64>,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// Model that was used last.
    pub model: Option<String>,
    /// Name of jcode's status.
    pub status: Option<String>,
    /// What jcode says about it, of a crash for one.
    pub status_message: Option<String>,
    /// The user saved it.
    pub saved: bool,
    /// Under this label.
    pub save_label: Option<String>,
    /// The session from which it was forked or spawned.
    pub parent_session: Option<String>,
    /// Start of the first message of the user.
    pub first_prompt: Option<String>,
    /// Start of the last message.
    pub preview: Option<String>,
    /// The last entry, if its id is known.
    pub active_leaf: Option<String>,
    /// A session of a debugging run.
    pub is_debug: bool,
    /// A session of a canary build.
    pub is_canary: bool,
    /// jcode's short name.
    pub short_name: Option<String>,
    /// Provider of the model.
    pub provider: Option<String>,
    /// When jcode had it open last.
    pub last_active_at: Option<i64>,
    /// The process that had it open last.
    pub last_pid: Option<i64>,
    /// When jcode saved it last.
    pub updated_at: Option<i64>,
    /// The other agent whose session it is, or from which it was imported.
    pub agent: Option<String>,
    /// An agent ran it for another session.
    pub is_sub_agent: bool,
}

impl SessionSummary {
    /// The time by which lists are sorted.
    #[must_use]
    pub fn list_time(&self) -> i64 {
        self.listed_as_of.unwrap_or(self.last_modified)
    }

    /// Lists the session by its file's time if its own is ahead of now, so that a wrong clock does not keep it at the
    /// head of all lists.
    #[must_use]
    pub(super) fn read_at(self, now_ms: i64, file_time: i64) -> Self {
        let listed_as_of = is_ahead(self.last_modified, now_ms).then_some(file_time);
        Self { listed_as_of, ..self }
    }
}
