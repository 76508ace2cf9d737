//! The four arrays of a session.
//!
//! Owns: their names in snapshot and journal, and what their elements are.
//! Invariant: `ALL` is the order in which a snapshot holds them, and in which records of one time are merged.
//! Does not: hold elements; see [`crate::dialect::jcode::read::entry`].

use crate::dialect::jcode::read::schema::{ENV_SNAPSHOT, MEMORY_INJECTION, MESSAGE, REPLAY_EVENT, Type};

/// One of the arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::dialect::jcode) enum Array {
    Messages,
    EnvSnapshots,
    MemoryInjections,
    ReplayEvents,
}

impl Array {
    pub(in crate::dialect::jcode) const ALL: [Self; 4] =
        [Self::Messages, Self::EnvSnapshots, Self::MemoryInjections, Self::ReplayEvents];

    /// Its name in a snapshot.
    pub(in crate::dialect::jcode) const fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::EnvSnapshots => "env_snapshots",
            Self::MemoryInjections => "memory_injections",
            Self::ReplayEvents => "replay_events",
        }
    }

    pub(in crate::dialect::jcode) fn in_snapshot(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|array| array.name() == key)
    }

    pub(in crate::dialect::jcode) fn in_journal(key: &str) -> Option<Self> {
        Self::in_snapshot(key.strip_prefix("append_")?)
    }

    /// What its elements are.
    pub(in crate::dialect::jcode) const fn element(self) -> &'static Type {
        match self {
            Self::Messages => &MESSAGE,
            Self::EnvSnapshots => &ENV_SNAPSHOT,
            Self::MemoryInjections => &MEMORY_INJECTION,
            Self::ReplayEvents => &REPLAY_EVENT,
        }
    }

    /// The field that holds an element's time.
    pub(in crate::dialect::jcode) const fn time_field(self) -> &'static str {
        match self {
            Self::EnvSnapshots => "captured_at",
            _ => "timestamp",
        }
    }
}
