//! Fork: a new session from the path to an entry of another session.
//!
//! Owns: the content of the new log. It holds a header that names the old log, then the entries of the path byte for
//! byte, then the labels that hold on these entries. Two changes are made to entries: the number in `batch` is removed,
//! because the rest of the batch may not be on the path; and a last entry without an id gets one if a label must follow
//! it.
//! Invariant: the new log appears whole or not at all, and the old log is only read.

use crate::os::files::PathError;
use crate::os::log_file::LogFile;
use crate::os::replace::{publish_new, temporary_for};
use crate::os::{host, paths};
use crate::session::{Entry, Session, SessionError};
use crate::sidecar::rebuild::{self, Known, RebuildError};
use jcode_session_core::dialect::jcode::StateError;
use jcode_session_core::dialect::{Refused, field, with_id, without_batch};
use jcode_session_core::json::text::write_string;
use jcode_session_core::log::{id_of, time};
use jcode_session_core::write::NewHeader;
use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Why nothing was forked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForkError {
    /// The old session cannot be read.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The old log is of another version, so its entries must not stand behind a current header.
    #[error("{}: {source}", path.display())]
    Refused {
        /// The old log.
        path: PathBuf,
        /// The reason.
        source: Refused,
    },
    /// The new log cannot be written or put in place.
    #[error(transparent)]
    Path(#[from] PathError),
    /// What was copied cannot be read back.
    #[error("what was copied cannot be read back: {0}")]
    Copied(StateError),
    /// There is nothing to fork from.
    #[error("the session has no entries, so there is no path to fork")]
    Empty,
    /// The header would exceed 64 KiB.
    #[error("the paths of session and working folder are too long for a header of 64 KiB")]
    Header,
}

/// The result of a fork.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forked {
    /// The id of the new session.
    pub session_id: String,
    /// The new log.
    pub log: PathBuf,
    /// The old session's sidecar contradicted its log. The log answered instead.
    pub was_contradicted: bool,
}

/// Forks the session at `log`, a path without links, at the entry `at`, or at its active leaf.
///
/// # Errors
/// See [`ForkError`]. After an error there is no new session.
pub fn fork(log: &Path, at: Option<&str>) -> Result<Forked, ForkError> {
    fork_into(&Session::read(log)?, at, paths::folder(log))
}

/// Forks an open session, which may be of another host, into a folder here, at the entry `at` or at its active leaf.
///
/// # Errors
/// See [`ForkError`]. After an error there is no new session.
pub fn fork_into(session: &Session, at: Option<&str>, folder: &Path) -> Result<Forked, ForkError> {
    let session_id = host::new_id();
    let target = folder.join(format!("{session_id}.jsonl"));
    let parent = session.path().to_string_lossy();
    let header = NewHeader {
        session_id: &session_id,
        now_ms: host::now_ms(),
        cwd: session.header().and_then(|header| header.cwd.as_deref()).unwrap_or_default(),
        parent_session: Some(&parent),
    };
    let header = || header.line().ok_or(ForkError::Header);
    let was_contradicted = write_fork(session, at, &target, header, |_| Ok(Vec::new()))?;
    Ok(Forked { session_id, log: target, was_contradicted })
}

/// Forks a session into the log `target`, with this header; behind what is copied stand `more` entries, which are made
/// from the copy and lack id, parent and time. Whether the old session's sidecar was contradicted.
#[cfg(feature = "jcode")]
pub(crate) fn fork_as(
    log: &Path,
    at: Option<&str>,
    target: &Path,
    header: impl FnOnce(&Session) -> Result<Vec<u8>, ForkError>,
    more: impl FnOnce(&Path) -> Result<Vec<Vec<u8>>, ForkError>,
) -> Result<bool, ForkError> {
    let session = Session::read(log)?;
    write_fork(&session, at, target, || header(&session), more)
}

