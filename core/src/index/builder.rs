//! The full build: reads a whole log once and makes its rows and its tree.
//!
//! If you change the content of a row, a label or a count, then change [`super::catch_up`] too, its twin for entries
//! behind a stored index; `tests/tests/engine/index` compares the two.
//!
//! Owns: the order of steps at each entry and at the end of a log.
//! Invariant: each row leaves in log order as soon as its entry is read, so that storing overlaps reading. Changes that
//! only the end of the log decides (markers, late parents) follow as fixups, few in ordinary logs.

use super::built::Built;
use super::counts::Counts;
use super::entries::{Entries, IdUse};
use super::labels::{LabelChange, Labels};
use super::names::branch_names;
use super::row::{BranchRow, LEAF, LabelRow, Row, RowSink, Seq};
use crate::finding::{Code, Finding, missing_parent};
use crate::log::{BadField, Damage, DamageCode, EntryFields, Header, LogSink, Record, ScanEnd};
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// Builds an index from a log's records.
#[derive(Debug)]
pub struct IndexBuilder<R> {
    rows: R,
    entries: Entries,
    labels: Labels,
    header: Option<Header>,
    counts: Counts,
    findings: Option<Vec<Finding>>,
}

impl<R: RowSink> IndexBuilder<R> {
    /// A builder that passes its rows to `rows`.
    pub fn new(rows: R) -> Self {
        Self {
            rows,
            entries: Entries::default(),
            labels: Labels::default(),
            header: None,
            counts: Counts::default(),
            findings: None,
        }
    }

    /// A builder that also collects the findings of the log.
    pub fn with_findings(rows: R) -> Self {
        Self { findings: Some(Vec::new()), ..Self::new(rows) }
    }

    /// Entries so far.
    pub const fn entry_count(&self) -> u64 {
        self.counts.entries
    }

    /// The header, once it was read.
    pub const fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    fn find(&mut self, finding: impl FnOnce() -> Finding) {
        if let Some(findings) = &mut self.findings {
            findings.push(finding());
        }
    }

    /// Counts and reports what is wrong with an entry's own fields.
    fn judge(&mut self, record: &Record<'_>, read: &EntryFields<'_>, key: &str, id_use: IdUse) {
        self.counts.damages += read.bad().count() as u64;
        for field in read.bad() {
            self.find(|| Finding::from_bad_field(field, record, key));
        }
        let found = |code, words: &str| Finding::at(code, record.offset, record.line).entry(key).say(words);
        if id_use == IdUse::Repeated {
            self.find(|| {
                found(Code::DuplicateId, "its id was used before; known by id and offset, `repair` gives it a new one")
            });
        } else if read.id.is_none() && !read.bad().any(|field| field == BadField::Id) {
            self.find(|| {
                found(Code::MissingId, "has no id that can be used; known by its offset, `repair` gives it one")
            });
        }
    }

    /// Ends the build. `end.unsettled` damages are not counted, because a grown log may no longer have them.
    pub fn finish_at(mut self, end: &ScanEnd) -> Built<R> {
        self.counts.damages = self.counts.damages.saturating_sub(end.unsettled);
        self.finish()
    }

