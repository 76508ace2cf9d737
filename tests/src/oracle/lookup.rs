//! Which entry an id means. Owns the one rule for parents and label targets: the nearest earlier entry with that id,
//! else the first later one, and never the naming entry itself.

use std::collections::HashMap;

use crate::oracle::model::OracleEntry;

/// The entries by their ids in the log.
pub struct Lookup {
    /// Ascending numbers of the entries with an id.
    by_id: HashMap<String, Vec<usize>>,
}

impl Lookup {
    pub fn new(entries: &[OracleEntry]) -> Self {
        let mut by_id: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            if let Some(id) = &entry.log_id {
                by_id.entry(id.clone()).or_default().push(at);
            }
        }
        Self { by_id }
    }

    /// The entry that `id` means when entry `from` names it.
    pub fn resolve(&self, id: &str, from: usize) -> Option<usize> {
        let all = self.by_id.get(id)?;
        let nearest_earlier = all.iter().rev().find(|&&at| at < from);
        let first_later = || all.iter().find(|&&at| at > from);
        nearest_earlier.or_else(first_later).copied()
    }
}
