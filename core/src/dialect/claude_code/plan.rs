//! Which entries a transcript becomes, and how they hang together.
//!
//! Owns: the parts of one response put together, results behind their calls, and the tree. The links of the source are
//! no tree: most of its branch points are parallel calls and ticks of progress. Each entry follows the one before it in
//! its lane, and only a prompt that leads back behind the last turn makes a branch.
//! Invariant: no message is off the active path but those that the user went back behind, and a sub-agent's. The last
//! entry is where the conversation was.
//! Does not: read the source again; `render` does.

use super::facts::{Fact, Facts, Kind, Name, Title};
use super::gather::{Gathered, Group};
use crate::dialect::foreign::{self, EntryIds};
use alloc::vec::Vec;

/// What an entry shows; numbers are those of records.
#[derive(Debug)]
pub(super) enum Shape {
    /// A response.
    Message(Vec<usize>),
    /// The result with this number in its record, of a call of this tool.
    Result { record: usize, number: usize, tool: Name },
    /// What a record says to the model besides results.
    User(usize),
    /// A prompt that was queued.
    Queued(usize),
    /// A compaction and its summary; what it keeps begins with this entry.
    Compaction { boundary: usize, summary: usize, kept: Option<usize> },
    /// A name for the session, from this record.
    Title(usize, Name),
    /// A record as it stands.
    Custom(usize),
    /// The conversation was at this entry's parent, as this record says.
    Leaf(usize),
}

/// An entry.
pub(super) type Entry = foreign::Entry<Shape>;

impl Shape {
    /// The record that the entry stands for.
    pub(super) fn record(&self) -> usize {
        match self {
            Self::Message(parts) => parts.first().copied().unwrap_or_default(),
            Self::Result { record, .. } => *record,
            Self::Compaction { boundary, .. } => *boundary,
            Self::User(n) | Self::Queued(n) | Self::Title(n, _) | Self::Custom(n) | Self::Leaf(n) => *n,
        }
    }

    const fn is_told(&self) -> bool {
        !matches!(self, Self::Title(..) | Self::Custom(_) | Self::Leaf(_))
    }
}

/// The entries, in their order.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) entries: Vec<Entry>,
    /// The first entry of a record; [`NONE`] where it has none.
    of_record: Vec<usize>,
}

const NONE: usize = usize::MAX;

impl Plan {
    /// Plans the log of a transcript.
    pub(super) fn of(facts: &Facts, session_id: &str) -> Self {
        let gathered = Gathered::of(facts);
        let own = facts.all.iter().filter_map(|fact| fact.uuid.as_deref());
        let mut planner = Planner {
            facts,
            ids: EntryIds::new(session_id, own),
            gathered: &gathered,
            plan: Self { entries: Vec::new(), of_record: alloc::vec![NONE; facts.all.len()] },
            ends: alloc::vec![NONE; gathered.groups.len()],
            lanes: alloc::vec![None],
            lane_of: alloc::vec![0; facts.all.len()],
            turn: None,
            told: false,
            titles: Titles::default(),
            leaf: Leaf::default(),
            time: facts.first_time.unwrap_or_default(),
        };
        (0..facts.all.len()).for_each(|record| planner.record(record));
        planner.end();
        planner.plan
    }

    /// The first entry of a record.
    pub(super) fn entry_of(&self, record: usize) -> Option<&Entry> {
        self.entries.get(self.of_record.get(record).copied()?)
    }
}

/// The title that is shown: the user's own, then the model's, then that of the conversation.
#[derive(Debug, Default)]
struct Titles<'f> {
    user: Option<&'f Name>,
    model: Option<&'f Name>,
    of: Option<&'f Name>,
    shown: Option<&'f Name>,
}

/// Where the conversation was, as far as records say so.
#[derive(Debug, Default)]
struct Leaf {
    /// Chosen by the user; a prompt behind it leaves it.
    pinned: Option<usize>,
    /// Noted by the program; anything that was said behind it is newer.
    noted: Option<usize>,
}

