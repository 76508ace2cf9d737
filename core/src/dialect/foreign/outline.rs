//! The entries of a log that shows a source in which a message is one record.
//!
//! Owns: what each entry shows, lanes (the conversation, and what sub-agents said within the file), and that the log ends
//! where the conversation was.
//! Invariant: an entry follows the last one of its lane, unless the lane was taken back. A title or a model is told where
//! it changes. Does not: read the source; `voice` does.

use super::entry::Entry;
use super::ids::EntryIds;
use super::pairs::{Call, Name};
use alloc::vec::Vec;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// Offset and length of a record, or of an element in one.
pub(in crate::dialect) type Span = (u64, u64);

/// What an entry shows of its last record.
#[derive(Debug)]
pub(in crate::dialect) enum Show {
    /// A response of this model: of a record that holds several the one with this number.
    Response { model: Name, number: usize },
    /// The result with this number in the record.
    Result { number: usize, call: Call },
    /// What the model was told; `is_injected`: by the program.
    User { is_injected: bool },
    /// What takes the place of all that was said.
    Compaction { tokens: i64 },
    /// The model from here on.
    Model(Name),
    /// A name for the session.
    Title(Name),
    /// The record as it stands.
    Custom,
    /// The conversation was at the entry's parent.
    Leaf,
}

/// An entry and the records that it comes from.
#[derive(Debug)]
pub(in crate::dialect) struct Shape {
    pub(in crate::dialect) show: Show,
    pub(in crate::dialect) sources: Vec<Span>,
}

/// A record that entries are made of.
#[derive(Debug, Clone, Default)]
pub(in crate::dialect) struct Origin {
    /// At least one; the last is the one that is shown.
    pub(in crate::dialect) sources: Vec<Span>,
    /// The source's own id.
    pub(in crate::dialect) own: Option<Name>,
    /// Unix milliseconds.
    pub(in crate::dialect) time: Option<i64>,
    /// The sub-agent in whose lane it stands; none for the conversation.
    pub(in crate::dialect) agent: Option<Name>,
}

/// The entries, in their order.
#[derive(Debug)]
pub(in crate::dialect) struct Outline {
    pub(in crate::dialect) entries: Vec<Entry<Shape>>,
    ids: EntryIds,
    main: Option<usize>,
    agents: HashMap<Name, Option<usize>, FixedState>,
    title: Name,
    model: Name,
    time: i64,
}

impl Outline {
    /// Begins a log; `time` is that of entries before the first one that has a time.
    pub(in crate::dialect) fn new(ids: EntryIds, time: i64) -> Self {
        let agents = HashMap::default();
        Self { entries: Vec::new(), ids, main: None, agents, title: "".into(), model: "".into(), time }
    }

    /// Adds an entry. It has the record's own id, if none before it has.
    pub(in crate::dialect) fn push(&mut self, of: &Origin, show: Show) -> usize {
        let id = self.ids.own_or_made(of.own.as_deref(), of.sources.first().map_or(0, |(at, _)| *at));
        self.time = of.time.unwrap_or(self.time);
        let parent = self.last(of.agent.as_ref());
        let shape = Shape { show, sources: of.sources.clone() };
        self.entries.push(Entry { id, parent, shape, time: self.time });
        let number = self.entries.len() - 1;
        self.go_to(of.agent.as_ref(), Some(number));
        number
    }

    /// Adds a title, if it is another one.
    pub(in crate::dialect) fn title(&mut self, of: &Origin, title: &str) {
        if &*self.title != title {
            self.title = title.into();
            self.push(of, Show::Title(title.into()));
        }
    }

    /// Adds a change of the model, if it is another one.
    pub(in crate::dialect) fn model(&mut self, of: &Origin, model: &str) {
        if &*self.model != model {
            self.model = model.into();
            self.push(of, Show::Model(model.into()));
        }
    }

    /// The last entry of a lane.
    pub(in crate::dialect) fn last(&self, agent: Option<&Name>) -> Option<usize> {
        match agent {
            Some(agent) => self.agents.get(agent).copied().flatten(),
            None => self.main,
        }
    }

    /// A lane goes on behind this entry; without one, from a new root.
    pub(in crate::dialect) fn go_to(&mut self, agent: Option<&Name>, entry: Option<usize>) {
        match agent {
            Some(agent) => {
                self.agents.insert(agent.clone(), entry);
            }
            None => self.main = entry,
        }
    }

    /// The last entry is where the conversation was; if none of the source is, one is made.
    pub(in crate::dialect) fn end(&mut self) {
        let Some(last) = self.main.filter(|last| last + 1 != self.entries.len()) else { return };
        let sources = self.entries.get(last).map(|entry| entry.shape.sources.clone()).unwrap_or_default();
        self.push(&Origin { sources, ..Origin::default() }, Show::Leaf);
    }
}
