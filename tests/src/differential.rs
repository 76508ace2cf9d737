//! Compares the engine with the oracle, and with itself over the same bytes in other pieces.
//!
//! Owns: the comparisons, for properties and for fuzzing.
//! Invariant: a comparison panics at the first difference.

use crate::oracle::OracleLog;
use jcode_session_core::finding::Code;
use jcode_session_core::index::row::{Row, RowSink};
use jcode_session_core::index::{Built, IndexBuilder};
use jcode_session_core::log::{Damage, LogScan, LogSink, OneThread, Record, ScanEnd, Threads, scan_on, scan_source};
use jcode_session_core::source::{ByteSource, SliceSource, SourceError};
use std::ops::ControlFlow;

/// The rows as the builder emits them.
#[derive(Debug, Default)]
pub struct Rows(pub Vec<Row<'static>>);

impl RowSink for Rows {
    fn row(&mut self, row: Row<'_>) -> ControlFlow<()> {
        self.0.push(Row {
            id: row.id.into_owned().into(),
            parent_id: row.parent_id.map(|id| id.into_owned().into()),
            kind: row.kind.into_owned().into(),
            ..row
        });
        ControlFlow::Continue(())
    }
}

/// The index of a log, with findings.
///
/// # Panics
/// Panics if the source cannot be read.
#[must_use]
pub fn build(source: &impl ByteSource) -> Built<Rows> {
    let mut builder = IndexBuilder::with_findings(Rows::default());
    let end = scan_source(source, 0..source.len(), LogScan::full(), &mut builder, &mut |_| ControlFlow::Continue(()));
    builder.finish_at(&end.expect("a slice can be read"))
}

/// The rows with the fixups of the end of the log applied.
#[must_use]
pub fn final_rows(built: &Built<Rows>) -> Vec<Row<'static>> {
    let mut rows = built.rows.0.clone();
    for fixup in &built.fixups {
        let row = &mut rows[fixup.seq as usize];
        (row.marker, row.parent_step, row.depth) = (fixup.marker, fixup.parent_step, fixup.depth);
    }
    rows
}

fn name(code: Code) -> String {
    serde_json::to_value(code).expect("a code is a word").as_str().expect("a word").to_string()
}

/// Compares the readings of a log by the engine and by the oracle.
///
/// # Panics
/// Panics if they differ.
pub fn compare(bytes: &[u8], oracle: &OracleLog) {
    let built = build(&SliceSource(bytes));
    let rows = final_rows(&built);
    assert_eq!(rows.len(), oracle.entries.len(), "number of entries");
    for (seq, (row, entry)) in rows.iter().zip(&oracle.entries).enumerate() {
        assert_eq!(row.id, entry.key, "key of entry {seq}");
        assert_eq!(row.parent_id.as_deref(), entry.parent_id.as_deref(), "parent id of {}", entry.key);
        assert_eq!(row.kind, entry.kind, "kind of {}", entry.key);
        assert_eq!(row.ts, entry.ts, "time of {}", entry.key);
        assert_eq!((row.offset, row.len), (entry.offset, entry.len), "place of {}", entry.key);
        assert_eq!(i64::from(row.marker), entry.marker(), "marker of {}", entry.key);
        assert_eq!(u64::from(row.depth), entry.depth, "depth of {}", entry.key);
        let parent = (row.parent_step != 0).then(|| usize::try_from(seq as i64 - row.parent_step).expect("in range"));
        assert_eq!(parent, entry.parent, "parent of {}", entry.key);
    }
    let tree = built.tree();
    let key = |entry: usize| oracle.entries[entry].key.clone();
    assert_eq!(tree.active_leaf, oracle.active_leaf);
    assert_eq!(tree.roots, oracle.roots.iter().map(|&e| key(e)).collect::<Vec<_>>());
    let leaves: Vec<_> = tree.leaves.iter().map(|l| (l.id.clone(), l.name.clone())).collect();
    let expected: Vec<_> = oracle.leaves.iter().map(|l| (key(l.entry), l.name.clone())).collect();
    assert_eq!(leaves, expected, "leaves");
    let points: Vec<_> = tree.branch_points.iter().map(|p| (p.id.clone(), p.children.clone())).collect();
    let expected: Vec<_> = oracle
        .branch_points
        .iter()
        .map(|p| (key(p.entry), p.children.iter().map(|&c| key(c)).collect::<Vec<_>>()))
        .collect();
    assert_eq!(points, expected, "branch points");
    for (leaf, expected) in tree.leaves.iter().zip(&oracle.leaves) {
        let times = (oracle.entries[expected.entry].ts, expected.labeled_at);
        assert_eq!((leaf.ts, leaf.labeled_at), times, "times of {}", leaf.id);
    }
    let labels: Vec<_> = tree.labels.iter().map(|l| (l.entry_id.clone(), l.name.clone())).collect();
    let expected: Vec<_> = oracle.labels.iter().map(|l| (key(l.entry), l.name.clone())).collect();
    assert_eq!(labels, expected, "labels");
    for (label, expected) in tree.labels.iter().zip(&oracle.labels) {
        assert_eq!(label.labeled_at, expected.labeled_at, "time of {}", label.entry_id);
    }

    let mut found: Vec<_> = built
        .findings
        .iter()
        .map(|f| (f.byte_offset.expect("located"), f.line.expect("located"), name(f.code)))
        .collect();
    let mut expected: Vec<_> = oracle.findings.iter().map(|f| (f.offset, f.line, f.code.to_string())).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "findings");
}