    /// Ends the build.
    pub fn finish(mut self) -> Built<R> {
        let mut moved = Vec::new();
        for cut in self.entries.links.close(&mut moved) {
            let key = self.entries.key(cut.seq);
            self.find(|| {
                Finding::at(Code::ParentCycle, cut.offset, cut.line)
                    .entry(key)
                    .say("its parents lead back to itself; read as a root, `repair` makes it one")
            });
        }
        let lost: Vec<_> = self.entries.links.missing().map(|(id, orphan)| (String::from(id), *orphan)).collect();
        for (id, orphan) in lost {
            let key = self.entries.key(orphan.seq);
            let (code, message) = if self.entries.ids.id(orphan.seq) == id {
                (Code::ParentCycle, String::from("is its own parent; read as a root, `repair` makes it one"))
            } else {
                (Code::MissingParent, missing_parent(&id))
            };
            self.find(|| Finding::at(code, orphan.offset, orphan.line).entry(key).say(message));
        }
        let Self { rows, entries, labels, header, mut counts, findings } = self;
        let links = &entries.links;
        let labels = labels.close(|id, seq| entries.ids.first_after(id, seq), |seq| entries.key(seq));
        counts.orphans = links.missing_count() as u64;
        counts.dangling_labels = labels.iter().filter(|label| label.target.is_none()).count() as u64;
        let branches = branches(&entries, &labels);
        let marked = (0..entries.count()).filter(|&seq| links.marker(seq) != 0 || moved.binary_search(&seq).is_ok());
        let fixups = marked.map(|seq| links.fixup(seq)).collect();
        let mut findings = findings.unwrap_or_default();
        findings.sort_by_key(|finding| (finding.byte_offset, finding.code));
        Built { rows, header, counts, fixups, branches, labels, findings, entries }
    }
}

/// The branches by leaf, with their names from labels.
fn branches(entries: &Entries, labels: &[LabelRow]) -> Vec<BranchRow> {
    let names = branch_names(&entries.links, labels);
    let leaves = (0..entries.count()).filter(|&seq| entries.links.marker(seq) == LEAF);
    let row = |seq| {
        let label = names.get(&seq);
        BranchRow {
            seq,
            leaf_id: entries.key(seq),
            depth: entries.links.depth(seq),
            ts: entries.time(seq),
            name: label.map(|label| label.name.clone()),
            labeled_at: label.and_then(|label| label.labeled_at),
        }
    };
    leaves.map(row).collect()
}

impl<R: RowSink> LogSink for IndexBuilder<R> {
    fn header(&mut self, header: &Record<'_>) -> ControlFlow<()> {
        self.header = Some(Header::read(header));
        ControlFlow::Continue(())
    }

    fn entry(&mut self, record: &Record<'_>) -> ControlFlow<()> {
        let fields = &record.fields.indexed;
        let Entries { ids, links, .. } = &mut self.entries;
        let seq = Seq::try_from(links.len()).unwrap_or(Seq::MAX);
        let read = fields.entry();
        if let Some(id) = &read.id {
            links.arrived(id);
        }
        let parent = read.parent.as_deref().and_then(|parent| {
            // Nearly every entry is a child of the one before it, which needs no look-up.
            let before = seq.checked_sub(1).filter(|&before| ids.id(before) == parent);
            before.or_else(|| ids.latest(parent))
        });
        links.push(parent);
        if let (None, Some(parent_id)) = (parent, &read.parent) {
            links.wait(parent_id, record.offset, record.line);
        }
        let (parent_step, depth) = (links.step(seq), links.depth(seq));
        let kind = fields.kind_text();
        // Looked up before the entry's own id is added: nothing labels itself.
        let change = LabelChange::read(&kind, fields).map(|change| (ids.latest(&change.target_id), change));
        let (key, id_use) = self.entries.name(seq, read.id.as_ref(), record.offset);
        self.counts.duplicates += u64::from(read.id.is_some() && id_use != IdUse::Key);
        self.judge(record, &read, &key, id_use);
        let EntryFields { parent: parent_id, ts, .. } = read;
        self.counts.observe(&kind, fields, ts);
        self.entries.push_time(ts);
        if let Some((target, change)) = change {
            self.labels.push(seq, change, target, ts);
        }
        self.rows.row(Row {
            seq,
            id: key,
            parent_id,
            ts,
            kind,
            marker: 0,
            offset: record.offset,
            len: record.bytes.len() as u64,
            parent_step,
            depth,
        })
    }

    fn damage(&mut self, damage: Damage) -> ControlFlow<()> {
        // Only a full scan reports bad UTF-8; the count must be the same for all scans.
        self.counts.damages += u64::from(damage.code != DamageCode::InvalidUtf8);
        self.find(|| Finding::from_damage(damage));
        ControlFlow::Continue(())
    }
}
