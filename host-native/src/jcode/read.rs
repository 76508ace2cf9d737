//! Reading a session of jcode.
//!
//! Owns: how much of a log each question costs: all of it, its end, or its end up to the last compaction.
//! Invariant: nothing is written. Without a sidecar the answers are the same.
//! Does not: decide what counts; core does.

use super::error::JcodeError;
use crate::os::log_file::LogFile;
use crate::session::Session;
use crate::session::v1::is_snapshot;
use jcode_session_core::dialect::jcode::{Fields, Recent, State, StateError, Stored};
use jcode_session_core::log::id_of;
use std::path::Path;

/// Entries that are read at first for a page; then four times as many.
const FIRST: usize = 64;

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

/// All of a session: a log, or jcode's v1 files named by their snapshot.
///
/// # Errors
/// See [`JcodeError`].
pub fn load(path: &Path) -> Result<State, JcodeError> {
    let session = Session::read(path)?;
    let ranges = session.path_ranges(None, None)?;
    State::read(&session.bytes(), ranges.into_iter()).map_err(of(path))
}

/// The fields of a session, and what is known of its messages, without reading those.
///
/// # Errors
/// See [`JcodeError`].
pub fn recent(path: &Path) -> Result<Recent, JcodeError> {
    if is_snapshot(path) {
        let state = load(path)?;
        let messages = Some(state.messages.len() as u64);
        return Ok(Recent { fields: state.fields, messages, boundary: None });
    }
    Recent::read(&LogFile::open(path)?).map_err(of(path))
}

/// The end of a session, from the last compaction on.
///
/// # Errors
/// See [`JcodeError`].
pub fn page(path: &Path) -> Result<Page, JcodeError> {
    if is_snapshot(path) {
        let State { fields, messages, .. } = load(path)?;
        return Ok(behind_compaction(fields, messages));
    }
    let Recent { fields, messages: all, boundary } = recent(path)?;
    let Some(boundary) = boundary else { return Ok(behind_compaction(fields, load(path)?.messages)) };
    let session = Session::read(path)?;
    let mut count = FIRST;
    loop {
        let entries = session.tail(count)?;
        let at = entries
            .iter()
            .rposition(|entry| entry.id_token().is_some_and(|id| id_of(&id).as_deref() == Some(&*boundary)));
        if let Some(kept) = at.and_then(|at| entries.get(at..)) {
            let messages = State::messages_of(kept.iter().map(|entry| &*entry.line));
            let hidden = all.and_then(|all| all.checked_sub(messages.len() as u64));
            return Ok(Page { fields, messages, hidden });
        }
        if entries.len() < count {
            // A rewind went back behind it.
            return Ok(behind_compaction(fields, load(path)?.messages));
        }
        count *= 4;
    }
}

/// The same from all messages, where only the whole path tells where it begins.
fn behind_compaction(fields: Fields, mut messages: Vec<Stored>) -> Page {
    let hidden = compacted(&fields).min(messages.len());
    messages.drain(..hidden);
    Page { fields, messages, hidden: Some(hidden as u64) }
}

/// How many messages the compaction in these fields covers.
pub(super) fn compacted(fields: &Fields) -> usize {
    let count = fields.get("compaction").and_then(|compaction| {
        jcode_session_core::json::text::integer(jcode_session_core::dialect::field(compaction, "compacted_count")?)
    });
    count.and_then(|count| usize::try_from(count).ok()).unwrap_or_default()
}

/// Names the log of a failed read.
pub(super) fn of(path: &Path) -> impl Fn(StateError) -> JcodeError {
    let path = path.to_path_buf();
    move |source| JcodeError::State { path: path.clone(), source }
}
