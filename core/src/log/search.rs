//! The search for the header during a scan.
//!
//! Owns: which lines are held until it is known whether the header follows them (then their records are no entries),
//! and the role of each record.
//! Invariant: only lines of the first MiB are held; none if the log begins with its header or with an entry. Once the
//! search is done, each line is read once.

use super::line::{LineReader, Outcome};
use super::{HEAD_BYTES, Opening};
use alloc::vec::Vec;

/// State of the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Neither header nor entry was seen.
    Open,
    /// The header follows the held lines, which are being released.
    Found,
    /// No header can follow, and no record was classified yet.
    Failed,
    /// The header, or the first entry of a log without one, was classified.
    Done,
}

/// What the scan does with the next line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Classify it: it does not decide about the header, and no line is held before it.
    Judge,
    /// Hold it.
    Hold,
    /// Release the held lines first: this line has the header.
    Header,
    /// Release the held lines first: no header can follow.
    NoHeader,
}

/// The role of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Header,
    BeforeHeader,
    Entry,
    /// The first entry of a log without a header.
    FirstEntry,
    SecondHeader,
}

/// The held lines, with their LFs.
#[derive(Debug)]
pub(super) struct Held {
    /// Offset of the first line, and the number of lines before it.
    pub(super) from: (u64, u64),
    pub(super) bytes: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Search {
    state: State,
    held: Option<Held>,
}

impl Search {
    /// A new search; `done` if an earlier scan saw a header or an entry.
    pub(super) const fn new(done: bool) -> Self {
        Self { state: if done { State::Done } else { State::Open }, held: None }
    }

    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// True if lines are held.
    pub(super) const fn holds(&self) -> bool {
        self.held.is_some()
    }

    /// What the scan does with the line at `offset`.
    pub(super) fn next(&self, reader: &mut LineReader, offset: u64, line: &[u8]) -> Next {
        let line_end = offset + line.len() as u64;
        if self.state == State::Failed || line_end > HEAD_BYTES {
            return Next::NoHeader;
        }
        let opening = match reader.read(offset, 0, line, true) {
            Outcome::Blank => None,
            Outcome::Whole(record) => Some(Opening::of(&record.fields, line_end)),
            Outcome::Broken(salvaged) => salvaged.records.first().map(|record| Opening::of(&record.fields, line_end)),
        };
        match opening {
            Some(Opening::Header) => Next::Header,
            Some(Opening::Over) => Next::NoHeader,
            None if self.held.is_none() => Next::Judge,
            Some(Opening::Before) | None => Next::Hold,
        }
    }

    pub(super) fn hold(&mut self, from: (u64, u64), line: &[u8], terminated: bool) {
        let held = self.held.get_or_insert_with(|| Held { from, bytes: Vec::new() });
        held.bytes.extend_from_slice(line);
        if terminated {
            held.bytes.push(b'\n');
        }
    }

    /// Returns the held lines. Until [`Search::let_went`] their records are `BeforeHeader` (if `found`) or entries.
    pub(super) fn let_go(&mut self, found: bool) -> Option<Held> {
        if self.state == State::Open {
            self.state = if found { State::Found } else { State::Failed };
        }
        self.held.take()
    }

    /// Ends the release of held lines: the header is next.
    pub(super) fn let_went(&mut self) {
        if self.state == State::Found {
            self.state = State::Open;
        }
    }

    /// The role of the next record.
    pub(super) fn role(&mut self, is_session: bool) -> Role {
        let role = match (self.state, is_session) {
            (State::Open, true) => Role::Header,
            (State::Found, false) => Role::BeforeHeader,
            (State::Open | State::Failed, false) => Role::FirstEntry,
            (State::Done, false) => Role::Entry,
            (State::Found | State::Failed | State::Done, true) => Role::SecondHeader,
        };
        if matches!(role, Role::Header | Role::FirstEntry) {
            self.state = State::Done;
        }
        role
    }
}
