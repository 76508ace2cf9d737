//! What belongs together, wherever in the file it stands.
//!
//! Owns: the parts of a response, which are records of their own, by its id; the results of its calls; and the summary
//! of a compaction.
//! Invariant: a record is part of one response at most, and a call has one result at most: the first.

use super::facts::{Call, Facts, Kind, Name};
use alloc::vec::Vec;
use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashSet};

/// A response.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// Its records.
    pub(super) parts: Vec<usize>,
    /// The results of its calls, in file order.
    pub(super) results: Vec<ToolResult>,
}

/// A result of a call.
#[derive(Debug)]
pub(super) struct ToolResult {
    /// The record that holds it.
    pub(super) record: usize,
    /// Its number among the results of that record.
    pub(super) number: usize,
    /// The tool that was called.
    pub(super) tool: Name,
}

/// What belongs together.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) groups: Vec<Group>,
    /// The group of a part, or of the first result of a record.
    group_of: HashMap<usize, usize, FixedState>,
    /// Results of a record that stand behind their calls.
    placed: HashMap<usize, usize, FixedState>,
    /// The summary of a boundary.
    summaries: HashMap<usize, usize, FixedState>,
    claimed: HashSet<usize, FixedState>,
}

impl Gathered {
    /// Puts the records of a transcript together.
    pub(super) fn of(facts: &Facts) -> Self {
        let mut gathered = Self::default();
        let mut by_message: HashMap<&str, usize, FixedState> = HashMap::default();
        let mut by_call: HashMap<&str, (usize, &Call), FixedState> = HashMap::default();
        let mut boundary = None;
        for (record, fact) in facts.all.iter().enumerate() {
            match &fact.kind {
                Kind::Assistant { message, calls } => {
                    let new = gathered.groups.len();
                    let group = match message {
                        Some(message) => *by_message.entry(message).or_insert(new),
                        None => new,
                    };
                    if group == new {
                        gathered.groups.push(Group::default());
                    }
                    if let Some(group) = gathered.groups.get_mut(group) {
                        group.parts.push(record);
                    }
                    gathered.group_of.insert(record, group);
                    by_call.extend(calls.iter().map(|call| (&*call.id, (group, call))));
                }
                Kind::User { results, .. } => {
                    for (number, id) in results.iter().enumerate() {
                        // Taken out: a second result of the same call is none of it.
                        let Some((group, call)) = by_call.remove(&**id) else { continue };
                        gathered.place(group, ToolResult { record, number, tool: call.tool.clone() });
                    }
                }
                Kind::Boundary { .. } => boundary = Some(record),
                Kind::Summary => {
                    if let Some(boundary) = boundary.take() {
                        gathered.summaries.insert(boundary, record);
                        gathered.claimed.insert(record);
                    }
                }
                _ => {}
            }
        }
        gathered
    }

    fn place(&mut self, group: usize, result: ToolResult) {
        *self.placed.entry(result.record).or_default() += 1;
        self.group_of.entry(result.record).or_insert(group);
        if let Some(group) = self.groups.get_mut(group) {
            group.results.push(result);
        }
    }

    /// The group of which this record is the first part.
    pub(super) fn led_by(&self, record: usize) -> Option<(usize, &Group)> {
        let number = self.group_of(record)?;
        let group = self.groups.get(number)?;
        (group.parts.first() == Some(&record)).then_some((number, group))
    }

    /// The group of a part or of a result.
    pub(super) fn group_of(&self, record: usize) -> Option<usize> {
        self.group_of.get(&record).copied()
    }

    /// How many results of a record stand behind their calls.
    pub(super) fn placed(&self, record: usize) -> usize {
        self.placed.get(&record).copied().unwrap_or_default()
    }

    /// The summary of a boundary.
    pub(super) fn summary(&self, boundary: usize) -> Option<usize> {
        self.summaries.get(&boundary).copied()
    }

    /// True for the summary of some boundary.
    pub(super) fn is_claimed(&self, summary: usize) -> bool {
        self.claimed.contains(&summary)
    }
}
