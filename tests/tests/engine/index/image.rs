//! The image of a sidecar beside what SQLite's own statements make of the same rows.

use jcode_session_core::index::image::ImageBuilder;
use jcode_session_core::index::meta::{IndexMeta, Observed};
use jcode_session_core::index::{Built, IndexBuilder};
use jcode_session_core::log::{LogScan, ScanEnd, scan_source};
use jcode_session_core::source::SliceSource;
use jcode_session_core::source::identity::{FileStamp, Fingerprint};
use jcode_session_tests::differential::{Rows, build, final_rows};
use jcode_session_tests::effort::cases;
use jcode_session_tests::generate::{Sample, damaged_tree_v3, tree_v3_log};
use jcode_session_tests::sql_sidecar::insert;
use proptest::prelude::*;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use std::fmt::Write;
use std::ops::ControlFlow;

fn scan(bytes: &[u8], sink: &mut dyn jcode_session_core::log::LogSink) -> ScanEnd {
    let source = SliceSource(bytes);
    scan_source(&source, 0..bytes.len() as u64, LogScan::new(), sink, &mut |_| ControlFlow::Continue(()))
        .expect("a slice can be read")
}

fn meta<R>(bytes: &[u8], built: &Built<R>, end: &ScanEnd) -> IndexMeta {
    let source = SliceSource(bytes);
    let fingerprint = Fingerprint::take(&source, bytes.len() as u64).expect("a slice can be read");
    let stamp = FileStamp { len: bytes.len() as u64, mtime_ns: -5, ctime_ns: 7, dev: u64::MAX, ino: 1 };
    IndexMeta::built(built, end, fingerprint, Observed { stamp, now_ms: 1_760_000_000_000, synced_len: 0 }, "stem")
}

fn image(bytes: &[u8]) -> Vec<u8> {
    let mut image = ImageBuilder::new(Vec::new());
    let mut builder = IndexBuilder::new(&mut image);
    let end = scan(bytes, &mut builder);
    let built = builder.finish_at(&end).without_rows();
    let meta = meta(bytes, &built, &end);
    image.finish(&built, &meta).expect("memory takes it")
}

fn all(connection: &Connection, query: &str) -> Vec<Vec<Value>> {
    let mut statement = connection.prepare(query).expect("a query");
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| (0..columns).map(|column| row.get(column)).collect()).expect("rows");
    rows.collect::<rusqlite::Result<_>>().expect("can be read")
}

/// SQLite finds nothing wrong, and every table and index holds what its own statements put there.
fn compare(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("image.sqlite3");
    std::fs::write(&path, image(bytes)).expect("can be written");
    let ours = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE).expect("a database");
    assert_eq!(all(&ours, "PRAGMA integrity_check"), [[Value::from("ok".to_string())]]);
    let built: Built<Rows> = build(&SliceSource(bytes));
    let end = scan(bytes, &mut ());
    let meta = meta(bytes, &built, &end);
    let theirs = insert(&final_rows(&built), &built, &meta).expect("SQLite takes it");
    let indexes = if built.counts.entries < 256 { "" } else { "entries_jump" };
    for query in [
        "SELECT type,name,tbl_name,sql FROM sqlite_schema ORDER BY name",
        "SELECT * FROM entries ORDER BY seq",
        "SELECT * FROM branches ORDER BY leaf_id",
        "SELECT * FROM labels ORDER BY seq",
        "SELECT * FROM metadata ORDER BY key",
        "SELECT id,seq FROM entries INDEXED BY entries_id ORDER BY id",
        "SELECT seq-parent_step,id,parent_step,seq FROM entries INDEXED BY entries_jump WHERE parent_step<>1 ORDER BY seq-parent_step,id",
        "PRAGMA page_size",
        "PRAGMA user_version",
        "PRAGMA application_id",
        "PRAGMA encoding",
    ] {
        if query.contains("entries_jump") && indexes.is_empty() {
            continue;
        }
        assert_eq!(all(&ours, query), all(&theirs, query), "{query}");
    }
    // SQLite goes on with it.
    ours.execute_batch("INSERT INTO entries VALUES(4000000000,'behind all',NULL,NULL,'message',1,0,0,0,1);DELETE FROM entries WHERE seq%3=0;VACUUM")
        .expect("can be changed");
    assert_eq!(all(&ours, "PRAGMA integrity_check"), [[Value::from("ok".to_string())]]);
}

/// An entry of an odd log: bytes of its id and of its kind, which entry its parent is (before or behind it), and whether
/// it is a label.
type Odd = (usize, usize, usize, bool);

fn odd_log(entries: &[Odd]) -> Vec<u8> {
    let mut log = String::from(
        "{\"type\":\"session\",\"version\":3,\"id\":\"odd\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"cwd\":\"/\"}\n",
    );
    let id = |number: usize| format!("{:x}{}", number * 7919 % 65_521, "i".repeat(entries[number].0));
    for (number, &(_, kind, parent, is_label)) in entries.iter().enumerate() {
        let parent = id(parent % entries.len());
        let kind = if is_label { "label".to_string() } else { format!("k{}", "k".repeat(kind)) };
        writeln!(
            log,
            "{{\"type\":\"{kind}\",\"id\":\"{}\",\"parentId\":\"{parent}\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"targetId\":\"{parent}\",\"label\":\"a name\"}}",
            id(number)
        )
        .expect("text takes it");
    }
    log.into_bytes()
}

fn odd_entries(most: usize) -> impl Strategy<Value = Vec<Odd>> {
    let len = prop_oneof![6 => 0usize..30, 2 => 150usize..260, 1 => 900usize..1100, 1 => 1100usize..4000];
    let entry = (len.clone(), prop_oneof![9 => 0usize..9, 1 => len], any::<usize>(), prop::bool::weighted(0.1));
    prop::collection::vec(entry, 1..most)
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn it_holds_what_sqlite_would_have_stored(sample in tree_v3_log(60)) {
        compare(&sample.bytes);
    }

    #[test]
    fn of_damaged_logs_too(sample in damaged_tree_v3(40)) {
        let Sample { bytes, .. } = sample;
        compare(&bytes);
    }

    #[test]
    fn of_ids_kinds_and_parents_of_any_length_and_order(entries in odd_entries(400)) {
        compare(&odd_log(&entries));
    }
}

#[test]
fn pages_above_pages_above_pages() {
    // Interior pages of a table have up to 93 children of some eight rows each.
    let entries: Vec<Odd> =
        (0..12_000).map(|n: usize| (n % 23, 2, n.saturating_sub(1 + n % 5 / 4), n.is_multiple_of(50))).collect();
    compare(&odd_log(&entries));
    for count in 740..760 {
        compare(&odd_log(&entries[..count]));
    }
}

#[test]
fn a_log_without_entries() {
    compare(b"");
    compare(&odd_log(&[])[..]);
}
