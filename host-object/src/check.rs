//! Checking a store: every byte of it, or what names and lengths tell.
//!
//! Owns: which findings are told of a store beyond those of its logs, and their words.
//! Invariant: nothing is changed. A finding names the object, the bytes of the log that it should hold, and the cure.

use crate::objects::ObjectError;
use crate::remote::{Remote, RemoteSession, v1};
use crate::source::{aside_name, aside_source, ledger_source};
use jcode_session_core::archive::name::{self, Object, Of};
use jcode_session_core::archive::{Chain, Digest, FileHasher, SessionHead, State, StateHasher, packed_limit, unpack};
use jcode_session_core::finding::{Code, Finding};
use jcode_session_core::log::Dialect;
use jcode_session_core::report::{DoctorReport, DoctorSessions, LogReport, PathFinding};
use jcode_session_core::source::{ByteSource, SourceError};
use jcode_session_core::store::ledger::{Head, Ledger};
use jcode_session_core::verify::StoreFiles;
use jcode_session_native::ops::verify::{Beside, VerifyError, verify_given};
use jcode_session_native::os::path_text::shown;
use jcode_session_native::os::segments::Zstd;
use jcode_session_native::session::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// Why a session in a store could not be verified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The store does not answer.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// A part of it cannot be read.
    #[error("cannot be read: {0}")]
    Source(#[from] SourceError),
    /// Its log cannot be verified.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

/// Verifies a session: that each object holds what its name and its commit say, then log, ledger and kept files as where
/// they came from.
///
/// # Errors
/// Fails if the check cannot be carried out. Problems that it finds are in the report.
pub fn verify(
    remote: &Remote,
    session: &RemoteSession,
    tick: &mut (dyn FnMut(u64) -> ControlFlow<()> + Send),
) -> Result<LogReport, CheckError> {
    let head = &session.head;
    let stored = stored(remote, head)?;
    if !stored.is_empty() {
        // What cannot be relied on is not judged any further.
        let dialect = head.summary().and_then(|summary| summary.dialect);
        let mut report =
            LogReport::new(shown(&session.path), dialect.unwrap_or(Dialect::Unknown), 0, "missing", stored);
        report.dialect = dialect;
        return Ok(report);
    }
    let archive = remote.archive();
    let rows = ledger_source(archive, head);
    let rows = rows.read_vec(0, usize::try_from(rows.len()).unwrap_or(usize::MAX))?;
    let kept = Kept { remote, head };
    let ledger_head = kept.of("ledger.head").and_then(|file| file.read_vec(0, usize::try_from(file.len()).ok()?).ok());
    let ledger = Ledger::read(&rows, ledger_head.and_then(|bytes| Head::read(&bytes)).as_ref());
    let beside = Beside { ledger: &ledger, files: &kept, v1: v1(archive, head) };
    Ok(verify_given(&session.path, remote.give(session), beside, tick)?)
}

/// The kept files of a session.
struct Kept<'k> {
    remote: &'k Remote,
    head: &'k SessionHead,
}

impl Kept<'_> {
    fn of(&self, place: &str) -> Option<Bytes> {
        let aside = self.head.aside.iter().find(|aside| aside.place == place)?;
        Some(aside_source(self.remote.archive(), self.head, aside))
    }
}

impl StoreFiles for Kept<'_> {
    type File = Bytes;

    fn open(&self, folder: &str, name: &str) -> Option<Bytes> {
        self.of(&format!("{folder}/{name}"))
    }
}

/// What is wrong with the objects of a session.
fn stored(remote: &Remote, head: &SessionHead) -> Result<Vec<Finding>, ObjectError> {
    let mut findings = Vec::new();
    for (of, chain) in [(Of::Log, &head.log), (Of::Ledger, &head.ledger)] {
        if let Some(chain) = chain {
            findings.extend(chain_findings(remote, head, of, chain)?);
        }
    }
    for aside in &head.aside {
        let name = aside_name(head, aside);
        let mut hasher = FileHasher::default();
        let how = object(remote, &name, aside.len, aside.stored, None, &mut |bytes| hasher.update(bytes))?;
        let how = how.or_else(|| (hasher.digest() != aside.digest).then_some(OTHER));
        findings.extend(how.map(|how| damaged(remote, head, &name, how, &format!("{} is lost", aside.place))));
    }
    Ok(findings)
}

fn chain_findings(remote: &Remote, head: &SessionHead, of: Of, chain: &Chain) -> Result<Vec<Finding>, ObjectError> {
    let mut findings = Vec::new();
    let mut hasher = StateHasher::default();
    // Behind a piece that is lost no state can be told, but what each object holds still can.
    let mut is_whole = true;
    for piece in &chain.pieces {
        let name = name::piece(&head.id, of, piece);
        let how = object(remote, &name, piece.len, piece.stored, Some(piece.blake3), &mut |bytes| {
            hasher.update(bytes);
        })?;
        let is_state = || hasher.state() == State { len: piece.end(), digest: piece.state };
        let how = how.or_else(|| (is_whole && !is_state()).then_some(OTHER));
        is_whole &= how.is_none();
        findings.extend(how.map(|how| {
            let what = match of {
                Of::Log => format!("bytes {}..{} of the log are lost", piece.from, piece.end()),
                Of::Ledger => format!("bytes {}..{} of its ledger are lost", piece.from, piece.end()),
            };
            let offset = (of == Of::Log).then_some(piece.from);
            Finding { byte_offset: offset, ..damaged(remote, head, &name, how, &what) }
        }));
    }
    Ok(findings)
}

