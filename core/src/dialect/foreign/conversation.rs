//! Sessions of agents whose records are messages, results and events in the order in which they happened.
//!
//! Owns: the facts that each record is reduced to, and the outline that follows from them: results behind their calls,
//! and branches where a record says what it follows.
//! Invariant: some hundred bytes a record are held, whatever its length. A record that follows one that is not in the file
//! stays where it is, so that a lost line hides nothing.
//! Does not: know any agent: its reader says what a record is, its `Voice` what it says.

use super::ids::{EntryIds, session_id};
use super::outline::{Origin, Outline, Show};
use super::pairs::{Call, Name, Pairs};
use super::records::Source;
use super::text::LogHeader;
use super::voice::{Voice, log_of};
use crate::dialect::upgraded::UpgradedLog;
use crate::finding::{Code, Finding};
use crate::log::Record;
use crate::source::SourceError;
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::BuildHasher;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// What a record is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::dialect) enum Kind {
    /// A response, and the calls in it.
    Response(Vec<Call>),
    /// Results, by the ids of their calls; `has_rest`: and something that the model was told besides.
    Results { calls: Vec<Name>, has_rest: bool },
    /// Something that the model was told, by the program if it is injected.
    User { is_injected: bool },
    /// What takes the place of all that was said.
    Compaction { tokens: i64 },
    /// The conversation goes on behind the record with this id.
    Back(Name),
    /// A name for the session.
    Title(Name),
    /// The model from here on.
    Model(Name),
    /// Any other.
    #[default]
    Other,
}

/// What a record follows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::dialect) enum Follows {
    /// The one before it.
    #[default]
    Last,
    /// None.
    Nothing,
    /// The one with this id.
    Record(Name),
}

/// What an agent's reader says of one record.
#[derive(Debug, Clone, Default)]
pub(in crate::dialect) struct Fact {
    pub(in crate::dialect) kind: Kind,
    pub(in crate::dialect) own: Option<Name>,
    pub(in crate::dialect) follows: Follows,
    /// The sub-agent whose record it is, within the file of another.
    pub(in crate::dialect) agent: Option<Name>,
    /// Of a response its model.
    pub(in crate::dialect) model: Name,
}

/// One record.
#[derive(Debug)]
struct Taken {
    fact: Fact,
    time: Option<i64>,
    at: u64,
    len: u64,
    line: u64,
    digest: u64,
}

/// All records, in file order, and what they say of the session.
#[derive(Debug, Default)]
pub(in crate::dialect) struct Facts {
    all: Vec<Taken>,
    /// The first of each that a record names.
    pub(in crate::dialect) session: String,
    pub(in crate::dialect) cwd: String,
    pub(in crate::dialect) parent: String,
    by_id: HashMap<Name, usize, FixedState>,
    first_time: Option<i64>,
}

impl Facts {
    /// Takes the next record.
    pub(in crate::dialect) fn take(&mut self, record: &Record<'_>, mut fact: Fact) {
        let time = record.fields.time();
        self.first_time = self.first_time.or(time);
        let (at, len) = (record.offset, record.bytes.len() as u64);
        let digest = FixedState::default().hash_one(record.bytes);
        let first = fact.own.as_ref().and_then(|own| self.by_id.get(own)).and_then(|&number| self.all.get(number));
        match (first, &fact.own) {
            (Some(first), _) if first.digest == digest => {
                // The same record again.
                fact = Fact { kind: Kind::Other, own: None, ..fact };
            }
            (None, Some(own)) => {
                self.by_id.insert(own.clone(), self.all.len());
            }
            _ => {}
        }
        self.all.push(Taken { fact, time, at, len, line: record.line, digest });
    }

    /// How many records there are.
    pub(in crate::dialect) const fn count(&self) -> usize {
        self.all.len()
    }

    /// The record with this number is of another kind, as a later one tells.
    pub(in crate::dialect) fn turned_out(&mut self, number: usize, kind: Kind) {
        if let Some(taken) = self.all.get_mut(number) {
            taken.fact.kind = kind;
        }
    }

    /// Of a text that the session has one of, the first that is not empty holds.
    pub(in crate::dialect) fn first(held: &mut String, text: &str) {
        if held.is_empty() {
            held.push_str(text);
        }
    }

    /// The log that shows the records.
    ///
    /// # Errors
    /// If the source cannot be read.
    pub(in crate::dialect) fn log(
        mut self,
        source: Source<'_>,
        voice: &dyn Voice,
        mut findings: Vec<Finding>,
    ) -> Result<UpgradedLog<()>, SourceError> {
        let header = self.header();
        let outline = Planner::of(&self, &header.id, &mut findings);
        log_of(&header, &outline, source, voice, findings)
    }

    /// A file whose linked records are all a sub-agent's is that one's own.
    fn header(&mut self) -> LogHeader {
        let header = LogHeader {
            id: session_id(&self.session),
            created_at: self.first_time,
            cwd: core::mem::take(&mut self.cwd),
            parent: Some(&self.parent).filter(|parent| !parent.is_empty()).map(|parent| session_id(parent)),
            is_sub_agent: false,
        };
        let mut linked = self.all.iter().map(|taken| &taken.fact).filter(|fact| fact.own.is_some()).peekable();
        let agent = linked.peek().and_then(|fact| fact.agent.clone());
        match agent.filter(|_| linked.all(|fact| fact.agent.is_some())) {
            Some(agent) => {
                self.all.iter_mut().for_each(|taken| taken.fact.agent = None);
                header.of_agent(&agent)
            }
            None => header,
        }
    }
}

