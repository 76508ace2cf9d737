//! The messages of a session, as lines say, replace and take them back.
//!
//! Owns: the list of messages after each line, and the outline that follows: a message stands where it was said first, what
//! was taken back or replaced by another list is a branch.
//! Invariant: each state of a message is a part of its entry. Does not: read what a message says.

use super::voice::{answers, is_injected};
use crate::dialect::foreign::{Call, EntryIds, LogHeader, Name, Origin, Outline, Show, Span, name, session_id};
use crate::dialect::members::Members;
use crate::log::time;
use alloc::vec::Vec;
use core::hash::BuildHasher;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// One state of a message.
#[derive(Debug)]
struct State {
    span: Span,
    id: Option<Name>,
    time: Option<i64>,
    said: Said,
    digest: u64,
}

/// What a message is.
#[derive(Debug)]
enum Said {
    /// The model's, with the calls that have a result, by their number.
    Answer { model: Name, results: Vec<(usize, Call)> },
    /// The person's, or the program's in their place.
    Prompt { is_injected: bool },
    /// Told to the person.
    Note,
}

/// A message, from where it was said until it was taken back.
#[derive(Debug)]
struct Message {
    states: Vec<State>,
}

/// What happened.
#[derive(Debug)]
enum Step {
    /// This message was said.
    Said(usize),
    /// The conversation goes on from before this message.
    Before(usize),
    /// A record that is no message.
    Record(Span, Option<i64>),
    /// The session's name, in this record.
    Title(Span, Name),
}

/// All that happened, in file order.
#[derive(Debug, Default)]
pub(super) struct States {
    messages: Vec<Message>,
    /// The messages that count, in their order.
    now: Vec<usize>,
    place: HashMap<Name, usize, FixedState>,
    steps: Vec<Step>,
    session: Name,
    created_at: Option<i64>,
    is_sub_agent: bool,
}

impl States {
    /// Takes the next record.
    pub(super) fn take(&mut self, at: u64, bytes: &[u8], record: &Members<'_>) {
        let span = (at, bytes.len() as u64);
        let is_session = record.has("sessionId") && !record.has("type");
        if let Some(id) = record.get("$rewindTo") {
            self.rewind(crate::json::text::string(id).as_deref().unwrap_or_default());
            self.steps.push(Step::Record(span, None));
        } else if record.has("$set") {
            self.metadata(at, bytes, span, &record.object("$set"));
        } else if record.has("id") && !is_session {
            self.message(state(span, bytes, record));
        } else {
            self.metadata(at, bytes, span, record);
        }
    }

    /// What is known of the session; a list of messages takes the place of those that count.
    fn metadata(&mut self, at: u64, bytes: &[u8], span: Span, of: &Members<'_>) {
        if self.session.is_empty() {
            self.session = (&*of.text("sessionId")).into();
        }
        let time = of.get("startTime").and_then(time::parse);
        self.created_at = self.created_at.or(time);
        self.is_sub_agent |= of.text("kind") == "subagent";
        let new: Vec<State> = of
            .value("messages")
            .unwrap_or_default()
            .elements()
            .iter()
            .map(|message| {
                let start = (message.token.as_ptr() as usize).saturating_sub(bytes.as_ptr() as usize);
                let span = (at + start as u64, message.token.len() as u64);
                state(span, message.token, &message.members())
            })
            .collect();
        let is_same = |(old, new): &(&usize, &State)| {
            new.id.is_some()
                && self.messages.get(**old).and_then(|old| old.states.last()).is_some_and(|old| old.id == new.id)
        };
        let same = self.now.iter().zip(&new).take_while(is_same).count();
        if !new.is_empty() {
            self.back_to(same);
        }
        self.steps.push(Step::Record(span, time));
        new.into_iter().for_each(|state| self.message(state));
        match of.text("summary") {
            summary if summary.is_empty() => {}
            summary => self.steps.push(Step::Title(span, (&*summary).into())),
        }
    }