/// The same bytes without a view, so that they are read in windows and lines are carried over.
#[derive(Debug)]
pub struct NoView<'a>(pub SliceSource<'a>);

impl ByteSource for NoView<'_> {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        self.0.read_at(offset, buffer)
    }
}

/// Everything that a scan reports, in order: offset and line, bytes, damage.
#[derive(Default, PartialEq, Debug)]
pub struct Said(pub Vec<(u64, u64, Vec<u8>, Option<Damage>)>);

impl LogSink for Said {
    fn before_header(&mut self, record: &Record<'_>) -> ControlFlow<()> {
        self.0.push((record.offset, record.line, [b"before ", record.bytes].concat(), None));
        ControlFlow::Continue(())
    }

    fn header(&mut self, header: &Record<'_>) -> ControlFlow<()> {
        self.0.push((header.offset, header.line, header.bytes.to_vec(), None));
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        self.0.push((entry.offset, entry.line, entry.bytes.to_vec(), None));
        ControlFlow::Continue(())
    }

    fn damage(&mut self, damage: Damage) -> ControlFlow<()> {
        self.0.push((damage.offset, damage.line, Vec::new(), Some(damage)));
        ControlFlow::Continue(())
    }
}

/// The report of a full scan of a source, and its end.
///
/// # Panics
/// Panics if the source cannot be read.
#[must_use]
pub fn said_by(source: &dyn ByteSource) -> (Said, ScanEnd) {
    said_on(&OneThread, source)
}

/// Threads that read pieces of a few bytes, the last of some pieces first.
#[derive(Debug, Clone, Copy)]
pub struct BackToFront {
    /// Bytes of a piece.
    pub piece: usize,
}

impl Threads for BackToFront {
    fn count(&self) -> usize {
        2
    }

    fn piece(&self) -> usize {
        self.piece
    }

    fn in_order<I: Send, T: Send>(
        &self,
        items: impl Iterator<Item = I>,
        make: impl Fn(I) -> T + Sync,
        mut take: impl FnMut(T) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut items: Vec<I> = items.collect();
        while !items.is_empty() {
            let later = items.split_off(items.len().min(3));
            let mut made: Vec<T> = items.into_iter().rev().map(&make).collect();
            made.reverse();
            made.into_iter().try_for_each(&mut take)?;
            items = later;
        }
        ControlFlow::Continue(())
    }
}

/// The report of a full scan on some threads, and its end.
///
/// # Panics
/// Panics if the source cannot be read.
#[must_use]
pub fn said_on(threads: &impl Threads, source: &dyn ByteSource) -> (Said, ScanEnd) {
    let mut said = Said::default();
    let all = 0..source.len();
    let end = scan_on(threads, source, all, LogScan::full(), &mut said, &mut |_| ControlFlow::Continue(()));
    (said, end.expect("can be read"))
}

/// The report of a full scan of bytes in chunks of these sizes; the rest comes as one chunk.
///
/// # Panics
/// Panics if the scan stops early.
#[must_use]
pub fn said_in_chunks(bytes: &[u8], chunks: impl Iterator<Item = usize>) -> Said {
    let mut said = Said::default();
    let mut scan = LogScan::full();
    let mut rest = bytes;
    for size in chunks {
        if rest.is_empty() {
            break;
        }
        let (now, later) = rest.split_at(size.clamp(1, rest.len()));
        assert!(scan.push(now, &mut said).is_continue());
        rest = later;
    }
    assert!(scan.push(rest, &mut said).is_continue());
    assert!(scan.finish(&mut said).1.is_continue());
    said
}
