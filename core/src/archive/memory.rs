//! What a home remembers of a store.
//!
//! Owns: the last commit, the one that was about to be put, the newest seen of each machine, and what follows from
//! these about a store as it is now.
//! Invariant: the intent is durable before its commit is put. So a commit that this home did not make is told from one
//! whose answer was lost, and a home that was cloned never continues its clone's line.

use super::line::{Line, Mark};
use alloc::collections::BTreeMap;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// What a home remembers of a store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Memory {
    /// The last commit that was put.
    #[serde(default)]
    pub last: Option<Mark>,
    /// The commit that was to be put next, when that was last begun.
    #[serde(default)]
    pub intent: Option<Mark>,
    /// The newest commit that was seen, by machine.
    #[serde(default)]
    pub seen: BTreeMap<String, Mark>,
}

/// Whose the line of this home's machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// This home made its newest commit, or nobody made one.
    Mine,
    /// Another home with the same machine id went on with it, or this home forgot that it did.
    Cloned,
    /// The store has lost commits that this home made.
    Rewound,
}

/// Whose the line of this home's machine is.
#[must_use]
pub fn judge(memory: &Memory, line: &Line) -> Own {
    let Memory { last, intent, .. } = memory;
    let Some(head) = line.head else { return if last.is_some() { Own::Rewound } else { Own::Mine } };
    if [*last, *intent].contains(&Some(head)) {
        return Own::Mine;
    }
    if last.is_some_and(|last| head.n < last.n) { Own::Rewound } else { Own::Cloned }
}

impl Memory {
    /// True if the store has lost a commit of this machine that was seen, or has another one in its place.
    #[must_use]
    pub fn is_rewound(&self, line: &Line) -> bool {
        let Some(seen) = self.seen.get(&line.machine) else { return false };
        line.n() < seen.n || line.head.is_some_and(|head| head.n == seen.n && head.digest != seen.digest)
    }

    /// Notes what is seen of a line.
    pub fn see(&mut self, line: &Line) {
        if let Some(head) = line.head {
            self.seen.insert(line.machine.clone(), head);
        }
    }

    /// Notes the commit that is to be put next.
    pub const fn intend(&mut self, mark: Mark) {
        self.intent = Some(mark);
    }

    /// Notes that it was put.
    pub fn done(&mut self, machine: &str, mark: Mark) {
        (self.last, self.intent) = (Some(mark), None);
        self.seen.insert(machine.into(), mark);
    }

    /// Forgets the line: this home continues as another machine.
    pub const fn renamed(&mut self) {
        (self.last, self.intent) = (None, None);
    }
}
