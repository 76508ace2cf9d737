//! The four arrays of a v1 session.
//!
//! Owns: their names in snapshot and journal, and the types of their elements.
//! Invariant: `ALL` is their order in a snapshot, and the order in which records of equal time are merged.

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

    /// The type of its elements.
    pub(in crate::dialect::jcode) const fn element(self) -> &'static Type {
        match self {
            Self::Messages => &MESSAGE,
            Self::EnvSnapshots => &ENV_SNAPSHOT,
            Self::MemoryInjections => &MEMORY_INJECTION,
            Self::ReplayEvents => &REPLAY_EVENT,
        }
    }

    /// The field with an element's time.
    pub(in crate::dialect::jcode) const fn time_field(self) -> &'static str {
        match self {
            Self::EnvSnapshots => "captured_at",
            _ => "timestamp",
        }
    }
}
