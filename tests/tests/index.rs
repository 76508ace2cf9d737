//! The index against the oracle: rows, tree and findings of random and of damaged logs.

use jcode_session_core::index::row::{Row, RowSink};
use jcode_session_core::index::{Built, IndexBuilder};
use jcode_session_core::log::tail::last_of_active_path;
use jcode_session_core::log::{Damage, LogScan, LogSink, Record, scan_source};
use jcode_session_core::source::{ByteSource, SliceSource, SourceError};
use jcode_session_core::verify::Code;
use jcode_session_tests::generate::{LargeLog, Sample, Until, damaged_tree_v3, tree_v3_log};
use jcode_session_tests::oracle::{OracleLog, read_log};
use proptest::prelude::*;
use std::ops::ControlFlow;

/// Rows as they leave the builder.
#[derive(Default)]
struct Rows(Vec<Row<'static>>);

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

fn build(source: &impl ByteSource) -> Built<Rows> {
    let mut builder = IndexBuilder::with_findings(Rows::default());
    let end = scan_source(source, 0..source.len(), LogScan::full(), &mut builder, &mut |_| ControlFlow::Continue(()));
    builder.finish_at(&end.expect("a slice can be read"))
}

/// Rows with what the end of the log told.
fn final_rows(built: &Built<Rows>) -> Vec<Row<'static>> {
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

fn compare(bytes: &[u8], oracle: &OracleLog) {
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
    let leaves: Vec<_> = tree.leaves.iter().map(|l| (l.id.clone(), l.name.clone(), l.labeled_at, l.ts)).collect();
    let expected: Vec<_> = oracle
        .leaves
        .iter()
        .map(|l| (key(l.entry), l.name.clone(), l.labeled_at, oracle.entries[l.entry].ts))
        .collect();
    assert_eq!(leaves, expected, "leaves");
    let points: Vec<_> = tree.branch_points.iter().map(|p| (p.id.clone(), p.children.clone())).collect();
    let expected: Vec<_> = oracle
        .branch_points
        .iter()
        .map(|p| (key(p.entry), p.children.iter().map(|&c| key(c)).collect::<Vec<_>>()))
        .collect();
    assert_eq!(points, expected, "branch points");
    let labels: Vec<_> = tree.labels.iter().map(|l| (l.entry_id.clone(), l.name.clone(), l.labeled_at)).collect();
    let expected: Vec<_> = oracle.labels.iter().map(|l| (key(l.entry), l.name.clone(), l.labeled_at)).collect();
    assert_eq!(labels, expected, "labels");

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
struct NoView<'a>(SliceSource<'a>);

impl ByteSource for NoView<'_> {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        self.0.read_at(offset, buffer)
    }
}

/// Everything that a scan says, in order.
#[derive(Default, PartialEq, Debug)]
struct Said(Vec<(u64, Vec<u8>, Option<Damage>)>);

impl LogSink for Said {
    fn header(&mut self, header: &Record<'_>) -> ControlFlow<()> {
        self.0.push((header.offset, header.bytes.to_vec(), None));
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        self.0.push((entry.offset, entry.bytes.to_vec(), None));
        ControlFlow::Continue(())
    }

    fn damage(&mut self, damage: Damage) -> ControlFlow<()> {
        self.0.push((damage.offset, Vec::new(), Some(damage)));
        ControlFlow::Continue(())
    }
}

fn said_in_chunks(bytes: &[u8], chunks: impl Iterator<Item = usize>) -> Said {
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

fn cases() -> ProptestConfig {
    ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn good_logs_read_as_the_oracle_reads_them(sample in tree_v3_log(60)) {
        let Sample { bytes, .. } = &sample;
        compare(bytes, &read_log(bytes));
    }

    #[test]
    fn damaged_logs_read_as_the_oracle_reads_them(sample in damaged_tree_v3(40)) {
        let Sample { bytes, .. } = &sample;
        compare(bytes, &read_log(bytes));
    }

    #[test]
    fn any_chunking_finds_the_same(sample in damaged_tree_v3(20), sizes in prop::collection::vec(1usize..300, 1..50)) {
        let whole = said_in_chunks(&sample.bytes, std::iter::once(sample.bytes.len()));
        let cut = said_in_chunks(&sample.bytes, sizes.into_iter().cycle());
        prop_assert_eq!(&whole, &cut);
        let bytewise = said_in_chunks(&sample.bytes, std::iter::repeat(1));
        prop_assert_eq!(&whole, &bytewise);
    }

    #[test]
    fn windows_and_views_build_the_same(sample in damaged_tree_v3(20)) {
        let seen = build(&SliceSource(&sample.bytes));
        let read = build(&NoView(SliceSource(&sample.bytes)));
        prop_assert_eq!(final_rows(&seen), final_rows(&read));
        prop_assert_eq!(seen.findings, read.findings);
    }

    #[test]
    fn the_tail_read_backwards_is_the_end_of_the_path(sample in damaged_tree_v3(40), count in 1usize..30) {
        let oracle = read_log(&sample.bytes);
        let Some(last) = oracle.entries.len().checked_sub(1) else { return Ok(()) };
        let path = oracle.path_to(last);
        let wanted: Vec<_> = path[path.len().saturating_sub(count)..]
            .iter()
            .map(|&e| (oracle.entries[e].offset as u64, oracle.entries[e].len as u64))
            .collect();
        let found = last_of_active_path(&SliceSource(&sample.bytes), count).expect("a slice can be read");
        if let Some(found) = found {
            let found: Vec<_> = found.iter().map(|span| (span.offset, span.len)).collect();
            prop_assert_eq!(found, wanted);
        }
    }
}

#[test]
fn the_tail_of_a_whole_log_is_found_without_its_start() {
    // Guards the test above against a reader that always gives up.
    let bytes = jcode_session_tests::generate::tree_v3(Default::default(), 7);
    assert!(last_of_active_path(&SliceSource(&bytes), 5).expect("a slice can be read").is_some());
}

#[test]
fn logs_larger_than_a_window_read_the_same_with_and_without_a_view() {
    let mut bytes = Vec::new();
    let shape = LargeLog { until: Until::Entries(2_000), entry_bytes: 3_000, branches: 10, ..LargeLog::default() };
    shape.write(&mut bytes).expect("memory takes it");
    let long_line = format!(
        "{{\"type\":\"message\",\"id\":\"long\",\"parentId\":null,\"timestamp\":\"2026-01-01T00:00:00Z\",\"x\":\"{}\"}}\n",
        "y".repeat(3 << 20)
    );
    bytes.extend_from_slice(long_line.as_bytes());
    bytes.extend_from_slice(
        b"{\"type\":\"message\",\"id\":\"after\",\"parentId\":\"long\",\"timestamp\":\"2026-01-01T00:00:01Z\"}",
    );
    let seen = build(&SliceSource(&bytes));
    let read = build(&NoView(SliceSource(&bytes)));
    assert_eq!(final_rows(&seen), final_rows(&read));
    assert_eq!(seen.rows.0.len(), 2_002);
    let tail = last_of_active_path(&NoView(SliceSource(&bytes)), 2).expect("a slice can be read").expect("found");
    assert_eq!(tail.len(), 2);
    assert_eq!(tail[0].len, long_line.len() as u64 - 1);
}