struct Planner<'f> {
    facts: &'f Facts,
    gathered: &'f Gathered,
    ids: EntryIds,
    plan: Plan,
    /// The last entry of each group: its response, or the last of its results.
    ends: Vec<usize>,
    /// The last entry of each lane; the first lane is the conversation, the others are sub-agents within the file.
    lanes: Vec<Option<usize>>,
    lane_of: Vec<usize>,
    /// The last prompt.
    turn: Option<usize>,
    /// Something was said since the conversation began or was compacted.
    told: bool,
    titles: Titles<'f>,
    leaf: Leaf,
    time: i64,
}

impl<'f> Planner<'f> {
    fn record(&mut self, record: usize) {
        let Some(fact) = self.facts.all.get(record) else { return };
        let lane = self.lane(record, fact);
        match &fact.kind {
            Kind::Assistant { .. } => {
                if let Some((number, group)) = self.gathered.led_by(record) {
                    self.response(lane, number, group);
                }
            }
            Kind::User { has_rest, results, .. } => {
                if results.len() > self.gathered.placed(record) {
                    self.push(lane, record, Shape::Custom(record));
                }
                if *has_rest {
                    if results.is_empty() {
                        self.turn_to(lane, fact);
                    }
                    self.push(lane, record, Shape::User(record));
                }
            }
            Kind::Queued => {
                self.push(lane, record, Shape::Queued(record));
            }
            Kind::Boundary { head, .. } => match self.gathered.summary(record) {
                Some(summary) => {
                    let kept = head.as_deref().and_then(|head| self.entry(head));
                    self.compaction(lane, Shape::Compaction { boundary: record, summary, kept });
                }
                None => {
                    self.push(lane, record, Shape::Custom(record));
                }
            },
            Kind::Summary if !self.gathered.is_claimed(record) => {
                self.compaction(lane, Shape::Compaction { boundary: record, summary: record, kept: None });
            }
            Kind::Summary => {}
            Kind::Title(whose, text) => {
                self.push(lane, record, Shape::Custom(record));
                self.title(lane, record, whose, text);
            }
            Kind::LastPrompt { leaf, is_explicit } => {
                match (leaf, is_explicit) {
                    (Some(_), true) => self.leaf.pinned = Some(record),
                    (Some(_), false) => self.leaf.noted = Some(record),
                    (None, _) => self.leaf = Leaf::default(),
                }
                self.push(lane, record, Shape::Custom(record));
            }
            Kind::Meta | Kind::Other => {
                self.push(lane, record, Shape::Custom(record));
            }
        }
    }

    /// The lane of a record: a sub-agent's records follow one another by their links.
    fn lane(&mut self, record: usize, fact: &Fact) -> usize {
        let lane = if fact.is_side {
            let parent = fact.parent.as_deref().and_then(|parent| self.facts.number(parent));
            let of_parent = parent.and_then(|parent| self.lane_of.get(parent).copied()).filter(|&lane| lane > 0);
            of_parent.unwrap_or_else(|| {
                self.lanes.push(None);
                self.lanes.len() - 1
            })
        } else {
            0
        };
        if let Some(slot) = self.lane_of.get_mut(record) {
            *slot = lane;
        }
        lane
    }

    /// Adds an entry at the end of its lane.
    fn push(&mut self, lane: usize, record: usize, shape: Shape) -> usize {
        let number = self.plan.entries.len();
        let Some(fact) = self.facts.all.get(record) else { return number };
        let is_first = self.plan.of_record.get(record) == Some(&NONE);
        let id = self.ids.own_or_made(fact.uuid.as_deref().filter(|_| is_first), fact.at);
        if let (true, Some(slot)) = (is_first, self.plan.of_record.get_mut(record)) {
            *slot = number;
        }
        self.time = fact.time.unwrap_or(self.time);
        if lane == 0 && shape.is_told() {
            self.told = true;
            self.leaf.noted = None;
        }
        let parent = self.lanes.get(lane).copied().flatten();
        self.plan.entries.push(Entry { id, parent, shape, time: self.time });
        if let Some(last) = self.lanes.get_mut(lane) {
            *last = Some(number);
        }
        number
    }

