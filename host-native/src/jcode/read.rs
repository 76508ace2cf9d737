//! Reading a session of jcode.
//!
//! Owns: how much of a log each question costs: all of it, its end, or its end up to the last compaction.
//! Invariant: nothing is written. Without a sidecar the answers are the same.
//! Does not: decide what counts; core does.

use super::error::JcodeError;
use crate::os::log_file::LogFile;
use crate::session::Session;
use crate::session::v1::is_snapshot;
use jcode_session_core::dialect::jcode::{Page, Recent, State, StateError};
use std::path::Path;

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
    if !is_snapshot(path)
        && let Some(page) = Page::read(&LogFile::open(path)?).map_err(of(path))?
    {
        return Ok(page);
    }
    Ok(Page::of(load(path)?))
}

/// Names the log of a failed read.
pub(super) fn of(path: &Path) -> impl Fn(StateError) -> JcodeError {
    let path = path.to_path_buf();
    move |source| JcodeError::State { path: path.clone(), source }
}
