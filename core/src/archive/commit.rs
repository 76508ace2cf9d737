//! A commit: what one push of one machine did.
//!
//! Owns: its form, and what makes it sound (section 12.3 of `docs/format.md`).
//! Invariant: what [`Commit::read`] accepts holds only sound chains, ids and places, so that nobody behind it asks
//! again. Equal commits have equal bytes.
//! Does not: compress; hosts bound what they decompress by [`Commit::MOST`].

use super::chain::Chain;
use super::name::is_id;
use super::pack::packed_limit;
use super::state::{Digest, State};
use crate::catalog::SessionSummary;
use crate::parts::{Part, classify};
use crate::storage::Name;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

const FORMAT: u32 = 1;
/// Start of the places in the log's own folder.
pub(super) const BESIDE: &str = "beside/";
/// Longest path of a session's log below its sessions folder.
const LONGEST_PATH: usize = 1024;

/// Why a commit is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// It cannot be parsed.
    #[error("it cannot be read: {0}")]
    Json(String),
    /// It is of a newer form.
    #[error("it has format {0}, this software knows {FORMAT}; use a newer one")]
    Newer(u32),
    /// A part of it contradicts another.
    #[error("{0}")]
    Unsound(String),
}

/// What one push did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    format: u32,
    /// The machine.
    pub machine: String,
    /// A name for the machine, to be shown.
    #[serde(default)]
    pub label: String,
    /// Its number, from 1, without gaps.
    pub n: u64,
    /// Digest of the bytes of the commit before; null in the first.
    pub prev: Option<Digest>,
    /// When it was made, RFC 3339; only shown.
    pub time: String,
    /// Number of the newest commit up to this one that holds everything; this one's own if it does.
    pub full: u64,
    /// The sessions that changed; all of the machine in a full commit. By id.
    pub sessions: Vec<SessionHead>,
}

/// A session as one machine pushed it last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionHead {
    /// Id in the store.
    pub id: String,
    /// Path of its log below the sessions folder, with `/`; of the snapshot if there is no log.
    pub path: String,
    /// Its log, if there is one with a whole line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Chain>,
    /// Its ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<Chain>,
    /// Other files of its own, by place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aside: Vec<Aside>,
    /// The state of another machine from which this one went on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// What lists show of it.
    #[serde(default)]
    pub summary: serde_json::Value,
}

/// A file beside a log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Aside {
    /// `quarantine/<name>`, `checkpoints/<name>` or `ledger.head` in its store, or `beside/<name>`: in the log's folder.
    pub place: String,
    /// Number of its bytes.
    pub len: u64,
    /// Digest of its bytes.
    pub digest: Digest,
    /// Length of the object.
    pub stored: u64,
}

/// Where a session was pulled from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The machine whose line it was.
    pub machine: String,
    /// Length of the log then.
    pub len: u64,
    /// Digest of its state.
    #[serde(rename = "self")]
    pub state: Digest,
}

impl Commit {
    /// Most bytes of a commit, decompressed.
    pub const MOST: u64 = 256 << 20;
    /// Most bytes of its object.
    pub const MOST_STORED: u64 = 64 << 20;

    /// A commit.
    #[must_use]
    pub fn new(machine: &str, n: u64, prev: Option<Digest>, time: String, full: u64) -> Self {
        let (machine, label) = (machine.to_string(), String::new());
        Self { format: FORMAT, machine, label, n, prev, time, full, sessions: Vec::new() }
    }

