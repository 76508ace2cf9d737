//! The full build: a whole log, read once, to rows and tree.
//!
//! Owns: keys of entries and the order of events at the end of a log.
//! Invariant: rows leave in log order as soon as they are read, so that storing them overlaps reading; what only
//! the end can tell (markers, late parents) follows as fixups, few in ordinary logs.
//! Does not: keep payloads; memory is about 60 bytes an entry with 36-character ids, besides the ids themselves.

use super::counts::Counts;
use super::ids::Ids;
use super::labels::{LabelChange, Labels, branch_names};
use super::links::Links;
use super::row::{BranchRow, Fixup, LEAF, LabelRow, Row, RowSink, Seq};
use super::tree::{BranchPoint, Label, Leaf, Tree};
use crate::finding::{Code, Finding};
use crate::log::{Damage, DamageCode, Header, LogSink, Record, ScanEnd};
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// Reads a log's records into an index.
#[derive(Debug)]
pub struct IndexBuilder<R> {
    rows: R,
    ids: Ids,
    links: Links,
    labels: Labels,
    header: Option<Header>,
    counts: Counts,
    /// Keys of entries whose key is not their id.
    made_keys: BTreeMap<Seq, String>,
    /// All made keys, to notice an id that equals one.
    taken: BTreeMap<String, Seq>,
    /// Time of each entry, for the leaves.
    times: Vec<i64>,
    findings: Option<Vec<Finding>>,
}

const NO_TIME: i64 = i64::MIN;

/// What a full build leaves when the log has ended.
#[derive(Debug)]
pub struct Built<R> {
    /// The sink, with all rows.
    pub rows: R,
    /// Header, if the log has one.
    pub header: Option<Header>,
    /// Numbers.
    pub counts: Counts,
    /// Corrections to rows that were handed out, by row.
    pub fixups: Vec<Fixup>,
    /// Branches, by leaf.
    pub branches: Vec<BranchRow>,
    /// Labels that hold, by label entry.
    pub labels: Vec<LabelRow>,
    /// What is wrong with the log, if it was asked for; in log order.
    pub findings: Vec<Finding>,
    ids: Ids,
    links: Links,
    made_keys: BTreeMap<Seq, String>,
    taken: BTreeMap<String, Seq>,
    times: Vec<i64>,
}

impl<R: RowSink> IndexBuilder<R> {
    /// A builder that hands its rows to `rows`.
    pub fn new(rows: R) -> Self {
        Self {
            rows,
            ids: Ids::default(),
            links: Links::default(),
            labels: Labels::default(),
            header: None,
            counts: Counts::default(),
            made_keys: BTreeMap::new(),
            taken: BTreeMap::new(),
            times: Vec::new(),
            findings: None,
        }
    }

    /// A builder that also collects what is wrong with the log.
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

