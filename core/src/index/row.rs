//! Rows as they are stored, and the interface by which a full build hands them on.
//!
//! Owns: the meaning of the columns. Invariant: `seq` counts entries from 0 in log order without gaps.
//! Does not: name SQL; see [`super::schema`].

use alloc::borrow::Cow;
use alloc::string::String;
use core::convert::Infallible;
use core::ops::ControlFlow;

/// Number of an entry in log order, from 0.
pub type Seq = u32;

/// `branch_leaf_marker`, bit 0: the entry has no child.
pub const LEAF: u8 = 1;
/// `branch_leaf_marker`, bit 1: the entry has two or more children.
pub const BRANCH_POINT: u8 = 2;

/// One row of `entries`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'a> {
    /// Number in log order.
    pub seq: Seq,
    /// The key: the log's id, or a generated one where that is missing or taken.
    pub id: Cow<'a, str>,
    /// The parent's id as the log says it.
    pub parent_id: Option<Cow<'a, str>>,
    /// Unix milliseconds.
    pub ts: Option<i64>,
    /// The entry's `type`.
    pub kind: Cow<'a, str>,
    /// [`LEAF`] and [`BRANCH_POINT`]. A full build does not know it yet and gives 0; see [`Fixup`].
    pub marker: u8,
    /// Offset of the line.
    pub offset: u64,
    /// Length of the line without its LF.
    pub len: u64,
    /// How many entries before this one its parent stands: 0 for a root, negative where the parent comes later.
    pub parent_step: i64,
    /// Entries from the root, which is 1.
    pub depth: u32,
}

/// What a full build knows about a row only at the end of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixup {
    /// The row.
    pub seq: Seq,
    /// Its marker.
    pub marker: u8,
    /// Its final parent step.
    pub parent_step: i64,
    /// Its final depth.
    pub depth: u32,
}

/// One row of `branches`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchRow {
    /// The leaf.
    pub seq: Seq,
    /// Its key.
    pub leaf_id: String,
    /// Entries from the root to it.
    pub depth: u32,
    /// Its time, Unix milliseconds.
    pub ts: Option<i64>,
    /// The label set last of those that hold on the branch's entries.
    pub name: Option<String>,
    /// When that label was set, Unix milliseconds.
    pub labeled_at: Option<i64>,
}

/// A label that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelRow {
    /// The label entry.
    pub seq: Seq,
    /// The labelled entry; `None` while no entry has the id that the label names.
    pub target: Option<Seq>,
    /// Its key, or the id that the label names.
    pub target_id: String,
    /// The label.
    pub name: String,
    /// Time of the label entry, Unix milliseconds.
    pub labeled_at: Option<i64>,
}

/// Receives the rows of a full build, in log order.
pub trait RowSink {
    /// Why it stops the build, by returning `Break`; [`Infallible`] for one that never does.
    type Break;

    /// One row.
    fn row(&mut self, row: Row<'_>) -> ControlFlow<Self::Break>;
}

impl RowSink for () {
    type Break = Infallible;

    fn row(&mut self, _: Row<'_>) -> ControlFlow<Infallible> {
        ControlFlow::Continue(())
    }
}