    /// True if it holds all sessions of its machine.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.full == self.n
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a commit.
    ///
    /// # Errors
    /// See [`CommitError`].
    pub fn read(bytes: &[u8]) -> Result<Self, CommitError> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let json = |error: serde_json::Error| CommitError::Json(error.to_string());
        let Format { format } = serde_json::from_slice(bytes).map_err(json)?;
        if format != FORMAT {
            return Err(CommitError::Newer(format));
        }
        let commit: Self = serde_json::from_slice(bytes).map_err(json)?;
        let wrong = |what: &str| Err(CommitError::Unsound(what.to_string()));
        if !is_id(&commit.machine) {
            return wrong("its machine has no usable id");
        }
        if commit.n == 0 || commit.full == 0 || commit.full > commit.n || commit.prev.is_none() != (commit.n == 1) {
            return wrong("its numbers contradict each other");
        }
        if !commit.sessions.is_sorted_by(|a, b| a.id < b.id) {
            return wrong("its sessions are not in order");
        }
        match commit.sessions.iter().find_map(|head| Some((head, head.fault()?))) {
            Some((head, fault)) => Err(CommitError::Unsound(format!("session `{}`: {fault}", head.id))),
            None => Ok(commit),
        }
    }
}

impl SessionHead {
    fn fault(&self) -> Option<&'static str> {
        if !is_id(&self.id) {
            return Some("its id cannot be used");
        }
        if !is_path(&self.path) {
            return Some("its path is not that of a session below the sessions folder");
        }
        if !self.aside.is_sorted_by(|a, b| a.place < b.place) {
            return Some("its files are not in order");
        }
        if !self.aside.iter().all(|aside| self.may_lie_at(&aside.place) && aside.stored <= packed_limit(aside.len)) {
            return Some("a file has no place beside its log");
        }
        [&self.log, &self.ledger].into_iter().flatten().find_map(Chain::fault)
    }

    /// True for a place of this session's own files; in the log's folder these are jcode's v1 files of the same stem.
    fn may_lie_at(&self, place: &str) -> bool {
        let Some(name) = is_place(place) else { return false };
        if !place.starts_with(BESIDE) {
            return true;
        }
        let file = self.path.rsplit('/').next().unwrap_or_default();
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let is_its = name.as_str().strip_prefix(stem).is_some_and(|rest| rest.starts_with('.'));
        is_its && classify(name.as_str()).is_v1()
    }

    /// The state of its log.
    #[must_use]
    pub fn state(&self) -> State {
        self.log.as_ref().map_or_else(State::empty, Chain::state)
    }

    /// What lists show of it; `None` if that is of another version.
    #[must_use]
    pub fn summary(&self) -> Option<SessionSummary> {
        serde_json::from_value(self.summary.clone()).ok()
    }

    /// True if all that a pull restores is equal.
    #[must_use]
    pub fn holds_the_same(&self, other: &Self) -> bool {
        let state = |chain: &Option<Chain>| chain.as_ref().map(Chain::state);
        let files = |head: &Self| head.aside.iter().map(|a| (a.place.clone(), a.digest, a.len)).collect::<Vec<_>>();
        state(&self.log) == state(&other.log)
            && state(&self.ledger) == state(&other.ledger)
            && files(self) == files(other)
    }
}

/// The path of a log or snapshot below a sessions folder: no part of it leads elsewhere, is hidden, or is a name that
/// systems refuse.
#[must_use]
pub fn is_path(path: &str) -> bool {
    let refused = |c: char| c.is_control() || matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    let good = |part: &str| {
        !part.is_empty()
            && part.len() <= 255
            && !part.starts_with('.')
            && !part.ends_with(['.', ' '])
            && !part.contains(refused)
    };
    let file = path.rsplit('/').next().unwrap_or_default();
    let is_session = matches!(classify(file), Part::Log | Part::Snapshot);
    is_session && path.len() <= LONGEST_PATH && path.split('/').all(good)
}

/// The name of a file in its place beside a log; `None` for a place that no file of a session has.
#[must_use]
pub fn is_place(place: &str) -> Option<Name> {
    let (folder, name) = match place.split_once('/') {
        Some((folder, name)) => (folder, Name::new(name)?),
        None => ("", Name::new(place)?),
    };
    let is_known = match folder {
        "quarantine" | "checkpoints" | "beside" => true,
        "" => place == "ledger.head",
        _ => false,
    };
    is_known.then_some(name)
}
