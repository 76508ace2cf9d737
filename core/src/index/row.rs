//! Rows as stored, and the sink to which a full build passes them.
//!
//! If you change a column, then change [`super::schema`] and [`super::image`] too, and the SQL in
//! `host-native/src/sidecar/sql`.
//!
//! Owns: the meaning of the columns.
//! Invariant: `seq` counts entries from 0 in log order without gaps.

use alloc::borrow::Cow;
use alloc::string::String;
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
    /// The key: the id in the log, or a made key if that id is missing or taken.
    pub id: Cow<'a, str>,
    /// The parent's id as the log names it.
    pub parent_id: Option<Cow<'a, str>>,
    /// Unix milliseconds.
    pub ts: Option<i64>,
    /// The entry's `type`.
    pub kind: Cow<'a, str>,
    /// [`LEAF`] or [`BRANCH_POINT`], else 0. A full build passes 0 and corrects it by a [`Fixup`].
    pub marker: u8,
    /// Offset of the record.
    pub offset: u64,
    /// Length of the record; an unsalvaged record is its line without the LF.
    pub len: u64,
    /// `seq` minus the parent's `seq`: 0 for a root, negative if the parent stands later.
    pub parent_step: i64,
    /// Number of entries from the root; the root has 1.
    pub depth: u32,
}

/// Final values of a row that only the end of the log decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixup {
    /// Number of the row.
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
    /// Number of the leaf.
    pub seq: Seq,
    /// Key of the leaf.
    pub leaf_id: String,
    /// Depth of the leaf.
    pub depth: u32,
    /// Time of the leaf, Unix milliseconds.
    pub ts: Option<i64>,
    /// The label that names the branch: the one set last on its entries.
    pub name: Option<String>,
    /// When that label was set, Unix milliseconds.
    pub labeled_at: Option<i64>,
}

/// A label that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelRow {
    /// Number of the label entry.
    pub seq: Seq,
    /// Number of the labelled entry; `None` while no entry has the id in the label.
    pub target: Option<Seq>,
    /// Key of the labelled entry, or the id in the label.
    pub target_id: String,
    /// The label.
    pub name: String,
    /// Time of the label entry, Unix milliseconds.
    pub labeled_at: Option<i64>,
}

/// Receives the rows of a full build, in log order.
pub trait RowSink {
    /// Takes one row. `Break` stops the build.
    fn row(&mut self, row: Row<'_>) -> ControlFlow<()>;
}

impl RowSink for () {
    fn row(&mut self, _: Row<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
