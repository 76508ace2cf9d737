//! Coherence: compares the rows that a log gives with the stored rows.
//!
//! If you add a column, then compare it here too.
//!
//! Owns: the meaning of `row-missing`, `row-extra` and `row-differs`.
//! Invariant: both sides are in log order and walked once. Memory does not grow with equal rows, except for markers and
//! places that only the end of the log decides.
//! Does not: read SQLite; a host passes its cursor as [`StoredRows`].

use crate::finding::{Code, Finding};
use crate::index::row::{BranchRow, Fixup, LabelRow, Row, RowSink, Seq};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// A cursor over stored rows, ordered by `seq`.
pub trait StoredRows {
    /// The row at the cursor; `None` behind the last.
    fn current(&self) -> Option<Row<'_>>;
    /// Moves to the next row.
    ///
    /// # Errors
    /// The database's message; the sidecar is then corrupt.
    fn advance(&mut self) -> Result<(), String>;
}

/// The values of a stored row that only the end of the log confirms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct StoredPlace {
    marker: u8,
    parent_step: i64,
    depth: u32,
}

/// A comparison during a full build, as the build's row sink.
#[derive(Debug)]
pub struct Comparison<S> {
    stored: S,
    /// Stored places that differ from those in the build's row; fixups decide.
    unsettled: BTreeMap<Seq, (StoredPlace, u64, String)>,
    findings: Vec<Finding>,
    failed: Option<String>,
}

/// Result of a comparison.
#[derive(Debug, Default)]
pub struct Coherence {
    /// The differences.
    pub findings: Vec<Finding>,
    /// The database's message, if the rows could not be read to the end.
    pub failed: Option<String>,
}

impl<S: StoredRows> Comparison<S> {
    /// A comparison with `stored`, whose cursor is at its first row.
    pub fn new(stored: S) -> Self {
        Self { stored, unsettled: BTreeMap::new(), findings: Vec::new(), failed: None }
    }

    /// Ends the comparison, given the build's fixups.
    pub fn finish(mut self, fixups: &[Fixup]) -> Coherence {
        while self.failed.is_none() {
            let Some(extra) = self.stored.current() else { break };
            let (key, offset) = (extra.id.to_string(), extra.offset);
            self.extra(key, offset);
            self.advance();
        }
        if self.failed.is_some() {
            return Coherence { findings: self.findings, failed: self.failed };
        }
        let wanted: BTreeMap<Seq, &Fixup> = fixups.iter().map(|fixup| (fixup.seq, fixup)).collect();
        for fixup in fixups {
            // A place that should have been stored by a fixup and was not left no trace above. One fixup changes
            // nothing: a late parent that closed a cycle, where the entry was a root before and is one again.
            let unchanged = (fixup.marker, fixup.parent_step, fixup.depth) == (0, 0, 1);
            if !unchanged && !self.unsettled.contains_key(&fixup.seq) {
                let finding = Finding::new(Code::RowDiffers);
                self.findings.push(finding.say(format!("row {}: marker or place is not stored", fixup.seq)));
            }
        }
        for (seq, (place, offset, key)) in self.unsettled {
            let right = wanted.get(&seq).is_some_and(|fixup| {
                (fixup.marker, fixup.parent_step, fixup.depth) == (place.marker, place.parent_step, place.depth)
            });
            if !right {
                self.findings.push(differs(offset, key, "branch_leaf_marker, parent_step or depth"));
            }
        }
        Coherence { findings: self.findings, failed: None }
    }

    fn extra(&mut self, key: String, offset: u64) {
        let mut finding = Finding::new(Code::RowExtra).entry(key);
        finding.byte_offset = Some(offset);
        self.findings
            .push(finding.say("the sidecar has a row for which the log has no entry; `migrate --force` rebuilds it"));
    }

    fn advance(&mut self) {
        if let Err(message) = self.stored.advance() {
            self.failed = Some(message);
        }
    }
}

fn differs(offset: u64, key: String, columns: &str) -> Finding {
    let mut finding = Finding::new(Code::RowDiffers).entry(key);
    finding.byte_offset = Some(offset);
    finding.say(format!("the sidecar's row differs from the log in {columns}; `migrate --force` rebuilds it"))
}

impl<S: StoredRows> RowSink for Comparison<S> {
    fn row(&mut self, row: Row<'_>) -> ControlFlow<()> {
        loop {
            if self.failed.is_some() {
                return ControlFlow::Continue(());
            }
            let Some(stored) = self.stored.current().filter(|stored| stored.seq <= row.seq) else {
                let mut finding = Finding::new(Code::RowMissing).entry(row.id.to_string());
                finding.byte_offset = Some(row.offset);
                self.findings.push(finding.say("the sidecar has no row for this entry; `migrate --force` rebuilds it"));
                return ControlFlow::Continue(());
            };
            if stored.seq < row.seq {
                let (key, offset) = (stored.id.to_string(), stored.offset);
                self.extra(key, offset);
                self.advance();
                continue;
            }
            let place = StoredPlace { marker: stored.marker, parent_step: stored.parent_step, depth: stored.depth };
            let columns = [
                ("id", stored.id != row.id),
                ("parent_id", stored.parent_id != row.parent_id),
                ("ts", stored.ts != row.ts),
                ("kind", stored.kind != row.kind),
                ("byte_offset", stored.offset != row.offset),
                ("byte_len", stored.len != row.len),
            ];
            if columns.iter().any(|(_, differs)| *differs) {
                let names: Vec<&str> = columns.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect();
                self.findings.push(differs(row.offset, row.id.to_string(), &names.join(", ")));
            }
            if (place.marker, place.parent_step, place.depth) != (0, row.parent_step, row.depth) {
                self.unsettled.insert(row.seq, (place, row.offset, row.id.to_string()));
            }
            self.advance();
            return ControlFlow::Continue(());
        }
    }
}

/// Compares stored and built branches and labels.
#[must_use]
pub fn compare_tables(branches: (&[BranchRow], &[BranchRow]), labels: (&[LabelRow], &[LabelRow])) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut compare = |equal: bool, table: &str| {
        if !equal {
            let finding = Finding::new(Code::RowDiffers);
            findings.push(finding.say(format!("table `{table}` differs from the log; `migrate --force` rebuilds it")));
        }
    };
    compare(branches.0 == branches.1, "branches");
    compare(labels.0 == labels.1, "labels");
    findings
}