    /// The key of the entry at `offset`, and whether its id was seen before.
    fn key<'a>(&mut self, seq: Seq, id: Option<&Cow<'a, str>>, offset: u64) -> (Cow<'a, str>, bool) {
        let repeated = self.ids.push(id.map_or("", |id| id.as_ref()));
        let base = match id {
            Some(id) if !repeated && !self.taken.contains_key(id.as_ref()) => return (id.clone(), false),
            Some(id) => format!("{id}#{offset}"),
            None => format!("@{offset}"),
        };
        let mut key = base;
        while self.taken.contains_key(&key) || self.ids.latest(&key).is_some() {
            key = format!("{key}#{offset}");
        }
        self.taken.insert(key.clone(), seq);
        self.made_keys.insert(seq, key.clone());
        if repeated {
            self.counts.duplicates += 1;
        }
        (Cow::Owned(key), repeated)
    }

    /// Ends the log; `unsettled` of its damages may be gone once it grows (see `ScanEnd`) and are not counted.
    pub fn finish_at(mut self, end: &ScanEnd) -> Built<R> {
        self.counts.damages = self.counts.damages.saturating_sub(end.unsettled);
        self.finish()
    }

    /// Ends the log.
    pub fn finish(mut self) -> Built<R> {
        let mut moved = Vec::new();
        for cut in self.links.close(&mut moved) {
            let key = key_of(&self.ids, &self.made_keys, cut.seq);
            self.find(|| {
                Finding::at(Code::ParentCycle, cut.offset, cut.line)
                    .entry(key)
                    .say("its parents lead back to itself; read as a root")
            });
        }
        let lost: Vec<_> = self.links.missing().map(|(id, orphan)| (String::from(id), *orphan)).collect();
        for (id, orphan) in lost {
            let key = key_of(&self.ids, &self.made_keys, orphan.seq);
            let (code, message) = if self.ids.id(orphan.seq) == id {
                (Code::ParentCycle, String::from("is its own parent; read as a root"))
            } else {
                (Code::MissingParent, format!("its parent `{id}` is not in the log; read as a root"))
            };
            self.find(|| Finding::at(code, orphan.offset, orphan.line).entry(key).say(message));
        }
        let Self { rows, ids, links, labels, header, mut counts, made_keys, taken, times, findings } = self;
        let labels = labels.close(|id, seq| ids.first_after(id, seq), |seq| key_of(&ids, &made_keys, seq));
        counts.orphans = links.missing_count() as u64;
        counts.dangling_labels = labels.iter().filter(|label| label.target.is_none()).count() as u64;
        let names = branch_names(&links, &labels);
        let count = Seq::try_from(links.len()).unwrap_or(Seq::MAX);
        let branches = (0..count)
            .filter(|&seq| links.marker(seq) == LEAF)
            .map(|seq| {
                let label = names.get(&seq);
                BranchRow {
                    seq,
                    leaf_id: key_of(&ids, &made_keys, seq),
                    depth: links.depth(seq),
                    ts: time_of(&times, seq),
                    name: label.map(|label| label.name.clone()),
                    labeled_at: label.and_then(|label| label.labeled_at),
                }
            })
            .collect();
        let marked = (0..count).filter(|&seq| links.marker(seq) != 0 || moved.binary_search(&seq).is_ok());
        let fixups = marked.map(|seq| links.fixup(seq)).collect();
        let mut findings = findings.unwrap_or_default();
        findings.sort_by_key(|finding| (finding.byte_offset, finding.code));
        Built { rows, header, counts, fixups, branches, labels, findings, ids, links, made_keys, taken, times }
    }
}

impl<R: RowSink> LogSink for IndexBuilder<R> {
    fn header(&mut self, header: &Record<'_>) -> ControlFlow<()> {
        self.header = Some(Header::read(header));
        ControlFlow::Continue(())
    }

    fn entry(&mut self, record: &Record<'_>) -> ControlFlow<()> {
        let fields = &record.fields;
        let seq = Seq::try_from(self.links.len()).unwrap_or(Seq::MAX);
        let id = fields.usable_id();
        let parent_id = fields.parent_text();
        if let Some(id) = &id {
            self.links.arrived(id);
        }
        let parent = parent_id.as_deref().and_then(|parent| {
            // Nearly every entry continues the one before it: no look-up for those.
            let before = seq.checked_sub(1).filter(|&before| self.ids.id(before) == parent);
            before.or_else(|| self.ids.latest(parent))
        });
        self.links.push(parent);
        if let (None, Some(parent_id)) = (parent, &parent_id) {
            self.links.wait(parent_id, record.offset, record.line);
        }
        let kind = fields.kind_text();
        // Looked up before the entry's own id is known: nothing labels itself.
        let change = LabelChange::read(&kind, fields).map(|change| (self.ids.latest(&change.target_id), change));
        let (key, repeated) = self.key(seq, id.as_ref(), record.offset);
        if id.is_none() {
            self.find(|| {
                Finding::at(Code::MissingId, record.offset, record.line)
                    .entry(key.to_string())
                    .say("has no id that can be used; known by its offset")
            });
        } else if repeated {
            self.find(|| {
                Finding::at(Code::DuplicateId, record.offset, record.line)
                    .entry(key.to_string())
                    .say("its id was used before; known by id and offset")
            });
        }
        let ts = fields.time();
        self.counts.observe(&kind, fields, ts);
        self.times.push(ts.unwrap_or(NO_TIME));
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
            parent_step: self.links.step(seq),
            depth: self.links.depth(seq),
        })
    }

    fn damage(&mut self, damage: Damage) -> ControlFlow<()> {
        // Only a verifying scan judges UTF-8; the count must not depend on who scans.
        self.counts.damages += u64::from(damage.code != DamageCode::InvalidUtf8);
        self.find(|| Finding::from_damage(damage));
        ControlFlow::Continue(())
    }
}