/// A parent that is not in the file.
fn missing_parent(of: &Taken, entry: Option<&str>) -> Finding {
    let words = "its parent is not in this file; it follows what stands before it";
    let finding = Finding::at(Code::MissingParent, of.at, of.line).harmless().say(String::from(words));
    match entry {
        Some(entry) => finding.entry(String::from(entry)),
        None => finding,
    }
}

struct Planner<'f> {
    facts: &'f Facts,
    pairs: Pairs,
    outline: Outline,
    /// The last entry of each record, or of the response that it belongs to; [`NONE`] where there is none yet.
    ends: Vec<usize>,
}

const NONE: usize = usize::MAX;

impl<'f> Planner<'f> {
    fn of(facts: &'f Facts, session_id: &str, findings: &mut Vec<Finding>) -> Outline {
        let ids = EntryIds::new(session_id, facts.all.iter().filter_map(|taken| taken.fact.own.as_deref()));
        let mut pairs = Pairs::default();
        for (record, taken) in facts.all.iter().enumerate() {
            match &taken.fact.kind {
                Kind::Response(calls) => pairs.calls(record, calls),
                Kind::Results { calls, .. } => pairs.results(record, calls),
                _ => {}
            }
        }
        let outline = Outline::new(ids, facts.first_time.unwrap_or_default());
        let mut planner = Planner { facts, pairs, outline, ends: alloc::vec![NONE; facts.all.len()] };
        for (record, taken) in facts.all.iter().enumerate() {
            let is_missing = planner.follow(&taken.fact);
            let first = planner.outline.entries.len();
            planner.record(record, taken);
            if is_missing {
                findings.push(missing_parent(taken, planner.outline.entries.get(first).map(|entry| &*entry.id)));
            }
        }
        planner.outline.end();
        planner.outline
    }

    /// Goes to what a record follows; true if that is not in the file.
    fn follow(&mut self, fact: &Fact) -> bool {
        let to = match &fact.follows {
            Follows::Last => return false,
            Follows::Nothing => None,
            Follows::Record(id) => match self.end_of(id) {
                Some(end) => Some(end),
                None => return !self.facts.by_id.contains_key(id),
            },
        };
        self.outline.go_to(fact.agent.as_ref(), to);
        false
    }

    /// The last entry of what belongs to the record with this id, if it is there by now.
    fn end_of(&self, id: &str) -> Option<usize> {
        let record = *self.facts.by_id.get(id)?;
        let record = self.pairs.response_of(record).unwrap_or(record);
        self.ends.get(record).copied().filter(|&end| end != NONE)
    }

    fn record(&mut self, record: usize, taken: &Taken) {
        let (of, fact) = (origin(taken), &taken.fact);
        match &fact.kind {
            Kind::Response(_) => self.response(record, taken),
            Kind::Results { calls, has_rest } => {
                if calls.len() > self.pairs.placed(record) {
                    self.outline.push(&of, Show::Custom);
                }
                if *has_rest {
                    self.outline.push(&of, Show::User { is_injected: false });
                }
            }
            Kind::User { is_injected } => {
                self.outline.push(&of, Show::User { is_injected: *is_injected });
            }
            Kind::Compaction { tokens } => {
                self.outline.push(&of, Show::Compaction { tokens: *tokens });
            }
            Kind::Back(id) => {
                if let Some(end) = self.end_of(id) {
                    self.outline.go_to(fact.agent.as_ref(), Some(end));
                }
                self.outline.push(&of, Show::Custom);
            }
            Kind::Title(title) => {
                self.outline.push(&of, Show::Custom);
                self.outline.title(&of, title);
            }
            Kind::Model(model) => {
                self.outline.push(&of, Show::Custom);
                self.outline.model(&of, model);
            }
            Kind::Other => {
                self.outline.push(&of, Show::Custom);
            }
        }
        if let (Some(end), Some(last)) = (self.ends.get_mut(record), self.outline.last(fact.agent.as_ref())) {
            *end = last;
        }
    }

    fn response(&mut self, record: usize, taken: &Taken) {
        let of = origin(taken);
        self.outline.push(&of, Show::Response { model: taken.fact.model.clone(), number: 0 });
        for pair in self.pairs.take(record) {
            let Some(result) = self.facts.all.get(pair.record) else { continue };
            // It stands where its call does, whoever wrote it.
            let of = Origin { agent: of.agent.clone(), ..origin(result) };
            let show = Show::Result { number: pair.number, call: pair.call };
            self.outline.push(&of, show);
        }
    }
}

fn origin(of: &Taken) -> Origin {
    let sources = alloc::vec![(of.at, of.len)];
    Origin { sources, own: of.fact.own.clone(), time: of.time, agent: of.fact.agent.clone() }
}
