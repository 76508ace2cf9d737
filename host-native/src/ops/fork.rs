//! Fork: a new session from the path to an entry of another one.
//!
//! Owns: what goes into the new log: a header that names the old log, the entries of the path byte for byte, and the
//! labels that hold on them. Invariant: the new log appears whole or not at all; the old one is only read.
//! Does not: follow branches beside the path.

use crate::os::files::PathError;
use crate::os::log_file::LogFile;
use crate::os::replace::{publish_new, temporary_for};
use crate::os::{host, paths};
use crate::session::{Entry, Session, SessionError};
use crate::sidecar::rebuild::{self, Known, RebuildError};
use jcode_session_core::index::Label;
use jcode_session_core::json::text::write_string;
use jcode_session_core::log::{LineReader, Outcome, time};
use jcode_session_core::write::NewHeader;
use std::collections::BTreeSet;
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
    /// The new log cannot be written, or put in place.
    #[error(transparent)]
    Path(#[from] PathError),
    /// There is nothing to fork from.
    #[error("the session has no entries, so there is no path to fork")]
    Empty,
    /// The header would be too long to be one.
    #[error("the paths of session and working folder are too long for a header of 64 KiB")]
    Header,
}

/// A session that was forked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forked {
    /// Its id.
    pub session_id: String,
    /// Its log.
    pub log: PathBuf,
}

/// Forks the session at `log`, a path without links, at the entry `at`, or at its active leaf.
///
/// # Errors
/// See [`ForkError`]; then there is no new session.
pub fn fork(log: &Path, at: Option<&str>) -> Result<Forked, ForkError> {
    let session = Session::read(log)?;
    let session_id = host::new_id();
    let target = paths::folder(log).join(format!("{session_id}.jsonl"));
    let parent = log.to_string_lossy();
    let header = NewHeader {
        session_id: &session_id,
        now_ms: host::now_ms(),
        cwd: session.header().and_then(|header| header.cwd.as_deref()).unwrap_or_default(),
        parent_session: Some(&parent),
    };
    let header = header.line().ok_or(ForkError::Header)?;
    let temporary = temporary_for(&target)?;
    let mut out = BufWriter::new(temporary.as_file());
    let failed = || PathError::new("write", temporary.path());
    line(&mut out, &header).map_err(failed())?;
    copy(&session, at, &mut out, &failed)?;
    out.flush().map_err(failed())?;
    drop(out);
    publish_new(temporary, &target)?;
    index(&target);
    Ok(Forked { session_id, log: target })
}

fn copy<E: FnOnce(io::Error) -> PathError>(
    session: &Session,
    at: Option<&str>,
    out: &mut impl Write,
    failed: &impl Fn() -> E,
) -> Result<(), ForkError> {
    let mut last = None;
    let mut written = Ok(());
    let mut ids = BTreeSet::new();
    session.path_to(at, None, &mut |entry| {
        if written.is_ok() {
            written = line(out, &entry.line);
            last = id_of(&entry);
            ids.extend(last.clone());
        }
    })?;
    written.map_err(failed())?;
    if ids.is_empty() {
        return Err(ForkError::Empty);
    }
    for label in session.tree()?.tree.labels.iter().filter(|label| ids.contains(&label.entry_id)) {
        // Anew: the entry that set it may stand beside the path.
        let id = host::new_id();
        line(out, &label_entry(&id, last.as_deref(), label)).map_err(failed())?;
        last = Some(id);
    }
    Ok(())
}

fn line(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(bytes)?;
    out.write_all(b"\n")
}

fn id_of(entry: &Entry) -> Option<String> {
    match LineReader::new().read(entry.offset, 0, &entry.line, false) {
        Outcome::Whole(record) => record.fields.usable_id().map(|id| id.into_owned()),
        _ => None,
    }
}

fn label_entry(id: &str, parent: Option<&str>, label: &Label) -> Vec<u8> {
    let now = time::format(host::now_ms()).unwrap_or_default();
    let mut entry = br#"{"type":"label""#.to_vec();
    let mut field = |key: &str, value: Option<&str>| {
        entry.push(b',');
        write_string(&mut entry, key);
        entry.push(b':');
        match value {
            Some(value) => write_string(&mut entry, value),
            None => entry.extend_from_slice(b"null"),
        }
    };
    field("id", Some(id));
    field("parentId", parent);
    field("timestamp", Some(&now));
    field("targetId", Some(&label.entry_id));
    field("label", Some(&label.name));
    entry.push(b'}');
    entry
}

/// Builds the new session's sidecar; without one it is read from its log.
fn index(target: &Path) {
    let built = LogFile::open(target).map_err(RebuildError::from).and_then(|log| {
        let known = Known { synced_len: log.stamp().len, ..Known::default() };
        rebuild::build_knowing(&log, &known, &mut |_| ControlFlow::Continue(()))
    });
    drop(built);
}
