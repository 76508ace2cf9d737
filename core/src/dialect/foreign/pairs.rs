//! Results and the calls that they are of, wherever in a source they stand.
//!
//! Owns: which result is shown behind which response. Invariant: a call has one result at most, the first behind it.

use crate::dialect::members::Members;
use alloc::boxed::Box;
use alloc::vec::Vec;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// A text that is compared, or repeated.
pub(in crate::dialect) type Name = Box<str>;

/// The text of a member as a name, if it is not empty.
pub(in crate::dialect) fn name(of: &Members<'_>, member: &str) -> Option<Name> {
    Some(of.text(member)).filter(|text| !text.is_empty()).map(|text| Name::from(&*text))
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::dialect) struct Call {
    pub(in crate::dialect) id: Name,
    pub(in crate::dialect) tool: Name,
}

/// The result of a call.
#[derive(Debug)]
pub(in crate::dialect) struct Pair {
    /// The record that holds it.
    pub(in crate::dialect) record: usize,
    /// Its number among the results of that record.
    pub(in crate::dialect) number: usize,
    pub(in crate::dialect) call: Call,
}

/// Results by the response that they stand behind.
#[derive(Debug, Default)]
pub(in crate::dialect) struct Pairs {
    open: HashMap<Name, (usize, Name), FixedState>,
    behind: HashMap<usize, Vec<Pair>, FixedState>,
    /// The response behind which the first result of a record stands, and how many of it stand behind some.
    placed: HashMap<usize, (usize, usize), FixedState>,
}

impl Pairs {
    /// The calls of a response.
    pub(in crate::dialect) fn calls(&mut self, response: usize, calls: &[Call]) {
        self.open.extend(calls.iter().map(|call| (call.id.clone(), (response, call.tool.clone()))));
    }

    /// The results of a record, by the ids of their calls.
    pub(in crate::dialect) fn results(&mut self, record: usize, ids: &[Name]) {
        for (number, id) in ids.iter().enumerate() {
            // Taken out: a second result of the same call is none of it.
            let Some((response, tool)) = self.open.remove(id) else { continue };
            let pair = Pair { record, number, call: Call { id: id.clone(), tool } };
            self.behind.entry(response).or_default().push(pair);
            self.placed.entry(record).or_insert((response, 0)).1 += 1;
        }
    }

    /// Takes the results of a response's calls, in file order.
    pub(in crate::dialect) fn take(&mut self, response: usize) -> Vec<Pair> {
        self.behind.remove(&response).unwrap_or_default()
    }

    /// The response behind which the first result of a record stands.
    pub(in crate::dialect) fn response_of(&self, record: usize) -> Option<usize> {
        self.placed.get(&record).map(|(response, _)| *response)
    }

    /// How many results of a record stand behind their calls.
    pub(in crate::dialect) fn placed(&self, record: usize) -> usize {
        self.placed.get(&record).map_or(0, |(_, count)| *count)
    }
}
