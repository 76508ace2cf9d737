//! A line: the commits of one machine, in order.
//!
//! Owns: what the commits of a machine come to, and what the next one holds.
//! Invariant: commits are numbered without gaps and each names the digest of the one before, so that a commit that is
//! changed, missing or another one's is seen. A line is read from a full commit on; older ones need not be there.

use super::commit::{Commit, SessionHead};
use super::state::Digest;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Most commits behind a full one.
const MOST_DELTAS: u64 = 64;

/// A commit, by number and digest of its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Mark {
    /// Its number.
    pub n: u64,
    /// Digest of its object's bytes.
    pub digest: Digest,
}

/// Why a commit does not continue a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// It says that it is another one.
    #[error("it says that it is commit {n} of machine `{machine}`")]
    Other {
        /// Its machine.
        machine: String,
        /// Its number.
        n: u64,
    },
    /// It names another commit before it.
    #[error("it does not continue the commit before it")]
    Broken,
    /// It does not hold everything, and nothing stands before it.
    #[error("it should hold everything, and does not")]
    NotFull,
}

/// What a machine pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The machine.
    pub machine: String,
    /// Its name, to be shown.
    pub label: String,
    /// When it pushed last, RFC 3339.
    pub time: String,
    /// Its newest commit; `None` before the first.
    pub head: Option<Mark>,
    /// Its sessions, by id.
    pub sessions: BTreeMap<String, SessionHead>,
    /// Number of the newest full commit.
    full: u64,
    /// Stored bytes of that one, and of those since.
    full_len: u64,
    since_len: u64,
}

impl Line {
    /// A line without commits.
    #[must_use]
    pub fn new(machine: &str) -> Self {
        Self {
            machine: machine.to_string(),
            label: String::new(),
            time: String::new(),
            head: None,
            sessions: BTreeMap::new(),
            full: 0,
            full_len: 0,
            since_len: 0,
        }
    }

    /// Number of its newest commit; 0 before the first.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.head.map_or(0, |head| head.n)
    }

    /// Adds a commit, whose object has these bytes.
    ///
    /// # Errors
    /// [`LineError`] if it does not continue the line, which then is as before.
    pub fn add(&mut self, commit: Commit, stored: &[u8]) -> Result<(), LineError> {
        let Commit { machine, n, prev, label, time, .. } = &commit;
        if *machine != self.machine || self.head.is_some_and(|head| head.n + 1 != *n) {
            return Err(LineError::Other { machine: machine.clone(), n: *n });
        }
        match self.head {
            Some(head) if *prev != Some(head.digest) => return Err(LineError::Broken),
            None if !commit.is_full() => return Err(LineError::NotFull),
            _ => {}
        }
        (self.label, self.time) = (label.clone(), time.clone());
        self.head = Some(Mark { n: *n, digest: Digest::of(stored) });
        if commit.is_full() {
            self.sessions.clear();
            (self.full, self.full_len, self.since_len) = (*n, stored.len() as u64, 0);
        } else {
            self.since_len += stored.len() as u64;
        }
        self.sessions.extend(commit.sessions.into_iter().map(|head| (head.id.clone(), head)));
        Ok(())
    }

    /// The next commit, in which these sessions changed: all are in it, if those since the last full one would cost
    /// more than half of that.
    #[must_use]
    pub fn next(&self, changed: Vec<SessionHead>, label: &str, time: String) -> Commit {
        let n = self.n() + 1;
        let is_full = n == 1 || n - self.full >= MOST_DELTAS || self.since_len > self.full_len / 2;
        let full = if is_full { n } else { self.full };
        let changed: BTreeMap<String, SessionHead> = changed.into_iter().map(|head| (head.id.clone(), head)).collect();
        let mut sessions = if is_full { self.sessions.clone() } else { BTreeMap::new() };
        sessions.extend(changed);
        let mut commit = Commit::new(&self.machine, n, self.head.map(|head| head.digest), time, full);
        commit.label = label.to_string();
        commit.sessions = sessions.into_values().collect();
        commit
    }
}
