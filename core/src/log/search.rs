//! The search for the header in a scan.
//!
//! Owns: which lines wait until it is known whether they stand before the header, where their records are no entries,
//! and what each record is then.
//! Invariant: what waits are lines of the first MiB. A log that begins with its header, or with an entry, lets none wait.
//! Does not: read a line twice once the search is done.

use super::line::{LineReader, Outcome};
use super::{HEAD_BYTES, Opening};
use alloc::vec::Vec;

/// How far the search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Neither header nor entry was seen.
    Open,
    /// The header stands behind the lines that are let go now.
    Found,
    /// No header comes any more, and no record was judged yet.
    Failed,
    /// The header, or the first entry of a log without one, was judged.
    Done,
}

/// What is done with the next line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// It says nothing about the header, and nothing waits before it.
    Judge,
    /// It waits.
    Hold,
    /// It is the header's: what waits goes first.
    Header,
    /// No header comes any more: what waits goes first.
    NoHeader,
}

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Header,
    BeforeHeader,
    Entry,
    /// The first entry of a log without a header.
    FirstEntry,
    SecondHeader,
}

/// Lines that waited, with their LFs.
#[derive(Debug)]
pub(super) struct Held {
    /// Where the first one starts, and how many lines stand before it.
    pub(super) from: (u64, u64),
    pub(super) bytes: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Search {
    state: State,
    held: Option<Held>,
}

impl Search {
    /// A search that is over if a record was seen before.
    pub(super) const fn new(done: bool) -> Self {
        Self { state: if done { State::Done } else { State::Open }, held: None }
    }

    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Lines wait.
    pub(super) const fn holds(&self) -> bool {
        self.held.is_some()
    }

    /// What is done with the line that stands at `offset`.
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

    /// Gives back what waited; until [`Search::let_went`] its records stand before the header, or are entries.
    pub(super) fn let_go(&mut self, found: bool) -> Option<Held> {
        if self.state == State::Open {
            self.state = if found { State::Found } else { State::Failed };
        }
        self.held.take()
    }

    /// All that waited was judged: the header is next.
    pub(super) fn let_went(&mut self) {
        if self.state == State::Found {
            self.state = State::Open;
        }
    }

    /// What the next record is.
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
