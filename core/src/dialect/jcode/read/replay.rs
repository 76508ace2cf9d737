//! Replay: the session as jcode loads it, from a snapshot or its backup and the journal over it.
//!
//! Owns: the choice between snapshot, backup and salvage, which begins where jcode gives up.
//! Invariant: if jcode loads the session, the replay gives the same session.

use crate::dialect::jcode::read::array::Array;
use crate::dialect::jcode::read::entry::Lists;
use crate::dialect::jcode::read::fields::{self, Stored};
use crate::dialect::jcode::read::{journal, snapshot};
use crate::finding::{Code, Finding};
use crate::source::{ByteSource, SourceError};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// The existing v1 files of one session.
#[derive(Debug, Clone)]
pub struct V1Sources<S> {
    /// The files' stem, which is the id if no file has one.
    pub session_id: String,
    /// `<id>.json`.
    pub snapshot: Option<S>,
    /// `<id>.bak`: the snapshot before the last checkpoint.
    pub bak: Option<S>,
    /// `<id>.journal.jsonl`.
    pub journal: Option<S>,
}

/// Why a session could not be replayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// A file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Snapshot, backup and journal give no session.
    #[error(
        "no session can be read: the snapshot is broken at byte {offset}, and neither a backup nor a journal gives \
         one; put a good copy back as `.json` or `.bak`"
    )]
    Unreadable {
        /// Where the snapshot is broken; 0 if there is none.
        offset: u64,
    },
    /// A single record is larger than 4 GiB.
    #[error("the record at byte {offset} is larger than 4 GiB; export the session with jcode and shorten it")]
    TooLarge {
        /// Offset of the record.
        offset: u64,
    },
}

/// The source from which the session was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The snapshot.
    Snapshot,
    /// The backup, because the snapshot is broken or missing.
    Backup,
    /// The whole elements of a broken snapshot. jcode does not load such a session.
    Salvaged,
    /// The journal alone. jcode does not load such a session.
    Journal,
}

/// A replayed session.
#[derive(Debug)]
pub struct Replay<S> {
    pub(in crate::dialect::jcode) session_id: String,
    pub(in crate::dialect::jcode) sources: Vec<S>,
    pub(in crate::dialect::jcode) origin: Origin,
    /// Top-level fields of the snapshot.
    pub(in crate::dialect::jcode) base: Vec<Stored>,
    /// Top-level fields after the journal.
    pub(in crate::dialect::jcode) state: Vec<Stored>,
    pub(in crate::dialect::jcode) lists: Lists,
    pub(in crate::dialect::jcode) findings: Vec<Finding>,
}

impl<S> Replay<S> {
    /// The source from which the session was read.
    #[must_use]
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    /// Findings of the v1 files. Offsets and lines are those in the journal, or in the snapshot where the message says
    /// so. All of them were handled.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Number of messages.
    #[must_use]
    pub fn message_count(&self) -> u64 {
        let messages = self.lists.of(Array::Messages).entries.iter();
        messages.filter(|entry| entry.kind == crate::dialect::jcode::read::entry::Kind::Message).count() as u64
    }
}

/// Replays a session.
///
/// # Errors
/// Fails if a file cannot be read, if the files give no session, or if `tick`, which gets the number of bytes done,
/// interrupts.
pub fn replay<S: ByteSource>(
    files: V1Sources<S>,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Replay<S>, ReplayError> {
    let mut findings = Vec::new();
    let mut sources = Vec::new();
    let mut read = |source: &Option<S>| source.as_ref().map(|source| snapshot::read(source, 0, tick)).transpose();
    let first = read(&files.snapshot)?;
    let refused_at = first.as_ref().and_then(|snapshot| snapshot.refused_at);
    let (mut origin, mut base) = (Origin::Journal, snapshot::Snapshot::default());
    match first {
        Some(snapshot) if snapshot.refused_at.is_none() => {
            (origin, base) = (Origin::Snapshot, snapshot);
            sources.extend(files.snapshot);
        }
        first => {
            let second = read(&files.bak)?;
            let has_messages = |s: &snapshot::Snapshot| !s.lists.of(Array::Messages).entries.is_empty();
            if let Some(good) = second.filter(|second| second.refused_at.is_none()) {
                (origin, base) = (Origin::Backup, good);
                sources.extend(files.bak);
            } else if let Some(part) = first.filter(has_messages) {
                (origin, base) = (Origin::Salvaged, part);
                sources.extend(files.snapshot);
            }
            if let Some(at) = refused_at {
                let what = match origin {
                    Origin::Backup => "the session was read from its `.bak`",
                    Origin::Salvaged => "there is no good `.bak`; its whole records were read",
                    _ => "there is no good `.bak`; the session was read from its journal",
                };
                let finding = Finding { byte_offset: Some(at), ..Finding::new(Code::InvalidJson) };
                findings.push(finding.harmless().say(format!("jcode does not load the snapshot (byte {at}); {what}")));
            }
        }
    }
    let snapshot::Snapshot { fields: base, mut lists, .. } = base;
    let number = u8::try_from(sources.len()).unwrap_or_default();
    let read = files.journal.as_ref().map(|source| journal::read(source, number, &mut lists, tick)).transpose()?;
    sources.extend(files.journal);
    let read = read.unwrap_or_default();
    if origin == Origin::Journal && read.applied == 0 {
        return Err(ReplayError::Unreadable { offset: refused_at.unwrap_or_default() });
    }
    findings.extend(read.findings);
    let mut state = base.clone();
    if let Some(meta) = read.meta {
        fields::overlay(&mut state, fields::of_object(&sources, meta)?);
    }
    sources.iter().try_for_each(ByteSource::still_whole)?;
    Ok(Replay { session_id: files.session_id, sources, origin, base, state, lists, findings })
}
