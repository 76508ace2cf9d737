//! jcode's state of a session, read from its log without a detour over exported text.
//!
//! Owns: which entries make the state. Invariant: it is what [`super::export()`] writes, value by value.
//! Does not: find the path; callers have an index. Judge the values; they are as jcode stored them.

use super::export::Message as OfPath;
use super::fields::Fields;
use crate::dialect::Edits;
use crate::dialect::jcode::compare::past;
use crate::dialect::jcode::compare::rest::Rest;
use crate::dialect::jcode::read::array::Array;
use crate::dialect::jcode::read::normal_form::same;
use crate::log::{LineReader, Outcome, Record};
use crate::source::{ByteSource, SourceError};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

/// Why a log has no such state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The log cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The log does not come from jcode.
    #[error("this log does not come from jcode, so it holds no state of jcode's; read it as entries")]
    NotFromJcode,
    /// A range of the path holds no entry.
    #[error("there is no entry at byte {offset}: the path is not of this log; read its index again")]
    NoEntry {
        /// Where.
        offset: u64,
    },
}

/// A message or side record, and the entry that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Id of the entry; empty if it has none that can be used.
    pub entry_id: String,
    /// What jcode stored, as JSON; of an edited message with the content that holds.
    pub json: Vec<u8>,
}

/// All of a session, as jcode holds it in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The top-level fields.
    pub fields: Fields,
    /// The messages of the active path.
    pub messages: Vec<Stored>,
    /// `env_snapshots`.
    pub env_snapshots: Vec<Stored>,
    /// `memory_injections`.
    pub memory_injections: Vec<Stored>,
    /// `replay_events`.
    pub replay_events: Vec<Stored>,
    /// The edits that hold for the messages.
    pub edits: Edits,
}

impl State {
    /// The state of a log, with the messages of the entries at `path`, root first.
    ///
    /// # Errors
    /// See [`StateError`].
    pub fn read<S: ByteSource>(log: &S, path: impl Iterator<Item = Range<u64>> + Clone) -> Result<Self, StateError> {
        let (messages, edits) = messages(log, path)?;
        let state = Self { messages, edits, ..Self::without_messages(log)? };
        log.still_whole()?;
        Ok(state)
    }

    /// The messages of the end of a path, of which these are the lines.
    #[must_use]
    pub fn messages_of<'l>(lines: impl Iterator<Item = &'l [u8]> + Clone) -> Vec<Stored> {
        let edits = Edits::of(lines.clone());
        let mut reader = LineReader::new();
        let mut messages = Vec::new();
        for line in lines {
            if let Outcome::Whole(record) = reader.read(0, 0, line, false) {
                messages.extend(stored(&record, &edits));
            }
        }
        messages
    }

    /// The same but for the messages.
    ///
    /// # Errors
    /// See [`StateError`].
    pub fn without_messages<S: ByteSource>(log: &S) -> Result<Self, StateError> {
        let origin = past::origin(log)?.ok_or(StateError::NotFromJcode)?;
        let rest = Rest::read(log, origin.fields)?;
        let fields = Fields::in_log(log, &rest.fields)?;
        let mut state = Self { fields, ..Self::default() };
        for side in rest.sides() {
            let json = side.token.of(log)?.into_owned();
            let stored = Stored { entry_id: side.key.clone().unwrap_or_default(), json };
            match side.array {
                Array::EnvSnapshots => state.env_snapshots.push(stored),
                Array::MemoryInjections => state.memory_injections.push(stored),
                Array::ReplayEvents => state.replay_events.push(stored),
                Array::Messages => {}
            }
        }
        Ok(state)
    }
}

/// The messages of a path as its edits leave them, and those.
fn messages<S: ByteSource>(
    log: &S,
    path: impl Iterator<Item = Range<u64>> + Clone,
) -> Result<(Vec<Stored>, Edits), StateError> {
    let edits = past::edits(log, path.clone())?;
    let mut messages = Vec::new();
    for range in path {
        let offset = range.start;
        let whole = past::entry(log, range, |record| messages.extend(stored(record, &edits)))?;
        if !whole {
            return Err(StateError::NoEntry { offset });
        }
    }
    Ok((messages, edits))
}

/// The message of an entry; none if it has none, or that is left out.
fn stored(record: &Record<'_>, edits: &Edits) -> Option<Stored> {
    let message = OfPath::of(record, edits)?;
    let entry_id = record.fields.usable_id().map(|id| id.to_string()).unwrap_or_default();
    let as_it_stands = || record.fields.message.unwrap_or_default().to_vec();
    Some(Stored { entry_id, json: message.into_edited().unwrap_or_else(as_it_stands) })
}

/// Two messages are the same to jcode, however they are written.
#[must_use]
pub fn same_message(a: &[u8], b: &[u8]) -> bool {
    same(Array::Messages.element(), a, b)
}