    /// Says a message, or a message once more.
    fn message(&mut self, state: State) {
        let there = state.id.as_ref().and_then(|id| self.place.get(id)).and_then(|&place| self.now.get(place));
        if let Some(message) = there.copied().and_then(|number| self.messages.get_mut(number)) {
            if message.states.last().is_none_or(|last| last.digest != state.digest) {
                message.states.push(state);
            }
            return;
        }
        let number = self.messages.len();
        if let Some(id) = &state.id {
            self.place.insert(id.clone(), self.now.len());
        }
        self.now.push(number);
        self.messages.push(Message { states: alloc::vec![state] });
        self.steps.push(Step::Said(number));
    }

    /// Takes back a message and all behind it; all, if it is not there.
    fn rewind(&mut self, id: &str) {
        self.back_to(self.place.get(id).copied().unwrap_or_default());
    }

    fn back_to(&mut self, count: usize) {
        let Some(&first) = self.now.get(count) else { return };
        self.steps.push(Step::Before(first));
        self.now.truncate(count);
        self.place.retain(|_, place| *place < count);
    }

    /// The header, and the entries.
    pub(super) fn outline(self) -> (LogHeader, Outline) {
        let times = self.messages.iter().filter_map(|message| message.states.first()?.time);
        let created_at = self.created_at.or_else(|| { times }.next());
        let id = session_id(&self.session);
        let (is_sub_agent, own) =
            (self.is_sub_agent, self.messages.iter().filter_map(|message| message.states.first()));
        let ids = EntryIds::new(&id, own.filter_map(|state| state.id.as_deref()));
        let mut outline = Outline::new(ids, created_at.unwrap_or_default());
        let mut before: HashMap<usize, Option<usize>, FixedState> = HashMap::default();
        for step in self.steps {
            match step {
                Step::Said(number) => {
                    before.insert(number, outline.last(None));
                    if let Some(message) = self.messages.get(number) {
                        message.entries(&mut outline);
                    }
                }
                Step::Before(number) => outline.go_to(None, before.get(&number).copied().flatten()),
                Step::Record(span, time) => {
                    outline.push(&Origin { sources: alloc::vec![span], time, ..Origin::default() }, Show::Custom);
                }
                Step::Title(span, title) => {
                    outline.title(&Origin { sources: alloc::vec![span], ..Origin::default() }, &title);
                }
            }
        }
        outline.end();
        (LogHeader { id, created_at, is_sub_agent, ..LogHeader::default() }, outline)
    }
}

impl Message {
    fn entries(&self, outline: &mut Outline) {
        let (Some(first), Some(last)) = (self.states.first(), self.states.last()) else { return };
        let of = Origin {
            sources: self.states.iter().map(|state| state.span).collect(),
            own: first.id.clone(),
            time: first.time,
            agent: None,
        };
        match &last.said {
            Said::Prompt { is_injected } => {
                outline.push(&of, Show::User { is_injected: *is_injected });
            }
            Said::Note => {
                outline.push(&of, Show::Custom);
            }
            Said::Answer { model, results } => {
                outline.push(&of, Show::Response { model: model.clone(), number: 0 });
                let of = Origin { sources: alloc::vec![last.span], own: None, ..of };
                for (number, call) in results {
                    outline.push(&of, Show::Result { number: *number, call: call.clone() });
                }
            }
        }
    }
}

fn state(span: Span, bytes: &[u8], record: &Members<'_>) -> State {
    let said = match &*record.text("type") {
        "gemini" => {
            let calls = answers(record).into_iter().enumerate();
            let results = calls.filter(|(_, (_, result))| result.is_some()).map(|(number, (call, _))| (number, call));
            Said::Answer { model: (&*record.text("model")).into(), results: results.collect() }
        }
        "user" => Said::Prompt { is_injected: is_injected(&record.value("content").unwrap_or_default()) },
        _ => Said::Note,
    };
    State {
        span,
        id: name(record, "id"),
        time: record.get("timestamp").and_then(time::parse),
        said,
        digest: FixedState::default().hash_one(bytes),
    }
}
