//! Catch-up: adds to a stored index the entries that were appended to its log.
//!
//! If you change the content of a row, a label or a count, then change [`super::builder`] too, its twin for whole logs;
//! `tests/tests/engine/index` compares the two.
//!
//! Owns: how markers, branches and labels change with each new entry.
//! Invariant: after [`CatchUp::finish`] the store equals a full build of the longer log. If older rows would have to
//! change in other ways (a late parent, a label whose target comes later), the catch-up fails with
//! [`CatchUpError::NeedsRebuild`].
//! Does not: read the log or open transactions. Its caller passes records, inside one transaction.
//!
//! The newest entry (the tip) is held back until the next one comes. A chain of entries then costs one row each, and no
//! marker is written and cleared again.

use super::counts::Totals;
use super::key::{KeySource, looks_made, may_be_made};
use super::labels::LabelChange;
use super::names::name_of;
use super::row::{BRANCH_POINT, BranchRow, LEAF, LabelRow, Row, Seq};
use super::store::{IndexStore, Node};
use super::tree::{Label, Leaf};
use crate::log::{AppendedEntry, EntryFields, IndexedFields, Record};
use alloc::borrow::Cow;
use alloc::string::String;

/// Why a catch-up failed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatchUpError<E> {
    /// The new entries change older rows; the log must be indexed anew.
    #[error("new entries change the place of older ones; the index must be built anew")]
    NeedsRebuild,
    /// The database failed.
    #[error("{0}")]
    Store(E),
}

impl<E> From<E> for CatchUpError<E> {
    fn from(error: E) -> Self {
        Self::Store(error)
    }
}

/// What the caller knows about an entry's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Id {
    /// Nothing.
    Unknown,
    /// No earlier entry has it.
    New,
}

/// The newest entry, not stored yet.
#[derive(Debug)]
struct Tip {
    row: Row<'static>,
    /// The id in the log; empty if there is none.
    id: String,
    branch: OpenBranch,
}

/// The branch that ends at the tip.
#[derive(Debug, Default)]
struct OpenBranch {
    /// Key of the leaf under which the branch is stored now.
    stored_leaf: Option<String>,
    name: Option<String>,
    labeled_at: Option<i64>,
}

/// One catch-up.
#[derive(Debug)]
pub struct CatchUp {
    /// Totals of the log, with the tip.
    totals: Totals,
    tip: Option<Tip>,
    any_labels: bool,
    names_changed: bool,
}

impl CatchUp {
    /// Starts behind the stored entries, which have these totals.
    ///
    /// # Errors
    /// [`CatchUpError::Store`] if the database fails.
    pub fn new<S: IndexStore>(store: &mut S, totals: Totals) -> Result<Self, CatchUpError<S::Error>> {
        Ok(Self { totals, tip: None, any_labels: !store.labels()?.is_empty(), names_changed: false })
    }

    /// Counts one more damage.
    pub const fn count_damage(&mut self) {
        self.totals.counts.damages += 1;
    }

    /// Subtracts damages that the next scan reports again, if they remain (see `ScanEnd::unsettled`).
    pub const fn uncount_damages(&mut self, unsettled: u64) {
        self.totals.counts.damages = self.totals.counts.damages.saturating_sub(unsettled);
    }

    /// Adds the next entry of the log.
    ///
    /// # Errors
    /// [`CatchUpError::NeedsRebuild`] if older rows would change, [`CatchUpError::Store`] if the database fails.
    pub fn entry<S: IndexStore>(&mut self, store: &mut S, record: &Record<'_>) -> Result<(), CatchUpError<S::Error>> {
        self.add(store, record.offset, record.bytes.len() as u64, &record.fields, Id::Unknown)
    }

    /// Adds an entry from the session's own writer, which checked that the log did not hold its id.
    ///
    /// # Errors
    /// Same errors as [`CatchUp::entry`].
    pub fn appended<S: IndexStore>(
        &mut self,
        store: &mut S,
        brief: &AppendedEntry<'_>,
    ) -> Result<(), CatchUpError<S::Error>> {
        self.add(store, brief.offset, brief.len, &brief.fields, Id::New)
    }

