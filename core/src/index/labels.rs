//! The labels of a log that is read from start to end.
//!
//! If you change which label holds, then change [`super::catch_up`], which applies labels to a stored index, and
//! `tests/src/oracle/labels.rs` too. [`super::names`] derives the names of branches from these labels.
//!
//! Owns: which label holds on which entry.
//! Invariant: the last label entry in log order for a target holds; one without text removes the label.

use super::row::{LabelRow, Seq};
use crate::json::text;
use crate::log::{IndexedFields, id_of};
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// The change that a label entry makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LabelChange {
    /// The id of the target.
    pub target_id: String,
    /// The label; `None` removes it.
    pub name: Option<String>,
}

impl LabelChange {
    /// Reads a record's fields; `None` if it is not a label entry with a target id.
    #[must_use]
    pub(super) fn read(kind: &str, fields: &IndexedFields<'_>) -> Option<Self> {
        if kind != "label" {
            return None;
        }
        let filled = |text: &Cow<'_, str>| !text.is_empty();
        let target_id = fields.target.and_then(id_of)?.into_owned();
        let name = fields.label.and_then(text::string_lossy).filter(filled).map(Cow::into_owned);
        Some(Self { target_id, name })
    }
}

#[derive(Debug)]
struct Change {
    seq: Seq,
    target: Result<Seq, String>,
    name: Option<String>,
    labeled_at: Option<i64>,
}

/// All label entries of a log.
#[derive(Debug, Default)]
pub(super) struct Labels {
    changes: Vec<Change>,
}

impl Labels {
    /// Adds a label entry; `target` is the labelled entry if it stands before the label.
    pub(super) fn push(&mut self, seq: Seq, change: LabelChange, target: Option<Seq>, labeled_at: Option<i64>) {
        let target = target.ok_or(change.target_id);
        self.changes.push(Change { seq, target, name: change.name, labeled_at });
    }

    /// The labels that hold at the end of the log, in order of their label entries. `first_after(id, seq)` finds a
    /// target behind its label; `key_of(seq)` returns the key of a target.
    pub(super) fn close(
        self,
        first_after: impl Fn(&str, Seq) -> Option<Seq>,
        key_of: impl Fn(Seq) -> String,
    ) -> Vec<LabelRow> {
        let mut holding: BTreeMap<Result<Seq, String>, LabelRow> = BTreeMap::new();
        for Change { seq, target, name, labeled_at } in self.changes {
            let target = target.or_else(|id| first_after(&id, seq).ok_or(id));
            match name {
                Some(name) => {
                    let row = LabelRow {
                        seq,
                        target: target.as_ref().ok().copied(),
                        target_id: target.as_ref().map_or_else(String::clone, |&target| key_of(target)),
                        name,
                        labeled_at,
                    };
                    holding.insert(target, row);
                }
                None => {
                    holding.remove(&target);
                }
            }
        }
        let mut rows: Vec<LabelRow> = holding.into_values().collect();
        rows.sort_unstable_by_key(|row| row.seq);
        rows
    }
}