    /// A response, and the results of its calls directly behind it.
    fn response(&mut self, lane: usize, number: usize, group: &Group) {
        let Some(&first) = group.parts.first() else { return };
        let entry = self.push(lane, first, Shape::Message(group.parts.clone()));
        for part in &group.parts {
            if let Some(slot) = self.plan.of_record.get_mut(*part) {
                *slot = entry;
            }
        }
        let mut end = entry;
        for result in &group.results {
            let (record, number, tool) = (result.record, result.number, result.tool.clone());
            end = self.push(lane, record, Shape::Result { record, number, tool });
        }
        if let Some(slot) = self.ends.get_mut(number) {
            *slot = end;
        }
    }

    fn compaction(&mut self, lane: usize, shape: Shape) {
        let Shape::Compaction { boundary, summary, .. } = shape else { return };
        let entry = self.push(lane, boundary, shape);
        if let Some(slot) = self.plan.of_record.get_mut(summary) {
            *slot = entry;
        }
        if lane == 0 {
            self.told = false;
            self.leaf = Leaf::default();
        }
    }

    /// Before a prompt: where it leads back behind the last turn, the lane goes on from there.
    fn turn_to(&mut self, lane: usize, fact: &Fact) {
        if lane != 0 {
            return;
        }
        self.leaf.pinned = None;
        if fact.is_root && self.told {
            self.set_main(None);
        } else if let Some(parent) = fact.parent.as_deref().and_then(|parent| self.entry(parent))
            && self.turn.is_some_and(|turn| parent < turn)
        {
            let end = fact.parent.as_deref().and_then(|parent| self.end_of(parent));
            self.set_main(Some(end.unwrap_or(parent)));
        }
        self.turn = Some(self.plan.entries.len());
    }

    fn set_main(&mut self, to: Option<usize>) {
        if let Some(main) = self.lanes.first_mut() {
            *main = to;
        }
    }

    /// The entry of the record with this id, if it is there by now.
    fn entry(&self, uuid: &str) -> Option<usize> {
        let record = self.facts.number(uuid)?;
        self.plan.of_record.get(record).copied().filter(|&entry| entry != NONE)
    }

    /// The last entry of what belongs together with the record with this id.
    fn end_of(&self, uuid: &str) -> Option<usize> {
        let record = self.facts.number(uuid)?;
        let group = self.gathered.group_of(record).and_then(|group| self.ends.get(group).copied());
        group.filter(|&end| end != NONE).or_else(|| self.entry(uuid))
    }

    fn title(&mut self, lane: usize, record: usize, whose: &'f Title, text: &'f Name) {
        match whose {
            Title::User => self.titles.user = Some(text),
            Title::Model => self.titles.model = Some(text),
            Title::Of(leaf) if self.facts.has(leaf) => self.titles.of = Some(text),
            Title::Of(_) => {}
        }
        let shown = self.titles.user.or(self.titles.model).or(self.titles.of);
        if shown != self.titles.shown {
            self.titles.shown = shown;
            if let Some(shown) = shown {
                self.push(lane, record, Shape::Title(record, shown.clone()));
            }
        }
    }

    /// The last entry is where the conversation was; if none of the source is, one is made.
    fn end_at(&mut self, leaf: usize, record: usize) {
        self.set_main(Some(leaf));
        self.push(0, record, Shape::Leaf(record));
    }

    fn end(&mut self) {
        let Some(last) = self.lanes.first().copied().flatten() else { return };
        let said = self.leaf.pinned.or(self.leaf.noted);
        let leaf = said.and_then(|record| match &self.facts.all.get(record)?.kind {
            Kind::LastPrompt { leaf: Some(leaf), .. } => Some((record, self.end_of(leaf)?)),
            _ => None,
        });
        if let Some((record, leaf)) = leaf.filter(|&(_, leaf)| !self.leads_to(last, leaf)) {
            self.end_at(leaf, record);
        } else if last + 1 != self.plan.entries.len() {
            let record = self.plan.entries.get(last).map_or(0, |entry| entry.shape.record());
            self.end_at(last, record);
        }
    }

    /// Nothing was said between `leaf` and what follows it up to `last`.
    fn leads_to(&self, last: usize, leaf: usize) -> bool {
        let mut at = Some(last);
        while let Some(number) = at {
            if number == leaf {
                return true;
            }
            let Some(entry) = self.plan.entries.get(number) else { return false };
            if entry.shape.is_told() {
                return false;
            }
            at = entry.parent;
        }
        false
    }
}