    fn add<S: IndexStore>(
        &mut self,
        store: &mut S,
        offset: u64,
        len: u64,
        fields: &IndexedFields<'_>,
        known: Id,
    ) -> Result<(), CatchUpError<S::Error>> {
        let seq = Seq::try_from(self.totals.counts.entries).unwrap_or(Seq::MAX);
        let read = fields.entry();
        self.totals.counts.damages += read.bad().count() as u64;
        let EntryFields { id, parent: parent_id, ts, .. } = read;
        let key = self.key(store, id.as_deref(), offset, known)?;
        let continues_tip = match (&self.tip, &parent_id) {
            (Some(tip), Some(parent)) => tip.id == parent.as_ref(),
            _ => false,
        };
        let kind = fields.kind_text();
        let change = LabelChange::read(&kind, fields);

        let (parent_step, depth, branch) = if continues_tip {
            let mut tip = self.tip.take().ok_or(CatchUpError::NeedsRebuild)?;
            tip.row.marker = 0;
            store.insert(&tip.row)?;
            (1, tip.row.depth + 1, tip.branch)
        } else {
            self.store_tip(store)?;
            self.attach(store, seq, &key, parent_id.as_deref())?
        };
        self.totals.active_leaf = Some(key.clone());
        self.tip = Some(Tip {
            row: Row {
                seq,
                id: Cow::Owned(key),
                parent_id: parent_id.map(|id| Cow::Owned(id.into_owned())),
                ts,
                kind: Cow::Owned(kind.clone().into_owned()),
                marker: LEAF,
                offset,
                len,
                parent_step,
                depth,
            },
            id: id.map(Cow::into_owned).unwrap_or_default(),
            branch,
        });
        self.totals.counts.observe(&kind, fields, ts);
        if let Some(change) = change {
            self.label(store, seq, change, ts)?;
        }
        Ok(())
    }

    /// Stores the tip and updates branch names.
    ///
    /// # Errors
    /// Same errors as [`CatchUp::entry`].
    pub fn finish<S: IndexStore>(mut self, store: &mut S) -> Result<Totals, CatchUpError<S::Error>> {
        self.store_tip(store)?;
        if self.names_changed {
            self.rename_branches(store)?;
        }
        Ok(self.totals)
    }

    /// The key of the entry at `offset`. Needs a rebuild if an older entry or label waits for its id.
    fn key<S: IndexStore>(
        &mut self,
        store: &mut S,
        id: Option<&str>,
        offset: u64,
        known: Id,
    ) -> Result<String, CatchUpError<S::Error>> {
        let source = KeySource { id, offset };
        let Some(id) = id else { return source.make(|key| self.is_taken(store, key)) };
        if self.totals.counts.orphans > 0 && (self.tip_misses(id) || store.is_missed(id)?) {
            return Err(CatchUpError::NeedsRebuild);
        }
        if self.totals.counts.dangling_labels > 0 {
            let waits = |label: &LabelRow| label.target.is_none() && label.target_id == id;
            if store.labels()?.iter().any(waits) {
                return Err(CatchUpError::NeedsRebuild);
            }
        }
        // Of all keys only one made from an offset can equal a new id.
        let is_new = known == Id::New && !may_be_made(id);
        if !is_new && self.is_taken(store, id)? {
            self.totals.counts.duplicates += 1;
            return source.make(|key| self.is_taken(store, key));
        }
        if looks_made(id, offset) {
            return Err(CatchUpError::NeedsRebuild);
        }
        Ok(String::from(id))
    }

    /// True if the tip, which is not stored yet, names `id` as its missing parent.
    fn tip_misses(&self, id: &str) -> bool {
        self.tip.as_ref().is_some_and(|tip| tip.row.parent_step == 0 && tip.row.parent_id.as_deref() == Some(id))
    }

    /// True if a stored entry or the tip has this key, or the tip has this id.
    fn is_taken<S: IndexStore>(&self, store: &mut S, key: &str) -> Result<bool, CatchUpError<S::Error>> {
        let is_tip = self.tip.as_ref().is_some_and(|tip| tip.row.id == key || tip.id == key);
        Ok(is_tip || store.find(key)?.is_some())
    }

