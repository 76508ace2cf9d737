//! Which entries a rollout becomes, and how they hang together.
//!
//! Owns: the items of one response put together, outputs behind their calls, and the branches that rollbacks leave.
//! Invariant: each entry follows the one before it, but behind a rollback; a call has one output at most: the first.
//! Does not: read the source again; `render` does.

use super::facts::{Facts, Kind};
use crate::dialect::foreign::{self, EntryIds, Usage};
use alloc::boxed::Box;
use alloc::vec::Vec;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// What an entry shows; numbers are those of records.
#[derive(Debug)]
pub(super) enum Shape {
    /// A response.
    Response(Response),
    /// The output of a call of this tool.
    Output(usize, Box<str>),
    /// A prompt.
    User(usize),
    /// The model from here on.
    Model(usize, Box<str>),
    /// A compaction.
    Compaction(usize),
    /// A name for the session.
    Title(usize, Box<str>),
    /// A record as it stands.
    Custom(usize),
}

/// A response.
#[derive(Debug, Default)]
pub(super) struct Response {
    pub(super) parts: Vec<usize>,
    pub(super) model: Box<str>,
    pub(super) usage: Usage,
    outputs: Vec<(usize, Box<str>)>,
    is_shown: bool,
    is_counted: bool,
}

/// An entry.
pub(super) type Entry = foreign::Entry<Shape>;

/// The entries, in their order.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) entries: Vec<Entry>,
}

impl Plan {
    /// Plans the log of a rollout.
    pub(super) fn of(facts: &Facts, session_id: &str) -> Self {
        let gathered = Gathered::of(facts);
        let mut planner = Planner {
            facts,
            ids: EntryIds::new(session_id, core::iter::empty()),
            plan: Self::default(),
            last: None,
            turns: Vec::new(),
            model: None,
            time: facts.first_time.unwrap_or_default(),
        };
        let Gathered { mut responses, of_part, placed } = gathered;
        for (record, fact) in facts.all.iter().enumerate() {
            if let Some(&number) = of_part.get(&record) {
                let taken = responses.get_mut(number).filter(|response| response.parts.first() == Some(&record));
                if let Some(response) = taken.map(core::mem::take) {
                    planner.response(record, response);
                }
                continue;
            }
            match &fact.kind {
                Kind::User => planner.prompt(record),
                Kind::Echo { is_prompt: true } if facts.is_only(fact, true) => planner.prompt(record),
                Kind::Output(_) if placed.contains_key(&record) => {}
                Kind::Compaction => planner.push(record, Shape::Compaction(record)),
                Kind::Rollback(turns) => {
                    planner.go_back(*turns);
                    planner.push(record, Shape::Custom(record));
                }
                Kind::Model(model) => {
                    planner.push(record, Shape::Custom(record));
                    if planner.model.replace(model) != Some(&**model) {
                        planner.push(record, Shape::Model(record, model.clone()));
                    }
                }
                Kind::Title(title) => {
                    planner.push(record, Shape::Custom(record));
                    planner.push(record, Shape::Title(record, title.clone()));
                }
                _ => planner.push(record, Shape::Custom(record)),
            }
        }
        planner.plan
    }
}

/// What belongs together.
#[derive(Default)]
struct Gathered {
    responses: Vec<Response>,
    /// The response of a part.
    of_part: HashMap<usize, usize, FixedState>,
    /// Outputs that stand behind their calls.
    placed: HashMap<usize, (), FixedState>,
}

impl Gathered {
    fn of(facts: &Facts) -> Self {
        let mut gathered = Self::default();
        let mut calls: HashMap<&str, (usize, &str), FixedState> = HashMap::default();
        let (mut open, mut model): (Option<usize>, Box<str>) = (None, "".into());
        for (record, fact) in facts.all.iter().enumerate() {
            let is_answer = matches!(fact.kind, Kind::Echo { is_prompt: false }) && facts.is_only(fact, false);
            match &fact.kind {
                Kind::Assistant | Kind::Reasoning { .. } | Kind::Call { .. } => {
                    let number = gathered.part(&mut open, record, &model);
                    let is_shown = !matches!(fact.kind, Kind::Reasoning { is_shown: false });
                    if let Some(response) = gathered.responses.get_mut(number) {
                        response.is_shown |= is_shown;
                    }
                    if let Kind::Call { id, tool } = &fact.kind {
                        calls.insert(id, (number, tool));
                    }
                }
                Kind::Echo { .. } if is_answer => {
                    let number = gathered.part(&mut open, record, &model);
                    if let Some(response) = gathered.responses.get_mut(number) {
                        response.is_shown = true;
                    }
                }
                Kind::Output(id) => {
                    open = None;
                    // Taken out: a second output of the same call is none of it.
                    if let Some((number, tool)) = calls.remove(&**id) {
                        gathered.placed.insert(record, ());
                        if let Some(response) = gathered.responses.get_mut(number) {
                            response.outputs.push((record, tool.into()));
                        }
                    }
                }
                Kind::Usage(usage) => {
                    open = None;
                    let counted = gathered.responses.last_mut().filter(|response| !response.is_counted);
                    if let Some(response) = counted.filter(|_| *usage != Usage::default()) {
                        (response.usage, response.is_counted) = (*usage, true);
                    }
                }
                Kind::Model(new) => {
                    open = None;
                    model.clone_from(new);
                }
                Kind::Other | Kind::Echo { is_prompt: false } | Kind::Title(_) => {}
                _ => open = None,
            }
        }
        // What shows nothing is no message.
        let shown = |number: &usize| gathered.responses.get(*number).is_some_and(|response| response.is_shown);
        gathered.of_part.retain(|_, number| shown(number));
        gathered
    }

    fn part(&mut self, open: &mut Option<usize>, record: usize, model: &str) -> usize {
        let number = *open.get_or_insert_with(|| {
            self.responses.push(Response { model: model.into(), ..Response::default() });
            self.responses.len() - 1
        });
        if let Some(response) = self.responses.get_mut(number) {
            response.parts.push(record);
        }
        self.of_part.insert(record, number);
        number
    }
}

struct Planner<'f> {
    facts: &'f Facts,
    ids: EntryIds,
    plan: Plan,
    last: Option<usize>,
    /// What stood before each prompt.
    turns: Vec<Option<usize>>,
    model: Option<&'f str>,
    time: i64,
}

impl Planner<'_> {
    fn push(&mut self, record: usize, shape: Shape) {
        let Some(fact) = self.facts.all.get(record) else { return };
        let id = self.ids.made(fact.at);
        self.time = fact.time.unwrap_or(self.time);
        self.plan.entries.push(Entry { id, parent: self.last, shape, time: self.time });
        self.last = Some(self.plan.entries.len() - 1);
    }

    fn prompt(&mut self, record: usize) {
        self.turns.push(self.last);
        self.push(record, Shape::User(record));
    }

    fn response(&mut self, record: usize, mut response: Response) {
        let outputs = core::mem::take(&mut response.outputs);
        self.push(record, Shape::Response(response));
        for (record, tool) in outputs {
            self.push(record, Shape::Output(record, tool));
        }
    }

    /// Behind this the log goes on from before the last turns.
    fn go_back(&mut self, turns: usize) {
        for _ in 0..turns {
            match self.turns.pop() {
                Some(before) => self.last = before,
                None => return,
            }
        }
    }
}
