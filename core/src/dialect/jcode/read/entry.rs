//! One future entry of the log, kept small because there may be 700,000 of them.
//!
//! Owns: the places of an entry's payload, id and time in the v1 files; no bytes are copied.
//! Invariant: an entry takes 40 bytes.

use crate::dialect::jcode::read::array::Array;
use alloc::vec::Vec;

/// The kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dialect::jcode) enum Kind {
    Message,
    EnvSnapshot,
    MemoryInjection,
    ReplayEvent,
    /// A journal line, or an entry in one, that jcode does not load.
    Unloaded,
    /// Changed top-level fields.
    Meta,
    /// Side records that the session no longer has.
    Drop,
    /// The way back to an earlier entry.
    Rewind,
    /// Other content for a message: a `context_edit`, whose payload is all of it.
    Edit,
}

impl Kind {
    pub(in crate::dialect::jcode) const fn of(array: Array) -> Self {
        match array {
            Array::Messages => Self::Message,
            Array::EnvSnapshots => Self::EnvSnapshot,
            Array::MemoryInjections => Self::MemoryInjection,
            Array::ReplayEvents => Self::ReplayEvent,
        }
    }

    /// The array with entries of this kind.
    pub(in crate::dialect::jcode) fn array(self) -> Option<Array> {
        Array::ALL.into_iter().find(|&array| Self::of(array) == self)
    }

    /// `customType`; empty for what is no custom entry.
    pub(in crate::dialect::jcode) const fn custom_type(self) -> &'static str {
        match self {
            Self::Message | Self::Edit => "",
            Self::EnvSnapshot => "jcode/env_snapshot",
            Self::MemoryInjection => "jcode/memory_injection",
            Self::ReplayEvent => "jcode/replay_event",
            Self::Unloaded => "jcode/unloaded",
            Self::Meta => "jcode/meta",
            Self::Drop => "jcode/drop",
            Self::Rewind => "jcode/rewind",
        }
    }

    /// The kind with this `customType`.
    pub(in crate::dialect::jcode) fn named(custom_type: &str) -> Option<Self> {
        let custom = [
            Self::EnvSnapshot,
            Self::MemoryInjection,
            Self::ReplayEvent,
            Self::Unloaded,
            Self::Meta,
            Self::Drop,
            Self::Rewind,
        ];
        custom.into_iter().find(|kind| kind.custom_type() == custom_type)
    }
}

/// Place of the token of an entry's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dialect::jcode) enum TimeAt {
    /// None: the entry takes its predecessor's time.
    None,
    /// At this position in its own payload.
    Own(u32),
    /// In the payload of the entry with this number.
    Entry(u32),
    /// At this position among the log's own times.
    Aside(u32),
}

/// The source number of generated text, which is in no v1 file.
pub(in crate::dialect::jcode) const MADE: u8 = u8::MAX;

/// One entry.
#[derive(Debug, Clone, Copy)]
pub(in crate::dialect::jcode) struct Entry {
    /// Offset of its line in the log, once the layout is done.
    pub(in crate::dialect::jcode) start: u64,
    /// Offset of its payload in its source.
    pub(in crate::dialect::jcode) at: u64,
    /// Length of its payload.
    pub(in crate::dialect::jcode) len: u32,
    /// Place of its own id in its payload; length 0 if it gets a generated id.
    pub(in crate::dialect::jcode) id_at: u32,
    pub(in crate::dialect::jcode) id_len: u32,
    pub(in crate::dialect::jcode) time: TimeAt,
    pub(in crate::dialect::jcode) time_len: u8,
    pub(in crate::dialect::jcode) kind: Kind,
    /// Number of the v1 file, or [`MADE`].
    pub(in crate::dialect::jcode) source: u8,
    /// Whether the payload has line breaks or invalid UTF-8.
    pub(in crate::dialect::jcode) odd: Odd,
}

/// Why a payload cannot be copied unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dialect::jcode) enum Odd {
    /// It can be copied.
    No,
    /// It has line breaks between tokens, which are written as spaces.
    Lines,
    /// It has invalid UTF-8.
    Bytes,
}

impl Entry {
    /// An entry with the payload `at..at + len` of `source`, without id and time.
    pub(in crate::dialect::jcode) const fn new(kind: Kind, source: u8, at: u64, len: u32) -> Self {
        let (time, odd) = (TimeAt::None, Odd::No);
        Self { start: 0, at, len, id_at: 0, id_len: 0, time, time_len: 0, kind, source, odd }
    }
}

/// The time of an entry without one.
pub(in crate::dialect::jcode) const NO_TIME: i64 = i64::MIN;

/// Entries of one array in order, with their times in nanoseconds.
#[derive(Debug, Default)]
pub(in crate::dialect::jcode) struct List {
    pub(in crate::dialect::jcode) entries: Vec<Entry>,
    pub(in crate::dialect::jcode) times: Vec<i64>,
}

impl List {
    pub(in crate::dialect::jcode) fn push(&mut self, entry: Entry, time: i64) {
        self.entries.push(entry);
        self.times.push(time);
    }

    pub(in crate::dialect::jcode) fn truncate(&mut self, len: usize) {
        self.entries.truncate(len);
        self.times.truncate(len);
    }
}

/// The four arrays of a session. The messages also hold the unloaded entries, at their places.
#[derive(Debug, Default)]
pub(in crate::dialect::jcode) struct Lists {
    messages: List,
    env_snapshots: List,
    memory_injections: List,
    replay_events: List,
}

impl Lists {
    pub(in crate::dialect::jcode) const fn of(&self, array: Array) -> &List {
        match array {
            Array::Messages => &self.messages,
            Array::EnvSnapshots => &self.env_snapshots,
            Array::MemoryInjections => &self.memory_injections,
            Array::ReplayEvents => &self.replay_events,
        }
    }

    pub(in crate::dialect::jcode) const fn of_mut(&mut self, array: Array) -> &mut List {
        match array {
            Array::Messages => &mut self.messages,
            Array::EnvSnapshots => &mut self.env_snapshots,
            Array::MemoryInjections => &mut self.memory_injections,
            Array::ReplayEvents => &mut self.replay_events,
        }
    }

    pub(in crate::dialect::jcode) fn lens(&self) -> [usize; 4] {
        Array::ALL.map(|array| self.of(array).entries.len())
    }

    pub(in crate::dialect::jcode) fn truncate(&mut self, lens: [usize; 4]) {
        for (array, len) in Array::ALL.into_iter().zip(lens) {
            self.of_mut(array).truncate(len);
        }
    }
}