    /// Adds a new entry below a stored one, or as a root; returns its parent step, depth and branch.
    fn attach<S: IndexStore>(
        &mut self,
        store: &mut S,
        seq: Seq,
        key: &str,
        parent_id: Option<&str>,
    ) -> Result<(i64, u32, OpenBranch), CatchUpError<S::Error>> {
        let parent = match parent_id {
            Some(parent_id) => self.resolve(store, parent_id)?,
            None => None,
        };
        let Some(parent) = parent else {
            self.totals.counts.orphans += u64::from(parent_id.is_some());
            self.totals.check.add_root(key);
            return Ok((0, 1, OpenBranch::default()));
        };
        let branch = if parent.marker & LEAF != 0 {
            store.set_marker(parent.seq, 0)?;
            let stored = store.branch(&parent.key)?.ok_or(CatchUpError::NeedsRebuild)?;
            self.totals.check.remove_leaf(&Leaf::of(&stored));
            let BranchRow { leaf_id, name, labeled_at, .. } = stored;
            OpenBranch { stored_leaf: Some(leaf_id), name, labeled_at }
        } else {
            if parent.marker & BRANCH_POINT == 0 {
                store.set_marker(parent.seq, BRANCH_POINT)?;
                for child in store.children(parent.seq)? {
                    self.totals.check.add_child(&parent.key, &child);
                }
                // The branch that ran through the parent now begins below it.
                self.names_changed |= self.any_labels;
            }
            self.totals.check.add_child(&parent.key, key);
            OpenBranch::default()
        };
        Ok((i64::from(seq) - i64::from(parent.seq), parent.depth + 1, branch))
    }

    /// The latest stored entry with this id in the log.
    fn resolve<S: IndexStore>(&self, store: &mut S, id: &str) -> Result<Option<Node>, CatchUpError<S::Error>> {
        if self.totals.counts.duplicates > 0
            && let Some(node) = store.latest_repeat(id)?
        {
            return Ok(Some(node));
        }
        Ok(store.find(id)?.filter(|node| !node.has_made_key()))
    }

    fn store_tip<S: IndexStore>(&mut self, store: &mut S) -> Result<(), CatchUpError<S::Error>> {
        let Some(tip) = self.tip.take() else { return Ok(()) };
        store.insert(&tip.row)?;
        if let Some(leaf) = &tip.branch.stored_leaf {
            store.remove_branch(leaf)?;
        }
        let OpenBranch { name, labeled_at, .. } = tip.branch;
        let Row { seq, id, depth, ts, .. } = tip.row;
        let branch = BranchRow { seq, leaf_id: id.into_owned(), depth, ts, name, labeled_at };
        self.totals.check.add_leaf(&Leaf::of(&branch));
        Ok(store.put_branch(&branch)?)
    }

    /// Applies the tip's label.
    fn label<S: IndexStore>(
        &mut self,
        store: &mut S,
        seq: Seq,
        change: LabelChange,
        labeled_at: Option<i64>,
    ) -> Result<(), CatchUpError<S::Error>> {
        let target = self.resolve(store, &change.target_id)?.filter(|node| node.seq != seq);
        for label in store.labels()? {
            let same = match &target {
                Some(target) => label.target == Some(target.seq),
                None => label.target.is_none() && label.target_id == change.target_id,
            };
            if same {
                store.remove_label(label.seq)?;
                if let Some(shown) = Label::of(&label) {
                    self.totals.check.remove_label(&shown);
                }
                self.totals.counts.dangling_labels -= u64::from(label.target.is_none());
            }
        }
        self.names_changed = true;
        let Some(name) = change.name else { return Ok(()) };
        self.any_labels = true;
        self.totals.counts.dangling_labels += u64::from(target.is_none());
        let (target, target_id) = target.map_or((None, change.target_id), |node| (Some(node.seq), node.key));
        let row = LabelRow { seq, target, target_id, name, labeled_at };
        store.put_label(&row)?;
        if let Some(shown) = Label::of(&row) {
            self.totals.check.add_label(&shown);
        }
        Ok(())
    }

    /// Sets the names of all branches from the labels that hold.
    fn rename_branches<S: IndexStore>(&mut self, store: &mut S) -> Result<(), CatchUpError<S::Error>> {
        let labels = store.labels()?;
        for mut branch in store.branches()? {
            let best = name_of(store, branch.seq, &labels)?;
            let (name, labeled_at) = (best.map(|label| label.name.clone()), best.and_then(|label| label.labeled_at));
            if (&name, labeled_at) == (&branch.name, branch.labeled_at) {
                continue;
            }
            self.totals.check.remove_leaf(&Leaf::of(&branch));
            branch.name = name;
            branch.labeled_at = labeled_at;
            self.totals.check.add_leaf(&Leaf::of(&branch));
            store.put_branch(&branch)?;
        }
        Ok(())
    }
}
