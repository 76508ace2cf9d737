//! What one more entry does to a session, for who holds its state and reads on.
//!
//! Owns: that an entry is judged by the rule by which all of a log is read.
//! Invariant: what is no [`Step::Anew`] can be taken in by itself, if its parent is the entry before it.
//! Does not: keep a state.

use super::fields::Fields;
use crate::dialect::jcode::compare::past;
use crate::dialect::jcode::read::entry::Kind;
use crate::log::{Record, is_number};

/// What an entry does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// One more message on the path.
    Message,
    /// These fields changed.
    Fields(Fields),
    /// One more environment snapshot.
    EnvSnapshot,
    /// It goes back, edits, takes side records away, or has a number for an id: only the log tells what there is now.
    Anew,
    /// Nothing that counts.
    Nothing,
}

impl Step {
    /// What this entry does.
    #[must_use]
    pub fn of(entry: &Record<'_>) -> Self {
        if entry.fields.id.is_some_and(is_number) {
            return Self::Anew;
        }
        match past::classify(entry).kind {
            Some(Kind::Message) => Self::Message,
            Some(Kind::Meta) => Self::Fields(entry.fields.data.and_then(Fields::of_object).unwrap_or_default()),
            Some(Kind::EnvSnapshot) => Self::EnvSnapshot,
            Some(Kind::Edit | Kind::Rewind | Kind::Drop) => Self::Anew,
            Some(Kind::MemoryInjection | Kind::ReplayEvent | Kind::Unloaded) | None => Self::Nothing,
        }
    }
}