fn write_fork(
    session: &Session,
    at: Option<&str>,
    target: &Path,
    header: impl FnOnce() -> Result<Vec<u8>, ForkError>,
    more: impl FnOnce(&Path) -> Result<Vec<Vec<u8>>, ForkError>,
) -> Result<bool, ForkError> {
    let refused = |source| ForkError::Refused { path: session.path().to_path_buf(), source };
    session.detected().known().map_err(refused)?;
    let header = header()?;
    let temporary = temporary_for(target)?;
    let mut out = BufWriter::new(temporary.as_file());
    let failed = || PathError::new("write", temporary.path());
    line(&mut out, &header).map_err(failed())?;
    let mut parent = copy(session, at, &mut out, &failed)?;
    out.flush().map_err(failed())?;
    for entry in more(temporary.path())? {
        let id = json(&host::new_id());
        line(&mut out, &linked(&entry, &id, parent.as_deref())).map_err(failed())?;
        parent = Some(id);
    }
    out.flush().map_err(failed())?;
    drop(out);
    publish_new(temporary, target)?;
    index(target);
    Ok(session.was_contradicted())
}

/// Copies the path and its labels; the id of the last entry, as it stands in the log.
fn copy<E: FnOnce(io::Error) -> PathError>(
    session: &Session,
    at: Option<&str>,
    out: &mut impl Write,
    failed: &impl Fn() -> E,
) -> Result<Option<Vec<u8>>, ForkError> {
    let mut written = Ok(());
    // Each id with its raw token in the log, because an id may be a number.
    let known = |entry: &Entry| entry.id_token().and_then(|token| Some((id_of(&token)?.into_owned(), token)));
    let mut ids = BTreeMap::new();
    let mut last: Option<Entry> = None;
    session.path_to(at, None, &mut |entry| {
        if let (Ok(()), Some(before)) = (&written, last.replace(entry)) {
            ids.extend(known(&before));
            written = line(out, &without_batch(&before.line));
        }
    })?;
    written.map_err(failed())?;
    let last = last.ok_or(ForkError::Empty)?;
    let own_id = known(&last).map(|(_, token)| token);
    ids.extend(known(&last));
    let labels = session.tree()?.tree.labels;
    let labels: Vec<_> = labels.iter().filter_map(|label| Some((ids.get(&label.entry_id)?, label))).collect();
    // Labels follow the last entry, so the last entry needs an id.
    let (mut parent, named) = match own_id {
        None if !labels.is_empty() => {
            let id = host::new_id();
            (Some(json(&id)), Some(with_id(&last.line, &id)))
        }
        own_id => (own_id, None),
    };
    line(out, &without_batch(named.as_deref().unwrap_or(&last.line))).map_err(failed())?;
    for (target, label) in labels {
        // A new label entry, because the one that set the label may lie off the path.
        let id = json(&host::new_id());
        let entry = label_entry(target, &label.name);
        line(out, &linked(&entry, &id, parent.as_deref())).map_err(failed())?;
        parent = Some(id);
    }
    Ok(parent)
}

/// An entry with id, parent and time behind its type.
fn linked(entry: &[u8], id: &[u8], parent: Option<&[u8]>) -> Vec<u8> {
    let kind = field(entry, "type").unwrap_or_default();
    let behind = (kind.as_ptr() as usize).saturating_sub(entry.as_ptr() as usize) + kind.len();
    let (head, rest) = entry.split_at_checked(behind).unwrap_or((entry, b""));
    let now = time::format(host::now_ms()).unwrap_or_default();
    let mut out = head.to_vec();
    for (key, value) in [("id", id), ("parentId", parent.unwrap_or(b"null")), ("timestamp", &json(&now))] {
        out.push(b',');
        write_string(&mut out, key);
        out.push(b':');
        out.extend_from_slice(value);
    }
    out.extend_from_slice(rest);
    out
}

fn line(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(bytes)?;
    out.write_all(b"\n")
}

/// A label without id, parent and time; `target` as it stands in the log.
fn label_entry(target: &[u8], name: &str) -> Vec<u8> {
    [br#"{"type":"label","targetId":"#, target, br#","label":"#, &json(name), b"}"].concat()
}

/// A text as a JSON string.
pub(crate) fn json(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    write_string(&mut out, text);
    out
}

/// Builds the new session's sidecar. If that fails, the session is read from its log.
fn index(target: &Path) {
    let built = LogFile::open(target).map_err(RebuildError::from).and_then(|log| {
        let known = Known { synced_len: log.stamp().len, ..Known::default() };
        rebuild::build_knowing(&log, &known, &mut |_| ControlFlow::Continue(()))
    });
    drop(built);
}