impl<R> Built<R> {
    /// The same without the sink.
    pub fn without_rows(self) -> Built<()> {
        self.take_rows().0
    }

    /// The same and the sink apart, for a sink that has an end of its own.
    pub fn take_rows(self) -> (Built<()>, R) {
        let Self { rows, header, counts, fixups, branches, labels, findings, ids, links, made_keys, taken, times } =
            self;
        let built =
            Built { rows: (), header, counts, fixups, branches, labels, findings, ids, links, made_keys, taken, times };
        (built, rows)
    }

    /// The key of an entry.
    #[must_use]
    pub fn key(&self, seq: Seq) -> String {
        key_of(&self.ids, &self.made_keys, seq)
    }

    /// The entry with this key.
    #[must_use]
    pub fn find_key(&self, key: &str) -> Option<Seq> {
        if let Some(&made) = self.taken.get(key) {
            return Some(made);
        }
        // An id that was repeated is the key of the first of its entries: the others have keys of their own.
        self.ids.first(key)
    }

    /// The parent of an entry, as resolved.
    #[must_use]
    pub fn parent(&self, seq: Seq) -> Option<Seq> {
        self.links.parent(seq)
    }

    /// Entries from the root to an entry; the root is 1.
    #[must_use]
    pub fn depth(&self, seq: Seq) -> u32 {
        self.links.depth(seq)
    }

    /// The time of an entry, Unix milliseconds.
    #[must_use]
    pub fn time(&self, seq: Seq) -> Option<i64> {
        time_of(&self.times, seq)
    }

    /// Number of entries.
    #[must_use]
    pub fn entry_count(&self) -> Seq {
        Seq::try_from(self.links.len()).unwrap_or(Seq::MAX)
    }

    /// The tree as reports show it.
    #[must_use]
    pub fn tree(&self) -> Tree {
        let count = self.entry_count();
        let mut children: BTreeMap<Seq, Vec<String>> = BTreeMap::new();
        let mut roots = Vec::new();
        for seq in 0..count {
            match self.links.parent(seq) {
                None => roots.push(self.key(seq)),
                Some(parent) if self.links.marker(parent) == super::row::BRANCH_POINT => {
                    children.entry(parent).or_default().push(self.key(seq));
                }
                Some(_) => {}
            }
        }
        let mut labels: Vec<_> = self.labels.iter().collect();
        labels.sort_unstable_by_key(|label| label.target);
        Tree {
            entry_count: u64::from(count),
            active_leaf: count.checked_sub(1).map(|last| self.key(last)),
            roots,
            leaves: self.branches.iter().map(Leaf::of).collect(),
            branch_points: children
                .into_iter()
                .map(|(seq, children)| BranchPoint { id: self.key(seq), children })
                .collect(),
            labels: labels.into_iter().filter_map(Label::of).collect(),
        }
    }
}

fn time_of(times: &[i64], seq: Seq) -> Option<i64> {
    times.get(seq as usize).copied().filter(|&ts| ts != NO_TIME)
}

fn key_of(ids: &Ids, made_keys: &BTreeMap<Seq, String>, seq: Seq) -> String {
    made_keys.get(&seq).cloned().unwrap_or_else(|| String::from(ids.id(seq)))
}