const OTHER: &str = "does not hold the bytes that were pushed";

fn damaged(remote: &Remote, head: &SessionHead, name: &str, how: &str, what: &str) -> Finding {
    let shown = remote.archive().objects().shown(name);
    Finding::new(Code::SegmentDamaged).say(format!(
        "{shown} {how}: {what}; put it back from a copy of the store, or move it away and `push {}` from a machine that \
         has the session",
        head.id
    ))
}

/// What is wrong with an object; `each` gets what it holds.
fn object(
    remote: &Remote,
    name: &str,
    len: u64,
    stored: u64,
    digest: Option<Digest>,
    each: &mut dyn FnMut(&[u8]),
) -> Result<Option<&'static str>, ObjectError> {
    let objects = remote.archive().objects();
    let Some(packed) = objects.get(name, packed_limit(len).max(stored))? else { return Ok(Some("is missing")) };
    if packed.len() as u64 != stored {
        return Ok(Some("has another length than was stored"));
    }
    if digest.is_some_and(|digest| Digest::of(&packed) != digest) {
        return Ok(Some("holds other bytes than were stored"));
    }
    Ok(unpack(&packed, len, &Zstd::default(), each).is_none().then_some("cannot be decompressed"))
}

/// Examines a store by names and lengths: commits, objects that are missing or short, sessions with several histories.
///
/// # Errors
/// Fails if the store does not answer.
pub fn examine(remote: &Remote) -> Result<DoctorReport, ObjectError> {
    let objects = remote.archive().objects();
    let of = |name: &str, finding: Finding| PathFinding { path: objects.shown(name), finding };
    let mut findings: Vec<PathFinding> = remote
        .view()
        .troubles
        .iter()
        .map(|trouble| {
            let code = if trouble.is_rewound { Code::StoreRewound } else { Code::CommitDamaged };
            of(&trouble.name, Finding::new(code).say(trouble.message.clone()))
        })
        .collect();
    let listed = objects.list(name::SESSIONS, None)?;
    let there: BTreeMap<&str, u64> = listed.iter().map(|listed| (listed.name.as_str(), listed.len)).collect();
    let mut named = BTreeSet::new();
    for head in remote.view().lines.values().flat_map(|line| line.sessions.values()) {
        for (name, stored) in objects_of(head) {
            let how = match there.get(name.as_str()) {
                None => Some("is missing"),
                Some(len) if *len != stored => Some("has another length than was stored"),
                Some(_) => None,
            };
            if let Some(how) = how.filter(|_| !named.contains(&name)) {
                findings.push(of(&name, damaged(remote, head, &name, how, "what it held is lost")));
            }
            named.insert(name);
        }
    }
    let sessions = remote.sessions();
    let mut counts = DoctorSessions { count: remote.view().ids().len() as u64, ..DoctorSessions::default() };
    for session in &sessions {
        let kept = session.head.aside.iter().filter(|aside| aside.place.starts_with("beside/"));
        counts.total_bytes += session.head.state().len + kept.map(|aside| aside.len).sum::<u64>();
        if session.id.contains('@') {
            let words =
                "a machine has another history of this session; both are kept, and `pull --machine` brings either";
            let path = shown(&session.path);
            findings.push(PathFinding { path, finding: Finding::new(Code::Diverged).say(words) });
        }
    }
    for (name, len) in &there {
        let is_piece = matches!(name::parse(name), Some(Object::Piece(..) | Object::Aside(..)));
        match named.contains(*name) {
            true => counts.disk.logs += len,
            // Older packings, and what no commit names yet.
            false if is_piece => counts.disk.stores += len,
            false => counts.disk.other += len,
        }
    }
    Ok(DoctorReport::new(counts, findings))
}

/// The objects that a head names, with their stored lengths.
fn objects_of(head: &SessionHead) -> Vec<(String, u64)> {
    let chains = [(Of::Log, &head.log), (Of::Ledger, &head.ledger)].into_iter();
    let pieces = chains.filter_map(|(of, chain)| Some((of, chain.as_ref()?)));
    let pieces = pieces.flat_map(|(of, chain)| chain.pieces.iter().map(move |piece| (of, piece)));
    let pieces = pieces.map(|(of, piece)| (name::piece(&head.id, of, piece), piece.stored));
    pieces.chain(head.aside.iter().map(|aside| (aside_name(head, aside), aside.stored))).collect()
}
