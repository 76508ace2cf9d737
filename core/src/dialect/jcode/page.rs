//! The end of a session: what a model is shown of it.
//!
//! Owns: where it begins: at the message that the last compaction left, if it left one.
//! Invariant: it is the end of what the whole path gives. Its cost follows what it shows and what was appended since all
//! fields were said, not the log.
//! Does not: find a path; where the end of the log does not tell, the caller reads all.

use super::fields::Fields;
use super::recent::Recent;
use super::state::{State, StateError, Stored};
use crate::dialect::splice::field;
use crate::json::text::integer;
use crate::log::shown_len;
use crate::log::tail::active_path_from;
use crate::source::{ByteSource, Prefix};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// The end of a session: what a model is shown of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The top-level fields.
    pub fields: Fields,
    /// The messages from the last compaction on; all, where there was none.
    pub messages: Vec<Stored>,
    /// How many messages stand before them; unknown where only the whole path tells.
    pub hidden: Option<u64>,
}

impl Page {
    /// Reads it from the end of a log; `None` if only the whole path tells.
    ///
    /// # Errors
    /// See [`StateError`].
    pub fn read<S: ByteSource>(log: &S) -> Result<Option<Self>, StateError> {
        let log = &Prefix { source: log, len: shown_len(log)? };
        let Recent { fields, messages: all, boundary } = Recent::of_shown(log)?;
        let Some(boundary) = boundary else { return Ok(None) };
        let Some(spans) = active_path_from(log, 0, &boundary)? else { return Ok(None) };
        let line =
            |span: &crate::log::tail::Span| log.bytes(span.offset, usize::try_from(span.len).unwrap_or_default());
        let lines: Vec<Cow<'_, [u8]>> = spans.iter().map(line).collect::<Result<_, _>>()?;
        let messages = State::messages_of(lines.iter().map(|line| &**line));
        log.still_whole()?;
        let hidden = all.and_then(|all| all.checked_sub(messages.len() as u64));
        Ok(Some(Self { fields, messages, hidden }))
    }

    /// Of a whole state.
    #[must_use]
    pub fn of(state: State) -> Self {
        let State { fields, mut messages, .. } = state;
        let hidden = compacted(&fields).min(messages.len());
        messages.drain(..hidden);
        Self { fields, messages, hidden: Some(hidden as u64) }
    }
}

/// How many messages the compaction in these fields covers.
#[must_use]
pub fn compacted(fields: &Fields) -> usize {
    let count = fields.get("compaction").and_then(|compaction| integer(field(compaction, "compacted_count")?));
    count.and_then(|count| usize::try_from(count).ok()).unwrap_or_default()
}
